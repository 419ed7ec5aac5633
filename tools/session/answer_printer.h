#pragma once

#include <string>
#include <string_view>

#include <tidemark/query.h>
#include <tidemark/result.h>

#include "tools/render/renderer.h"

namespace tidemark::tools {

/// What a run of statements shows.
struct AnswerText {
    std::string output;   ///< The rows.
    std::string remarks;  ///< Errors and messages, a line each; a syntax error with its caret.
    bool is_ok = true;    ///< Every statement succeeded.
};

/// `text` is what was executed.
AnswerText describe_answer(const QueryResult& result, std::string_view text,
                           const Renderer& renderer, const RenderStyle& style = {});

/// Remarks with "error" in red and "warning" in yellow.
std::string colored_remarks(std::string_view remarks);

}  // namespace tidemark::tools

#include "tools/session/answer_printer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <tidemark/statement_text.h>

#include "tools/session/statement_runner.h"

namespace tidemark::tools {
namespace {

struct Advice {
    std::string_view message;  // How it begins.
    std::string_view text;
};

// What to do about errors whose words are InfluxDB's, because its clients know them.
constexpr Advice kAdvice[] = {
    {"mixing aggregate and non-aggregate queries",
     ": beside an aggregate a field needs a function, too, such as last(), and a tag belongs into "
     "GROUP BY"},
    {"statement must have at least one field in select clause",
     ": SHOW TAG VALUES WITH KEY = TAG lists the values of a tag"},
};

std::string_view advice(const Error& error) {
    // Who names no database asks the default one, and may not know that.
    const bool is_default =
        error.message().starts_with(fmt::format("database not found: {};", kDefaultDatabase));
    if (is_default) return " (choose one with --db NAME, in the console with .use NAME)";
    for (const Advice& known : kAdvice) {
        if (error.message().starts_with(known.message)) return known.text;
    }
    return {};
}

}  // namespace

AnswerText describe_answer(const QueryResult& result, std::string_view text,
                           const Renderer& renderer, const RenderStyle& style) {
    AnswerText answer;
    if (result.syntax_error) {
        answer.remarks = "error: " + result.syntax_error->render(text) + "\n";
        answer.is_ok = false;
        return answer;
    }
    answer.output = renderer.render(result, {style, column_traits(text)});
    const bool has_several = result.statements.size() > 1;
    for (std::size_t i = 0; i < result.statements.size(); ++i) {
        const StatementResult& statement = result.statements[i];
        const std::string place = has_several ? fmt::format(" in statement {}", i + 1) : "";
        for (const ResultMessage& message : statement.messages) {
            answer.remarks += fmt::format("{}{}: {}\n", message.level, place, message.text);
        }
        if (!statement.error) continue;
        answer.remarks += fmt::format("error{}: {}{}\n", place, statement.error->message(),
                                      advice(*statement.error));
        answer.is_ok = false;
    }
    return answer;
}

std::string colored_remarks(std::string_view remarks) {
    constexpr std::pair<std::string_view, std::string_view> kLevels[] = {{"error", "\x1b[31m"},
                                                                         {"warning", "\x1b[33m"}};
    std::string text;
    while (!remarks.empty()) {
        const std::size_t end = std::min(remarks.find('\n'), remarks.size() - 1) + 1;
        std::string line(remarks.substr(0, end));
        for (const auto& [level, color] : kLevels) {
            if (!line.starts_with(level)) continue;
            line.insert(level.size(), "\x1b[0m").insert(0, color);
        }
        text += line;
        remarks.remove_prefix(end);
    }
    return text;
}

}  // namespace tidemark::tools

#include "tools/session/answer_printer.h"

#include <fmt/format.h>

namespace tidemark::tools {

AnswerText describe_answer(const QueryResult& result, std::string_view text,
                           const Renderer& renderer) {
    AnswerText answer;
    if (result.syntax_error) {
        answer.remarks = "error: " + result.syntax_error->render(text) + "\n";
        answer.is_ok = false;
        return answer;
    }
    answer.output = renderer.render(result);
    const bool has_several = result.statements.size() > 1;
    for (std::size_t i = 0; i < result.statements.size(); ++i) {
        const StatementResult& statement = result.statements[i];
        const std::string place = has_several ? fmt::format(" in statement {}", i + 1) : "";
        for (const ResultMessage& message : statement.messages) {
            answer.remarks += fmt::format("{}{}: {}\n", message.level, place, message.text);
        }
        if (!statement.error) continue;
        answer.remarks += fmt::format("error{}: {}\n", place, statement.error->message());
        answer.is_ok = false;
    }
    return answer;
}

}  // namespace tidemark::tools

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <unistd.h>

#include "tools/commands/commands.h"
#include "tools/render/renderer.h"
#include "tools/session/answer_printer.h"
#include "tools/session/cancellation.h"
#include "tools/session/parameter_text.h"
#include "tools/session/statement_runner.h"
#include "tools/session/terminal_style.h"

namespace tidemark::tools {
namespace {

ExitCode report_cannot_open(const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.message().c_str());
    return kExitCannotOpen;
}

bool write_all(const std::string& text, std::FILE* file) {
    return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
}

ExitCode report_lost_output() {
    std::fprintf(stderr, "error: cannot write the answer: %s\n", std::strerror(errno));
    return kExitStatement;
}

}  // namespace

ExitCode query(const QueryCommandOptions& options) {
    const Renderer* const renderer = find_renderer(options.format);
    if (renderer == nullptr) {
        std::fprintf(stderr, "error: found --format %s, expected one of %s\n",
                     options.format.c_str(), renderer_names().c_str());
        return kExitUsage;
    }
    const Result<std::string> parameters = parameters_json(options.parameters);
    if (!parameters) {
        std::fprintf(stderr, "error: %s\n", parameters.error().message().c_str());
        return kExitUsage;
    }
    Result<std::unique_ptr<StatementRunner>> runner = open_place(options.place);
    if (!runner) return report_cannot_open(std::move(runner).error());
    runner.value()->bind_parameters(parameters.value());

    const CancelOnInterrupt cancel;
    Result<QueryResult> result =
        runner.value()->run(options.text, options.database, cancel.requested());
    if (!result && cancel.requested().load()) return kExitInterrupted;
    if (!result) return report_cannot_open(std::move(result).error());
    const AnswerText answer =
        describe_answer(result.value(), options.text, *renderer, style_of(STDOUT_FILENO));
    const bool has_color = style_of(STDERR_FILENO).has_color;
    const bool is_written = write_all(answer.output, stdout);
    write_all(has_color ? colored_remarks(answer.remarks) : answer.remarks, stderr);
    if (!is_written) return report_lost_output();
    if (cancel.requested().load()) return kExitInterrupted;
    return answer.is_ok ? kExitOk : kExitStatement;
}

}  // namespace tidemark::tools

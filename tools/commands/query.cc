#include <cstdio>
#include <memory>

#include "tools/commands/commands.h"
#include "tools/render/renderer.h"
#include "tools/session/answer_printer.h"
#include "tools/session/cancellation.h"
#include "tools/session/statement_runner.h"

namespace tidemark::tools {
namespace {

ExitCode report_cannot_open(const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.message().c_str());
    return kExitCannotOpen;
}

}  // namespace

ExitCode query(const QueryCommandOptions& options) {
    const Renderer* const renderer = find_renderer(options.format);
    if (renderer == nullptr) {
        std::fprintf(stderr, "error: found --format %s, expected one of %s\n",
                     options.format.c_str(), renderer_names().c_str());
        return kExitUsage;
    }
    Result<std::unique_ptr<StatementRunner>> runner = open_place(options.place);
    if (!runner) return report_cannot_open(std::move(runner).error());

    const CancelOnInterrupt cancel;
    Result<QueryResult> result =
        runner.value()->run(options.text, options.database, cancel.requested());
    if (!result) return report_cannot_open(std::move(result).error());
    const AnswerText answer = describe_answer(result.value(), options.text, *renderer);
    std::fwrite(answer.output.data(), 1, answer.output.size(), stdout);
    std::fflush(stdout);
    std::fwrite(answer.remarks.data(), 1, answer.remarks.size(), stderr);
    return answer.is_ok ? kExitOk : kExitStatement;
}

}  // namespace tidemark::tools

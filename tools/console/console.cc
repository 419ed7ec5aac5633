#include "tools/console/console.h"

#include <ostream>

#include <tidemark/version.h>

#include "tools/console/dot_commands.h"
#include "tools/session/answer_printer.h"
#include "tools/session/cancellation.h"

namespace tidemark::tools {

Console::Console(StatementRunner& runner, LineEditor& editor, std::ostream& output,
                 std::ostream& remarks)
    : runner_(runner), editor_(editor), output_(output), remarks_(remarks) {}

bool Console::run() {
    if (editor_.is_interactive()) greet();
    while (is_running_) {
        const std::optional<std::string> line = editor_.read_line(prompt());
        if (!line) break;
        take_line(*line);
    }
    // A last statement needs no semicolon.
    if (is_running_ && has_open_statement_) execute(buffer_.take());
    if (is_running_ && editor_.is_interactive()) output_ << '\n';
    return is_ok_;
}

void Console::greet() {
    output_ << "tidemark " << kVersion << " on " << runner_.place()
            << "\nStatements end with ';'. .help shows the commands, .exit leaves.\n";
}

std::string Console::prompt() const { return has_open_statement_ ? "   ...> " : database + "> "; }

void Console::take_line(const std::string& line) {
    if (!has_open_statement_ && line.starts_with('.')) {
        editor_.add_to_history(line);
        run_dot_command(*this, line);
        return;
    }
    buffer_.add_line(line);
    has_open_statement_ = !buffer_.is_blank();
    if (!has_open_statement_) {
        buffer_.take();
    } else if (buffer_.is_complete()) {
        has_open_statement_ = false;
        const std::string text = buffer_.take();
        editor_.add_to_history(text);
        execute(text);
    }
}

void Console::execute(const std::string& text) {
    const CancelOnInterrupt cancel;
    const Result<QueryResult> result = runner_.run(text, database, cancel.requested());
    if (!result) return fail(result.error().message());
    const AnswerText answer = describe_answer(result.value(), text, *renderer);
    output_ << answer.output << std::flush;
    remarks_ << answer.remarks << std::flush;
    is_ok_ = is_ok_ && answer.is_ok;
}

void Console::fail(const std::string& message) {
    remarks_ << "error: " << message << '\n' << std::flush;
    is_ok_ = false;
}

}  // namespace tidemark::tools

#include "tools/console/console.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include <tidemark/version.h>

#include "tools/console/completer.h"
#include "tools/console/dot_commands.h"
#include "tools/render/cell_text.h"
#include "tools/render/duration_text.h"
#include "tools/session/answer_printer.h"
#include "tools/session/local_times.h"
#include "tools/session/pager.h"
#include "tools/session/schema_reader.h"

namespace tidemark::tools {
namespace {

constexpr std::string_view kBlanks = " \t\r";

bool begins_with_word(std::string_view line, std::string_view upper_word) {
    const std::string_view head = line.substr(0, upper_word.size());
    const auto is_same = [](char a, char b) {
        return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
    };
    if (!std::ranges::equal(head, upper_word, is_same)) return false;
    return line.size() == head.size() || kBlanks.find(line[head.size()]) != std::string_view::npos;
}

std::string_view without_blanks_in_front(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
}

// Blanks and a semicolon at the end are habit, and never a part of a line of line protocol.
std::string_view without_end(std::string_view line) {
    constexpr std::string_view kDropped = " \t\r;";
    return line.substr(0, line.find_last_not_of(kDropped) + 1);
}

// What people type who know another console: the dot command that it means; empty: none.
std::string dot_command_of(std::string_view line) {
    constexpr std::pair<std::string_view, std::string_view> kWords[] = {
        {"EXIT", ".exit"}, {"QUIT", ".exit"}, {"HELP", ".help"}};
    const std::string_view text = without_end(line);
    for (const auto& [word, command] : kWords) {
        if (text.size() == word.size() && begins_with_word(text, word)) return std::string(command);
    }
    return begins_with_word(text, "USE") ? ".use" + std::string(text.substr(3)) : std::string();
}

}  // namespace

Console::Console(StatementRunner& runner, CancelOnInterrupt& interrupts,
                 const ConsoleScreen& screen)
    : runner_(runner), interrupts_(interrupts), screen_(screen) {}

void Console::run(LineEditor& editor) {
    is_typed_ = editor.is_interactive();
    if (is_typed_) greet();
    editor.set_completer(
        [this](std::string_view line, std::size_t place) { return complete(line, place); });
    while (is_running_) {
        const LineInput input = editor.read_line(prompt());
        if (input.kind == LineInput::Kind::End) break;
        if (input.kind == LineInput::Kind::Line) {
            take_line(input.line, &editor);
        } else {
            // What was typed of a statement is given up.
            buffer_.take();
            has_open_statement_ = false;
            renderer_of_next = nullptr;
        }
        stop_if_interrupted();
    }
    const bool has_ended = is_running_;
    finish_input();
    if (has_ended && is_typed_) output() << '\n' << std::flush;
}

void Console::run_text(std::string_view text) {
    while (is_running_ && !text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        take_line(std::string(text.substr(0, end)), nullptr);
        text.remove_prefix(std::min(end + 1, text.size()));
        stop_if_interrupted();
    }
    finish_input();
}

void Console::finish_input() {
    const std::string text = buffer_.take();
    if (is_running_ && std::exchange(has_open_statement_, false)) run_next(text);
    stop_if_interrupted();
}

// Who types goes on; a script has been told to end.
void Console::stop_if_interrupted() {
    if (!interrupts_.requested().load()) return;
    if (is_typed_) {
        interrupts_.clear();
    } else {
        exit_code_ = kExitInterrupted;
        stop();
    }
}

void Console::greet() {
    output()
        << "tidemark " << kVersion << " on " << runner_.place()
        << "\nStatements end with ';'. Tab completes, .help shows the commands, .exit leaves.\n"
        << std::flush;
}

// Scripts are told by their next statement.
void Console::warn_of_absent_database() {
    // A place that cannot be asked is told by the next statement as well.
    const std::atomic<bool>& cancelled = interrupts_.requested();
    if (!is_typed_ || !runner_.run("SHOW DATABASES", database, cancelled)) return;
    const std::vector<std::string> names =
        SchemaReader(runner_, cancelled).names(SchemaName::Database, database, {});
    if (std::ranges::find(names, database) != names.end()) return;
    std::string there;
    for (const std::string& name : names) {
        there.append(there.empty() ? "; there is " : ", ").append(printable(name));
    }
    show_remarks("warning: there is no database " + printable(database) + there +
                 (names.empty() ? ": CREATE DATABASE makes one" : ": .use chooses one") + "\n");
}

std::string Console::prompt() const {
    if (has_open_statement_) return "   ...> ";
    return database + (renderer_of_next != nullptr ? " chart> " : "> ");
}

void Console::take_line(const std::string& line, LineEditor* editor) {
    const auto remember = [editor](const std::string& entry) {
        if (editor != nullptr) editor->add_to_history(entry);
    };
    const std::string_view command = without_blanks_in_front(line);
    if (has_open_statement_ && is_typed_ && is_dot_command(command)) {
        run_dot_command(*this, std::string(command));
        if (is_running_) {
            show_remarks("the statement above is open: ';' ends it, Ctrl-C gives it up\n");
        }
        return;
    }
    if (!has_open_statement_ && command.starts_with('.')) {
        remember(line);
        run_dot_command(*this, std::string(command));
        return;
    }
    if (const std::string meant = dot_command_of(command); !has_open_statement_ && !meant.empty()) {
        remember(line);
        run_dot_command(*this, meant);
        return;
    }
    if (!has_open_statement_ && begins_with_word(command, "INSERT")) {
        remember(line);
        insert(without_blanks_in_front(command.substr(6)));
        return;
    }
    buffer_.add_line(line);
    has_open_statement_ = !buffer_.is_blank();
    if (!has_open_statement_) {
        buffer_.take();
    } else if (buffer_.is_complete()) {
        has_open_statement_ = false;
        const std::string text = buffer_.take();
        remember(text);
        run_next(text);
    }
}

void Console::run_next(const std::string& text) {
    const Renderer* const shown_by = std::exchange(renderer_of_next, nullptr);
    execute(text, shown_by != nullptr ? *shown_by : *renderer);
}

bool Console::execute(const std::string& text, const Renderer& shown_by) {
    last_text_ = text;
    const auto begin = std::chrono::steady_clock::now();
    Result<QueryResult> result = runner_.run(text, database, interrupts_.requested());
    if (!result && interrupts_.requested().load()) {
        fail("the statement was cancelled", kExitInterrupted);
        return false;
    }
    if (!result) {
        fail(result.error().message(), kExitCannotOpen);
        return false;
    }
    if (has_local_times) show_local_times(result.value());
    RenderStyle style = screen_.output_style;
    if (file_.is_open()) style.has_color = style.humanises = false;
    const AnswerText answer = describe_answer(result.value(), text, shown_by, style);
    show_answer(answer.output);
    show_remarks(answer.remarks);
    if (!answer.is_ok) note(kExitStatement);
    show_time(begin);
    return answer.is_ok;
}

void Console::show_answer(const std::string& answer) {
    const auto line_count = static_cast<std::size_t>(std::ranges::count(answer, '\n'));
    // One line is left for the prompt.
    const bool is_tall = is_typed_ && screen_.is_terminal && !file_.is_open() && !is_watching &&
                         line_count >= screen_.output_style.height;
    if (is_tall && has_pager && show_in_pager(answer)) {
        interrupts_.clear();
        return;
    }
    output() << answer << std::flush;
    if (!output()) fail("cannot write the answer: is the disk full?");
}

void Console::insert(std::string_view line) {
    line = without_end(line);
    if (line.empty() || begins_with_word(line, "INTO")) {
        fail(
            "INSERT needs a line of line protocol, such as: INSERT cpu,host=a usage=81.5 "
            "(.use chooses the database)");
        return;
    }
    const auto begin = std::chrono::steady_clock::now();
    const Result<WriteReport> report =
        runner_.write(std::string(line), database, "", interrupts_.requested());
    if (!report && report.error().code() == ErrorCode::Cancelled) {
        fail("the statement was cancelled", kExitInterrupted);
        return;
    }
    if (!report) {
        const bool is_absent = report.error().code() == ErrorCode::NotFound;
        const bool is_refused = is_absent || report.error().code() == ErrorCode::InvalidArgument;
        fail(report.error().message(), is_refused ? kExitStatement : kExitCannotOpen);
        return;
    }
    for (const std::string& refusal : report.value().refusals) fail(refusal);
    show_time(begin);
}

void Console::show_time(std::chrono::steady_clock::time_point begin) {
    if (!has_timer) return;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    show_remarks("time: " + duration_text(took.count()) + "\n");
}

void Console::show_remarks(const std::string& remarks) {
    screen_.remarks << (screen_.has_colored_remarks ? colored_remarks(remarks) : remarks)
                    << std::flush;
}

void Console::fail(const std::string& message, ExitCode code) {
    show_remarks("error: " + message + "\n");
    note(code);
}

void Console::note(ExitCode code) { exit_code_ = std::max(exit_code_, code); }

void Console::redirect(const std::string& path) {
    if (file_.is_open()) {
        file_.close();
        if (!file_) fail("cannot write the file: is the disk full?");
    }
    file_.clear();
    if (path.empty()) return;
    file_.open(path, std::ios::binary | std::ios::trunc);
    if (!file_.is_open()) fail("cannot write to " + path + ": is its directory there?");
}

LineCompletion Console::complete(std::string_view line, std::size_t place) {
    SchemaReader schema(runner_, interrupts_.requested());
    if (!has_open_statement_ && line.starts_with('.')) {
        return complete_dot_command(line, place, database, schema);
    }
    std::string text = buffer_.text();
    if (!text.empty()) text += '\n';
    const std::size_t offset = text.size();
    text += line;
    LineCompletion completion = complete_statement(text, offset + place, database, schema);
    if (completion.begin < offset) return {place, {}};  // Begun on another line.
    completion.begin -= offset;
    return completion;
}

}  // namespace tidemark::tools

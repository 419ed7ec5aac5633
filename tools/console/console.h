#pragma once

#include <chrono>
#include <fstream>
#include <iosfwd>
#include <string>
#include <string_view>

#include "tools/commands/exit_code.h"
#include "tools/console/line_editor.h"
#include "tools/console/statement_buffer.h"
#include "tools/render/renderer.h"
#include "tools/session/cancellation.h"
#include "tools/session/statement_runner.h"

namespace tidemark::tools {

/// Where a console writes and how.
struct ConsoleScreen {
    std::ostream& output;
    std::ostream& remarks;
    RenderStyle output_style{};
    bool has_colored_remarks = false;
    bool is_terminal = false;  ///< `output` is one.
};

/// Runs statements and dot commands line by line, and shows what they answer.
///
/// A statement goes on over several lines until ';'. A line that begins with a dot is a command
/// (dot_commands.h) and one that begins with INSERT a line of line protocol, when no statement is
/// open; USE, EXIT, QUIT and HELP are taken for the commands of that name. Ctrl-C ends the
/// statement that is running; where nobody types it ends the run as well. Not thread-safe.
class Console {
public:
    /// All must outlive the console.
    Console(StatementRunner& runner, CancelOnInterrupt& interrupts, const ConsoleScreen& screen);

    /// Reads lines until the end of the input or .exit.
    void run(LineEditor& editor);

    /// The lines of `text`; its last statement needs no semicolon.
    void run_text(std::string_view text);

    /// Of all that ran so far: the worst, except that an interruption goes before all.
    ExitCode exit_code() const { return exit_code_; }

    // What dot commands work with.

    StatementRunner& runner() { return runner_; }
    CancelOnInterrupt& interrupts() { return interrupts_; }
    std::ostream& output() { return file_.is_open() ? file_ : screen_.output; }
    const ConsoleScreen& screen() const { return screen_; }
    /// True when every statement succeeded.
    bool execute(const std::string& text, const Renderer& shown_by);
    void fail(const std::string& message, ExitCode code = kExitStatement);
    /// Answers go to that file from here on, or back to the screen.
    void redirect(const std::string& path);
    /// Tells who types that the database is not there.
    void warn_of_absent_database();
    void stop() { is_running_ = false; }
    /// The last thing executed; empty: none.
    const std::string& last_text() const { return last_text_; }
    void remember_text(const std::string& text) { last_text_ = text; }

    std::string database = "default";
    const Renderer* renderer = &renderers().front();
    /// The one statement below `.chart`.
    const Renderer* renderer_of_next = nullptr;
    bool has_timer = false;
    bool has_local_times = false;  ///< Else UTC.
    bool has_pager = true;         ///< For answers that are taller than the terminal.
    bool is_watching = false;      ///< Answers follow each other by themselves.

private:
    void take_line(const std::string& line, LineEditor* editor);
    void finish_input();
    void insert(std::string_view lines);
    void run_next(const std::string& text);
    void show_answer(const std::string& answer);
    void show_remarks(const std::string& remarks);
    void show_time(std::chrono::steady_clock::time_point begin);
    void note(ExitCode code);
    void stop_if_interrupted();
    void greet();
    std::string prompt() const;
    LineCompletion complete(std::string_view line, std::size_t place);

    StatementRunner& runner_;
    CancelOnInterrupt& interrupts_;
    ConsoleScreen screen_;
    std::ofstream file_;
    StatementBuffer buffer_;
    std::string last_text_;
    bool has_open_statement_ = false;
    bool is_running_ = true;
    bool is_typed_ = false;
    ExitCode exit_code_ = kExitOk;
};

}  // namespace tidemark::tools

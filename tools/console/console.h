#pragma once

#include <iosfwd>
#include <string>

#include "tools/console/line_editor.h"
#include "tools/console/statement_buffer.h"
#include "tools/render/renderer.h"
#include "tools/session/statement_runner.h"

namespace tidemark::tools {

/// Reads statements and dot commands line by line, and shows what they answer.
///
/// A statement goes on over several lines until ';'. A line that begins with a dot is a command
/// (dot_commands.h) when no statement is open. Ctrl-C ends the statement that is running. Not
/// thread-safe.
class Console {
public:
    /// All must outlive the console.
    Console(StatementRunner& runner, LineEditor& editor, std::ostream& output,
            std::ostream& remarks);

    /// Until the end of the input or .exit; true when everything that was asked succeeded.
    bool run();

    // What dot commands work with.

    const StatementRunner& runner() const { return runner_; }
    std::ostream& output() { return output_; }
    std::ostream& remarks() { return remarks_; }
    void execute(const std::string& text);
    void fail(const std::string& message);
    void stop() { is_running_ = false; }

    std::string database = "default";
    const Renderer* renderer = &renderers().front();

private:
    void take_line(const std::string& line);
    void greet();
    std::string prompt() const;

    StatementRunner& runner_;
    LineEditor& editor_;
    std::ostream& output_;
    std::ostream& remarks_;
    StatementBuffer buffer_;
    bool has_open_statement_ = false;
    bool is_running_ = true;
    bool is_ok_ = true;
};

}  // namespace tidemark::tools

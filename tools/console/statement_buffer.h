#pragma once

#include <string>
#include <string_view>

namespace tidemark::tools {

/// Gathers the lines of statements until a ';' ends the last one. Semicolons in strings, names,
/// regexes and comments end nothing. Not thread-safe.
class StatementBuffer {
public:
    void add_line(std::string_view line);

    /// Nothing but blanks and comments was added.
    bool is_blank() const;

    /// The last statement is ended by ';'.
    bool is_complete() const;

    /// What was added so far, with a newline between lines.
    const std::string& text() const { return text_; }

    /// All lines, with a newline between them; the buffer is empty afterwards.
    std::string take();

private:
    std::string text_;
};

}  // namespace tidemark::tools

#pragma once

#include <memory>
#include <optional>
#include <string>

namespace tidemark::tools {

/// Reads lines from standard input: with a prompt, editing and history when that is a terminal,
/// plainly otherwise. One at a time per process.
class LineEditor {
public:
    /// History is kept in `history_path`; empty: not kept.
    explicit LineEditor(const std::string& history_path);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    bool is_interactive() const;

    /// The next line without its newline; nothing at the end of the input.
    std::optional<std::string> read_line(const std::string& prompt);

    /// Remembers what was entered, several lines as one.
    void add_to_history(const std::string& entry);

private:
    class Terminal;
    std::unique_ptr<Terminal> terminal_;  // Null without a terminal.
};

}  // namespace tidemark::tools

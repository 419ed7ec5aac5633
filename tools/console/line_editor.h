#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tools/console/line_completion.h"
#include "tools/session/cancellation.h"

namespace tidemark::tools {

/// What reading a line came to.
struct LineInput {
    enum class Kind : std::uint8_t { Line, Interrupted, End };
    Kind kind = Kind::End;
    std::string line{};  ///< Without its newline.
};

/// Reads lines from standard input: with a prompt, editing, completion and history when that and
/// standard output are a terminal, plainly otherwise. One at a time per process.
class LineEditor {
public:
    /// History is kept in `history_path`, readable by its owner only; empty: not kept. A Ctrl-C at
    /// `interrupts`, which must outlive the editor, gives up the line that is being typed.
    LineEditor(const std::string& history_path, const CancelOnInterrupt& interrupts);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    bool is_interactive() const;

    LineInput read_line(const std::string& prompt);

    /// Asked at each Tab.
    void set_completer(LineCompleter completer);

    /// Remembers what was entered, several lines as one; not what begins with a blank, and not the
    /// same twice in a row.
    void add_to_history(const std::string& entry);

private:
    class Terminal;

    LineInput read_plain_line();

    const CancelOnInterrupt& interrupts_;
    std::unique_ptr<Terminal> terminal_;  // Null without a terminal.
    std::string unread_;                  // Bytes that were read behind the last line.
    bool is_at_end_ = false;
};

}  // namespace tidemark::tools

#pragma once

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace tidemark::tools {

/// The tidemark program on a terminal of its own (80 by 24), as a person sees it. Waiting ends with
/// what is waited for, or fails the test after half a minute. Not thread-safe.
class TerminalProgram {
public:
    /// `environment` replaces variables of this process.
    explicit TerminalProgram(
        const std::vector<std::string>& arguments,
        const std::vector<std::pair<std::string, std::string>>& environment = {});
    ~TerminalProgram();
    TerminalProgram(const TerminalProgram&) = delete;
    TerminalProgram& operator=(const TerminalProgram&) = delete;

    void type(const std::string& keys);

    /// Waits until `text` has been shown behind what was waited for before. Returns all that was
    /// shown up to its end, without the sequences that move the cursor and colour.
    std::string wait_for(const std::string& text);

    /// Waits for the program's end: its exit code, or 128 + the signal's number.
    int wait_for_exit();

    /// Everything so far, with its sequences.
    const std::string& raw_output() const { return raw_; }

private:
    bool read_some();

    int terminal_ = -1;
    pid_t pid_ = -1;
    std::string raw_;
    std::size_t passed_ = 0;  // Of the plain text.
};

inline constexpr const char* kCtrlC = "\x03";
inline constexpr const char* kCtrlD = "\x04";
inline constexpr const char* kTab = "\t";
inline constexpr const char* kArrowUp = "\x1b[A";

}  // namespace tidemark::tools

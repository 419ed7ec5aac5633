#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <tidemark/result.h>

namespace tidemark::tools {

/// A program started by this one, its standard output readable line by line. Ended (SIGTERM) and
/// awaited by the destructor if it still runs. Not thread-safe.
class ChildProcess {
public:
    /// Starts `arguments[0]` (a path) with the rest as arguments.
    static Result<std::unique_ptr<ChildProcess>> start(const std::vector<std::string>& arguments);

    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// The next line without its newline; nothing when the program closed its output.
    std::optional<std::string> read_line();

    /// Asks it to end: SIGTERM.
    void terminate();

    /// Ends it without a word: SIGKILL.
    void kill();

    /// Waits for the end: the exit code, or 128 + the signal's number.
    int wait();

private:
    ChildProcess(pid_t pid, std::FILE* output) : pid_(pid), output_(output) {}

    pid_t pid_;
    std::FILE* output_;
    std::optional<int> exit_code_;
};

struct Output {
    int exit_code;
    std::string text;
};

/// Runs a program to its end and returns all it printed on standard output.
Result<Output> run_program(const std::vector<std::string>& arguments);

}  // namespace tidemark::tools

#include "tools/demo/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <sys/wait.h>
#include <unistd.h>

namespace tidemark::tools {
namespace {

Error system_error(const std::string& action) {
    return Error(ErrorCode::IoError,
                 action + ": " + std::error_code(errno, std::generic_category()).message());
}

// Only calls that are allowed between fork and exec.
[[noreturn]] void become(const std::vector<char*>& arguments, int output) {
    dup2(output, STDOUT_FILENO);
    close(output);
    execv(arguments[0], arguments.data());
    _exit(127);
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(
    const std::vector<std::string>& arguments) {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) {
        pointers.push_back(const_cast<char*>(argument.c_str()));
    }
    pointers.push_back(nullptr);

    int ends[2];
    if (pipe(ends) != 0) return system_error("pipe");
    const pid_t pid = fork();
    if (pid < 0) return system_error("fork");
    if (pid == 0) {
        close(ends[0]);
        become(pointers, ends[1]);
    }
    close(ends[1]);
    return std::unique_ptr<ChildProcess>(new ChildProcess(pid, fdopen(ends[0], "r")));
}

ChildProcess::~ChildProcess() {
    if (!exit_code_) {
        terminate();
        wait();
    }
    std::fclose(output_);
}

std::optional<std::string> ChildProcess::read_line() {
    std::string line;
    for (int c = std::fgetc(output_); c != EOF; c = std::fgetc(output_)) {
        if (c == '\n') return line;
        line += static_cast<char>(c);
    }
    if (line.empty()) return std::nullopt;
    return line;
}

void ChildProcess::terminate() { ::kill(pid_, SIGTERM); }

void ChildProcess::kill() { ::kill(pid_, SIGKILL); }

int ChildProcess::wait() {
    if (exit_code_) return *exit_code_;
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return *exit_code_;
}

Result<Output> run_program(const std::vector<std::string>& arguments) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto child, ChildProcess::start(arguments));
    Output output{0, {}};
    while (const auto line = child->read_line()) output.text += *line + "\n";
    output.exit_code = child->wait();
    return output;
}

}  // namespace tidemark::tools

#include "tools/session/pager.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <sys/wait.h>

namespace tidemark::tools {
namespace {

/// While it lives, a signal does nothing.
class IgnoredSignal {
public:
    explicit IgnoredSignal(int signal) : signal_(signal), previous_(std::signal(signal, SIG_IGN)) {}
    ~IgnoredSignal() { std::signal(signal_, previous_); }
    IgnoredSignal(const IgnoredSignal&) = delete;
    IgnoredSignal& operator=(const IgnoredSignal&) = delete;

private:
    int signal_;
    void (*previous_)(int);
};

constexpr int kNoSuchProgram = 127;  // What the shell answers then.

}  // namespace

bool show_in_pager(const std::string& text) {
    const char* const named = std::getenv("PAGER");
    const std::string command = named != nullptr ? named : "less -RS";
    if (command.empty()) return false;
    // A reader who leaves early closes the pipe.
    const IgnoredSignal pipe(SIGPIPE);
    std::FILE* const pager = ::popen(command.c_str(), "w");
    if (pager == nullptr) return false;
    std::fwrite(text.data(), 1, text.size(), pager);
    const int status = ::pclose(pager);
    return !WIFEXITED(status) || WEXITSTATUS(status) != kNoSuchProgram;
}

}  // namespace tidemark::tools

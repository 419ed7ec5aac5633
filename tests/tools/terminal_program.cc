#include "tests/tools/terminal_program.h"

#include <chrono>
#include <csignal>
#include <cstdlib>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tidemark::tools {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

// What a terminal shows of `raw`: without escape sequences and carriage returns.
std::string plain_text(const std::string& raw) {
    std::string plain;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '\x1b') {
            // ESC [ parameters letter, or ESC and one character.
            ++i;
            if (i < raw.size() && raw[i] == '[') {
                while (i + 1 < raw.size() && (raw[i + 1] < '@' || raw[i + 1] > '~')) ++i;
                ++i;
            }
        } else if (raw[i] != '\r' && raw[i] != '\a' && raw[i] != '\b') {
            plain += raw[i];
        }
    }
    return plain;
}

int open_slave(const std::string& name) {
    ::setsid();
    const int slave = ::open(name.c_str(), O_RDWR);
    if (slave >= 0) ::ioctl(slave, TIOCSCTTY, 0);
    return slave;
}

[[noreturn]] void become(const std::string& terminal_name, std::vector<char*>& arguments,
                         std::vector<char*>& environment) {
    const int slave = open_slave(terminal_name);
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        ::dup2(slave, descriptor);
    }
    if (slave > STDERR_FILENO) ::close(slave);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& changes) {
    std::vector<std::string> variables = {"TERM=xterm", "LC_ALL=C.UTF-8",
                                          "TIDEMARK_HISTORY=", "HOME=/nonexistent"};
    // What the leak sanitizer is told not to mind.
    if (const char* const options = std::getenv("LSAN_OPTIONS")) {
        variables.push_back(std::string("LSAN_OPTIONS=") + options);
    }
    for (const auto& [name, value] : changes) {
        const std::string begin = name + "=";
        std::erase_if(variables, [&begin](const std::string& variable) {
            return variable.starts_with(begin);
        });
        variables.push_back(begin + value);
    }
    return variables;
}

}  // namespace

TerminalProgram::TerminalProgram(
    const std::vector<std::string>& arguments,
    const std::vector<std::pair<std::string, std::string>>& environment) {
    terminal_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(terminal_ >= 0);
    REQUIRE(::grantpt(terminal_) == 0);
    REQUIRE(::unlockpt(terminal_) == 0);
    const std::string name = ::ptsname(terminal_);
    winsize size{24, 80, 0, 0};
    REQUIRE(::ioctl(terminal_, TIOCSWINSZ, &size) == 0);
    std::vector<std::string> words = {TIDEMARK_BINARY};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = environment_with(environment);
    std::vector<char*> word_pointers = pointers_to(words);
    std::vector<char*> variable_pointers = pointers_to(variables);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) become(name, word_pointers, variable_pointers);
}

TerminalProgram::~TerminalProgram() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(terminal_);
}

void TerminalProgram::type(const std::string& keys) {
    REQUIRE(::write(terminal_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

// Waits for more output; false at its end, and when patience is over.
bool TerminalProgram::read_some() {
    pollfd watched{terminal_, POLLIN, 0};
    const int timeout_ms = static_cast<int>(std::chrono::milliseconds(kPatience).count());
    if (::poll(&watched, 1, timeout_ms) <= 0) return false;
    char buffer[4096];
    const ssize_t count = ::read(terminal_, buffer, sizeof buffer);
    if (count <= 0) return false;
    raw_.append(buffer, static_cast<std::size_t>(count));
    return true;
}

std::string TerminalProgram::wait_for(const std::string& text) {
    while (true) {
        const std::string plain = plain_text(raw_);
        const std::size_t found = plain.find(text, passed_);
        if (found != std::string::npos) {
            std::string shown = plain.substr(passed_, found + text.size() - passed_);
            passed_ = found + text.size();
            return shown;
        }
        if (read_some()) continue;
        FAIL("waited for: " << text << "\nshown: " << plain.substr(passed_));
    }
}

int TerminalProgram::wait_for_exit() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (read_some()) {
    }
    // The terminal is closed a moment before the program ends.
    int status = 0;
    pid_t ended = 0;
    while (ended == 0 && std::chrono::steady_clock::now() < deadline) {
        ended = ::waitpid(pid_, &status, WNOHANG);
        if (ended == 0) ::poll(nullptr, 0, 1);
    }
    if (ended == 0) FAIL("the program does not end; shown: " << plain_text(raw_).substr(passed_));
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace tidemark::tools

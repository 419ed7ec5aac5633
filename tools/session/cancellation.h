#pragma once

#include <atomic>

namespace tidemark::tools {

/// While it lives, Ctrl-C (SIGINT) asks the running statement to end instead of ending the program;
/// a second one ends the program all the same. One at a time per process.
class CancelOnInterrupt {
public:
    CancelOnInterrupt();
    ~CancelOnInterrupt();
    CancelOnInterrupt(const CancelOnInterrupt&) = delete;
    CancelOnInterrupt& operator=(const CancelOnInterrupt&) = delete;

    const std::atomic<bool>& requested() const;

private:
    void (*previous_)(int);
};

}  // namespace tidemark::tools

#pragma once

#include <atomic>
#include <chrono>

namespace tidemark::tools {

/// While it lives, Ctrl-C (SIGINT) asks what is running to end instead of ending the program; the
/// third one that nobody clears ends the program all the same. One at a time per process.
class CancelOnInterrupt {
public:
    CancelOnInterrupt();
    ~CancelOnInterrupt();
    CancelOnInterrupt(const CancelOnInterrupt&) = delete;
    CancelOnInterrupt& operator=(const CancelOnInterrupt&) = delete;

    /// Becomes true with a Ctrl-C.
    const std::atomic<bool>& requested() const;

    /// Forgets it: what is asked next starts afresh.
    void clear();

    /// Waits so long, or until a Ctrl-C; true when there was one.
    bool wait_for(std::chrono::milliseconds duration) const;

    /// Waits until `descriptor` can be read, or has come to its end; false when a Ctrl-C came
    /// before.
    bool wait_readable(int descriptor) const;

private:
    void (*previous_)(int);
};

}  // namespace tidemark::tools

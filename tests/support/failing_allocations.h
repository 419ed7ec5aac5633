#pragma once

#include <atomic>
#include <cstddef>

// A heap that counts, and that runs out of memory when a test wants it to. Linking this replaces
// operator new.

namespace tidemark::tests {

/// While it lives, every allocation of at least so many bytes throws std::bad_alloc, in all
/// threads. One at a time.
class LargeAllocationsFail {
public:
    explicit LargeAllocationsFail(std::size_t size_bytes);
    ~LargeAllocationsFail();
    LargeAllocationsFail(const LargeAllocationsFail&) = delete;
    LargeAllocationsFail& operator=(const LargeAllocationsFail&) = delete;
};

/// The calling thread's next allocation throws std::bad_alloc, if `condition` is still true then.
/// The condition must outlive the thread.
void fail_next_allocation(const std::atomic<bool>& condition);

/// What the calling thread has asked for since it began, whether it was given back or not.
std::size_t allocated_size_bytes();

}  // namespace tidemark::tests

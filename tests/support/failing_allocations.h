#pragma once

#include <cstddef>

// A heap that runs out of memory when a test wants it to. Linking this replaces operator new.

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

/// The calling thread's next allocation throws std::bad_alloc.
void fail_next_allocation();

}  // namespace tidemark::tests

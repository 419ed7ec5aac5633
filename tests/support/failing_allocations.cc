#include "tests/support/failing_allocations.h"

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

std::atomic<std::size_t> failing_size_bytes{kNone};
thread_local bool is_next_to_fail = false;

}  // namespace

void* operator new(std::size_t size) {
    if (size >= failing_size_bytes || std::exchange(is_next_to_fail, false)) throw std::bad_alloc();
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tidemark::tests {

LargeAllocationsFail::LargeAllocationsFail(std::size_t size_bytes) {
    failing_size_bytes = size_bytes;
}

LargeAllocationsFail::~LargeAllocationsFail() { failing_size_bytes = kNone; }

void fail_next_allocation() { is_next_to_fail = true; }

}  // namespace tidemark::tests

#include "tests/support/failing_allocations.h"

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

std::atomic<std::size_t> failing_size_bytes{kNone};
thread_local const std::atomic<bool>* fails_next_while = nullptr;
thread_local std::size_t allocated_by_thread = 0;

bool is_next_to_fail() {
    const std::atomic<bool>* condition = std::exchange(fails_next_while, nullptr);
    return condition != nullptr && *condition;
}

void* allocate(std::size_t size) {
    if (size >= failing_size_bytes || is_next_to_fail()) return nullptr;
    allocated_by_thread += size;
    return std::malloc(size == 0 ? 1 : size);
}

void* allocate_or_throw(std::size_t size) {
    void* memory = allocate(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

// All forms without alignment: a sanitizer brings its own of those that are left out.
void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace tidemark::tests {

LargeAllocationsFail::LargeAllocationsFail(std::size_t size_bytes) {
    failing_size_bytes = size_bytes;
}

LargeAllocationsFail::~LargeAllocationsFail() { failing_size_bytes = kNone; }

void fail_next_allocation(const std::atomic<bool>& condition) { fails_next_while = &condition; }

std::size_t allocated_size_bytes() { return allocated_by_thread; }

}  // namespace tidemark::tests

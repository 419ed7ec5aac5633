#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

namespace tidemark::storage {

/// Uninitialised memory for `count` numbers, for the length of a function. A vector's worth of them
/// lies on the stack.
template <typename T>
class Scratch {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    explicit Scratch(std::size_t count) : count_(count) {
        if (count > kInlineCount) heap_ = std::make_unique_for_overwrite<T[]>(count);
    }

    std::span<T> values() { return {heap_ ? heap_.get() : reinterpret_cast<T*>(inline_), count_}; }

private:
    // A vector, and the one place more that some loops write to.
    static constexpr std::size_t kInlineCount = 1032;

    std::size_t count_;
    std::unique_ptr<T[]> heap_;
    alignas(64) std::byte inline_[kInlineCount * sizeof(T)];
};

}  // namespace tidemark::storage

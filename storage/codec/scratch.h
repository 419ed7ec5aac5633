#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace tidemark::storage {

/// Uninitialised memory for `count` numbers, for the length of a function.
template <typename T>
class Scratch {
public:
    explicit Scratch(std::size_t count)
        : count_(count), values_(std::make_unique_for_overwrite<T[]>(count)) {}

    std::span<T> values() { return {values_.get(), count_}; }

private:
    std::size_t count_;
    std::unique_ptr<T[]> values_;
};

}  // namespace tidemark::storage

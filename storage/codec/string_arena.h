#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace tidemark::storage {

/// Owns the bytes that decoded string_views point to. They stay valid, also when the arena is
/// moved, until clear() or its destruction. Not thread-safe.
class StringArena {
public:
    /// Uninitialised memory of so many bytes.
    std::span<std::byte> allocate(std::size_t size_bytes) {
        auto& buffer =
            buffers_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(size_bytes));
        size_bytes_ += size_bytes;
        return {buffer.get(), size_bytes};
    }

    void clear() {
        buffers_.clear();
        size_bytes_ = 0;
    }

    std::size_t size_bytes() const { return size_bytes_; }

private:
    std::vector<std::unique_ptr<std::byte[]>> buffers_;
    std::size_t size_bytes_ = 0;
};

}  // namespace tidemark::storage

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tidemark::storage {

/// Keeps texts, many in one piece of memory. They stay where they are, also when the arena is
/// moved, until it goes. Not thread-safe.
class TextArena {
public:
    /// A copy of `text`.
    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        if (text.size() > rest_.size()) add_block(text.size());
        const std::string_view kept(rest_.data(), text.size());
        std::ranges::copy(text, rest_.begin());
        rest_ = rest_.subspan(text.size());
        return kept;
    }

private:
    /// As much again as there is, so that few texts take little.
    void add_block(std::size_t size_bytes) {
        constexpr std::size_t kSmallest = 128;
        constexpr std::size_t kLargest = std::size_t{1} << 18;
        size_bytes = std::max(size_bytes, std::clamp(size_bytes_, kSmallest, kLargest));
        auto& block = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(size_bytes));
        rest_ = {block.get(), size_bytes};
        size_bytes_ += size_bytes;
    }

    std::vector<std::unique_ptr<char[]>> blocks_;
    std::span<char> rest_;        // Of the last block.
    std::size_t size_bytes_ = 0;  // Of all blocks.
};

}  // namespace tidemark::storage

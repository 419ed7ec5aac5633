#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

// Masks: one bit for each value of a column, bit i is bit i % 64 of word i / 64. The bits of the
// last word behind the last value are zero.

namespace tidemark::storage {

/// Words of a mask of `count` bits.
constexpr std::size_t mask_word_count(std::size_t count) { return (count + 63) / 64; }

inline bool mask_bit(std::span<const std::uint64_t> mask, std::size_t index) {
    return ((mask[index / 64] >> (index % 64)) & 1U) != 0;
}

inline void set_mask_bit(std::span<std::uint64_t> mask, std::size_t index, bool bit) {
    const std::uint64_t flag = std::uint64_t{1} << (index % 64);
    mask[index / 64] = bit ? mask[index / 64] | flag : mask[index / 64] & ~flag;
}

/// Clears the bits behind the last value.
inline void clear_mask_tail(std::span<std::uint64_t> mask, std::size_t count) {
    if (count % 64 != 0) mask[count / 64] &= (std::uint64_t{1} << (count % 64)) - 1;
}

/// Gives all `count` bits one value.
inline void fill_mask(std::span<std::uint64_t> mask, std::size_t count, bool bit) {
    std::ranges::fill(mask.first(mask_word_count(count)), bit ? ~std::uint64_t{0} : 0);
    clear_mask_tail(mask, count);
}

inline void invert_mask(std::span<std::uint64_t> mask, std::size_t count) {
    for (std::uint64_t& word : mask.first(mask_word_count(count))) word = ~word;
    clear_mask_tail(mask, count);
}

/// Calls visit(index) for each bit that is set, in ascending order.
template <typename Visit>
void for_each_bit(std::span<const std::uint64_t> mask, Visit visit) {
    for (std::size_t index = 0; index < mask.size(); ++index) {
        for (std::uint64_t word = mask[index]; word != 0; word &= word - 1) {
            visit(index * 64 + static_cast<std::size_t>(std::countr_zero(word)));
        }
    }
}

/// Sets the bits of [begin, end).
inline void set_mask_range(std::span<std::uint64_t> mask, std::size_t begin, std::size_t end) {
    while (begin < end) {
        const std::size_t in_word = std::min<std::size_t>(64 - begin % 64, end - begin);
        const std::uint64_t ones =
            in_word == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << in_word) - 1;
        mask[begin / 64] |= ones << (begin % 64);
        begin += in_word;
    }
}

}  // namespace tidemark::storage

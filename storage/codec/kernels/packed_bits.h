#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

// One number out of a bit stream: what every kernel falls back to near the end of the bytes.

namespace tidemark::storage {

constexpr std::uint64_t low_bits_mask(unsigned width) {
    return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

/// The number of 1 to 64 bits at `bit_offset`. Bits behind the end of the bytes are zero.
inline std::uint64_t packed_number(std::span<const std::byte> packed, std::uint64_t bit_offset,
                                   unsigned width) {
    if (packed.size() >= sizeof(std::uint64_t)) {
        // Near the end, the word that ends there.
        const std::uint64_t last_offset = packed.size() - sizeof(std::uint64_t);
        const std::uint64_t offset = std::min(bit_offset / 8, last_offset);
        const std::uint64_t shift = bit_offset - 8 * offset;
        if (shift + width <= 64) {
            std::uint64_t word;
            std::memcpy(&word, packed.data() + offset, sizeof word);
            return (word >> shift) & low_bits_mask(width);
        }
    }
    const std::size_t offset = static_cast<std::size_t>(bit_offset / 8);
    const unsigned shift = static_cast<unsigned>(bit_offset % 8);
    std::uint64_t words[2] = {0, 0};
    if (offset < packed.size()) {
        const std::size_t available = std::min<std::size_t>(packed.size() - offset, 9);
        std::memcpy(words, packed.data() + offset, available);
    }
    const std::uint64_t above = shift == 0 ? 0 : words[1] << (64 - shift);
    return ((words[0] >> shift) | above) & low_bits_mask(width);
}

}  // namespace tidemark::storage

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/bytes.h"
#include "storage/codec/float_scale.h"
#include "storage/codec/integer_interval.h"

// Unsigned numbers of a fixed width of 0 to 64 bits, one after the other, least significant bit
// first. FORMAT.md section 4.2.

namespace tidemark::storage {

inline constexpr unsigned kMaxBitWidth = 64;

/// Bytes that `count` numbers take: the last one is filled up with zero bits.
constexpr std::size_t packed_size_bytes(std::size_t count, unsigned width) {
    return count / 8 * width + (count % 8 * width + 7) / 8;
}

/// Bits that `value` needs; 0 for 0.
constexpr unsigned bit_width_of(std::uint64_t value) {
    return static_cast<unsigned>(std::bit_width(value));
}

/// Bits that every index below `count` fits in.
constexpr unsigned index_bit_width(std::size_t count) {
    return count == 0 ? 0 : bit_width_of(count - 1);
}

/// Appends the low `width` bits of the distance of each value from `base`.
void pack_bits(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
               std::vector<std::byte>& out);
inline void pack_bits(std::span<const std::uint64_t> values, unsigned width,
                      std::vector<std::byte>& out) {
    pack_bits(values, 0, width, out);
}
/// The same of narrow numbers, at most 32 bits of each.
void pack_bits(std::span<const std::uint32_t> numbers, std::uint32_t base, unsigned width,
               std::vector<std::byte>& out);

/// Takes the bytes of `count` numbers from `reader`. Corruption when they are not there or the
/// width is above 64.
Result<std::span<const std::byte>> read_packed_bits(ByteReader& reader, std::size_t count,
                                                    unsigned width);

/// Unpacks values.size() numbers, each added to `base`, from bytes that read_packed_bits() returned
/// for as many.
void unpack_bits(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                 std::span<std::uint64_t> values);

/// The same for numbers in zigzag form.
void unpack_zigzag_bits(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                        std::span<std::uint64_t> values);

/// The same for numbers of at most kNarrowWidthLimit bits, without a base.
void unpack_narrow_bits(std::span<const std::byte> packed, unsigned width,
                        std::span<std::uint32_t> numbers);

/// The same as scale.value() of each integer that unpack_bits() gives, as a signed one.
void unpack_scaled(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                   const FloatScale& scale, std::span<double> values);

/// Number `index` of such bytes.
std::uint64_t packed_number_at(std::span<const std::byte> packed, unsigned width,
                               std::size_t index);

/// Which of the `count` numbers of such bytes lie in the interval; `mask` as in match_values().
void match_packed_bits(std::span<const std::byte> packed, unsigned width, std::size_t count,
                       const IntegerInterval& interval, std::span<std::uint64_t> mask);

}  // namespace tidemark::storage

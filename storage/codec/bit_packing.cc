#include "storage/codec/bit_packing.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/encode_kernels.h"
#include "storage/codec/kernels/packed_bits.h"
#include "storage/codec/mask.h"

namespace tidemark::storage {
namespace {

constexpr std::size_t kGroupSize = 8;  // So many packed numbers end with a byte.

void pack_groups(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
                 std::byte* target) {
    encode_kernels().pack_groups(values, base, width, target);
}
void pack_groups(std::span<const std::uint32_t> numbers, std::uint32_t base, unsigned width,
                 std::byte* target) {
    encode_kernels().pack_narrow_groups(numbers, base, width, target);
}

template <typename Number>
void append_packed(std::span<const Number> values, Number base, unsigned width,
                   std::vector<std::byte>& out) {
    if (width == 0) return;
    const std::size_t begin = out.size();
    const std::size_t size_bytes = packed_size_bytes(values.size(), width);
    // Whole vectors are stored; what lies behind the end is cut off again.
    out.resize(begin + size_bytes + kPackPaddingBytes);
    pack_groups(values, base, width, out.data() + begin);
    const std::size_t rest_count = values.size() % kGroupSize;
    if (rest_count != 0) {
        Number rest[kGroupSize];
        std::ranges::fill(rest, base);
        std::ranges::copy(values.last(rest_count), rest);
        std::byte packed[sizeof rest + kPackPaddingBytes];
        pack_groups(std::span<const Number>(rest), base, width, packed);
        const std::size_t rest_offset = values.size() / kGroupSize * width;
        std::memcpy(out.data() + begin + rest_offset, packed, size_bytes - rest_offset);
    }
    out.resize(begin + size_bytes);
}

}  // namespace

void pack_bits(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
               std::vector<std::byte>& out) {
    append_packed(values, base, width, out);
}

void pack_bits(std::span<const std::uint32_t> numbers, std::uint32_t base, unsigned width,
               std::vector<std::byte>& out) {
    append_packed(numbers, base, width, out);
}

Result<std::span<const std::byte>> read_packed_bits(ByteReader& reader, std::size_t count,
                                                    unsigned width) {
    if (width > kMaxBitWidth) {
        return Error(ErrorCode::Corruption, "bit width " + std::to_string(width) + " exceeds 64");
    }
    return reader.read_bytes(packed_size_bytes(count, width));
}

void unpack_bits(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                 std::span<std::uint64_t> values) {
    if (width == 0) {
        std::ranges::fill(values, base);
    } else {
        codec_kernels().unpack_above(packed, width, base, values);
    }
}

void unpack_zigzag_bits(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                        std::span<std::uint64_t> values) {
    if (width == 0) {
        std::ranges::fill(values, base);
    } else {
        codec_kernels().unpack_zigzag(packed, width, base, values);
    }
}

void unpack_narrow_bits(std::span<const std::byte> packed, unsigned width,
                        std::span<std::uint32_t> numbers) {
    if (width == 0) {
        std::ranges::fill(numbers, 0U);
    } else {
        codec_kernels().unpack_narrow(packed, width, numbers);
    }
}

void unpack_scaled(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                   const FloatScale& scale, std::span<double> values) {
    if (width == 0) {
        std::ranges::fill(values, scale.value(static_cast<std::int64_t>(base)));
    } else {
        codec_kernels().unpack_to_doubles(packed, width, base, scale, values);
    }
}

std::uint64_t packed_number_at(std::span<const std::byte> packed, unsigned width,
                               std::size_t index) {
    return width == 0 ? 0 : packed_number(packed, std::uint64_t{index} * width, width);
}

void match_packed_bits(std::span<const std::byte> packed, unsigned width, std::size_t count,
                       const IntegerInterval& interval, std::span<std::uint64_t> mask) {
    if (width == 0) {
        fill_mask(mask, count, interval.contains(0));
        return;
    }
    const UnsignedInterval range = UnsignedInterval::of(interval);
    const std::uint64_t high = std::min(range.high, low_bits_mask(width));
    if (range.low > high) {
        fill_mask(mask, count, range.is_inverted);
        return;
    }
    codec_kernels().match_packed(packed, width, count, range.low, high, mask.data());
    if (range.is_inverted) invert_mask(mask, count);
}

}  // namespace tidemark::storage

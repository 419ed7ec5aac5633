#include "storage/codec/bit_packing.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/packed_bits.h"
#include "storage/codec/mask.h"

namespace tidemark::storage {

void pack_bits(std::span<const std::uint64_t> values, unsigned width, std::vector<std::byte>& out) {
    if (width == 0) return;
    const std::size_t begin = out.size();
    const std::size_t size_bytes = packed_size_bytes(values.size(), width);
    // Whole words are stored; what lies behind the end is cut off again.
    out.resize(begin + size_bytes + sizeof(std::uint64_t));
    std::byte* target = out.data() + begin;
    std::uint64_t word = 0;
    unsigned used_bits = 0;
    for (const std::uint64_t value : values) {
        word |= value << used_bits;
        if (used_bits + width >= kMaxBitWidth) {
            std::memcpy(target, &word, sizeof word);
            target += sizeof word;
            const unsigned stored_bits = kMaxBitWidth - used_bits;
            word = stored_bits == kMaxBitWidth ? 0 : value >> stored_bits;
            used_bits = width - stored_bits;
        } else {
            used_bits += width;
        }
    }
    std::memcpy(target, &word, sizeof word);
    out.resize(begin + size_bytes);
}

Result<std::span<const std::byte>> read_packed_bits(ByteReader& reader, std::size_t count,
                                                    unsigned width) {
    if (width > kMaxBitWidth) {
        return Error(ErrorCode::Corruption, "bit width " + std::to_string(width) + " exceeds 64");
    }
    return reader.read_bytes(packed_size_bytes(count, width));
}

void unpack_bits(std::span<const std::byte> packed, unsigned width,
                 std::span<std::uint64_t> values) {
    if (width == 0) {
        std::ranges::fill(values, std::uint64_t{0});
    } else {
        codec_kernels().unpack(packed, width, values);
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

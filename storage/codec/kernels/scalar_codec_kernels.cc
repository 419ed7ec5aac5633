#include <cstring>

#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/packed_bits.h"

namespace tidemark::storage::scalar {
namespace {

void unpack(std::span<const std::byte> packed, unsigned width, std::span<std::uint64_t> values) {
    // Up to 57 bits, a number lies inside the 8 bytes that begin with its first byte.
    constexpr unsigned kWidestInOneLoad = 57;
    const std::uint64_t keep = low_bits_mask(width);
    std::uint64_t bit_offset = 0;
    for (std::uint64_t& value : values) {
        const std::size_t offset = static_cast<std::size_t>(bit_offset / 8);
        if (width <= kWidestInOneLoad && offset + sizeof(std::uint64_t) <= packed.size()) {
            std::uint64_t word;
            std::memcpy(&word, packed.data() + offset, sizeof word);
            value = (word >> (bit_offset % 8)) & keep;
        } else {
            value = packed_number(packed, bit_offset, width);
        }
        bit_offset += width;
    }
}

/// Fills the mask with is_inside(i) for each i below `count`.
template <typename IsInside>
void fill_mask(std::size_t count, std::uint64_t* mask, IsInside is_inside) {
    for (std::size_t begin = 0; begin < count; begin += 64) {
        const std::size_t end = std::min<std::size_t>(begin + 64, count);
        std::uint64_t word = 0;
        for (std::size_t i = begin; i < end; ++i) {
            word |= std::uint64_t{is_inside(i)} << (i - begin);
        }
        *mask++ = word;
    }
}

void match_packed(std::span<const std::byte> packed, unsigned width, std::size_t count,
                  std::uint64_t low, std::uint64_t high, std::uint64_t* mask) {
    const std::uint64_t distance = high - low;
    fill_mask(count, mask, [=](std::size_t i) {
        return packed_number(packed, std::uint64_t{i} * width, width) - low <= distance;
    });
}

void match_integers(std::span<const std::uint64_t> values, std::uint64_t low,
                    std::uint64_t distance, std::uint64_t* mask) {
    fill_mask(values.size(), mask, [=](std::size_t i) { return values[i] - low <= distance; });
}

void match_doubles(std::span<const double> values, double low, double high, std::uint64_t* mask) {
    fill_mask(values.size(), mask,
              [=](std::size_t i) { return low <= values[i] && values[i] <= high; });
}

void scale_to_doubles(std::span<const std::uint64_t> integers, double factor, double fraction,
                      double* out) {
    for (const std::uint64_t integer : integers) {
        *out++ = static_cast<double>(static_cast<std::int64_t>(integer)) * factor * fraction;
    }
}

void divide_to_doubles(std::span<const std::uint64_t> integers, double divisor, double* out) {
    for (const std::uint64_t integer : integers) {
        *out++ = static_cast<double>(static_cast<std::int64_t>(integer)) / divisor;
    }
}

}  // namespace

const CodecKernels kCodecKernels{.name = "scalar",
                                 .supported = [] { return true; },
                                 .unpack = unpack,
                                 .match_packed = match_packed,
                                 .match_integers = match_integers,
                                 .match_doubles = match_doubles,
                                 .scale_to_doubles = scale_to_doubles,
                                 .divide_to_doubles = divide_to_doubles};

}  // namespace tidemark::storage::scalar

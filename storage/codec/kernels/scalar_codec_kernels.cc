#include <algorithm>
#include <cstring>

#include "storage/base/bytes.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/packed_bits.h"

namespace tidemark::storage::scalar {
namespace {

void unpack_above(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                  std::span<std::uint64_t> values) {
    // Of less than a word, a copy that is one.
    std::byte word[sizeof(std::uint64_t)] = {};
    if (packed.size() < sizeof word) {
        std::ranges::copy(packed, word);
        packed = word;
    }
    std::uint64_t bit_offset = 0;
    for (std::uint64_t& value : values) {
        value = base + packed_number(packed, bit_offset, width);
        bit_offset += width;
    }
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

void to_doubles(std::span<const std::uint64_t> integers, const FloatScale& scale, double* out) {
    if (scale.divisor == 1) {
        scale_to_doubles(integers, scale.factor, scale.fraction, out);
    } else {
        divide_to_doubles(integers, scale.divisor, out);
    }
}

/// A few integers at a time, which stay in the nearest cache.
constexpr std::size_t kBlockCount = 256;

void unpack_to_doubles(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                       const FloatScale& scale, std::span<double> out) {
    std::uint64_t block[kBlockCount];
    for (std::size_t i = 0; i < out.size(); i += kBlockCount) {
        const auto integers = std::span(block).first(std::min(kBlockCount, out.size() - i));
        unpack_above(packed.subspan(i / 8 * width), width, base, integers);
        to_doubles(integers, scale, out.data() + i);
    }
}

void unpack_zigzag(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                   std::span<std::uint64_t> values) {
    unpack_above(packed, width, 0, values);
    for (std::uint64_t& value : values) {
        value = base + static_cast<std::uint64_t>(zigzag_decode(value));
    }
}

void add_up(std::uint64_t first, std::span<std::uint64_t> values) {
    for (std::uint64_t& value : values) value = first += value;
}

void add_up_to_doubles(std::uint64_t first, std::span<const std::uint64_t> deltas, double factor,
                       double fraction, double* out) {
    for (const std::uint64_t delta : deltas) {
        first += delta;
        *out++ = static_cast<double>(static_cast<std::int64_t>(first)) * factor * fraction;
    }
}

void unpack_narrow(std::span<const std::byte> packed, unsigned width,
                   std::span<std::uint32_t> numbers) {
    std::uint64_t bit_offset = 0;
    for (std::uint32_t& number : numbers) {
        number = static_cast<std::uint32_t>(packed_number(packed, bit_offset, width));
        bit_offset += width;
    }
}

void add_up_narrow(std::uint64_t first, const NarrowDeltas& deltas, std::uint64_t* out) {
    for (const std::uint64_t number : deltas.numbers) {
        first += deltas.base +
                 (deltas.is_zigzag ? static_cast<std::uint64_t>(zigzag_decode(number)) : number);
        *out++ = first;
    }
}

void add_up_narrow_to_doubles(std::uint64_t first, const NarrowDeltas& deltas,
                              const FloatScale& scale, double* out) {
    std::uint64_t block[kBlockCount];
    const std::size_t count = deltas.numbers.size();
    for (std::size_t i = 0; i < count; i += kBlockCount) {
        const auto sums = std::span(block).first(std::min(kBlockCount, count - i));
        add_up_narrow(
            first, {deltas.numbers.subspan(i, sums.size()), deltas.base, deltas.is_zigzag}, block);
        to_doubles(sums, scale, out + i);
        first = sums.back();
    }
}

void expand(const std::uint64_t* differs, const std::byte* changes, std::span<std::byte> cells) {
    const std::size_t count = cells.size() / kCellSizeBytes;
    for (std::size_t i = 0; i < count; ++i) {
        if (i != 0) changes += kCellSizeBytes * ((differs[(i - 1) / 64] >> ((i - 1) % 64)) & 1);
        std::memcpy(cells.data() + i * kCellSizeBytes, changes, kCellSizeBytes);
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

}  // namespace

const CodecKernels kCodecKernels{.name = "scalar",
                                 .supported = [] { return true; },
                                 .unpack_above = unpack_above,
                                 .unpack_to_doubles = unpack_to_doubles,
                                 .unpack_zigzag = unpack_zigzag,
                                 .add_up = add_up,
                                 .add_up_to_doubles = add_up_to_doubles,
                                 .unpack_narrow = unpack_narrow,
                                 .add_up_narrow = add_up_narrow,
                                 .add_up_narrow_to_doubles = add_up_narrow_to_doubles,
                                 .expand = expand,
                                 .match_packed = match_packed,
                                 .match_integers = match_integers,
                                 .match_doubles = match_doubles,
                                 .scale_to_doubles = scale_to_doubles,
                                 .divide_to_doubles = divide_to_doubles};

}  // namespace tidemark::storage::scalar

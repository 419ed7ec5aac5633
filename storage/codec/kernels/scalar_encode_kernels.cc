#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/codec/float_scale.h"
#include "storage/codec/kernels/encode_kernels.h"
#include "storage/codec/kernels/packed_bits.h"

namespace tidemark::storage::scalar {
namespace {

Extremes extremes(std::span<const std::uint64_t> values, std::uint64_t flip) {
    // Several at once, because one comparison waits for the one before it.
    constexpr std::size_t kLaneCount = 4;
    std::uint64_t mins[kLaneCount];
    std::ranges::fill(mins, values.front() ^ flip);
    std::uint64_t maxes[kLaneCount];
    std::ranges::fill(maxes, values.front() ^ flip);
    const auto include = [&](std::size_t lane, std::uint64_t value) {
        mins[lane] = std::min(mins[lane], value ^ flip);
        maxes[lane] = std::max(maxes[lane], value ^ flip);
    };
    std::size_t i = 0;
    for (; i + kLaneCount <= values.size(); i += kLaneCount) {
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) include(lane, values[i + lane]);
    }
    for (; i < values.size(); ++i) include(0, values[i]);
    return {*std::ranges::min_element(mins) ^ flip, *std::ranges::max_element(maxes) ^ flip};
}

std::size_t subtract_neighbours(std::span<const std::uint64_t> values, std::uint64_t* differences) {
    std::size_t change_count = 0;
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        differences[i] = values[i + 1] - values[i];
        change_count += differences[i] != 0 ? 1 : 0;
    }
    return change_count;
}

void zigzag(std::span<const std::uint64_t> values, std::uint64_t base, std::uint64_t* numbers) {
    for (const std::uint64_t value : values) {
        *numbers++ = zigzag_encode(static_cast<std::int64_t>(value - base));
    }
}

void bit_lengths(std::span<const std::uint64_t> values, std::uint64_t base, std::uint8_t* lengths) {
    for (const std::uint64_t value : values) {
        *lengths++ = static_cast<std::uint8_t>(std::bit_width(value - base));
    }
}

void count_lengths(std::span<const std::uint8_t> lengths, unsigned longest, std::uint32_t* counts) {
    std::fill_n(counts, kLengthCount, 0U);
    for (const std::uint8_t length : lengths) {
        const unsigned distance = longest - length;
        if (distance < kLengthCount) ++counts[distance];
    }
}

bool differ(double left, double right) {
    return std::bit_cast<std::uint64_t>(left) != std::bit_cast<std::uint64_t>(right);
}

std::size_t round_to_integers(std::span<const double> values, const RoundTrip& round_trip,
                              std::uint64_t* integers, std::uint64_t* mismatches) {
    std::size_t mismatch_count = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += 64) {
        const std::size_t end = std::min<std::size_t>(begin + 64, values.size());
        std::uint64_t word = 0;
        for (std::size_t i = begin; i < end; ++i) {
            const std::int64_t integer = nearest_integer(values[i] * round_trip.digits);
            const double back =
                static_cast<double>(integer) * round_trip.factor * round_trip.fraction;
            const bool is_mismatch =
                std::bit_cast<std::uint64_t>(back) != std::bit_cast<std::uint64_t>(values[i]);
            integers[i] = static_cast<std::uint64_t>(integer);
            word |= std::uint64_t{is_mismatch} << (i - begin);
        }
        *mismatches++ = word;
        mismatch_count += static_cast<std::size_t>(std::popcount(word));
    }
    return mismatch_count;
}

BitRange bit_range(std::span<const double> values) {
    constexpr unsigned kFractionBits = 52;
    constexpr int kExponentBias = 1023;
    constexpr int kExponentOfSpecials = 0x7ff;  // Infinities and NaN.
    constexpr std::uint64_t kImplicitBit = std::uint64_t{1} << kFractionBits;
    BitRange range;
    for (const double value : values) {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        const int exponent = static_cast<int>(bits >> kFractionBits) & 0x7ff;
        if (exponent == kExponentOfSpecials || bits << 1 == 0) continue;
        const int highest = exponent - kExponentBias;
        const int lowest =
            highest - static_cast<int>(kFractionBits) + std::countr_zero(bits | kImplicitBit);
        range.highest = std::max(range.highest, highest);
        range.lowest = std::min(range.lowest, lowest);
    }
    return range;
}

void multiply_to_integers(std::span<const double> values, double factor, std::uint64_t* integers) {
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    for (const double value : values) {
        const double product = value * factor;
        const bool is_in_range = std::abs(product) < kLimit;  // Also false for NaN.
        *integers++ =
            is_in_range ? static_cast<std::uint64_t>(static_cast<std::int64_t>(product)) : 0;
    }
}

std::size_t find_mismatches(std::span<const double> values, const double* others,
                            std::uint64_t* mismatches) {
    std::size_t mismatch_count = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += 64) {
        const std::size_t end = std::min<std::size_t>(begin + 64, values.size());
        std::uint64_t word = 0;
        for (std::size_t i = begin; i < end; ++i) {
            word |= std::uint64_t{differ(values[i], others[i])} << (i - begin);
        }
        *mismatches++ = word;
        mismatch_count += static_cast<std::size_t>(std::popcount(word));
    }
    return mismatch_count;
}

constexpr std::size_t kGroupSize = 8;
constexpr unsigned kWordBits = 64;

/// Number `kIndex` of a group, into the word it begins in; that word is stored when it is full.
template <unsigned kWidth, std::size_t kIndex>
inline void pack_number(std::uint64_t number, std::uint64_t& word, std::byte* target) {
    constexpr unsigned kUsedBits = kIndex * kWidth % kWordBits;
    word |= number << kUsedBits;
    if constexpr (kUsedBits + kWidth >= kWordBits) {
        std::memcpy(target + kIndex * kWidth / kWordBits * sizeof word, &word, sizeof word);
        word = kUsedBits + kWidth == kWordBits ? 0 : number >> (kWordBits - kUsedBits) % kWordBits;
    }
}

/// With the width known, all shifts are constants and no branch is left.
template <unsigned kWidth, typename Number>
void pack_groups_of(std::span<const Number> values, Number base, std::byte* target) {
    constexpr auto kKeep = static_cast<Number>(low_bits_mask(kWidth));
    for (std::size_t i = 0; i + kGroupSize <= values.size(); i += kGroupSize) {
        const Number* const group = values.data() + i;
        std::uint64_t word = 0;
        [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
            (pack_number<kWidth, kIndex>((group[kIndex] - base) & kKeep, word, target), ...);
        }
        (std::make_index_sequence<kGroupSize>{});
        if constexpr (kWidth % kGroupSize != 0) {
            std::memcpy(target + kWidth / kGroupSize * sizeof word, &word, sizeof word);
        }
        target += kWidth;
    }
}

template <typename Number>
using PackGroups = void (*)(std::span<const Number> values, Number base, std::byte* target);

/// For each width that the numbers can have.
template <typename Number>
constexpr auto kPackGroups = []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array<PackGroups<Number>, sizeof...(kIndex)>{pack_groups_of<kIndex + 1, Number>...};
}
(std::make_index_sequence<8 * sizeof(Number)>{});

void pack_groups(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
                 std::byte* target) {
    kPackGroups<std::uint64_t>[width - 1](values, base, target);
}

bool round_to_narrow(std::span<const double> values, const RoundTrip& round_trip,
                     std::uint32_t* numbers, NarrowExtremes& extremes) {
    constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    extremes = {};
    for (const double value : values) {
        const std::int64_t integer = nearest_integer(value * round_trip.digits);
        const double back = static_cast<double>(integer) * round_trip.factor * round_trip.fraction /
                            round_trip.divisor;
        if (differ(back, value) || integer < kLeast || integer > kMost) return false;
        const auto number = static_cast<std::int32_t>(integer);
        extremes = {std::min(extremes.min, number), std::max(extremes.max, number)};
        *numbers++ = static_cast<std::uint32_t>(number);
    }
    return true;
}

void narrow(std::span<const std::uint64_t> values, std::uint32_t* numbers) {
    for (const std::uint64_t value : values) *numbers++ = static_cast<std::uint32_t>(value);
}

std::size_t subtract_narrow_neighbours(std::span<const std::uint32_t> numbers,
                                       std::uint32_t* differences, NarrowExtremes& extremes) {
    std::size_t change_count = 0;
    extremes = {};
    for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
        differences[i] = numbers[i + 1] - numbers[i];
        const auto difference = static_cast<std::int32_t>(differences[i]);
        extremes = {std::min(extremes.min, difference), std::max(extremes.max, difference)};
        change_count += difference != 0 ? 1 : 0;
    }
    return change_count;
}

std::size_t find_narrow_changes(std::span<const std::uint32_t> numbers, std::uint64_t* mask) {
    std::size_t change_count = 0;
    for (std::size_t begin = 0; begin + 1 < numbers.size(); begin += 64) {
        const std::size_t end = std::min<std::size_t>(begin + 64, numbers.size() - 1);
        std::uint64_t word = 0;
        for (std::size_t i = begin; i < end; ++i) {
            word |= std::uint64_t{numbers[i + 1] != numbers[i]} << (i - begin);
        }
        *mask++ = word;
        change_count += static_cast<std::size_t>(std::popcount(word));
    }
    return change_count;
}

void zigzag_narrow(std::span<const std::uint32_t> numbers, std::uint32_t base, std::uint32_t* out) {
    for (const std::uint32_t number : numbers) {
        const auto distance = static_cast<std::int32_t>(number - base);
        *out++ = static_cast<std::uint32_t>(zigzag_encode(distance));
    }
}

void narrow_bit_lengths(std::span<const std::uint32_t> numbers, std::uint32_t base,
                        std::uint8_t* lengths) {
    for (const std::uint32_t number : numbers) {
        *lengths++ = static_cast<std::uint8_t>(std::bit_width(number - base));
    }
}

void find_narrow_above(std::span<const std::uint32_t> numbers, std::uint32_t base,
                       std::uint32_t limit, std::uint64_t* mask) {
    for (std::size_t begin = 0; begin < numbers.size(); begin += 64) {
        const std::size_t end = std::min<std::size_t>(begin + 64, numbers.size());
        std::uint64_t word = 0;
        for (std::size_t i = begin; i < end; ++i) {
            word |= std::uint64_t{numbers[i] - base > limit} << (i - begin);
        }
        *mask++ = word;
    }
}

void pack_narrow_groups(std::span<const std::uint32_t> numbers, std::uint32_t base, unsigned width,
                        std::byte* target) {
    kPackGroups<std::uint32_t>[width - 1](numbers, base, target);
}

}  // namespace

const EncodeKernels kEncodeKernels{.name = "scalar",
                                   .supported = [] { return true; },
                                   .extremes = extremes,
                                   .subtract_neighbours = subtract_neighbours,
                                   .zigzag = zigzag,
                                   .bit_lengths = bit_lengths,
                                   .count_lengths = count_lengths,
                                   .bit_range = bit_range,
                                   .multiply_to_integers = multiply_to_integers,
                                   .find_mismatches = find_mismatches,
                                   .pack_groups = pack_groups,
                                   .round_to_integers = round_to_integers,
                                   .round_to_narrow = round_to_narrow,
                                   .narrow = narrow,
                                   .subtract_narrow_neighbours = subtract_narrow_neighbours,
                                   .find_narrow_changes = find_narrow_changes,
                                   .zigzag_narrow = zigzag_narrow,
                                   .narrow_bit_lengths = narrow_bit_lengths,
                                   .find_narrow_above = find_narrow_above,
                                   .pack_narrow_groups = pack_narrow_groups};

}  // namespace tidemark::storage::scalar

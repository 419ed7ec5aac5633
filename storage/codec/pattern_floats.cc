// Pattern: the bits of the doubles as a column of integers, for doubles that are no decimals but
// come again and again: as a dictionary, or with a bitmap of changes.
//
//   offset  size  field
//   0       ..    encoded integers, of unsigned order: the pattern of each value, which is its 64
//                 bits, all of them inverted when the sign is set, else only the sign. Patterns are
//                 in the order of the values.

#include <algorithm>
#include <bit>

#include "storage/codec/distinct_values.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

std::uint64_t pattern_of(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    return bits ^ ((bits & kSignBit) != 0 ? ~std::uint64_t{0} : kSignBit);
}

double value_of(std::uint64_t pattern) {
    return std::bit_cast<double>(pattern ^
                                 ((pattern & kSignBit) != 0 ? kSignBit : ~std::uint64_t{0}));
}

bool encode_pattern(std::span<const double> values, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    // What decimals or few bits bring below this is out of reach.
    constexpr std::size_t kBytesPerValueWorth = 2;
    if (values.empty() || size_limit_bytes < kBytesPerValueWorth * values.size()) return false;
    Scratch<std::uint64_t> patterns(values.size());
    const std::size_t look_count = std::min(values.size(), kDistinctLookCount);
    const auto look = patterns.values().first(look_count);
    std::ranges::transform(values.first(look_count), look.begin(), pattern_of);
    if (!guess_distinct(look, look_count).has_repetitions) return false;
    std::ranges::transform(values, patterns.values().begin(), pattern_of);
    return encode_integer_column({patterns.values(), IntegerOrder::Unsigned}, kAnyRank,
                                 size_limit_bytes, out);
}

Status decode_pattern(std::span<const std::byte> bytes, std::span<double> values) {
    Scratch<std::uint64_t> patterns(values.size());
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(bytes, kAnyRank, patterns.values()));
    std::ranges::transform(patterns.values(), values.begin(), value_of);
    return success();
}

Status match_pattern(std::span<const std::byte> bytes, std::size_t count,
                     const FloatInterval& interval, std::span<std::uint64_t> mask) {
    // The two zeros are equal, and have different patterns.
    const std::uint64_t low = pattern_of(interval.low == 0 ? -0.0 : interval.low);
    const std::uint64_t high = pattern_of(interval.high == 0 ? 0.0 : interval.high);
    if (low <= high) {
        return match_integer_column(bytes, kAnyRank, count, IntegerInterval{low, high - low}, mask);
    }
    // Nothing lies inside; the column is read all the same, so that damage is noticed.
    TIDEMARK_RETURN_IF_ERROR(match_integer_column(bytes, kAnyRank, count, {}, mask));
    fill_mask(mask, count, false);
    return success();
}

NestedColumn nested_patterns(std::span<const std::byte> bytes, std::size_t count) {
    return {bytes, count};
}

}  // namespace

const FloatCodec kPatternFloats{CodecId::Pattern, "pattern",     true,           encode_pattern,
                                decode_pattern,   match_pattern, nested_patterns};

}  // namespace tidemark::storage

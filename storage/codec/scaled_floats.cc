// Decimal and binary: doubles that are integers in disguise.
//
// Decimal is ALP (Afroozeh, Kuffo, Boncz: ALP: Adaptive Lossless floating-Point Compression,
// SIGMOD 2023): value = integer * 10^f * 10^-e in double arithmetic. Binary: value = integer *
// 2^-k, which takes uniform random numbers, fixed-point numbers and large counters. Values that do
// not come back are exceptions; their place among the integers repeats the integer before.
//
//   offset  size  field
//   0       1     decimal only: e, 0 to 18
//   1       1     decimal only: f, 0 to e, or 255
//   0       1..2  binary only: k, zigzag varint, -1022 to 1022
//   2..     1..   number of exceptions, varint
//   ..      ..    packed: the indices of the exceptions, ascending, with as many bits as the index
//                 of the last value takes
//   ..      8 n   the exceptions, doubles
//   ..      ..    encoded integers, of signed order

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/float_scale.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/kernels/encode_kernels.h"
#include "storage/codec/mask.h"
#include "storage/codec/scaled_values.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr int kMaxBinaryExponent = 1022;  // 2^-k and its inverse are normal doubles.

/// Writes what follows the scale.
bool encode_body(const Exceptions& exceptions, const IntegerColumn& integers,
                 std::size_t size_limit_bytes, std::vector<std::byte>& out) {
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_varint(exceptions.indices.size());
    pack_bits(exceptions.indices, index_bit_width(integers.count()), out);
    writer.write_bytes(std::as_bytes(std::span<const double>(exceptions.values)));
    const std::size_t size_bytes = out.size() - begin;
    if (size_bytes < size_limit_bytes &&
        encode_integer_column(integers, kAnyRank, size_limit_bytes - size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

bool write_decimal(const DecimalExponents& exponents, const Exceptions& exceptions,
                   const IntegerColumn& integers, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    constexpr std::size_t kHeaderSizeBytes = 2;
    if (size_limit_bytes < kHeaderSizeBytes) return false;
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_u8(exponents.exponent);
    writer.write_u8(exponents.factor_exponent);
    if (encode_body(exceptions, integers, size_limit_bytes - kHeaderSizeBytes, out)) return true;
    out.resize(begin);
    return false;
}

bool encode_decimal(std::span<const double> values, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    if (values.empty()) return false;
    const std::optional<unsigned> guess = guess_decimals(values);
    if (guess) {
        Scratch<std::uint32_t> numbers(values.size());
        if (const auto narrow = narrow_decimals(values, *guess, numbers.values())) {
            return write_decimal(narrow->exponents, {}, {narrow->integers, IntegerOrder::Signed},
                                 size_limit_bytes, out);
        }
    }
    ScaledValues scaled(values.size());
    const auto exponents = scale_decimals(values, guess, scaled);
    if (!exponents) return false;
    fill_exceptions(scaled.exceptions, scaled.integers.values());
    return write_decimal(*exponents, scaled.exceptions,
                         {scaled.integers.values(), IntegerOrder::Signed}, size_limit_bytes, out);
}

/// Nothing when a value is too close to 0 for binary_scale().
std::optional<BitRange> bit_range_of(std::span<const double> values) {
    const BitRange range = encode_kernels().bit_range(values);
    if (range.lowest < -kMaxBinaryExponent) return std::nullopt;
    return range.lowest > range.highest ? BitRange{0, 0} : range;
}

FloatScale binary_scale(int exponent) { return {std::ldexp(1.0, -exponent), 1, 1}; }

/// True when no integer codec is likely to bring `bit_count` bits a value below the limit, because
/// decimals have taken far fewer.
bool is_hopeless(int bit_count, std::size_t value_count, std::size_t size_limit_bytes) {
    constexpr std::size_t kLargestGain = 3;
    return packed_size_bytes(value_count, static_cast<unsigned>(bit_count)) / kLargestGain >
           size_limit_bytes;
}

bool encode_binary(std::span<const double> values, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    constexpr int kBitLimit = 62;
    const auto is_good = [&](const std::optional<BitRange>& bits) {
        return bits && bits->bit_count() <= kBitLimit &&
               !is_hopeless(bits->bit_count(), values.size(), size_limit_bytes);
    };
    if (values.empty()) return false;
    // More values have more bits, so mostly a few tell that there are too many.
    for (const std::size_t look_count : {std::size_t{8}, std::size_t{64}}) {
        if (!is_good(bit_range_of(values.first(std::min(values.size(), look_count))))) return false;
    }
    const std::optional<BitRange> range = bit_range_of(values);
    if (!is_good(range)) return false;
    const int exponent = -range->lowest;
    const double inverse = std::ldexp(1.0, exponent);
    Scratch<std::uint64_t> integers(values.size());
    encode_kernels().multiply_to_integers(values, inverse, integers.values().data());
    const Exceptions exceptions =
        find_exceptions(values, binary_scale(exponent), integers.values());
    fill_exceptions(exceptions, integers.values());
    const std::size_t begin = out.size();
    ByteWriter(out).write_zigzag(exponent);
    const std::size_t header_size_bytes = out.size() - begin;
    if (header_size_bytes <= size_limit_bytes &&
        encode_body(exceptions, {integers.values(), IntegerOrder::Signed},
                    size_limit_bytes - header_size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

struct ScaledColumn {
    FloatScale scale;
    std::size_t exception_count = 0;
    unsigned index_width = 0;
    std::span<const std::byte> indices;
    std::span<const std::byte> exceptions;
    std::span<const std::byte> integers;

    std::size_t index(std::size_t exception) const {
        return static_cast<std::size_t>(packed_number_at(indices, index_width, exception));
    }
    double exception(std::size_t number) const {
        double value;
        std::memcpy(&value, exceptions.data() + number * sizeof value, sizeof value);
        return value;
    }
};

Result<FloatScale> read_decimal_scale(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const unsigned exponent, reader.read_u8());
    TIDEMARK_ASSIGN_OR_RETURN(const unsigned factor_exponent, reader.read_u8());
    const bool is_quotient = factor_exponent == DecimalExponents::kQuotient;
    if (exponent > kMaxDecimalExponent || (!is_quotient && factor_exponent > exponent)) {
        return Error(ErrorCode::Corruption, "decimal exponents are out of range");
    }
    return is_quotient ? quotient_scale(exponent) : product_scale(exponent, factor_exponent);
}

Result<FloatScale> read_binary_scale(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t exponent, reader.read_zigzag());
    if (exponent < -kMaxBinaryExponent || exponent > kMaxBinaryExponent) {
        return Error(ErrorCode::Corruption, "the binary exponent is out of range");
    }
    return binary_scale(static_cast<int>(exponent));
}

using ReadScale = Result<FloatScale> (*)(ByteReader& reader);

template <ReadScale kReadScale>
Result<ScaledColumn> read_scaled(std::span<const std::byte> bytes, std::size_t count) {
    ByteReader reader(bytes);
    ScaledColumn column;
    TIDEMARK_ASSIGN_OR_RETURN(column.scale, kReadScale(reader));
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t exception_count, reader.read_varint());
    if (exception_count > count) {
        return Error(ErrorCode::Corruption, "more exceptions than values");
    }
    column.exception_count = static_cast<std::size_t>(exception_count);
    column.index_width = index_bit_width(count);
    TIDEMARK_ASSIGN_OR_RETURN(column.indices,
                              read_packed_bits(reader, column.exception_count, column.index_width));
    TIDEMARK_ASSIGN_OR_RETURN(column.exceptions,
                              reader.read_bytes(exception_count * sizeof(double)));
    column.integers = bytes.subspan(reader.offset());
    for (std::size_t i = 0; i < column.exception_count; ++i) {
        if (column.index(i) >= count) {
            return Error(ErrorCode::Corruption, "an exception lies behind the values");
        }
    }
    return column;
}

template <ReadScale kReadScale>
Status decode_scaled(std::span<const std::byte> bytes, std::span<double> values) {
    TIDEMARK_ASSIGN_OR_RETURN(const ScaledColumn column,
                              read_scaled<kReadScale>(bytes, values.size()));
    TIDEMARK_RETURN_IF_ERROR(decode_scaled_column(column.integers, kAnyRank, column.scale, values));
    for (std::size_t i = 0; i < column.exception_count; ++i) {
        values[column.index(i)] = column.exception(i);
    }
    return success();
}

/// The smallest integer for which is_reached(scale.value(integer)) holds; is_reached must not
/// become false again for greater values. Nothing when it holds for none. Looks around `guess`
/// first.
template <typename IsReached>
std::optional<std::int64_t> first_integer(const FloatScale& scale, double guess,
                                          IsReached is_reached) {
    // Integers as unsigned numbers of the same order, so that steps can be counted.
    constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
    constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
    const auto holds = [&](std::uint64_t place) {
        return is_reached(scale.value(static_cast<std::int64_t>(place ^ kSignBit)));
    };
    constexpr double kGuessLimit = 9e18;
    const double clamped = std::isnan(guess) ? 0 : std::clamp(guess, -kGuessLimit, kGuessLimit);
    const std::uint64_t start =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(clamped)) ^ kSignBit;

    // Doubling steps from the guess to an interval [low, high] that holds the answer.
    std::uint64_t low = start;
    std::uint64_t high = start;
    for (std::uint64_t step = 1; low > 0 && holds(low); step *= 2) {
        high = low;
        low -= std::min(low, step);
    }
    for (std::uint64_t step = 1; !holds(high); step *= 2) {
        if (high == kLast) return std::nullopt;
        low = high;
        high += std::min(kLast - high, step);
    }
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (holds(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return static_cast<std::int64_t>(low ^ kSignBit);
}

/// The integers whose values lie in the interval, or nothing.
std::optional<IntegerInterval> integers_inside(const FloatScale& scale,
                                               const FloatInterval& interval) {
    const auto guess = [&](double value) {
        return value * scale.divisor / scale.fraction / scale.factor;
    };
    const auto low = first_integer(scale, guess(interval.low),
                                   [&](double value) { return value >= interval.low; });
    if (!low) return std::nullopt;
    const auto behind = first_integer(scale, guess(interval.high),
                                      [&](double value) { return value > interval.high; });
    if (behind && *behind <= *low) return std::nullopt;
    const std::int64_t last = behind ? *behind - 1 : std::numeric_limits<std::int64_t>::max();
    const auto first_pattern = static_cast<std::uint64_t>(*low);
    return IntegerInterval{first_pattern, static_cast<std::uint64_t>(last) - first_pattern};
}

template <ReadScale kReadScale>
Status match_scaled(std::span<const std::byte> bytes, std::size_t count,
                    const FloatInterval& interval, std::span<std::uint64_t> mask) {
    TIDEMARK_ASSIGN_OR_RETURN(const ScaledColumn column, read_scaled<kReadScale>(bytes, count));
    const auto integers = integers_inside(column.scale, interval);
    // Also when nothing can lie inside the column is read, so that damage is noticed.
    TIDEMARK_RETURN_IF_ERROR(match_integer_column(column.integers, kAnyRank, count,
                                                  integers.value_or(IntegerInterval{}), mask));
    if (!integers) fill_mask(mask, count, false);
    for (std::size_t i = 0; i < column.exception_count; ++i) {
        set_mask_bit(mask, column.index(i), interval.contains(column.exception(i)));
    }
    return success();
}

template <ReadScale kReadScale>
NestedColumn nested_integers(std::span<const std::byte> bytes, std::size_t count) {
    const auto column = read_scaled<kReadScale>(bytes, count);
    return column ? NestedColumn{column.value().integers, count} : NestedColumn{};
}

}  // namespace

const FloatCodec kDecimalFloats{CodecId::Decimal,
                                "decimal",
                                true,
                                encode_decimal,
                                decode_scaled<read_decimal_scale>,
                                match_scaled<read_decimal_scale>,
                                nested_integers<read_decimal_scale>};
const FloatCodec kBinaryFloats{CodecId::Binary,
                               "binary",
                               true,
                               encode_binary,
                               decode_scaled<read_binary_scale>,
                               match_scaled<read_binary_scale>,
                               nested_integers<read_binary_scale>};

}  // namespace tidemark::storage

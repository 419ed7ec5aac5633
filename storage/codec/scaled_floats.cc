// Decimal and binary: doubles that are integers in disguise.
//
// Decimal is ALP (Afroozeh, Kuffo, Boncz: ALP: Adaptive Lossless floating-Point Compression,
// SIGMOD 2023): value = integer * 10^f * 10^-e in double arithmetic. Binary: value = integer *
// 2^-k, which takes uniform random numbers, fixed-point numbers and large counters. Values that do
// not come back are exceptions; their place among the integers repeats the integer before.
//
//   offset  size  field
//   0       1     decimal only: e, 0 to 18
//   1       1     decimal only: f, 0 to e
//   0       1..2  binary only: k, zigzag varint, -1022 to 1022
//   2..     1..   number of exceptions, varint
//   ..      ..    packed: the indices of the exceptions, ascending, with as many bits as the index
//                 of the last value takes
//   ..      8 n   the exceptions, doubles
//   ..      ..    encoded integers, of signed order

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "storage/base/bytes.h"
#include "storage/codec/bit_packing.h"
#include "storage/codec/float_codec.h"
#include "storage/codec/float_scale.h"
#include "storage/codec/integer_codec.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/mask.h"
#include "storage/codec/scratch.h"

namespace tidemark::storage {
namespace {

constexpr int kMaxBinaryExponent = 1022;  // 2^-k and its inverse are normal doubles.

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

struct Exceptions {
    std::vector<std::uint64_t> indices;
    std::vector<double> values;
};

/// Turns the values into integers by `to_integer`, and collects those that do not come back.
template <typename ToInteger>
Exceptions to_integers(std::span<const double> values, const FloatScale& scale,
                       ToInteger to_integer, std::span<std::uint64_t> integers) {
    Exceptions exceptions;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::int64_t integer = to_integer(values[i]);
        integers[i] = static_cast<std::uint64_t>(integer);
        if (bits_of(scale.value(integer)) == bits_of(values[i])) continue;
        exceptions.indices.push_back(i);
        exceptions.values.push_back(values[i]);
    }
    // The neighbour's integer costs the least. Those in front of the first good value take its.
    std::size_t next_good = 0;
    for (const std::uint64_t index : exceptions.indices) next_good += index == next_good ? 1 : 0;
    const std::uint64_t first_good = next_good < values.size() ? integers[next_good] : 0;
    for (const std::uint64_t index : exceptions.indices) {
        const auto i = static_cast<std::size_t>(index);
        integers[i] = i == 0 ? first_good : integers[i - 1];
    }
    return exceptions;
}

/// Writes what follows the scale.
bool encode_body(const Exceptions& exceptions, std::span<const std::uint64_t> integers,
                 std::size_t size_limit_bytes, std::vector<std::byte>& out) {
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_varint(exceptions.indices.size());
    pack_bits(exceptions.indices, index_bit_width(integers.size()), out);
    writer.write_bytes(std::as_bytes(std::span<const double>(exceptions.values)));
    const std::size_t size_bytes = out.size() - begin;
    if (size_bytes < size_limit_bytes &&
        encode_integer_column({integers, IntegerOrder::Signed}, kAnyRank,
                              size_limit_bytes - size_bytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

bool encode_decimal(std::span<const double> values, std::size_t size_limit_bytes,
                    std::vector<std::byte>& out) {
    constexpr std::size_t kHeaderSizeBytes = 2;
    DecimalExponents exponents;
    if (values.empty() || size_limit_bytes < kHeaderSizeBytes) return false;
    if (!find_decimal_exponents(values, exponents)) return false;
    Scratch<std::uint64_t> integers(values.size());
    const Exceptions exceptions = to_integers(
        values, decimal_scale(exponents),
        [&](double value) { return decimal_integer(value, exponents); }, integers.values());
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.write_u8(static_cast<std::uint8_t>(exponents.exponent));
    writer.write_u8(static_cast<std::uint8_t>(exponents.factor_exponent));
    if (encode_body(exceptions, integers.values(), size_limit_bytes - kHeaderSizeBytes, out)) {
        return true;
    }
    out.resize(begin);
    return false;
}

/// The exponent of the lowest bit that is set in a finite value other than 0.
int lowest_bit_exponent(double value) {
    int exponent = 0;
    const double mantissa = std::frexp(std::abs(value), &exponent);  // In [0.5, 1).
    const auto digits = static_cast<std::uint64_t>(std::ldexp(mantissa, 53));
    return exponent - 53 + std::countr_zero(digits);
}

/// k such that every finite value is an integer times 2^-k, when those integers fit in 63 bits.
std::optional<int> find_binary_exponent(std::span<const double> values) {
    int lowest_exponent = std::numeric_limits<int>::max();
    double largest = 0;
    for (const double value : values) {
        if (value == 0 || !std::isfinite(value)) continue;
        lowest_exponent = std::min(lowest_exponent, lowest_bit_exponent(value));
        largest = std::max(largest, std::abs(value));
    }
    if (largest == 0) return 0;
    if (std::abs(lowest_exponent) > kMaxBinaryExponent) return std::nullopt;
    if (std::ilogb(largest) - lowest_exponent >= 62) return std::nullopt;
    return -lowest_exponent;
}

FloatScale binary_scale(int exponent) { return {std::ldexp(1.0, -exponent), 1.0}; }

bool encode_binary(std::span<const double> values, std::size_t size_limit_bytes,
                   std::vector<std::byte>& out) {
    const std::optional<int> exponent = find_binary_exponent(values);
    if (values.empty() || !exponent) return false;
    const double inverse = std::ldexp(1.0, *exponent);
    const auto to_integer = [=](double value) {
        return std::isfinite(value) ? static_cast<std::int64_t>(value * inverse) : 0;
    };
    Scratch<std::uint64_t> integers(values.size());
    const Exceptions exceptions =
        to_integers(values, binary_scale(*exponent), to_integer, integers.values());
    const std::size_t begin = out.size();
    ByteWriter(out).write_zigzag(*exponent);
    const std::size_t header_size_bytes = out.size() - begin;
    if (header_size_bytes <= size_limit_bytes &&
        encode_body(exceptions, integers.values(), size_limit_bytes - header_size_bytes, out)) {
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
    if (exponent > kMaxDecimalExponent || factor_exponent > exponent) {
        return Error(ErrorCode::Corruption, "decimal exponents are out of range");
    }
    return decimal_scale({exponent, factor_exponent});
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
    Scratch<std::uint64_t> integers(values.size());
    TIDEMARK_RETURN_IF_ERROR(decode_integer_column(column.integers, kAnyRank, integers.values()));
    codec_kernels().scale_to_doubles(integers.values(), column.scale.factor, column.scale.fraction,
                                     values.data());
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
    const auto guess = [&](double value) { return value / scale.fraction / scale.factor; };
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

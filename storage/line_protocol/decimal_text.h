#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "storage/line_protocol/field_text.h"

// Reads numbers as senders mostly write them, faster than the readers that take every number. Text
// is read up to the first byte that is not of a number, which must be there.

namespace tidemark::storage {

/// Digits, or digits, a point and digits, perhaps behind a minus sign.
struct DecimalText {
    std::uint64_t digits = 0;  ///< All of them as one number; modulo 2^64 when they are many.
    unsigned digit_count = 0;  ///< Leading zeros included.
    unsigned decimals = 0;     ///< Of the digits, those behind the point.
    bool is_negative = false;
    bool has_point = false;
    const char* end = nullptr;  ///< Behind it.
};

/// Nothing when there is no digit, or none on one side of a point.
inline std::optional<DecimalText> read_decimal(const char* position) {
    DecimalText decimal;
    decimal.is_negative = *position == '-';
    if (decimal.is_negative) ++position;
    const char* begin = position;
    std::uint64_t digits = 0;
    for (; is_digit(*position); ++position) {
        digits = digits * 10 + static_cast<std::uint64_t>(*position - '0');
    }
    decimal.digit_count = static_cast<unsigned>(position - begin);
    if (decimal.digit_count == 0) return std::nullopt;
    if (*position == '.') {
        decimal.has_point = true;
        begin = ++position;
        for (; is_digit(*position); ++position) {
            digits = digits * 10 + static_cast<std::uint64_t>(*position - '0');
        }
        decimal.decimals = static_cast<unsigned>(position - begin);
        if (decimal.decimals == 0) return std::nullopt;
        decimal.digit_count += decimal.decimals;
    }
    decimal.digits = digits;
    decimal.end = position;
    return decimal;
}

/// As many digits always fit in 64 bits.
inline constexpr unsigned kMaxExactDigits = 19;

/// The double nearest to the decimal, when one division gives it: for up to 2^53 / 10^22 both sides
/// are doubles, and IEEE 754 rounds their quotient correctly.
inline std::optional<double> quotient_of(const DecimalText& decimal) {
    constexpr std::array kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    constexpr std::uint64_t kExactLimit = std::uint64_t{1} << 53;
    if (decimal.digit_count > kMaxExactDigits || decimal.digits > kExactLimit) return std::nullopt;
    const double value = static_cast<double>(decimal.digits) / kPowersOfTen[decimal.decimals];
    return decimal.is_negative ? -value : value;
}

/// Nothing when it has a point or does not fit.
inline std::optional<std::int64_t> integer_of(const DecimalText& decimal) {
    constexpr auto kLimit = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (decimal.has_point || decimal.digit_count > kMaxExactDigits || decimal.digits > kLimit) {
        return std::nullopt;
    }
    const auto value = static_cast<std::int64_t>(decimal.digits);
    return decimal.is_negative ? -value : value;
}

}  // namespace tidemark::storage

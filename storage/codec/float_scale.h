#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tidemark::storage {

/// How integers stand for doubles: value = double(integer) * factor * fraction, each step rounded
/// to nearest, ties to even. Both are positive, so the values keep the order of the integers.
/// This arithmetic is part of the format (FORMAT.md section 4.4).
struct FloatScale {
    double factor = 1;
    double fraction = 1;

    double value(std::int64_t integer) const {
        return static_cast<double>(integer) * factor * fraction;
    }
};

/// Decimal digits: 10^factor_exponent and 10^-exponent; 0 <= factor_exponent <= exponent <= 18.
struct DecimalExponents {
    unsigned exponent = 0;
    unsigned factor_exponent = 0;
};
inline constexpr unsigned kMaxDecimalExponent = 18;

FloatScale decimal_scale(const DecimalExponents& exponents);

/// The exponents with which the most values become integers and back again; judged by a sample, and
/// by all values where the sample leaves a doubt. Returns false when hardly any value is a decimal.
bool find_decimal_exponents(std::span<const double> values, DecimalExponents& exponents);

/// The integer nearest to the value in units of the scale's inverse, when it is below 2^51 in
/// magnitude; an integer that does not decode to the value otherwise.
std::int64_t decimal_integer(double value, const DecimalExponents& exponents);

}  // namespace tidemark::storage

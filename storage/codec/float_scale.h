#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tidemark::storage {

/// How integers stand for doubles: value = double(integer) * factor * fraction / divisor, each step
/// rounded to nearest, ties to even. All three are positive, so the values keep the order of the
/// integers. A 1 changes nothing and may be left out. This arithmetic is part of the format
/// (FORMAT.md section 4.4).
struct FloatScale {
    double factor = 1;
    double fraction = 1;
    double divisor = 1;

    double value(std::int64_t integer) const {
        return static_cast<double>(integer) * factor * fraction / divisor;
    }
};

inline constexpr unsigned kMaxDecimalExponent = 18;

/// scale.value() of each integer as a signed one.
void scale_integers(std::span<const std::uint64_t> integers, const FloatScale& scale,
                    std::span<double> values);

/// ALP's product: integer * 10^factor_exponent * 10^-exponent.
/// 0 <= factor_exponent <= exponent <= kMaxDecimalExponent.
FloatScale product_scale(unsigned exponent, unsigned factor_exponent);

/// The quotient integer / 10^decimals; slower, and correctly rounded for every decimal.
FloatScale quotient_scale(unsigned decimals);

/// 10^decimals, which turns a decimal into its digits.
double digits_factor(unsigned decimals);

/// The nearest integer when it is below 2^51 in magnitude; else 0.
inline std::int64_t nearest_integer(double value) {
    // Adding and subtracting 1.5 * 2^52 rounds to the nearest integer, up to 2^51 in magnitude.
    constexpr double kRoundingShift = 6755399441055744.0;
    constexpr double kLimit = 2251799813685248.0;
    const bool is_in_range = std::abs(value) < kLimit;  // Also false for NaN.
    return is_in_range ? static_cast<std::int64_t>(value + kRoundingShift - kRoundingShift) : 0;
}

/// The exponent of the product that gives back the most decimals: all of two decimals and up to
/// seven digits.
inline constexpr unsigned kBestExponent = 14;

/// The digits behind the decimal point that a few of the values need at most; nothing when one of
/// them is no decimal. Quicker than find_decimals().
std::optional<unsigned> guess_decimals(std::span<const double> values);

/// The digits behind the decimal point for which the values of a sample are written the shortest;
/// nothing when most of them are no decimals.
std::optional<unsigned> find_decimals(std::span<const double> values);

/// The exponent of the product that gives back the most of a sample of values with so many
/// decimals; its factor_exponent is exponent - decimals.
unsigned find_product_exponent(std::span<const double> values, unsigned decimals);

}  // namespace tidemark::storage

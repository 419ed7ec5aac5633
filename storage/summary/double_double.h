#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include <tidemark/scan.h>

// Arithmetic on unevaluated sums of two doubles, of about 106 bits: Dekker 1971, Knuth TAOCP 4.2.2,
// and for the additions of pairs Joldes, Muller, Popescu: Tight and rigorous error bounds for basic
// building blocks of double-word arithmetic, 2017. Results are normalised: low is at most half a
// unit in the last place of high. Once high is infinite or NaN it stays so, with low 0.

namespace tidemark::storage {

__extension__ using Int128 = __int128;

/// The sum and its rounding error, for any two finite doubles.
inline DoubleDouble two_sum(double left, double right) {
    const double sum = left + right;
    const double right_part = sum - left;
    const double left_part = sum - right_part;
    return {sum, (left - left_part) + (right - right_part)};
}

/// The same, where |larger| >= |smaller|.
inline DoubleDouble quick_two_sum(double larger, double smaller) {
    const double sum = larger + smaller;
    return {sum, smaller - (sum - larger)};
}

inline DoubleDouble add(const DoubleDouble& left, const DoubleDouble& right) {
    const DoubleDouble highs = two_sum(left.high, right.high);
    if (!std::isfinite(highs.high)) return {highs.high, 0};
    const DoubleDouble lows = two_sum(left.low, right.low);
    const DoubleDouble middle = quick_two_sum(highs.high, highs.low + lows.high);
    const DoubleDouble sum = quick_two_sum(middle.high, lows.low + middle.low);
    return std::isfinite(sum.high) ? sum : DoubleDouble{sum.high, 0};
}

/// The product and its rounding error, exact unless it leaves the range of double.
inline DoubleDouble two_product(double left, double right) {
    const double product = left * right;
    if (!std::isfinite(product)) return {product, 0};
    return {product, std::fma(left, right, -product)};
}

inline DoubleDouble multiply(double value, std::uint64_t distance) {
    constexpr std::uint64_t kExactLimit = std::uint64_t{1} << 53;
    if (distance <= kExactLimit) return two_product(value, static_cast<double>(distance));
    const double upper = static_cast<double>(distance >> 32) * 4294967296.0;
    const double lower = static_cast<double>(distance & 0xffff'ffff);
    return add(two_product(value, upper), two_product(value, lower));
}

inline DoubleDouble multiply(const DoubleDouble& value, std::uint64_t distance) {
    return add(multiply(value.high, distance), multiply(value.low, distance));
}

/// Exact up to 106 significant bits; |value| < 2^126.
inline DoubleDouble to_double_double(Int128 value) {
    const double high = static_cast<double>(value);
    return quick_two_sum(high, static_cast<double>(value - static_cast<Int128>(high)));
}

/// The sum of many values, within 2^-80 of the sum of their magnitudes for up to 2^24 of them.
DoubleDouble sum_of(std::span<const double> values);

}  // namespace tidemark::storage

#pragma once

#include <cstdint>
#include <span>

#include <tidemark/scan.h>

// Arithmetic on unevaluated sums of two doubles (Dekker 1971; Knuth TAOCP 4.2.2), about 104 bits.
// Needs -ffp-contract=off and no -ffast-math: see cmake/BuildFlags.cmake.

namespace tidemark::query {

/// a + b exactly, as a rounded sum and its error.
inline DoubleDouble two_sum(double a, double b) {
    const double sum = a + b;
    const double b_part = sum - a;
    return {sum, (a - (sum - b_part)) + (b - b_part)};
}

/// As two_sum, for |a| >= |b| or a == 0.
inline DoubleDouble quick_two_sum(double a, double b) {
    const double sum = a + b;
    return {sum, b - (sum - a)};
}

/// a * b exactly, as a rounded product and its error.
DoubleDouble two_product(double a, double b);

inline DoubleDouble add(const DoubleDouble& left, double right) {
    const DoubleDouble sum = two_sum(left.high, right);
    return quick_two_sum(sum.high, sum.low + left.low);
}

inline DoubleDouble add(const DoubleDouble& left, const DoubleDouble& right) {
    const DoubleDouble high = two_sum(left.high, right.high);
    const DoubleDouble low = two_sum(left.low, right.low);
    const DoubleDouble partial = quick_two_sum(high.high, high.low + low.high);
    return quick_two_sum(partial.high, partial.low + low.low);
}

inline DoubleDouble negate(const DoubleDouble& operand) { return {-operand.high, -operand.low}; }

DoubleDouble multiply(const DoubleDouble& left, const DoubleDouble& right);
DoubleDouble divide(const DoubleDouble& dividend, const DoubleDouble& divisor);

/// Exact sums of 64-bit integers, and products of one of them with a length of time.
__extension__ using WideInteger = __int128;
__extension__ using WideUnsigned = unsigned __int128;

/// Exact for |integer| < 2^105; nearest else.
DoubleDouble to_double_double(WideInteger integer);

/// dividend / divisor, correctly rounded. The divisor is neither 0 nor above 2^127.
double exact_ratio(WideInteger dividend, WideUnsigned divisor);

/// The sum of `values`, with an error below 2^-80 of the sum of magnitudes.
DoubleDouble sum_of(std::span<const double> values);

}  // namespace tidemark::query

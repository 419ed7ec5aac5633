#include "query/functions/double_double.h"

#include <cmath>

#include "query/functions/kernels/span_folds.h"

namespace tidemark::query {

DoubleDouble two_product(double a, double b) {
    const double product = a * b;
    return {product, std::fma(a, b, -product)};
}

DoubleDouble multiply(const DoubleDouble& left, const DoubleDouble& right) {
    DoubleDouble product = two_product(left.high, right.high);
    product.low += left.high * right.low + left.low * right.high;
    return quick_two_sum(product.high, product.low);
}

DoubleDouble divide(const DoubleDouble& dividend, const DoubleDouble& divisor) {
    // Long division with three digits of 53 bits.
    const double first = dividend.high / divisor.high;
    DoubleDouble rest = add(dividend, negate(multiply(divisor, {first, 0})));
    const double second = rest.high / divisor.high;
    rest = add(rest, negate(multiply(divisor, {second, 0})));
    const double third = rest.high / divisor.high;
    return add(quick_two_sum(first, second), third);
}

DoubleDouble to_double_double(WideInteger integer) {
    constexpr std::int64_t kExact = std::int64_t{1} << 53U;
    if (-kExact <= integer && integer <= kExact) {
        return {static_cast<double>(static_cast<std::int64_t>(integer)), 0};
    }
    const bool is_negative = integer < 0;
    const WideUnsigned magnitude = is_negative
                                       ? WideUnsigned{0} - static_cast<WideUnsigned>(integer)
                                       : static_cast<WideUnsigned>(integer);
    const double high = static_cast<double>(magnitude);
    // The difference is small and may be negative: unsigned wrap-around gives its bits.
    const auto rest = static_cast<WideInteger>(magnitude - static_cast<WideUnsigned>(high));
    const double low = static_cast<double>(rest);
    return is_negative ? DoubleDouble{-high, -low} : DoubleDouble{high, low};
}

double exact_ratio(WideInteger dividend, WideUnsigned divisor) {
    constexpr WideUnsigned kExactInDouble = WideUnsigned{1} << 53U;
    const bool is_negative = dividend < 0;
    const WideUnsigned magnitude = is_negative
                                       ? WideUnsigned{0} - static_cast<WideUnsigned>(dividend)
                                       : static_cast<WideUnsigned>(dividend);
    const double sign = is_negative ? -1.0 : 1.0;
    if (magnitude <= kExactInDouble && divisor <= kExactInDouble) {
        return sign * (static_cast<double>(static_cast<std::uint64_t>(magnitude)) /
                       static_cast<double>(static_cast<std::uint64_t>(divisor)));
    }
    WideUnsigned quotient = magnitude / divisor;
    WideUnsigned rest = magnitude % divisor;
    int shift = 0;
    // 64 bits of quotient; a rest then only decides whether the lowest bit is a tie.
    while (quotient < (WideUnsigned{1} << 63U) && rest != 0) {
        rest <<= 1U;
        quotient <<= 1U;
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1U;
        }
        ++shift;
    }
    if (rest != 0) quotient |= 1U;
    return sign * std::ldexp(static_cast<double>(quotient), -shift);
}

DoubleDouble sum_of(std::span<const double> values) { return span_folds().sum(values); }

}  // namespace tidemark::query

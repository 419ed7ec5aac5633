#pragma once

#include <cstdint>
#include <string_view>

#include <tidemark/result.h>

namespace tidemark::query {

/// A non-negative decimal number exactly as written: digits / 10^scale. Percentiles are asked for
/// in decimals, and 0.07 of 100 rows must be 7 rows, which the double nearest to 0.07 is not.
class Decimal {
public:
    /// `text` is digits with at most one point ("99", "0.95", ".5"); no sign, no exponent.
    /// InvalidArgument when it is not, or has more than 18 significant digits or decimals.
    static Result<Decimal> parse(std::string_view text);

    std::uint64_t digits() const { return digits_; }
    /// 10^scale, at most 10^18.
    std::uint64_t divisor() const { return divisor_; }
    double to_double() const;  ///< The nearest double.

    bool is_zero() const { return digits_ == 0; }
    bool is_above_one() const { return digits_ > divisor_; }

    /// The smallest integer that is at least count times this; this must not be above one.
    std::uint64_t ceil_of(std::uint64_t count) const;

    /// count times this, as its whole part and the rest, in [0, 1).
    struct Parts {
        std::uint64_t whole;
        double fraction;        ///< Rounded once.
        double fraction_error;  ///< What the rounding left off: the rest is the sum of both.
    };
    Parts parts_of(std::uint64_t count) const;

private:
    Decimal(std::uint64_t digits, std::uint64_t divisor) : digits_(digits), divisor_(divisor) {}

    std::uint64_t digits_;
    std::uint64_t divisor_;
};

}  // namespace tidemark::query

#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>

namespace tidemark::storage {

/// Division by one number, not 0, of numbers that it mostly divides: a multiplication modulo 2^64
/// by the inverse of its odd part. (Granlund and Montgomery: "Division by invariant integers using
/// multiplication", PLDI 1994, section 9.)
class ExactDivisor {
public:
    explicit ExactDivisor(std::uint64_t divisor)
        : shift_(static_cast<unsigned>(std::countr_zero(divisor))) {
        const std::uint64_t odd = divisor >> shift_;
        // Newton's method: odd * odd is 1 modulo 8, and each step doubles the right bits.
        inverse_ = odd;
        for (int right_bits = 3; right_bits < 64; right_bits *= 2) inverse_ *= 2 - odd * inverse_;
        largest_quotient_ = std::numeric_limits<std::uint64_t>::max() / odd;
    }

    bool divides(std::uint64_t number) const {
        const std::uint64_t low_bits = (std::uint64_t{1} << shift_) - 1;
        return (number & low_bits) == 0 && quotient(number) <= largest_quotient_;
    }

    /// Of a number that it divides.
    std::uint64_t quotient(std::uint64_t number) const { return (number >> shift_) * inverse_; }

    /// The logarithm of a power of two, of which quotient() is a shift; else nothing.
    std::optional<unsigned> power_of_two() const {
        return inverse_ == 1 ? std::optional(shift_) : std::nullopt;
    }

private:
    unsigned shift_;
    std::uint64_t inverse_;
    std::uint64_t largest_quotient_;
};

}  // namespace tidemark::storage

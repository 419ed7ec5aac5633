#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/codec/float_scale.h"
#include "storage/codec/narrow_integers.h"
#include "storage/codec/scratch.h"

// Doubles as integers that stand for them: how the encoders of decimal and binary floats find both.
// Stateless: every function is thread-safe.

namespace tidemark::storage {

/// The doubles that integers do not give back; indices ascend.
struct Exceptions {
    std::vector<std::uint64_t> indices;
    std::vector<double> values;
};

/// The values that the integers do not give back.
Exceptions find_exceptions(std::span<const double> values, const FloatScale& scale,
                           std::span<const std::uint64_t> integers);

/// Gives the places of exceptions their neighbours' integers, which cost the least.
void fill_exceptions(const Exceptions& exceptions, std::span<std::uint64_t> integers);

/// e and f of FORMAT.md section 4.4.
struct DecimalExponents {
    static constexpr std::uint8_t kQuotient = 0xff;  ///< In the place of f.

    std::uint8_t exponent;
    std::uint8_t factor_exponent;

    static DecimalExponents of_product(unsigned exponent, unsigned decimals) {
        return {static_cast<std::uint8_t>(exponent),
                static_cast<std::uint8_t>(exponent - decimals)};
    }
    static DecimalExponents of_quotient(unsigned decimals) {
        return {static_cast<std::uint8_t>(decimals), kQuotient};
    }
};

/// Integers that stand for doubles, and the doubles that they do not give back.
struct ScaledValues {
    explicit ScaledValues(std::size_t count) : integers(count) {}

    Scratch<std::uint64_t> integers;
    Exceptions exceptions;
};

/// Fills `scaled`, made for as many values; nothing when the values are no decimals. `guess` is
/// what guess_decimals() says of them.
std::optional<DecimalExponents> scale_decimals(std::span<const double> values,
                                               std::optional<unsigned> guess, ScaledValues& scaled);

struct NarrowDecimals {
    DecimalExponents exponents;
    NarrowIntegers integers;
};

/// What scale_decimals() finds when these are narrow integers without exceptions, at least one;
/// else nothing. Fills `numbers`, as many as values, which the result refers to.
std::optional<NarrowDecimals> narrow_decimals(std::span<const double> values, unsigned guess,
                                              std::span<std::uint32_t> numbers);

}  // namespace tidemark::storage

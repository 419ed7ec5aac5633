#include "storage/codec/scaled_values.h"

#include <algorithm>

#include "storage/codec/kernels/encode_kernels.h"
#include "storage/codec/mask.h"

namespace tidemark::storage {
namespace {

/// The values whose bits are set.
Exceptions take_exceptions(std::span<const double> values, std::span<const std::uint64_t> mask,
                           std::size_t count) {
    Exceptions exceptions;
    if (count == 0) return exceptions;
    exceptions.indices.reserve(count);
    exceptions.values.reserve(count);
    for_each_bit(mask, [&](std::size_t index) {
        exceptions.indices.push_back(index);
        exceptions.values.push_back(values[index]);
    });
    return exceptions;
}

/// How the digits of the values are found with the product of that exponent.
RoundTrip round_trip_of(unsigned decimals, unsigned exponent) {
    const FloatScale scale = product_scale(exponent, exponent - decimals);
    return {digits_factor(decimals), scale.factor, scale.fraction, scale.divisor};
}

/// The digits of the values as integers, with the product of that exponent.
void round_decimals(std::span<const double> values, unsigned decimals, unsigned exponent,
                    ScaledValues& scaled) {
    Scratch<std::uint64_t> mismatches(mask_word_count(values.size()));
    const std::size_t mismatch_count = encode_kernels().round_to_integers(
        values, round_trip_of(decimals, exponent), scaled.integers.values().data(),
        mismatches.values().data());
    scaled.exceptions = take_exceptions(values, mismatches.values(), mismatch_count);
}

/// Of the product that gives back the most values.
unsigned best_exponent(unsigned decimals) {
    return decimals == 0 ? 0 : std::max(kBestExponent, decimals);
}

}  // namespace

Exceptions find_exceptions(std::span<const double> values, const FloatScale& scale,
                           std::span<const std::uint64_t> integers) {
    Scratch<double> scaled(values.size());
    scale_integers(integers, scale, scaled.values());
    Scratch<std::uint64_t> mismatches(mask_word_count(values.size()));
    const std::size_t count = encode_kernels().find_mismatches(values, scaled.values().data(),
                                                               mismatches.values().data());
    return take_exceptions(values, mismatches.values(), count);
}

void fill_exceptions(const Exceptions& exceptions, std::span<std::uint64_t> integers) {
    std::size_t first_good = 0;
    for (const std::uint64_t index : exceptions.indices)
        first_good += index == first_good ? 1U : 0U;
    const std::uint64_t filler = first_good < integers.size() ? integers[first_good] : 0;
    for (const std::uint64_t index : exceptions.indices) {
        integers[index] = index == 0 ? filler : integers[index - 1];
    }
}

std::optional<DecimalExponents> scale_decimals(std::span<const double> values,
                                               std::optional<unsigned> guess,
                                               ScaledValues& scaled) {
    // Most columns are decimals all of them, which the best product or the quotient gives back.
    if (guess) {
        round_decimals(values, *guess, best_exponent(*guess), scaled);
        if (scaled.exceptions.indices.empty()) {
            return DecimalExponents::of_product(best_exponent(*guess), *guess);
        }
        scaled.exceptions =
            find_exceptions(values, quotient_scale(*guess), scaled.integers.values());
        if (scaled.exceptions.indices.empty()) return DecimalExponents::of_quotient(*guess);
    }
    const std::optional<unsigned> decimals = find_decimals(values);
    if (!decimals) return std::nullopt;
    const unsigned exponent = find_product_exponent(values, *decimals);
    round_decimals(values, *decimals, exponent, scaled);
    if (!scaled.exceptions.indices.empty()) {
        Exceptions others =
            find_exceptions(values, quotient_scale(*decimals), scaled.integers.values());
        if (others.indices.size() < scaled.exceptions.indices.size()) {
            scaled.exceptions = std::move(others);
            return DecimalExponents::of_quotient(*decimals);
        }
    }
    return DecimalExponents::of_product(exponent, *decimals);
}

std::optional<NarrowDecimals> narrow_decimals(std::span<const double> values, unsigned decimals,
                                              std::span<std::uint32_t> numbers) {
    const auto round = [&](const RoundTrip& round_trip,
                           DecimalExponents exponents) -> std::optional<NarrowDecimals> {
        NarrowExtremes extremes;
        if (!encode_kernels().round_to_narrow(values, round_trip, numbers.data(), extremes)) {
            return std::nullopt;
        }
        return NarrowDecimals{exponents, NarrowIntegers::of(numbers, extremes)};
    };
    const unsigned exponent = best_exponent(decimals);
    const double digits = digits_factor(decimals);
    auto narrow =
        round(round_trip_of(decimals, exponent), DecimalExponents::of_product(exponent, decimals));
    if (!narrow) narrow = round({digits, 1, 1, digits}, DecimalExponents::of_quotient(decimals));
    if (!narrow || !NarrowIntegers::can_hold(narrow->integers.min, narrow->integers.max)) {
        return std::nullopt;
    }
    return narrow;
}

}  // namespace tidemark::storage

#include "storage/codec/float_scale.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

#include "storage/codec/kernels/codec_kernels.h"

namespace tidemark::storage {
namespace {

constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                   1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
constexpr double kInversePowersOfTen[] = {1e-0,  1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,
                                          1e-7,  1e-8,  1e-9,  1e-10, 1e-11, 1e-12, 1e-13,
                                          1e-14, 1e-15, 1e-16, 1e-17, 1e-18};
static_assert(std::size(kPowersOfTen) == kMaxDecimalExponent + 1);

// Ascending by the error of the double nearest to 10^-e: the smaller it is, the more decimals come
// back.
constexpr unsigned kExponentsByError[] = {
    kBestExponent, 12, 2, 3, 16, 8, 13, 10, 6, 7, 4, 1, 11, 9, 17, 18, 15, 5, 0};

constexpr std::size_t kSampleCount = 32;

struct Sample {
    std::array<double, kSampleCount> values{};
    std::size_t count = 0;

    std::span<const double> used() const { return {values.data(), count}; }
};

Sample take_sample(std::span<const double> values) {
    Sample sample;
    sample.count = std::min(kSampleCount, values.size());
    for (std::size_t i = 0; i < sample.count; ++i) {
        sample.values[i] = values[i * values.size() / sample.count];
    }
    return sample;
}

/// Digits behind the decimal point of the shortest decimal that is this value, if it has few.
std::optional<unsigned> decimals_of(double value) {
    for (unsigned decimals = 0; decimals <= kMaxDecimalExponent; ++decimals) {
        const double scaled = value * kPowersOfTen[decimals];
        const auto digits = static_cast<double>(nearest_integer(scaled));
        // Each operation errs by 2^-53 at most, so the division, which is slow, only decides where
        // the product is this near.
        const bool is_near = std::abs(scaled - digits) <= std::abs(scaled) * 0x1p-50;
        if (is_near && digits / kPowersOfTen[decimals] == value) return decimals;
        if (digits == 0 && std::abs(scaled) > 1) return std::nullopt;  // Too many digits.
    }
    return std::nullopt;
}

/// The number of decimals for which digits and failures of the sample take the fewest bits.
std::optional<unsigned> best_decimals(const Sample& sample) {
    constexpr unsigned kFailureBits = 76;  // The double, its index and its slot among the digits.
    std::array<std::size_t, kMaxDecimalExponent + 1> count_by_decimals{};
    std::size_t decimal_count = 0;
    double largest = 1;
    constexpr std::size_t kHopelessCount = 8;
    for (std::size_t i = 0; i < sample.count; ++i) {
        if (const auto decimals = decimals_of(sample.values[i])) {
            ++count_by_decimals[*decimals];
            ++decimal_count;
            largest = std::max(largest, std::abs(sample.values[i]));
        }
        if (i >= kHopelessCount && decimal_count == 0) return std::nullopt;
    }
    if (decimal_count * 2 < sample.count) return std::nullopt;
    std::optional<unsigned> best;
    double best_bits = 0;
    std::size_t covered_count = 0;
    for (unsigned decimals = 0; decimals <= kMaxDecimalExponent; ++decimals) {
        covered_count += count_by_decimals[decimals];
        if (count_by_decimals[decimals] == 0) continue;
        const double digit_bits = std::log2(largest * kPowersOfTen[decimals]);
        const double bits = digit_bits * static_cast<double>(sample.count) +
                            kFailureBits * static_cast<double>(sample.count - covered_count);
        if (!best || bits < best_bits) {
            best = decimals;
            best_bits = bits;
        }
    }
    return best;
}

}  // namespace

void scale_integers(std::span<const std::uint64_t> integers, const FloatScale& scale,
                    std::span<double> values) {
    const CodecKernels& kernels = codec_kernels();
    if (scale.divisor == 1) {
        kernels.scale_to_doubles(integers, scale.factor, scale.fraction, values.data());
    } else {
        kernels.divide_to_doubles(integers, scale.divisor, values.data());
    }
}

FloatScale product_scale(unsigned exponent, unsigned factor_exponent) {
    return {kPowersOfTen[factor_exponent], kInversePowersOfTen[exponent], 1};
}

FloatScale quotient_scale(unsigned decimals) { return {1, 1, kPowersOfTen[decimals]}; }

double digits_factor(unsigned decimals) { return kPowersOfTen[decimals]; }

std::optional<unsigned> guess_decimals(std::span<const double> values) {
    constexpr std::size_t kLookCount = 8;
    const std::size_t count = std::min(kLookCount, values.size());
    unsigned most = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto decimals = decimals_of(values[i * values.size() / count]);
        if (!decimals) return std::nullopt;
        most = std::max(most, *decimals);
    }
    return most;
}

std::optional<unsigned> find_decimals(std::span<const double> values) {
    return best_decimals(take_sample(values));
}

unsigned find_product_exponent(std::span<const double> values, unsigned decimals) {
    if (decimals == 0) return 0;  // Whole numbers need no powers of ten.
    const Sample sample = take_sample(values);
    unsigned best = decimals;
    std::size_t fewest_failures = sample.count + 1;
    for (const unsigned exponent : kExponentsByError) {
        if (exponent < decimals) continue;
        const FloatScale scale = product_scale(exponent, exponent - decimals);
        const auto fails = [&](double value) {
            return scale.value(nearest_integer(value * digits_factor(decimals))) != value;
        };
        const auto failures = static_cast<std::size_t>(std::ranges::count_if(sample.used(), fails));
        if (failures < fewest_failures) {
            fewest_failures = failures;
            best = exponent;
        }
        if (failures == 0) break;
    }
    return best;
}

}  // namespace tidemark::storage

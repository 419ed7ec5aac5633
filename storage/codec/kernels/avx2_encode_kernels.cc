#include "storage/base/cpu_features.h"
#include "storage/codec/kernels/encode_kernels.h"

#if defined(__x86_64__)

#include <algorithm>
#include <limits>

#include <immintrin.h>

#include "storage/codec/kernels/avx2_doubles.h"
#include "storage/codec/kernels/avx2_narrow_encode_kernels.h"

namespace tidemark::storage::avx2 {
namespace {

constexpr std::size_t kLaneCount = 4;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

TIDEMARK_AVX2 __m256i load(const std::uint64_t* source) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source));
}

TIDEMARK_AVX2 void store(std::uint64_t* target, __m256i lanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target), lanes);
}

TIDEMARK_AVX2 __m256i all_lanes(std::uint64_t value) {
    return _mm256_set1_epi64x(static_cast<long long>(value));
}

TIDEMARK_AVX2 __m256i negative_lanes(__m256i lanes) {
    return _mm256_cmpgt_epi64(_mm256_setzero_si256(), lanes);
}

TIDEMARK_AVX2 Extremes extremes(std::span<const std::uint64_t> values, std::uint64_t flip) {
    if (values.size() < kLaneCount) return scalar::kEncodeKernels.extremes(values, flip);
    // AVX2 compares signed numbers only.
    const __m256i flips = all_lanes(flip ^ kSignBit);
    // Two vectors at once, because one comparison waits for the one before it.
    __m256i mins[2];
    mins[0] = mins[1] = _mm256_xor_si256(load(values.data()), flips);
    __m256i maxes[2] = {mins[0], mins[0]};
    const auto include = [&](std::size_t which, std::size_t i) TIDEMARK_AVX2 {
        const __m256i lanes = _mm256_xor_si256(load(&values[i]), flips);
        mins[which] =
            _mm256_blendv_epi8(mins[which], lanes, _mm256_cmpgt_epi64(mins[which], lanes));
        maxes[which] =
            _mm256_blendv_epi8(maxes[which], lanes, _mm256_cmpgt_epi64(lanes, maxes[which]));
    };
    std::size_t i = kLaneCount;
    for (; i + 2 * kLaneCount <= values.size(); i += 2 * kLaneCount) {
        include(0, i);
        include(1, i + kLaneCount);
    }
    if (i + kLaneCount <= values.size()) include(0, i);
    include(1, values.size() - kLaneCount);
    std::uint64_t ends[4 * kLaneCount];
    for (std::size_t which = 0; which < 2; ++which) {
        store(ends + which * kLaneCount, _mm256_xor_si256(mins[which], flips));
        store(ends + (2 + which) * kLaneCount, _mm256_xor_si256(maxes[which], flips));
    }
    return scalar::kEncodeKernels.extremes(std::span<const std::uint64_t>(ends), flip);
}

TIDEMARK_AVX2 std::size_t subtract_neighbours(std::span<const std::uint64_t> values,
                                              std::uint64_t* differences) {
    const std::size_t count = values.size() - 1;
    std::size_t zero_count = 0;
    std::size_t i = 0;
    for (; i + kLaneCount <= count; i += kLaneCount) {
        const __m256i difference = _mm256_sub_epi64(load(&values[i + 1]), load(&values[i]));
        store(differences + i, difference);
        const __m256i zeros = _mm256_cmpeq_epi64(difference, _mm256_setzero_si256());
        zero_count += static_cast<unsigned>(__builtin_popcount(
            static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(zeros)))));
    }
    return i - zero_count +
           scalar::kEncodeKernels.subtract_neighbours(values.subspan(i), differences + i);
}

TIDEMARK_AVX2 void zigzag(std::span<const std::uint64_t> values, std::uint64_t base,
                          std::uint64_t* numbers) {
    const __m256i bases = all_lanes(base);
    std::size_t i = 0;
    for (; i + kLaneCount <= values.size(); i += kLaneCount) {
        const __m256i distance = _mm256_sub_epi64(load(&values[i]), bases);
        store(numbers + i,
              _mm256_xor_si256(_mm256_slli_epi64(distance, 1), negative_lanes(distance)));
    }
    scalar::kEncodeKernels.zigzag(values.subspan(i), base, numbers + i);
}

/// The bits that each number needs, in the lowest byte of its lane.
TIDEMARK_AVX2 __m256i bit_lengths_of(__m256i numbers) {
    // As a double, whose exponent tells the length. The bit behind the highest one is cleared, so
    // that rounding does not reach the next power of two.
    const __m256i cleared = _mm256_andnot_si256(_mm256_srli_epi64(numbers, 1), numbers);
    const __m256i bits = _mm256_castpd_si256(to_doubles(cleared));
    const __m256i exponents =
        _mm256_and_si256(_mm256_srli_epi64(bits, 52), _mm256_set1_epi64x(0x7ff));
    constexpr short kExponentBelowOne = 1022;  // Of 0.5: 1 has the length 1, 0 the length 0.
    const __m256i lengths = _mm256_subs_epu16(exponents, _mm256_set1_epi16(kExponentBelowOne));
    return _mm256_castpd_si256(_mm256_blendv_pd(_mm256_castsi256_pd(lengths),
                                                _mm256_castsi256_pd(_mm256_set1_epi64x(64)),
                                                _mm256_castsi256_pd(numbers)));
}

TIDEMARK_AVX2 void bit_lengths(std::span<const std::uint64_t> values, std::uint64_t base,
                               std::uint8_t* lengths) {
    const __m256i bases = all_lanes(base);
    constexpr std::size_t kBlockCount = 8 * kLaneCount;
    std::size_t i = 0;
    for (; i + kBlockCount <= values.size(); i += kBlockCount) {
        // The order of the lengths does not matter, so each vector takes one byte of each lane.
        __m256i block = _mm256_setzero_si256();
        for (std::size_t lane = 0; lane < kBlockCount; lane += kLaneCount) {
            const __m256i distance = _mm256_sub_epi64(load(&values[i + lane]), bases);
            block = _mm256_or_si256(_mm256_slli_epi64(block, 8), bit_lengths_of(distance));
        }
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(lengths + i), block);
    }
    scalar::kEncodeKernels.bit_lengths(values.subspan(i), base, lengths + i);
}

TIDEMARK_AVX2 __m256i exponents_of(__m256i bits) {
    return _mm256_and_si256(_mm256_srli_epi64(bits, 52), _mm256_set1_epi64x(0x7ff));
}

TIDEMARK_AVX2 BitRange bit_range(std::span<const double> values) {
    constexpr int kFractionBits = 52;
    constexpr int kExponentBias = 1023;
    constexpr int kNone = std::numeric_limits<std::int16_t>::min();
    const __m256i zero = _mm256_setzero_si256();
    const __m256i implicit_bit = _mm256_set1_epi64x(1LL << kFractionBits);
    const __m256i specials = _mm256_set1_epi64x(0x7ff);
    // Exponents take 16 bits, of which the comparisons see the others as zeros or the sign.
    __m256i highest = _mm256_set1_epi32(kNone);
    __m256i lowest = _mm256_set1_epi32(-kNone);
    std::size_t i = 0;
    for (; i + kLaneCount <= values.size(); i += kLaneCount) {
        const __m256i bits = _mm256_castpd_si256(_mm256_loadu_pd(&values[i]));
        const __m256i exponent = exponents_of(bits);
        const __m256i is_left_out =
            _mm256_or_si256(_mm256_cmpeq_epi64(exponent, specials),
                            _mm256_cmpeq_epi64(_mm256_slli_epi64(bits, 1), zero));
        const __m256i fraction = _mm256_or_si256(bits, implicit_bit);
        // The lowest bit that is set, as a double, whose exponent tells its index.
        const __m256i lowest_bit = _mm256_and_si256(fraction, _mm256_sub_epi64(zero, fraction));
        const __m256i index = exponents_of(_mm256_castpd_si256(to_doubles(lowest_bit)));
        const __m256i sum = _mm256_add_epi64(exponent, index);
        highest = _mm256_max_epi32(
            highest, _mm256_blendv_epi8(exponent, _mm256_set1_epi32(kNone), is_left_out));
        lowest = _mm256_min_epi32(lowest,
                                  _mm256_blendv_epi8(sum, _mm256_set1_epi32(-kNone), is_left_out));
    }
    BitRange range = scalar::kEncodeKernels.bit_range(values.subspan(i));
    std::int32_t ends[2][2 * kLaneCount];
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(ends[0]), highest);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(ends[1]), lowest);
    for (std::size_t lane = 0; lane < 2 * kLaneCount; lane += 2) {
        if (ends[0][lane] == kNone) continue;
        range.highest = std::max(range.highest, ends[0][lane] - kExponentBias);
        // The index is itself an exponent with a bias.
        range.lowest = std::min(range.lowest, ends[1][lane] - 2 * kExponentBias - kFractionBits);
    }
    return range;
}

TIDEMARK_AVX2 void multiply_to_integers(std::span<const double> values, double factor,
                                        std::uint64_t* integers) {
    constexpr long long kFractionBits = 52;
    constexpr long long kExponentOfUnits = 1023 + kFractionBits;  // Of doubles that are fractions.
    const __m256d factors = _mm256_set1_pd(factor);
    const __m256i implicit_bit = _mm256_set1_epi64x(1LL << kFractionBits);
    const __m256i units = _mm256_set1_epi64x(kExponentOfUnits);
    const __m256i limit = _mm256_set1_epi64x(1023 + 63);
    std::size_t i = 0;
    for (; i + kLaneCount <= values.size(); i += kLaneCount) {
        const __m256i bits =
            _mm256_castpd_si256(_mm256_mul_pd(_mm256_loadu_pd(&values[i]), factors));
        const __m256i exponent = exponents_of(bits);
        const __m256i fraction = _mm256_or_si256(
            _mm256_and_si256(bits, _mm256_set1_epi64x((1LL << kFractionBits) - 1)), implicit_bit);
        // One of the shifts is by less than 64, or both by nothing; the other one leaves no bit.
        const __m256i larger = _mm256_sllv_epi64(fraction, _mm256_sub_epi64(exponent, units));
        const __m256i smaller = _mm256_srlv_epi64(fraction, _mm256_sub_epi64(units, exponent));
        const __m256i magnitude =
            _mm256_and_si256(_mm256_or_si256(larger, smaller), _mm256_cmpgt_epi64(limit, exponent));
        const __m256i sign = negative_lanes(bits);
        store(integers + i, _mm256_sub_epi64(_mm256_xor_si256(magnitude, sign), sign));
    }
    scalar::kEncodeKernels.multiply_to_integers(values.subspan(i), factor, integers + i);
}

TIDEMARK_AVX2 std::size_t find_mismatches(std::span<const double> values, const double* others,
                                          std::uint64_t* mismatches) {
    std::size_t mismatch_count = 0;
    std::size_t i = 0;
    for (; i + 64 <= values.size(); i += 64) {
        std::uint64_t equal = 0;
        for (std::size_t lane = 0; lane < 64; lane += kLaneCount) {
            const __m256d left = _mm256_loadu_pd(&values[i + lane]);
            const __m256d right = _mm256_loadu_pd(others + i + lane);
            const __m256i same =
                _mm256_cmpeq_epi64(_mm256_castpd_si256(left), _mm256_castpd_si256(right));
            const int bits = _mm256_movemask_pd(_mm256_castsi256_pd(same));
            equal |= std::uint64_t{static_cast<unsigned>(bits)} << lane;
        }
        *mismatches++ = ~equal;
        mismatch_count += static_cast<std::size_t>(__builtin_popcountll(~equal));
    }
    return mismatch_count +
           scalar::kEncodeKernels.find_mismatches(values.subspan(i), others + i, mismatches);
}

void pack_groups(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
                 std::byte* target) {
    scalar::kEncodeKernels.pack_groups(values, base, width, target);
}

TIDEMARK_AVX2 std::size_t round_to_integers(std::span<const double> values,
                                            const RoundTrip& round_trip, std::uint64_t* integers,
                                            std::uint64_t* mismatches) {
    const __m256d digits = _mm256_set1_pd(round_trip.digits);
    const __m256d factors = _mm256_set1_pd(round_trip.factor);
    const __m256d fractions = _mm256_set1_pd(round_trip.fraction);
    // As in nearest_integer(): the sum with 1.5 * 2^52 has the integer in its lowest bits.
    const __m256d shift = _mm256_set1_pd(6755399441055744.0);
    const __m256d limit = _mm256_set1_pd(2251799813685248.0);
    const __m256d sign = _mm256_set1_pd(-0.0);
    std::size_t mismatch_count = 0;
    std::size_t i = 0;
    for (; i + 64 <= values.size(); i += 64) {
        std::uint64_t equal = 0;
        for (std::size_t lane = 0; lane < 64; lane += kLaneCount) {
            const __m256d value = _mm256_loadu_pd(&values[i + lane]);
            const __m256d scaled = _mm256_mul_pd(value, digits);
            const __m256d is_in_range =
                _mm256_cmp_pd(_mm256_andnot_pd(sign, scaled), limit, _CMP_LT_OQ);
            const __m256d shifted = _mm256_add_pd(scaled, shift);
            const __m256i integer = _mm256_and_si256(
                _mm256_sub_epi64(_mm256_castpd_si256(shifted), _mm256_castpd_si256(shift)),
                _mm256_castpd_si256(is_in_range));
            const __m256d whole = _mm256_and_pd(_mm256_sub_pd(shifted, shift), is_in_range);
            const __m256d back = _mm256_mul_pd(_mm256_mul_pd(whole, factors), fractions);
            store(integers + i + lane, integer);
            const __m256i same =
                _mm256_cmpeq_epi64(_mm256_castpd_si256(back), _mm256_castpd_si256(value));
            const int bits = _mm256_movemask_pd(_mm256_castsi256_pd(same));
            equal |= std::uint64_t{static_cast<unsigned>(bits)} << lane;
        }
        *mismatches++ = ~equal;
        mismatch_count += static_cast<std::size_t>(__builtin_popcountll(~equal));
    }
    return mismatch_count + scalar::kEncodeKernels.round_to_integers(values.subspan(i), round_trip,
                                                                     integers + i, mismatches);
}

}  // namespace

const EncodeKernels kEncodeKernels{.name = "avx2",
                                   .supported = [] { return cpu_features().avx2; },
                                   .extremes = extremes,
                                   .subtract_neighbours = subtract_neighbours,
                                   .zigzag = zigzag,
                                   .bit_lengths = bit_lengths,
                                   .count_lengths = count_lengths,
                                   .bit_range = bit_range,
                                   .multiply_to_integers = multiply_to_integers,
                                   .find_mismatches = find_mismatches,
                                   .pack_groups = pack_groups,
                                   .round_to_integers = round_to_integers,
                                   .round_to_narrow = round_to_narrow,
                                   .narrow = narrow,
                                   .subtract_narrow_neighbours = subtract_narrow_neighbours,
                                   .find_narrow_changes = find_narrow_changes,
                                   .zigzag_narrow = zigzag_narrow,
                                   .narrow_bit_lengths = narrow_bit_lengths,
                                   .find_narrow_above = find_narrow_above,
                                   .pack_narrow_groups = pack_narrow_groups};

}  // namespace tidemark::storage::avx2

#endif

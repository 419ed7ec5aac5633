#include "storage/base/cpu_features.h"
#include "storage/codec/kernels/encode_kernels.h"

#if defined(__x86_64__)

#include <algorithm>
#include <cstring>
#include <limits>

#include "storage/codec/kernels/avx2_narrow_encode_kernels.h"
#include "storage/codec/kernels/avx512_intrinsics.h"

namespace tidemark::storage::avx512 {
namespace {

constexpr std::size_t kLaneCount = 8;

TIDEMARK_AVX512 __m512i load(const std::uint64_t* source) { return _mm512_loadu_si512(source); }

TIDEMARK_AVX512 __m512i all_lanes(std::uint64_t value) {
    return _mm512_set1_epi64(static_cast<long long>(value));
}

TIDEMARK_AVX512 Extremes extremes(std::span<const std::uint64_t> values, std::uint64_t flip) {
    const __m512i flips = all_lanes(flip);
    __m512i mins = all_lanes(values.front() ^ flip);
    __m512i maxes = mins;
    __m512i other_mins = mins;
    __m512i other_maxes = mins;
    std::size_t i = 0;
    for (; i + 2 * kLaneCount <= values.size(); i += 2 * kLaneCount) {
        const __m512i lanes = _mm512_xor_si512(load(&values[i]), flips);
        const __m512i others = _mm512_xor_si512(load(&values[i + kLaneCount]), flips);
        mins = _mm512_min_epu64(mins, lanes);
        maxes = _mm512_max_epu64(maxes, lanes);
        other_mins = _mm512_min_epu64(other_mins, others);
        other_maxes = _mm512_max_epu64(other_maxes, others);
    }
    mins = _mm512_min_epu64(mins, other_mins);
    maxes = _mm512_max_epu64(maxes, other_maxes);
    for (; i < values.size(); i += kLaneCount) {
        const std::size_t left = std::min(kLaneCount, values.size() - i);
        // Lanes behind the end repeat the first value.
        const __m512i lanes = _mm512_xor_si512(
            _mm512_mask_loadu_epi64(all_lanes(values.front()), first_lanes(left), &values[i]),
            flips);
        mins = _mm512_min_epu64(mins, lanes);
        maxes = _mm512_max_epu64(maxes, lanes);
    }
    return {static_cast<std::uint64_t>(_mm512_reduce_min_epu64(mins)) ^ flip,
            static_cast<std::uint64_t>(_mm512_reduce_max_epu64(maxes)) ^ flip};
}

TIDEMARK_AVX512 std::size_t subtract_neighbours(std::span<const std::uint64_t> values,
                                                std::uint64_t* differences) {
    std::size_t change_count = 0;
    for_each_eight(values.size() - 1, [&](std::size_t i, __mmask8 lanes) TIDEMARK_AVX512 {
        const __m512i earlier = _mm512_maskz_loadu_epi64(lanes, &values[i]);
        const __m512i later = _mm512_maskz_loadu_epi64(lanes, &values[i] + 1);
        const __m512i difference = _mm512_sub_epi64(later, earlier);
        _mm512_mask_storeu_epi64(differences + i, lanes, difference);
        change_count += static_cast<unsigned>(
            __builtin_popcount(_mm512_test_epi64_mask(difference, difference)));
    });
    return change_count;
}

TIDEMARK_AVX512 void zigzag(std::span<const std::uint64_t> values, std::uint64_t base,
                            std::uint64_t* numbers) {
    const __m512i bases = all_lanes(base);
    for_each_eight(values.size(), [&](std::size_t i, __mmask8 lanes) TIDEMARK_AVX512 {
        const __m512i distance =
            _mm512_sub_epi64(_mm512_maskz_loadu_epi64(lanes, &values[i]), bases);
        const __m512i number =
            _mm512_xor_si512(_mm512_slli_epi64(distance, 1), _mm512_srai_epi64(distance, 63));
        _mm512_mask_storeu_epi64(numbers + i, lanes, number);
    });
}

TIDEMARK_AVX512 void bit_lengths(std::span<const std::uint64_t> values, std::uint64_t base,
                                 std::uint8_t* lengths) {
    const __m512i bases = all_lanes(base);
    // Byte k of lane j belongs to value 8 k + j.
    const __m512i rows = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i order =
        _mm512_add_epi64(all_lanes(0x3830'2820'1810'0800),
                         _mm512_mullo_epi64(rows, all_lanes(0x0101'0101'0101'0101)));
    for (std::size_t begin = 0; begin < values.size(); begin += 64) {
        const std::size_t count = std::min<std::size_t>(64, values.size() - begin);
        __m512i zeros = _mm512_setzero_si512();
        for_each_eight(count, [&](std::size_t i, __mmask8 lanes) TIDEMARK_AVX512 {
            const __m512i distance =
                _mm512_sub_epi64(_mm512_maskz_loadu_epi64(lanes, &values[begin + i]), bases);
            zeros = _mm512_or_si512(zeros,
                                    _mm512_sllv_epi64(_mm512_lzcnt_epi64(distance), all_lanes(i)));
        });
        const __m512i widths = _mm512_sub_epi8(_mm512_set1_epi8(64), zeros);
        _mm512_mask_storeu_epi8(lengths + begin, first_bytes(count),
                                _mm512_permutexvar_epi8(order, widths));
    }
}

TIDEMARK_AVX512 BitRange bit_range(std::span<const double> values) {
    constexpr int kFractionBits = 52;
    constexpr int kExponentBias = 1023;
    const __m512i specials = _mm512_set1_epi64(0x7ff);
    const __m512i implicit_bit = _mm512_set1_epi64(1LL << kFractionBits);
    __m512i highest = _mm512_set1_epi64(std::numeric_limits<std::int16_t>::min());
    __m512i lowest = _mm512_set1_epi64(std::numeric_limits<std::int16_t>::max());
    for (std::size_t i = 0; i < values.size(); i += kLaneCount) {
        const __mmask8 lanes = first_lanes(std::min(kLaneCount, values.size() - i));
        const __m512i bits = _mm512_maskz_loadu_epi64(lanes, &values[i]);
        const __m512i magnitude = _mm512_slli_epi64(bits, 1);
        const __m512i exponent = _mm512_srli_epi64(magnitude, kFractionBits + 1);
        const __mmask8 counts = _mm512_mask_test_epi64_mask(
            _mm512_cmpneq_epi64_mask(exponent, specials), magnitude, magnitude);
        const __m512i fraction = _mm512_or_si512(bits, implicit_bit);
        // The lowest bit that is set; the zeros above it tell its index.
        const __m512i lowest_bit =
            _mm512_and_si512(fraction, _mm512_sub_epi64(_mm512_setzero_si512(), fraction));
        const __m512i top = _mm512_sub_epi64(_mm512_set1_epi64(63), _mm512_lzcnt_epi64(lowest_bit));
        highest = _mm512_mask_max_epi64(highest, counts, highest, exponent);
        lowest = _mm512_mask_min_epi64(lowest, counts, lowest, _mm512_add_epi64(exponent, top));
    }
    if (_mm512_reduce_max_epi64(highest) < 0) return {};
    return {static_cast<int>(_mm512_reduce_max_epi64(highest)) - kExponentBias,
            static_cast<int>(_mm512_reduce_min_epi64(lowest)) - kExponentBias - kFractionBits};
}

TIDEMARK_AVX512 void multiply_to_integers(std::span<const double> values, double factor,
                                          std::uint64_t* integers) {
    const __m512d factors = _mm512_set1_pd(factor);
    const __m512d limit = _mm512_set1_pd(9223372036854775808.0);  // 2^63
    for_each_eight(values.size(), [&](std::size_t i, __mmask8 lanes) TIDEMARK_AVX512 {
        const __m512d product = _mm512_mul_pd(_mm512_maskz_loadu_pd(lanes, &values[i]), factors);
        const __mmask8 is_in_range = _mm512_cmp_pd_mask(_mm512_abs_pd(product), limit, _CMP_LT_OQ);
        _mm512_mask_storeu_epi64(integers + i, lanes,
                                 _mm512_maskz_cvttpd_epi64(is_in_range, product));
    });
}

TIDEMARK_AVX512 std::size_t find_mismatches(std::span<const double> values, const double* others,
                                            std::uint64_t* mismatches) {
    std::size_t mismatch_count = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += 64) {
        const std::size_t end = std::min<std::size_t>(begin + 64, values.size());
        std::uint64_t word = 0;
        for_each_eight(end - begin, [&](std::size_t lane, __mmask8 lanes) TIDEMARK_AVX512 {
            const std::size_t i = begin + lane;
            const __m512i left = _mm512_maskz_loadu_epi64(lanes, &values[i]);
            const __m512i right = _mm512_maskz_loadu_epi64(lanes, others + i);
            word |= std::uint64_t{_mm512_cmpneq_epi64_mask(left, right)} << lane;
        });
        *mismatches++ = word;
        mismatch_count += static_cast<std::size_t>(__builtin_popcountll(word));
    }
    return mismatch_count;
}

/// Numbers of up to 16 bits: eight of them, as 16-bit lanes of two words, are pressed together.
TIDEMARK_AVX512 void pack_short_groups(std::span<const std::uint64_t> values, std::uint64_t base,
                                       unsigned width, std::byte* target) {
    const __m512i bases = all_lanes(base);
    const std::uint64_t lane_bits = 0x0001'0001'0001'0001 * ((std::uint64_t{1} << width) - 1);
    const unsigned half_bits = 4 * width;
    for (std::size_t i = 0; i + kLaneCount <= values.size(); i += kLaneCount) {
        const __m128i lanes = _mm512_cvtepi64_epi16(_mm512_sub_epi64(load(&values[i]), bases));
        const auto low_lanes = static_cast<std::uint64_t>(_mm_cvtsi128_si64(lanes));
        const auto high_lanes = static_cast<std::uint64_t>(_mm_extract_epi64(lanes, 1));
        const std::uint64_t low = _pext_u64(low_lanes, lane_bits);
        const std::uint64_t high = _pext_u64(high_lanes, lane_bits);
        // A shift by 64 is not defined, one by 63 and by 1 is.
        const std::uint64_t words[] = {low | high << (half_bits - 1) << 1,
                                       high >> (64 - half_bits)};
        std::memcpy(target, words, sizeof words);
        target += width;
    }
}

TIDEMARK_AVX512 void pack_groups(std::span<const std::uint64_t> values, std::uint64_t base,
                                 unsigned width, std::byte* target) {
    constexpr unsigned kWidestNarrow = 16;
    if (width <= kWidestNarrow) {
        pack_short_groups(values, base, width, target);
    } else {
        scalar::kEncodeKernels.pack_groups(values, base, width, target);
    }
}

TIDEMARK_AVX512 std::size_t round_to_integers(std::span<const double> values,
                                              const RoundTrip& round_trip, std::uint64_t* integers,
                                              std::uint64_t* mismatches) {
    const __m512d digits = _mm512_set1_pd(round_trip.digits);
    const __m512d factors = _mm512_set1_pd(round_trip.factor);
    const __m512d fractions = _mm512_set1_pd(round_trip.fraction);
    const __m512d limit = _mm512_set1_pd(2251799813685248.0);  // 2^51, as in nearest_integer().
    std::size_t mismatch_count = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += 64) {
        const std::size_t end = std::min<std::size_t>(begin + 64, values.size());
        std::uint64_t word = 0;
        for_each_eight(end - begin, [&](std::size_t lane, __mmask8 lanes) TIDEMARK_AVX512 {
            const std::size_t i = begin + lane;
            const __m512d value = _mm512_maskz_loadu_pd(lanes, &values[i]);
            const __m512d scaled = _mm512_mul_pd(value, digits);
            const __mmask8 is_in_range =
                _mm512_cmp_pd_mask(_mm512_abs_pd(scaled), limit, _CMP_LT_OQ);
            const __m512i integer = _mm512_maskz_cvtpd_epi64(is_in_range, scaled);
            const __m512d back =
                _mm512_mul_pd(_mm512_mul_pd(_mm512_cvtepi64_pd(integer), factors), fractions);
            _mm512_mask_storeu_epi64(integers + i, lanes, integer);
            const __mmask8 differs = _mm512_mask_cmpneq_epi64_mask(lanes, _mm512_castpd_si512(back),
                                                                   _mm512_castpd_si512(value));
            word |= std::uint64_t{differs} << lane;
        });
        *mismatches++ = word;
        mismatch_count += static_cast<std::size_t>(__builtin_popcountll(word));
    }
    return mismatch_count;
}

}  // namespace

const EncodeKernels kEncodeKernels{.name = "avx512",
                                   .supported = [] { return cpu_features().avx512; },
                                   .extremes = extremes,
                                   .subtract_neighbours = subtract_neighbours,
                                   .zigzag = zigzag,
                                   .bit_lengths = bit_lengths,
                                   .count_lengths = avx2::count_lengths,
                                   .bit_range = bit_range,
                                   .multiply_to_integers = multiply_to_integers,
                                   .find_mismatches = find_mismatches,
                                   .pack_groups = pack_groups,
                                   .round_to_integers = round_to_integers,
                                   .round_to_narrow = avx2::round_to_narrow,
                                   .narrow = avx2::narrow,
                                   .subtract_narrow_neighbours = avx2::subtract_narrow_neighbours,
                                   .find_narrow_changes = avx2::find_narrow_changes,
                                   .zigzag_narrow = avx2::zigzag_narrow,
                                   .narrow_bit_lengths = avx2::narrow_bit_lengths,
                                   .find_narrow_above = avx2::find_narrow_above,
                                   .pack_narrow_groups = avx2::pack_narrow_groups};

}  // namespace tidemark::storage::avx512

#endif

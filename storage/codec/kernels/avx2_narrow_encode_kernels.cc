#include "storage/codec/kernels/avx2_narrow_encode_kernels.h"

#if defined(__x86_64__)

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "storage/codec/kernels/avx2_doubles.h"
#include "storage/codec/kernels/packed_bits.h"

namespace tidemark::storage::avx2 {
namespace {

constexpr std::size_t kLaneCount = 8;

TIDEMARK_AVX2 __m256i load(const std::uint32_t* source) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source));
}

TIDEMARK_AVX2 void store(std::uint32_t* target, __m256i lanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target), lanes);
}

TIDEMARK_AVX2 __m256i all_lanes(std::uint32_t value) {
    return _mm256_set1_epi32(static_cast<int>(value));
}

/// The smallest and the largest of the lanes, as signed numbers, and of what went before.
TIDEMARK_AVX2 NarrowExtremes extremes_of(__m256i mins, __m256i maxes, NarrowExtremes before) {
    std::int32_t lanes[2][kLaneCount];
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes[0]), mins);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes[1]), maxes);
    return {std::min(before.min, *std::min_element(lanes[0], lanes[0] + kLaneCount)),
            std::max(before.max, *std::max_element(lanes[1], lanes[1] + kLaneCount))};
}

TIDEMARK_AVX2 std::uint32_t sum_of_lanes(__m256i lanes) {
    std::uint32_t numbers[kLaneCount];
    store(numbers, lanes);
    std::uint32_t sum = 0;
    for (const std::uint32_t number : numbers) sum += number;
    return sum;
}

/// Four doubles at a time to 32-bit integers; all bits of `same` stay set as long as each gives
/// back its value. Those out of range become -2^31, which does not.
template <bool kIsQuotient>
struct NarrowRounding {
    __m256d digits;
    __m256d factors;
    __m256d fractions;
    __m256d divisors;
    __m256i same;

    TIDEMARK_AVX2 explicit NarrowRounding(const RoundTrip& round_trip)
        : digits(_mm256_set1_pd(round_trip.digits)),
          factors(_mm256_set1_pd(round_trip.factor)),
          fractions(_mm256_set1_pd(round_trip.fraction)),
          divisors(_mm256_set1_pd(round_trip.divisor)),
          same(_mm256_set1_epi32(-1)) {}

    TIDEMARK_AVX2 __m128i round(const double* values) {
        const __m256d value = _mm256_loadu_pd(values);
        const __m128i integers = _mm256_cvtpd_epi32(_mm256_mul_pd(value, digits));
        __m256d back =
            _mm256_mul_pd(_mm256_mul_pd(_mm256_cvtepi32_pd(integers), factors), fractions);
        if constexpr (kIsQuotient) back = _mm256_div_pd(back, divisors);
        same = _mm256_and_si256(
            same, _mm256_cmpeq_epi64(_mm256_castpd_si256(back), _mm256_castpd_si256(value)));
        return integers;
    }
    TIDEMARK_AVX2 bool are_all_same() const { return _mm256_movemask_epi8(same) == -1; }
};

/// The low `width` bits of eight numbers, at most 16 each, as one half of them after the other.
struct PackedHalves {
    std::uint64_t lower;
    std::uint64_t upper;
};

/// Eight lanes become four, two and one pair of halves: each step moves the upper of two
/// neighbours down to where the bits of the lower one end.
struct NarrowPacker {
    __m256i bases;
    __m256i keep_ones;
    __m256i keep_twos;
    __m128i close_ones;
    __m128i open_twos;

    TIDEMARK_AVX2 NarrowPacker(std::uint32_t base, unsigned width)
        : bases(all_lanes(base)),
          keep_ones(all_lanes(static_cast<std::uint32_t>(low_bits_mask(width)))),
          keep_twos(_mm256_set1_epi64x(static_cast<long long>(low_bits_mask(2 * width)))),
          close_ones(_mm_cvtsi32_si128(static_cast<int>(32 - width))),
          open_twos(_mm_cvtsi32_si128(static_cast<int>(2 * width))) {}

    TIDEMARK_AVX2 PackedHalves pack(const std::uint32_t* group) const {
        const __m256i ones = _mm256_and_si256(_mm256_sub_epi32(load(group), bases), keep_ones);
        const __m256i twos =
            _mm256_and_si256(_mm256_or_si256(ones, _mm256_srl_epi64(ones, close_ones)), keep_twos);
        const __m256i upper_twos = _mm256_bsrli_epi128(twos, 8);
        const __m256i fours = _mm256_or_si256(twos, _mm256_sll_epi64(upper_twos, open_twos));
        return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm256_castsi256_si128(fours))),
                static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm256_extracti128_si256(fours, 1)))};
    }
};

/// Adds the bytes of each of four vectors to its count.
TIDEMARK_AVX2 void add_counts(const __m256i* found, std::uint32_t* counts) {
    // Four sums of each vector, which become 16 bits and then neighbours.
    __m256i sums[4];
    for (unsigned k = 0; k < 4; ++k) sums[k] = _mm256_sad_epu8(found[k], _mm256_setzero_si256());
    const __m256i neighbours = _mm256_packus_epi32(_mm256_packus_epi32(sums[0], sums[1]),
                                                   _mm256_packus_epi32(sums[2], sums[3]));
    const __m256i halves = _mm256_madd_epi16(neighbours, _mm256_set1_epi16(1));
    const __m128i all =
        _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    auto* const target = reinterpret_cast<__m128i*>(counts);
    _mm_storeu_si128(target, _mm_add_epi32(_mm_loadu_si128(target), all));
}

template <bool kIsQuotient>
TIDEMARK_AVX2 bool round_by(std::span<const double> values, const RoundTrip& round_trip,
                            std::uint32_t* numbers, NarrowExtremes& extremes) {
    // Columns that are no such decimals mostly show it soon.
    constexpr std::size_t kBlockCount = 64;
    NarrowRounding<kIsQuotient> rounding(round_trip);
    __m256i mins = _mm256_set1_epi32(std::numeric_limits<std::int32_t>::max());
    __m256i maxes = _mm256_set1_epi32(std::numeric_limits<std::int32_t>::min());
    std::size_t i = 0;
    while (i + kLaneCount <= values.size()) {
        const std::size_t end = std::min(values.size(), i + kBlockCount);
        for (; i + kLaneCount <= end; i += kLaneCount) {
            const __m128i lower = rounding.round(&values[i]);
            const __m128i upper = rounding.round(&values[i] + kLaneCount / 2);
            const __m256i lanes = _mm256_set_m128i(upper, lower);
            store(numbers + i, lanes);
            mins = _mm256_min_epi32(mins, lanes);
            maxes = _mm256_max_epi32(maxes, lanes);
        }
        if (!rounding.are_all_same()) return false;
    }
    NarrowExtremes rest;
    if (!scalar::kEncodeKernels.round_to_narrow(values.subspan(i), round_trip, numbers + i, rest)) {
        return false;
    }
    extremes = extremes_of(mins, maxes, rest);
    return true;
}

}  // namespace

TIDEMARK_AVX2 bool round_to_narrow(std::span<const double> values, const RoundTrip& round_trip,
                                   std::uint32_t* numbers, NarrowExtremes& extremes) {
    return round_trip.divisor == 1 ? round_by<false>(values, round_trip, numbers, extremes)
                                   : round_by<true>(values, round_trip, numbers, extremes);
}

TIDEMARK_AVX2 void count_lengths(std::span<const std::uint8_t> lengths, unsigned longest,
                                 std::uint32_t* counts) {
    constexpr std::size_t kBlockSize = 32;
    constexpr std::size_t kMostBlocks = 255;  // A byte counts so far.
    const __m256i longests = _mm256_set1_epi8(static_cast<char>(longest));
    const std::size_t whole = lengths.size() / kBlockSize * kBlockSize;
    scalar::kEncodeKernels.count_lengths(lengths.subspan(whole), longest, counts);
    for (std::size_t begin = 0; begin < whole; begin += kMostBlocks * kBlockSize) {
        const std::size_t end = std::min(whole, begin + kMostBlocks * kBlockSize);
        __m256i found[kLengthCount] = {};
        for (std::size_t i = begin; i < end; i += kBlockSize) {
            const __m256i block =
                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lengths.data() + i));
            const __m256i distances = _mm256_sub_epi8(longests, block);
            for (unsigned k = 0; k < kLengthCount; ++k) {
                const __m256i wanted = _mm256_set1_epi8(static_cast<char>(k));
                found[k] = _mm256_sub_epi8(found[k], _mm256_cmpeq_epi8(distances, wanted));
            }
        }
        add_counts(found, counts);
        add_counts(found + 4, counts + 4);
    }
}

TIDEMARK_AVX2 void narrow(std::span<const std::uint64_t> values, std::uint32_t* numbers) {
    std::size_t i = 0;
    for (; i + kLaneCount <= values.size(); i += kLaneCount) {
        const auto* const source = reinterpret_cast<const float*>(&values[i]);
        // The low halves; each half of the register has those of one half of either load.
        const __m256 low_halves =
            _mm256_shuffle_ps(_mm256_loadu_ps(source), _mm256_loadu_ps(source + kLaneCount), 0x88);
        const __m256i lanes = _mm256_permute4x64_epi64(_mm256_castps_si256(low_halves), 0xd8);
        store(numbers + i, lanes);
    }
    scalar::kEncodeKernels.narrow(values.subspan(i), numbers + i);
}

TIDEMARK_AVX2 std::size_t subtract_narrow_neighbours(std::span<const std::uint32_t> numbers,
                                                     std::uint32_t* differences,
                                                     NarrowExtremes& extremes) {
    const std::size_t count = numbers.size() - 1;
    __m256i mins = _mm256_set1_epi32(std::numeric_limits<std::int32_t>::max());
    __m256i maxes = _mm256_set1_epi32(std::numeric_limits<std::int32_t>::min());
    __m256i zeros = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + kLaneCount <= count; i += kLaneCount) {
        const __m256i difference =
            _mm256_sub_epi32(load(numbers.data() + i + 1), load(numbers.data() + i));
        store(differences + i, difference);
        mins = _mm256_min_epi32(mins, difference);
        maxes = _mm256_max_epi32(maxes, difference);
        zeros = _mm256_add_epi32(zeros, _mm256_cmpeq_epi32(difference, _mm256_setzero_si256()));
    }
    const std::uint32_t zero_count = 0 - sum_of_lanes(zeros);
    NarrowExtremes rest;
    const std::size_t rest_change_count = scalar::kEncodeKernels.subtract_narrow_neighbours(
        numbers.subspan(i), differences + i, rest);
    extremes = extremes_of(mins, maxes, rest);
    return i - zero_count + rest_change_count;
}

TIDEMARK_AVX2 std::size_t find_narrow_changes(std::span<const std::uint32_t> numbers,
                                              std::uint64_t* mask) {
    std::size_t change_count = 0;
    std::size_t i = 0;
    for (; i + 64 < numbers.size(); i += 64) {
        std::uint64_t same = 0;
        for (std::size_t lane = 0; lane < 64; lane += kLaneCount) {
            const std::uint32_t* const place = numbers.data() + i + lane;
            const __m256i equal = _mm256_cmpeq_epi32(load(place), load(place + 1));
            const int bits = _mm256_movemask_ps(_mm256_castsi256_ps(equal));
            same |= std::uint64_t{static_cast<unsigned>(bits)} << lane;
        }
        *mask++ = ~same;
        change_count += static_cast<std::size_t>(__builtin_popcountll(~same));
    }
    return change_count + scalar::kEncodeKernels.find_narrow_changes(numbers.subspan(i), mask);
}

TIDEMARK_AVX2 void zigzag_narrow(std::span<const std::uint32_t> numbers, std::uint32_t base,
                                 std::uint32_t* out) {
    const __m256i bases = all_lanes(base);
    std::size_t i = 0;
    for (; i + kLaneCount <= numbers.size(); i += kLaneCount) {
        const __m256i distance = _mm256_sub_epi32(load(&numbers[i]), bases);
        store(out + i,
              _mm256_xor_si256(_mm256_slli_epi32(distance, 1), _mm256_srai_epi32(distance, 31)));
    }
    scalar::kEncodeKernels.zigzag_narrow(numbers.subspan(i), base, out + i);
}

TIDEMARK_AVX2 void narrow_bit_lengths(std::span<const std::uint32_t> numbers, std::uint32_t base,
                                      std::uint8_t* lengths) {
    const __m256i bases = all_lanes(base);
    const __m256i exponent_below_one = _mm256_set1_epi8(126);  // Of 0.5: 1 has the length 1.
    constexpr std::size_t kBlockCount = 4 * kLaneCount;
    std::size_t i = 0;
    for (; i + kBlockCount <= numbers.size(); i += kBlockCount) {
        // The order of the lengths does not matter, so each vector takes one byte of each lane.
        __m256i exponents = _mm256_setzero_si256();
        for (std::size_t lane = 0; lane < kBlockCount; lane += kLaneCount) {
            const __m256i distance = _mm256_sub_epi32(load(&numbers[i + lane]), bases);
            // As a float, whose exponent tells the length. The bit behind the highest one is
            // cleared, so that rounding does not reach the next power of two.
            const __m256i cleared = _mm256_andnot_si256(_mm256_srli_epi32(distance, 1), distance);
            const __m256i bits = _mm256_castps_si256(_mm256_cvtepi32_ps(cleared));
            exponents =
                _mm256_or_si256(_mm256_slli_epi32(exponents, 8), _mm256_srli_epi32(bits, 23));
        }
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(lengths + i),
                            _mm256_subs_epu8(exponents, exponent_below_one));
    }
    scalar::kEncodeKernels.narrow_bit_lengths(numbers.subspan(i), base, lengths + i);
}

TIDEMARK_AVX2 void find_narrow_above(std::span<const std::uint32_t> numbers, std::uint32_t base,
                                     std::uint32_t limit, std::uint64_t* mask) {
    const __m256i bases = all_lanes(base);
    const __m256i limits = all_lanes(limit);
    std::size_t i = 0;
    for (; i + 64 <= numbers.size(); i += 64) {
        std::uint64_t word = 0;
        for (std::size_t lane = 0; lane < 64; lane += kLaneCount) {
            const __m256i distance = _mm256_sub_epi32(load(&numbers[i + lane]), bases);
            const __m256i above = _mm256_cmpgt_epi32(distance, limits);
            const int bits = _mm256_movemask_ps(_mm256_castsi256_ps(above));
            word |= std::uint64_t{static_cast<unsigned>(bits)} << lane;
        }
        *mask++ = word;
    }
    scalar::kEncodeKernels.find_narrow_above(numbers.subspan(i), base, limit, mask);
}

TIDEMARK_AVX2 void pack_narrow_groups(std::span<const std::uint32_t> numbers, std::uint32_t base,
                                      unsigned width, std::byte* target) {
    constexpr unsigned kWidest = 16;
    if (width > kWidest) {
        scalar::kEncodeKernels.pack_narrow_groups(numbers, base, width, target);
        return;
    }
    const NarrowPacker packer(base, width);
    const unsigned half_bits = 4 * width;
    for (std::size_t i = 0; i + kLaneCount <= numbers.size(); i += kLaneCount) {
        const PackedHalves halves = packer.pack(&numbers[i]);
        // A shift by 64 is not defined, one by 63 and by 1 is.
        const std::uint64_t words[] = {halves.lower | halves.upper << (half_bits - 1) << 1,
                                       halves.upper >> (64 - half_bits)};
        std::memcpy(target, words, sizeof words);
        target += width;
    }
}

}  // namespace tidemark::storage::avx2

#endif

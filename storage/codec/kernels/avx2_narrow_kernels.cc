#include "storage/codec/kernels/avx2_narrow_kernels.h"

#if defined(__x86_64__)

#include "storage/codec/kernels/avx2_doubles.h"
#include "storage/codec/kernels/packed_bits.h"

namespace tidemark::storage::avx2 {
namespace {

/// Running sums of differences, eight at a time in 32-bit lanes.
struct NarrowRunningSum {
    __m256i carry;  ///< The last sum, in every lane.
    __m256i bases;

    TIDEMARK_AVX2 NarrowRunningSum(std::uint32_t first, std::uint64_t base)
        : carry(_mm256_set1_epi32(static_cast<int>(first))),
          bases(_mm256_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(base)))) {}

    TIDEMARK_AVX2 __m256i add(__m256i distances) {
        __m256i sums = _mm256_add_epi32(distances, bases);
        sums = _mm256_add_epi32(sums, _mm256_slli_si256(sums, 4));
        sums = _mm256_add_epi32(sums, _mm256_slli_si256(sums, 8));
        // Zeros below; above, what the lower four add up to.
        const __m256i lower = _mm256_permute2x128_si256(sums, sums, 0x08);
        sums = _mm256_add_epi32(sums, _mm256_shuffle_epi32(lower, 0xff));
        // All eight, found beside the carry, so that only one addition waits for the one before.
        const __m256i all = _mm256_permutevar8x32_epi32(sums, _mm256_set1_epi32(7));
        const __m256i result = _mm256_add_epi32(sums, carry);
        carry = _mm256_add_epi32(carry, all);
        return result;
    }
    TIDEMARK_AVX2 std::uint32_t last() const {
        return static_cast<std::uint32_t>(_mm256_extract_epi32(carry, 0));
    }
};

TIDEMARK_AVX2 __m256i unfold_signs(__m256i numbers) {
    const __m256i is_odd = _mm256_and_si256(numbers, _mm256_set1_epi32(1));
    const __m256i sign = _mm256_sub_epi32(_mm256_setzero_si256(), is_odd);
    return _mm256_xor_si256(_mm256_srli_epi32(numbers, 1), sign);
}

TIDEMARK_AVX2 __m128i lower_half(__m256i lanes) { return _mm256_castsi256_si128(lanes); }
TIDEMARK_AVX2 __m128i upper_half(__m256i lanes) { return _mm256_extracti128_si256(lanes, 1); }

/// Gives the sums of whole eights to target.put(i, sums), as distances from `first`; returns how
/// many sums. `last` becomes the last of them.
template <bool kIsZigzag, typename Target>
TIDEMARK_AVX2 std::size_t add_up_eights(std::uint32_t first, const NarrowDeltas& deltas,
                                        const Target& target, std::uint32_t& last) {
    NarrowRunningSum sum(first, deltas.base);
    std::size_t i = 0;
    for (; i + 8 <= deltas.numbers.size(); i += 8) {
        const __m256i numbers =
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&deltas.numbers[i]));
        if constexpr (kIsZigzag) {
            target.put(i, sum.add(unfold_signs(numbers)));
        } else {
            target.put(i, sum.add(numbers));
        }
    }
    last = sum.last();
    return i;
}

template <typename Target>
TIDEMARK_AVX2 std::size_t add_up_eights(std::uint32_t first, const NarrowDeltas& deltas,
                                        const Target& target, std::uint32_t& last) {
    return deltas.is_zigzag ? add_up_eights<true>(first, deltas, target, last)
                            : add_up_eights<false>(first, deltas, target, last);
}

struct SumTarget {
    __m256i firsts;
    std::uint64_t* out;

    TIDEMARK_AVX2 SumTarget(std::uint64_t first, std::uint64_t* target)
        : firsts(_mm256_set1_epi64x(static_cast<long long>(first))), out(target) {}

    TIDEMARK_AVX2 __m256i widened(__m128i distances) const {
        return _mm256_add_epi64(_mm256_cvtepi32_epi64(distances), firsts);
    }
    TIDEMARK_AVX2 void put(std::size_t i, __m256i distances) const {
        auto* const places = reinterpret_cast<__m256i*>(out + i);
        _mm256_storeu_si256(places, widened(lower_half(distances)));
        _mm256_storeu_si256(places + 1, widened(upper_half(distances)));
    }
};

/// Sums that are 32-bit integers, first number included.
struct NarrowDoubleTarget {
    __m256d factors;
    __m256d fractions;
    double* out;

    TIDEMARK_AVX2 NarrowDoubleTarget(double factor, double fraction, double* target)
        : factors(_mm256_set1_pd(factor)), fractions(_mm256_set1_pd(fraction)), out(target) {}

    TIDEMARK_AVX2 void put_doubles(std::size_t i, __m256d values) const {
        _mm256_storeu_pd(out + i, _mm256_mul_pd(_mm256_mul_pd(values, factors), fractions));
    }
    TIDEMARK_AVX2 void put(std::size_t i, __m256i sums) const {
        put_doubles(i, _mm256_cvtepi32_pd(lower_half(sums)));
        put_doubles(i + 4, _mm256_cvtepi32_pd(upper_half(sums)));
    }
};

struct DoubleTarget : NarrowDoubleTarget {
    SumTarget sums;

    TIDEMARK_AVX2 DoubleTarget(std::uint64_t first, double factor, double fraction, double* target)
        : NarrowDoubleTarget(factor, fraction, target), sums(first, nullptr) {}

    TIDEMARK_AVX2 void put(std::size_t i, __m256i distances) const {
        put_doubles(i, to_doubles(sums.widened(lower_half(distances))));
        put_doubles(i + 4, to_doubles(sums.widened(upper_half(distances))));
    }
};

/// What comes behind the first `done` sums, the last of which is `distance` away from `first`.
NarrowDeltas rest_of(const NarrowDeltas& deltas, std::size_t done) {
    return {deltas.numbers.subspan(done), deltas.base, deltas.is_zigzag};
}
std::uint64_t widened(std::uint32_t distance) {
    return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(distance)});
}

/// True when sums that reach up to 2^30 from there are 32-bit integers.
bool is_narrow_first(std::uint64_t first) {
    constexpr std::uint64_t kLimit = std::uint64_t{1} << 30;
    return first + kLimit < 2 * kLimit;
}

}  // namespace

TIDEMARK_AVX2 void add_up_narrow(std::uint64_t first, const NarrowDeltas& deltas,
                                 std::uint64_t* out) {
    std::uint32_t last = 0;
    const std::size_t done = add_up_eights(0, deltas, SumTarget(first, out), last);
    scalar::kCodecKernels.add_up_narrow(first + widened(last), rest_of(deltas, done), out + done);
}

TIDEMARK_AVX2 void add_up_narrow_to_doubles(std::uint64_t first, const NarrowDeltas& deltas,
                                            double factor, double fraction, double* out) {
    std::uint32_t last = 0;
    std::size_t done = 0;
    if (is_narrow_first(first)) {
        done = add_up_eights(static_cast<std::uint32_t>(first), deltas,
                             NarrowDoubleTarget(factor, fraction, out), last);
        first = widened(last);
    } else {
        done = add_up_eights(0, deltas, DoubleTarget(first, factor, fraction, out), last);
        first += widened(last);
    }
    scalar::kCodecKernels.add_up_narrow_to_doubles(first, rest_of(deltas, done), factor, fraction,
                                                   out + done);
}

}  // namespace tidemark::storage::avx2

#endif

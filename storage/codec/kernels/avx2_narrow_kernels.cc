#include "storage/codec/kernels/avx2_narrow_kernels.h"

#if defined(__x86_64__)

#include <algorithm>
#include <type_traits>

#include "storage/codec/kernels/avx2_doubles.h"

namespace tidemark::storage::avx2 {
namespace {

constexpr std::size_t kStepCount = 16;

/// Sixteen numbers in 32-bit lanes, so that each half holds neighbours and goes on in the half of
/// the other register: 0 to 3 and 8 to 11, 4 to 7 and 12 to 15.
struct Sixteen {
    __m256i fours[2];

    TIDEMARK_AVX2 static Sixteen load(const std::uint32_t* numbers) {
        const auto* places = reinterpret_cast<const __m128i*>(numbers);
        return {
            {_mm256_loadu2_m128i(places + 2, places), _mm256_loadu2_m128i(places + 3, places + 1)}};
    }
};

/// Running sums of differences, sixteen at a time.
struct NarrowRunningSum {
    __m256i carry;  ///< The last sum, in every lane.
    __m256i bases;

    TIDEMARK_AVX2 NarrowRunningSum(std::uint32_t first, std::uint64_t base)
        : carry(_mm256_set1_epi32(static_cast<int>(first))),
          bases(_mm256_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(base)))) {}

    TIDEMARK_AVX2 Sixteen add(const Sixteen& distances) {
        const __m256i front = sums_of_fours(distances.fours[0]);
        __m256i back = sums_of_fours(distances.fours[1]);
        back = _mm256_add_epi32(back, _mm256_shuffle_epi32(front, 0xff));
        // What either eight add up to; in the upper half, what the lower one does.
        const __m256i eights = _mm256_shuffle_epi32(back, 0xff);
        const __m256i lower = _mm256_permute2x128_si256(eights, eights, 0x08);
        const __m256i swapped = _mm256_permute2x128_si256(eights, eights, 0x01);
        const __m256i before = _mm256_add_epi32(carry, lower);
        // Found beside the sums, so that only one addition waits for the one before.
        carry = _mm256_add_epi32(carry, _mm256_add_epi32(eights, swapped));
        return {{_mm256_add_epi32(front, before), _mm256_add_epi32(back, before)}};
    }
    TIDEMARK_AVX2 std::uint32_t last() const {
        return static_cast<std::uint32_t>(_mm256_extract_epi32(carry, 0));
    }

private:
    TIDEMARK_AVX2 __m256i sums_of_fours(__m256i distances) const {
        __m256i sums = _mm256_add_epi32(distances, bases);
        sums = _mm256_add_epi32(sums, _mm256_slli_si256(sums, 4));
        return _mm256_add_epi32(sums, _mm256_slli_si256(sums, 8));
    }
};

TIDEMARK_AVX2 __m256i unfold_signs(__m256i numbers) {
    const __m256i is_odd = _mm256_and_si256(numbers, _mm256_set1_epi32(1));
    const __m256i sign = _mm256_sub_epi32(_mm256_setzero_si256(), is_odd);
    return _mm256_xor_si256(_mm256_srli_epi32(numbers, 1), sign);
}

template <bool kIsZigzag>
TIDEMARK_AVX2 Sixteen distances_at(const std::uint32_t* numbers) {
    Sixteen distances = Sixteen::load(numbers);
    if constexpr (kIsZigzag) {
        for (__m256i& fours : distances.fours) fours = unfold_signs(fours);
    }
    return distances;
}

/// Gives the sums, as distances from `first`, four by four to target.put(place, sums).
template <typename Target>
TIDEMARK_AVX2 void put_sixteen(const Sixteen& sums, const Target& target,
                               typename Target::Value* out) {
    for (std::size_t part = 0; part < 2; ++part) {
        target.put(out + 4 * part, _mm256_castsi256_si128(sums.fours[part]));
        target.put(out + 4 * part + 8, _mm256_extracti128_si256(sums.fours[part], 1));
    }
}

template <bool kIsZigzag, typename Target>
TIDEMARK_AVX2 void add_up(std::uint32_t first, const NarrowDeltas& deltas, Target target,
                          typename Target::Value* out) {
    NarrowRunningSum sum(first, deltas.base);
    const std::uint32_t* numbers = deltas.numbers.data();
    const std::uint32_t* const end = numbers + deltas.numbers.size() / kStepCount * kStepCount;
    for (; numbers != end; numbers += kStepCount) {
        put_sixteen(sum.add(distances_at<kIsZigzag>(numbers)), target, out);
        out += kStepCount;
    }
    const std::size_t rest_count = deltas.numbers.size() % kStepCount;
    if (rest_count == 0) return;
    std::uint32_t rest[kStepCount] = {};
    std::copy_n(numbers, rest_count, rest);
    typename Target::Value last[kStepCount];
    put_sixteen(sum.add(distances_at<kIsZigzag>(rest)), target, last);
    std::copy_n(last, rest_count, out);
}

template <typename Target>
TIDEMARK_AVX2 void add_up(std::uint32_t first, const NarrowDeltas& deltas, const Target& target,
                          typename Target::Value* out) {
    if (deltas.is_zigzag) {
        add_up<true>(first, deltas, target, out);
    } else {
        add_up<false>(first, deltas, target, out);
    }
}

struct SumTarget {
    using Value = std::uint64_t;

    __m256i firsts;

    TIDEMARK_AVX2 explicit SumTarget(std::uint64_t first)
        : firsts(_mm256_set1_epi64x(static_cast<long long>(first))) {}

    TIDEMARK_AVX2 __m256i widened(__m128i distances) const {
        return _mm256_add_epi64(_mm256_cvtepi32_epi64(distances), firsts);
    }
    TIDEMARK_AVX2 void put(std::uint64_t* place, __m128i distances) const {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(place), widened(distances));
    }
};

/// Sums that are 32-bit integers, the first number included.
template <typename Scale>
struct NarrowDoubles {
    using Value = double;

    Scale scale;

    TIDEMARK_AVX2 void put(double* place, __m128i sums) const {
        _mm256_storeu_pd(place, scale.scaled(_mm256_cvtepi32_pd(sums)));
    }
};

template <typename Scale>
struct WideDoubles {
    using Value = double;

    Scale scale;
    SumTarget sums;

    TIDEMARK_AVX2 void put(double* place, __m128i distances) const {
        _mm256_storeu_pd(place, scale.scaled(to_doubles(sums.widened(distances))));
    }
};

/// True when sums that reach up to 2^30 from there are 32-bit integers.
bool is_narrow_first(std::uint64_t first) {
    constexpr std::uint64_t kLimit = std::uint64_t{1} << 30;
    return first + kLimit < 2 * kLimit;
}

}  // namespace

TIDEMARK_AVX2 void add_up_narrow(std::uint64_t first, const NarrowDeltas& deltas,
                                 std::uint64_t* out) {
    add_up(0, deltas, SumTarget(first), out);
}

TIDEMARK_AVX2 void add_up_narrow_to_doubles(std::uint64_t first, const NarrowDeltas& deltas,
                                            const FloatScale& scale, double* out) {
    with_scale(scale, [&](const auto& chosen) TIDEMARK_AVX2 {
        using Scale = std::decay_t<decltype(chosen)>;
        if (is_narrow_first(first)) {
            add_up(static_cast<std::uint32_t>(first), deltas, NarrowDoubles<Scale>{chosen}, out);
        } else {
            add_up(0, deltas, WideDoubles<Scale>{chosen, SumTarget(first)}, out);
        }
    });
}

}  // namespace tidemark::storage::avx2

#endif

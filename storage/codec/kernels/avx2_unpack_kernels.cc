#include "storage/codec/kernels/avx2_unpack_kernels.h"

#if defined(__x86_64__)

#include "storage/codec/kernels/avx2_doubles.h"
#include "storage/codec/kernels/avx2_unpackers.h"

namespace tidemark::storage::avx2 {
namespace {

using NaturalUnpacker = NarrowUnpacker<LaneOrder::Natural>;
using PairsUnpacker = NarrowUnpacker<LaneOrder::Pairs>;

/// Eight numbers to where they belong, each above a base.
struct IntegerTarget {
    __m256i bases;
    std::uint64_t* values;

    TIDEMARK_AVX2 IntegerTarget(std::uint64_t base, std::span<std::uint64_t> target)
        : bases(_mm256_set1_epi64x(static_cast<long long>(base))), values(target.data()) {}

    TIDEMARK_AVX2 void put(std::size_t i, __m256i lanes) const {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + i), _mm256_add_epi64(lanes, bases));
    }
    TIDEMARK_AVX2 void put_narrow(std::size_t i, __m256i lanes) const {
        put(i, _mm256_cvtepu32_epi64(_mm256_castsi256_si128(lanes)));
        put(i + 4, _mm256_cvtepu32_epi64(_mm256_extracti128_si256(lanes, 1)));
    }
};

/// Numbers to the integers whose distances from a base they are, signs folded in.
struct ZigzagTarget : IntegerTarget {
    TIDEMARK_AVX2 void put(std::size_t i, __m256i lanes) const {
        const __m256i is_odd = _mm256_and_si256(lanes, _mm256_set1_epi64x(1));
        const __m256i sign = _mm256_sub_epi64(_mm256_setzero_si256(), is_odd);
        IntegerTarget::put(i, _mm256_xor_si256(_mm256_srli_epi64(lanes, 1), sign));
    }
    /// Unfolded before they are widened.
    TIDEMARK_AVX2 void put_narrow(std::size_t i, __m256i lanes) const {
        const __m256i is_odd = _mm256_and_si256(lanes, _mm256_set1_epi32(1));
        const __m256i sign = _mm256_sub_epi32(_mm256_setzero_si256(), is_odd);
        const __m256i distances = _mm256_xor_si256(_mm256_srli_epi32(lanes, 1), sign);
        IntegerTarget::put(i, _mm256_cvtepi32_epi64(_mm256_castsi256_si128(distances)));
        IntegerTarget::put(i + 4, _mm256_cvtepi32_epi64(_mm256_extracti128_si256(distances, 1)));
    }
};

/// Up to 25 bits, in half of the memory.
struct NarrowTarget {
    std::uint32_t* numbers;

    TIDEMARK_AVX2 void put_narrow(std::size_t i, __m256i lanes) const {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(numbers + i), lanes);
    }
};

/// Small numbers above a base, the sums of which are doubles without rounding: a number becomes the
/// low bits of a double of 2^52, and one subtraction takes that size away and adds the base.
template <typename Scale>
struct SmallDoubles : DoubleTarget<Scale> {
    __m256d offsets;

    TIDEMARK_AVX2 SmallDoubles(std::uint64_t base, const Scale& chosen, double* target)
        : DoubleTarget<Scale>{chosen, target},
          offsets(_mm256_set1_pd(0x1p52 - static_cast<double>(static_cast<std::int64_t>(base)))) {}

    TIDEMARK_AVX2 void put(std::size_t i, __m256i numbers) const {
        put_sized(i, _mm256_or_si256(numbers, _mm256_set1_epi64x(0x4330'0000'0000'0000)));
    }
    /// Pairs, each number below the upper half of the double.
    TIDEMARK_AVX2 void put_narrow(std::size_t i, __m256i pairs) const {
        const __m256i size = _mm256_set1_epi32(0x4330'0000);
        put_sized(i, _mm256_unpacklo_epi32(pairs, size));
        put_sized(i + 4, _mm256_unpackhi_epi32(pairs, size));
    }
    TIDEMARK_AVX2 void put_sized(std::size_t i, __m256i sized) const {
        this->put_doubles(i, _mm256_sub_pd(_mm256_castsi256_pd(sized), offsets));
    }
};

constexpr unsigned kWidestSmall = 51;

/// Whether numbers of so many bits above the base make no integer beyond 2^53.
bool are_small(unsigned width, std::uint64_t base) {
    constexpr std::uint64_t kBaseLimit = std::uint64_t{1} << kWidestSmall;
    return width <= kWidestSmall && base + kBaseLimit <= 2 * kBaseLimit;
}

/// Numbers above a base, whatever their size.
template <typename Scale>
struct LargeDoubles : DoubleTarget<Scale> {
    __m256i bases;

    TIDEMARK_AVX2 LargeDoubles(std::uint64_t base, const Scale& chosen, double* target)
        : DoubleTarget<Scale>{chosen, target},
          bases(_mm256_set1_epi64x(static_cast<long long>(base))) {}

    TIDEMARK_AVX2 void put(std::size_t i, __m256i lanes) const {
        this->put_doubles(i, to_doubles(_mm256_add_epi64(lanes, bases)));
    }
};

/// As far as whole groups go; returns how many numbers.
template <typename Target>
TIDEMARK_AVX2 std::size_t unpack_integers(std::span<const std::byte> packed, unsigned width,
                                          std::size_t count, const Target& target) {
    if (width <= NaturalUnpacker::kWidest) {
        return unpack_groups<NaturalUnpacker>(packed, width, count, target);
    }
    if (width > MiddleUnpacker::kWidest) return 0;
    return unpack_groups<MiddleUnpacker>(packed, width, count, target);
}

template <typename Scale>
TIDEMARK_AVX2 std::size_t unpack_doubles(std::span<const std::byte> packed, unsigned width,
                                         std::uint64_t base, const Scale& scale,
                                         std::span<double> out) {
    if (are_small(width, base)) {
        const SmallDoubles<Scale> target(base, scale, out.data());
        return width <= PairsUnpacker::kWidest
                   ? unpack_groups<PairsUnpacker>(packed, width, out.size(), target)
                   : unpack_groups<MiddleUnpacker>(packed, width, out.size(), target);
    }
    if (width > MiddleUnpacker::kWidest) return 0;
    return unpack_groups<MiddleUnpacker>(packed, width, out.size(),
                                         LargeDoubles<Scale>(base, scale, out.data()));
}

}  // namespace

TIDEMARK_AVX2 void unpack_above(std::span<const std::byte> packed, unsigned width,
                                std::uint64_t base, std::span<std::uint64_t> values) {
    const std::size_t done =
        unpack_integers(packed, width, values.size(), IntegerTarget(base, values));
    if (done == values.size()) return;
    scalar::kCodecKernels.unpack_above(packed.subspan(done / 8 * width), width, base,
                                       values.subspan(done));
}

TIDEMARK_AVX2 void unpack_to_doubles(std::span<const std::byte> packed, unsigned width,
                                     std::uint64_t base, const FloatScale& scale,
                                     std::span<double> out) {
    const std::size_t done = with_scale(scale, [&](const auto& chosen) TIDEMARK_AVX2 {
        return unpack_doubles(packed, width, base, chosen, out);
    });
    if (done == out.size()) return;
    scalar::kCodecKernels.unpack_to_doubles(packed.subspan(done / 8 * width), width, base, scale,
                                            out.subspan(done));
}

TIDEMARK_AVX2 void unpack_zigzag(std::span<const std::byte> packed, unsigned width,
                                 std::uint64_t base, std::span<std::uint64_t> values) {
    const ZigzagTarget target{IntegerTarget(base, values)};
    const std::size_t done = unpack_integers(packed, width, values.size(), target);
    if (done == values.size()) return;
    scalar::kCodecKernels.unpack_zigzag(packed.subspan(done / 8 * width), width, base,
                                        values.subspan(done));
}

TIDEMARK_AVX2 void unpack_narrow(std::span<const std::byte> packed, unsigned width,
                                 std::span<std::uint32_t> numbers) {
    const std::size_t done =
        unpack_groups<NaturalUnpacker>(packed, width, numbers.size(), NarrowTarget{numbers.data()});
    if (done == numbers.size()) return;
    scalar::kCodecKernels.unpack_narrow(packed.subspan(done / 8 * width), width,
                                        numbers.subspan(done));
}

}  // namespace tidemark::storage::avx2

#endif

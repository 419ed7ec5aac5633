#include "storage/base/cpu_features.h"
#include "storage/codec/kernels/codec_kernels.h"

#if defined(__x86_64__)

#include <algorithm>

#include "storage/codec/kernels/avx2_narrow_kernels.h"
#include "storage/codec/kernels/avx2_unpack_kernels.h"
#include "storage/codec/kernels/avx512_intrinsics.h"
#include "storage/codec/kernels/match_kernels.h"
#include "storage/codec/kernels/packed_bits.h"

namespace tidemark::storage::avx512 {
namespace {

constexpr unsigned kWidestNarrow = 25;  // Shift (up to 7) and number fit in 32 bits.
constexpr unsigned kWidestMiddle = 57;  // Shift and number fit in 64 bits.

// Eight packed numbers begin at a byte boundary and take `width` bytes, so one load holds a group
// of any width. A permutation of its bytes brings those of each number into its lane, a shift drops
// the bits in front of it.

/// Sixteen numbers of up to 25 bits in 32-bit lanes.
struct NarrowUnpacker {
    static constexpr std::size_t kCount = 16;

    __m512i permutation;
    __m512i shift;
    __m512i keep;

    TIDEMARK_AVX512 explicit NarrowUnpacker(unsigned width) {
        const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        const __m512i bit = _mm512_mullo_epi32(lane, _mm512_set1_epi32(static_cast<int>(width)));
        // The index of the first byte, in all four bytes of the lane, and 0 to 3 on top.
        const __m512i first_byte =
            _mm512_mullo_epi32(_mm512_srli_epi32(bit, 3), _mm512_set1_epi32(0x0101'0101));
        permutation = _mm512_add_epi8(first_byte, _mm512_set1_epi32(0x0302'0100));
        shift = _mm512_and_si512(bit, _mm512_set1_epi32(7));
        keep = _mm512_set1_epi32(static_cast<int>(low_bits_mask(width)));
    }

    TIDEMARK_AVX512 __m512i unpack(__m512i group) const {
        const __m512i lanes = _mm512_permutexvar_epi8(permutation, group);
        return _mm512_and_si512(_mm512_srlv_epi32(lanes, shift), keep);
    }
};

/// Eight numbers of up to 64 bits in 64-bit lanes.
struct WideUnpacker {
    static constexpr std::size_t kCount = 8;

    __m512i permutation;
    __m512i shift;
    __m512i keep;
    bool is_split;  ///< A number may reach into a ninth byte.

    TIDEMARK_AVX512 explicit WideUnpacker(unsigned width) : is_split(width > kWidestMiddle) {
        const __m512i lane = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
        const __m512i bit = _mm512_mullo_epi64(lane, _mm512_set1_epi64(width));
        const __m512i first_byte =
            _mm512_mullo_epi64(_mm512_srli_epi64(bit, 3), _mm512_set1_epi64(0x0101'0101'0101'0101));
        permutation = _mm512_add_epi8(first_byte, _mm512_set1_epi64(0x0706'0504'0302'0100));
        shift = _mm512_and_si512(bit, _mm512_set1_epi64(7));
        keep = _mm512_set1_epi64(static_cast<long long>(low_bits_mask(width)));
    }

    TIDEMARK_AVX512 __m512i unpack(__m512i group) const {
        __m512i lanes = _mm512_srlv_epi64(_mm512_permutexvar_epi8(permutation, group), shift);
        if (is_split) {
            // A shift by 64 gives 0: those without a ninth byte.
            const __m512i ninth =
                _mm512_permutexvar_epi8(_mm512_add_epi8(permutation, _mm512_set1_epi8(8)), group);
            const __m512i left = _mm512_sub_epi64(_mm512_set1_epi64(64), shift);
            lanes = _mm512_or_si512(lanes, _mm512_sllv_epi64(ninth, left));
        }
        return _mm512_and_si512(lanes, keep);
    }
};

/// Calls put(i, lanes, how many of them count) for each vector of `count` numbers.
template <typename Unpacker, typename Put>
TIDEMARK_AVX512 void for_each_vector(std::span<const std::byte> packed, unsigned width,
                                     std::size_t count, const Put& put) {
    constexpr std::size_t kCount = Unpacker::kCount;
    const Unpacker unpacker(width);
    const std::size_t group_size_bytes = kCount / 8 * width;
    std::size_t i = 0;
    const std::byte* group = packed.data();
    const std::byte* const end = group + packed.size();
    const auto bytes_left = [&] { return static_cast<std::size_t>(end - group); };
    for (; i + kCount <= count && bytes_left() >= kVectorSizeBytes; i += kCount) {
        put.full(i, unpacker.unpack(_mm512_loadu_si512(group)));
        group += group_size_bytes;
    }
    for (; i < count; i += kCount) {
        const __m512i bytes = load_packed(packed, i / 8 * width);
        put.partial(i, unpacker.unpack(bytes), std::min(kCount, count - i));
    }
}

/// Numbers to where they belong, each above a base.
struct IntegerTarget {
    __m512i bases;
    std::uint64_t* values;

    TIDEMARK_AVX512 IntegerTarget(std::uint64_t base, std::uint64_t* target)
        : bases(_mm512_set1_epi64(static_cast<long long>(base))), values(target) {}

    TIDEMARK_AVX512 void full(std::size_t i, __m512i lanes) const {
        _mm512_storeu_si512(values + i, _mm512_add_epi64(lanes, bases));
    }
    TIDEMARK_AVX512 void partial(std::size_t i, __m512i lanes, std::size_t count) const {
        _mm512_mask_storeu_epi64(values + i, first_lanes(count), _mm512_add_epi64(lanes, bases));
    }
};

/// The same as scaled doubles.
struct DoubleTarget {
    __m512i bases;
    __m512d factors;
    __m512d fractions;
    double* values;

    TIDEMARK_AVX512 DoubleTarget(std::uint64_t base, double factor, double fraction, double* target)
        : bases(_mm512_set1_epi64(static_cast<long long>(base))),
          factors(_mm512_set1_pd(factor)),
          fractions(_mm512_set1_pd(fraction)),
          values(target) {}

    TIDEMARK_AVX512 __m512d scaled(__m512d integers) const {
        return _mm512_mul_pd(_mm512_mul_pd(integers, factors), fractions);
    }
    TIDEMARK_AVX512 __m512d converted(__m512i lanes) const {
        return scaled(_mm512_cvtepi64_pd(_mm512_add_epi64(lanes, bases)));
    }
    TIDEMARK_AVX512 void full(std::size_t i, __m512i lanes) const {
        _mm512_storeu_pd(values + i, converted(lanes));
    }
    TIDEMARK_AVX512 void partial(std::size_t i, __m512i lanes, std::size_t count) const {
        _mm512_mask_storeu_pd(values + i, first_lanes(count), converted(lanes));
    }
};

/// 32-bit lanes to a target of 64-bit lanes.
template <typename Target>
struct Widened {
    Target target;

    TIDEMARK_AVX512 void full(std::size_t i, __m512i lanes) const {
        target.full(i, _mm512_cvtepu32_epi64(_mm512_castsi512_si256(lanes)));
        target.full(i + 8, _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(lanes, 1)));
    }
    TIDEMARK_AVX512 void partial(std::size_t i, __m512i lanes, std::size_t count) const {
        target.partial(i, _mm512_cvtepu32_epi64(_mm512_castsi512_si256(lanes)),
                       std::min<std::size_t>(count, 8));
        if (count <= 8) return;
        target.partial(i + 8, _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(lanes, 1)),
                       count - 8);
    }
};

/// Doubles of 32-bit lanes, when no number above the base leaves their range.
struct NarrowDoubleTarget {
    DoubleTarget target;
    __m512i bases;

    TIDEMARK_AVX512 NarrowDoubleTarget(std::uint64_t base, double factor, double fraction,
                                       double* values)
        : target(base, factor, fraction, values),
          bases(_mm512_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(base)))) {}

    TIDEMARK_AVX512 void full(std::size_t i, __m512i lanes) const {
        const __m512i integers = _mm512_add_epi32(lanes, bases);
        const __m512d low = _mm512_cvtepi32_pd(_mm512_castsi512_si256(integers));
        const __m512d high = _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(integers, 1));
        _mm512_storeu_pd(target.values + i, target.scaled(low));
        _mm512_storeu_pd(target.values + i + 8, target.scaled(high));
    }
    TIDEMARK_AVX512 void partial(std::size_t i, __m512i lanes, std::size_t count) const {
        Widened<DoubleTarget>{target}.partial(i, lanes, count);
    }
};

TIDEMARK_AVX512 void unpack_above(std::span<const std::byte> packed, unsigned width,
                                  std::uint64_t base, std::span<std::uint64_t> values) {
    const IntegerTarget target(base, values.data());
    if (width <= kWidestNarrow) {
        for_each_vector<NarrowUnpacker>(packed, width, values.size(),
                                        Widened<IntegerTarget>{target});
    } else {
        for_each_vector<WideUnpacker>(packed, width, values.size(), target);
    }
}

TIDEMARK_AVX512 void unpack_to_doubles(std::span<const std::byte> packed, unsigned width,
                                       std::uint64_t base, const FloatScale& scale,
                                       std::span<double> out) {
    if (scale.divisor != 1) return avx2::unpack_to_doubles(packed, width, base, scale, out);
    // A number of up to 25 bits above such a base stays in the range of 32-bit integers.
    constexpr std::uint64_t kBaseLimit = std::uint64_t{1} << 30;
    const bool is_narrow_base = base + kBaseLimit <= 2 * kBaseLimit;
    const DoubleTarget target(base, scale.factor, scale.fraction, out.data());
    if (width > kWidestNarrow) {
        for_each_vector<WideUnpacker>(packed, width, out.size(), target);
    } else if (is_narrow_base) {
        for_each_vector<NarrowUnpacker>(
            packed, width, out.size(),
            NarrowDoubleTarget(base, scale.factor, scale.fraction, out.data()));
    } else {
        for_each_vector<NarrowUnpacker>(packed, width, out.size(), Widened<DoubleTarget>{target});
    }
}

/// Numbers to the integers whose distances from a base they are, signs folded in.
struct ZigzagTarget {
    __m512i bases;
    std::uint64_t* values;

    TIDEMARK_AVX512 __m512i unfolded(__m512i lanes) const {
        const __m512i is_odd = _mm512_and_si512(lanes, _mm512_set1_epi64(1));
        const __m512i sign = _mm512_sub_epi64(_mm512_setzero_si512(), is_odd);
        return _mm512_add_epi64(_mm512_xor_si512(_mm512_srli_epi64(lanes, 1), sign), bases);
    }
    TIDEMARK_AVX512 void full(std::size_t i, __m512i lanes) const {
        _mm512_storeu_si512(values + i, unfolded(lanes));
    }
    TIDEMARK_AVX512 void partial(std::size_t i, __m512i lanes, std::size_t count) const {
        _mm512_mask_storeu_epi64(values + i, first_lanes(count), unfolded(lanes));
    }
};

/// The same of numbers of up to 25 bits, unfolded before they are widened.
struct NarrowZigzagTarget {
    ZigzagTarget target;

    TIDEMARK_AVX512 void full(std::size_t i, __m512i lanes) const {
        const __m512i is_odd = _mm512_and_si512(lanes, _mm512_set1_epi32(1));
        const __m512i sign = _mm512_sub_epi32(_mm512_setzero_si512(), is_odd);
        const __m512i distances = _mm512_xor_si512(_mm512_srli_epi32(lanes, 1), sign);
        const __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(distances));
        const __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(distances, 1));
        _mm512_storeu_si512(target.values + i, _mm512_add_epi64(low, target.bases));
        _mm512_storeu_si512(target.values + i + 8, _mm512_add_epi64(high, target.bases));
    }
    TIDEMARK_AVX512 void partial(std::size_t i, __m512i lanes, std::size_t count) const {
        Widened<ZigzagTarget>{target}.partial(i, lanes, count);
    }
};

TIDEMARK_AVX512 void unpack_zigzag(std::span<const std::byte> packed, unsigned width,
                                   std::uint64_t base, std::span<std::uint64_t> values) {
    const ZigzagTarget target{_mm512_set1_epi64(static_cast<long long>(base)), values.data()};
    if (width <= kWidestNarrow) {
        for_each_vector<NarrowUnpacker>(packed, width, values.size(), NarrowZigzagTarget{target});
    } else {
        for_each_vector<WideUnpacker>(packed, width, values.size(), target);
    }
}

/// Running sums, eight at a time: each is the one eight lanes before it and the eight numbers
/// since, which are added up as two, four and eight neighbours. So only one addition waits for the
/// sums before.
struct RunningSum {
    __m512i sums;  ///< The last eight.
    __m512i ones;  ///< The last eight numbers; zeros in front of them.
    __m512i twos;
    __m512i fours;

    TIDEMARK_AVX512 explicit RunningSum(std::uint64_t first)
        : sums(_mm512_set1_epi64(static_cast<long long>(first))),
          ones(_mm512_setzero_si512()),
          twos(_mm512_setzero_si512()),
          fours(_mm512_setzero_si512()) {}

    TIDEMARK_AVX512 __m512i add(__m512i lanes) {
        const __m512i two = _mm512_add_epi64(lanes, _mm512_alignr_epi64(lanes, ones, 7));
        const __m512i four = _mm512_add_epi64(two, _mm512_alignr_epi64(two, twos, 6));
        const __m512i eight = _mm512_add_epi64(four, _mm512_alignr_epi64(four, fours, 4));
        ones = lanes;
        twos = two;
        fours = four;
        return sums = _mm512_add_epi64(sums, eight);
    }
};

TIDEMARK_AVX512 void add_up(std::uint64_t first, std::span<std::uint64_t> values) {
    RunningSum sum(first);
    std::size_t i = 0;
    for (; i + 8 <= values.size(); i += 8) {
        _mm512_storeu_si512(&values[i], sum.add(_mm512_loadu_si512(&values[i])));
    }
    if (i == values.size()) return;
    const __mmask8 rest = first_lanes(values.size() - i);
    _mm512_mask_storeu_epi64(&values[i], rest, sum.add(_mm512_maskz_loadu_epi64(rest, &values[i])));
}

TIDEMARK_AVX512 void add_up_to_doubles(std::uint64_t first, std::span<const std::uint64_t> deltas,
                                       double factor, double fraction, double* out) {
    const DoubleTarget target(0, factor, fraction, out);
    RunningSum sum(first);
    std::size_t i = 0;
    for (; i + 8 <= deltas.size(); i += 8) {
        const __m512i sums = sum.add(_mm512_loadu_si512(&deltas[i]));
        _mm512_storeu_pd(out + i, target.scaled(_mm512_cvtepi64_pd(sums)));
    }
    if (i == deltas.size()) return;
    const std::size_t count = deltas.size() - i;
    target.partial(i, sum.add(_mm512_maskz_loadu_epi64(first_lanes(count), &deltas[i])), count);
}

/// Eight cells, which begin with the `first`-th of 64. Bit k of the window, which is in each lane
/// of `windows`, stands for cell k.
TIDEMARK_AVX512 __m512i expanded(std::uint64_t window, __m512i windows, unsigned first,
                                 const std::byte* changes) {
    const std::uint64_t before = window & (low_bits_mask(first) << 1 | 1);
    const __m512i next = _mm512_loadu_si512(
        changes + kCellSizeBytes * static_cast<unsigned>(__builtin_popcountll(before)));
    // How many changes lie at or before each lane but the first: its bits, counted.
    const __m512i counted =
        _mm512_slli_epi64(_mm512_set_epi64(0xfe, 0x7e, 0x3e, 0x1e, 0x0e, 0x06, 0x02, 0x00), first);
    const __m512i ahead = _mm512_popcnt_epi64(_mm512_and_si512(windows, counted));
    return _mm512_permutexvar_epi64(ahead, next);
}

TIDEMARK_AVX512 void expand(const std::uint64_t* differs, const std::byte* changes,
                            std::span<std::byte> cells) {
    const std::size_t count = cells.size() / kCellSizeBytes;
    const std::size_t word_count = (count + 62) / 64;
    std::uint64_t carry = 0;
    for (std::size_t begin = 0; begin < count; begin += 64) {
        // Bit k stands for cell begin + k, so the mask is read one bit further back.
        const std::uint64_t word = begin / 64 < word_count ? differs[begin / 64] : 0;
        const std::uint64_t window = word << 1 | carry;
        const __m512i windows = _mm512_set1_epi64(static_cast<long long>(window));
        carry = word >> 63;
        std::byte* const target = cells.data() + begin * kCellSizeBytes;
        if (begin + 64 <= count) {
#pragma GCC unroll 8
            for (unsigned first = 0; first < 64; first += 8) {
                _mm512_storeu_si512(target + first * kCellSizeBytes,
                                    expanded(window, windows, first, changes));
            }
        } else {
            for (unsigned first = 0; begin + first < count; first += 8) {
                const __mmask8 lanes = first_lanes(std::min<std::size_t>(8, count - begin - first));
                _mm512_mask_storeu_epi64(target + first * kCellSizeBytes, lanes,
                                         expanded(window, windows, first, changes));
            }
        }
        changes += kCellSizeBytes * static_cast<unsigned>(__builtin_popcountll(window));
    }
}

/// out[i] = convert(double(signed integers[i])).
template <typename Convert>
TIDEMARK_AVX512 void convert_integers(std::span<const std::uint64_t> integers, double* out,
                                      const Convert& convert) {
    std::size_t i = 0;
    for (; i + 8 <= integers.size(); i += 8) {
        const __m512d whole = _mm512_cvtepi64_pd(_mm512_loadu_si512(&integers[i]));
        _mm512_storeu_pd(out + i, convert(whole));
    }
    if (i == integers.size()) return;
    const __mmask8 rest = first_lanes(integers.size() - i);
    const __m512d whole = _mm512_cvtepi64_pd(_mm512_maskz_loadu_epi64(rest, &integers[i]));
    _mm512_mask_storeu_pd(out + i, rest, convert(whole));
}

TIDEMARK_AVX512 void scale_to_doubles(std::span<const std::uint64_t> integers, double factor,
                                      double fraction, double* out) {
    const __m512d factors = _mm512_set1_pd(factor);
    const __m512d fractions = _mm512_set1_pd(fraction);
    convert_integers(integers, out, [&](__m512d whole) TIDEMARK_AVX512 {
        return _mm512_mul_pd(_mm512_mul_pd(whole, factors), fractions);
    });
}

/// Correctly rounded quotients without a division, which takes several times as long: a product
/// with the rounded inverse, and what it misses, computed without rounding, twice. After the first
/// correction a quotient is off by one unit in the last place at most, which makes the second one
/// exact (Markstein: Computation of elementary functions on the IBM RISC System/6000 processor,
/// 1990, theorem 8). Neither the integers nor the powers of ten that divide them come near the
/// ends of the range of doubles.
TIDEMARK_AVX512 __m512d divided(__m512d dividend, __m512d divisor, __m512d inverse) {
    __m512d quotient = _mm512_mul_pd(dividend, inverse);
    __m512d rest = _mm512_fnmadd_pd(quotient, divisor, dividend);
    quotient = _mm512_fmadd_pd(rest, inverse, quotient);
    rest = _mm512_fnmadd_pd(quotient, divisor, dividend);
    return _mm512_fmadd_pd(rest, inverse, quotient);
}

TIDEMARK_AVX512 void divide_to_doubles(std::span<const std::uint64_t> integers, double divisor,
                                       double* out) {
    const __m512d divisors = _mm512_set1_pd(divisor);
    const __m512d inverses = _mm512_set1_pd(1 / divisor);
    convert_integers(integers, out, [&](__m512d whole) TIDEMARK_AVX512 {
        return divided(whole, divisors, inverses);
    });
}

}  // namespace

const CodecKernels kCodecKernels{.name = "avx512",
                                 .supported = [] { return cpu_features().avx512; },
                                 .unpack_above = unpack_above,
                                 .unpack_to_doubles = unpack_to_doubles,
                                 .unpack_zigzag = unpack_zigzag,
                                 .add_up = add_up,
                                 .add_up_to_doubles = add_up_to_doubles,
                                 .unpack_narrow = avx2::unpack_narrow,
                                 .add_up_narrow = avx2::add_up_narrow,
                                 .add_up_narrow_to_doubles = avx2::add_up_narrow_to_doubles,
                                 .expand = expand,
                                 .match_packed = match_packed,
                                 .match_integers = match_integers,
                                 .match_doubles = match_doubles,
                                 .scale_to_doubles = scale_to_doubles,
                                 .divide_to_doubles = divide_to_doubles};

}  // namespace tidemark::storage::avx512

#endif

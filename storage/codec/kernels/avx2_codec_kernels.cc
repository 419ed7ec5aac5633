#include <cstring>

#include "storage/base/cpu_features.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/match_kernels.h"
#include "storage/codec/kernels/packed_bits.h"

#if defined(__x86_64__)

#include "storage/codec/kernels/avx2_doubles.h"
#include "storage/codec/kernels/avx2_narrow_kernels.h"

namespace tidemark::storage::avx2 {
namespace {

constexpr std::size_t kLoadSizeBytes = 16;
constexpr unsigned kWidestNarrow = kNarrowWidthLimit;  // Shift (up to 7) and number: 32 bits.
constexpr unsigned kWidestMiddle = 57;                 // Shift and number fit in 64 bits.

// Eight packed numbers begin at a byte boundary and take `width` bytes. The shuffle brings the
// bytes of each number into its lane, the shift drops the bits in front of it.

/// Numbers of up to 25 bits in eight 32-bit lanes: numbers 0..3 from one load, 4..7 from another.
struct NarrowUnpacker {
    __m256i shuffle;
    __m256i shift;
    __m256i keep;
    std::size_t upper_offset;

    TIDEMARK_AVX2 explicit NarrowUnpacker(unsigned width) : upper_offset(width / 2) {
        const __m256i number = _mm256_set_epi32(3, 2, 1, 0, 3, 2, 1, 0);
        // The upper half of an odd width begins amid a byte.
        const int amid = static_cast<int>(4 * (width % 2));
        const __m256i begin = _mm256_set_epi32(amid, amid, amid, amid, 0, 0, 0, 0);
        const __m256i bit = _mm256_add_epi32(
            _mm256_mullo_epi32(number, _mm256_set1_epi32(static_cast<int>(width))), begin);
        const __m256i first_byte =
            _mm256_mullo_epi32(_mm256_srli_epi32(bit, 3), _mm256_set1_epi32(0x0101'0101));
        shuffle = _mm256_add_epi8(first_byte, _mm256_set1_epi32(0x0302'0100));
        shift = _mm256_and_si256(bit, _mm256_set1_epi32(7));
        keep = _mm256_set1_epi32(static_cast<int>(low_bits_mask(width)));
    }

    /// Bytes that unpack() may read from the first byte of a group.
    std::size_t read_size_bytes() const { return upper_offset + kLoadSizeBytes; }

    TIDEMARK_AVX2 __m256i unpack(const std::byte* group) const {
        const __m256i bytes =
            _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(group + upper_offset),
                                reinterpret_cast<const __m128i*>(group));
        const __m256i lanes = _mm256_shuffle_epi8(bytes, shuffle);
        return _mm256_and_si256(_mm256_srlv_epi32(lanes, shift), keep);
    }
};

/// Numbers of up to 57 bits in four 64-bit lanes; `half` 0 gives the numbers 0..3 of a group,
/// `half` 1 the numbers 4..7. Each pair of numbers comes from one load.
struct MiddleUnpacker {
    __m256i shuffle[2];
    __m256i shift[2];
    __m256i keep;
    std::size_t pair_offset[4];

    TIDEMARK_AVX2 explicit MiddleUnpacker(unsigned width) {
        alignas(32) std::uint8_t shuffle_bytes[2][32];
        alignas(32) std::uint64_t shifts[2][4];
        for (unsigned number = 0; number < 8; ++number) {
            const unsigned pair = number / 2;
            pair_offset[pair] = 2 * pair * width / 8;
            const unsigned bit = number * width - 2 * pair * width / 8 * 8;
            shifts[number / 4][number % 4] = bit % 8;
            for (unsigned byte = 0; byte < 8; ++byte) {
                shuffle_bytes[number / 4][number % 4 * 8 + byte] =
                    static_cast<std::uint8_t>(bit / 8 + byte);
            }
        }
        for (unsigned half = 0; half < 2; ++half) {
            shuffle[half] =
                _mm256_load_si256(reinterpret_cast<const __m256i*>(shuffle_bytes[half]));
            shift[half] = _mm256_load_si256(reinterpret_cast<const __m256i*>(shifts[half]));
        }
        keep = _mm256_set1_epi64x(static_cast<long long>(low_bits_mask(width)));
    }

    std::size_t read_size_bytes() const { return pair_offset[3] + kLoadSizeBytes; }

    TIDEMARK_AVX2 __m256i unpack(const std::byte* group, std::size_t half) const {
        const __m256i bytes =
            _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(group + pair_offset[2 * half + 1]),
                                reinterpret_cast<const __m128i*>(group + pair_offset[2 * half]));
        const __m256i lanes = _mm256_shuffle_epi8(bytes, shuffle[half]);
        return _mm256_and_si256(_mm256_srlv_epi64(lanes, shift[half]), keep);
    }
};

TIDEMARK_AVX2 void store_integers(std::uint64_t* target, __m256i lanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target), lanes);
}

/// Eight numbers to where they belong, each above a base.
struct IntegerTarget {
    __m256i bases;
    std::uint64_t* values;

    TIDEMARK_AVX2 IntegerTarget(std::uint64_t base, std::span<std::uint64_t> target)
        : bases(_mm256_set1_epi64x(static_cast<long long>(base))), values(target.data()) {}

    TIDEMARK_AVX2 void put(std::size_t i, __m256i lanes) const {
        store_integers(values + i, _mm256_add_epi64(lanes, bases));
    }
    TIDEMARK_AVX2 void put_narrow(std::size_t i, __m256i lanes) const {
        put(i, _mm256_cvtepu32_epi64(_mm256_castsi256_si128(lanes)));
        put(i + 4, _mm256_cvtepu32_epi64(_mm256_extracti128_si256(lanes, 1)));
    }
};

/// Up to 25 bits, in half of the memory.
struct NarrowTarget {
    std::uint32_t* numbers;

    TIDEMARK_AVX2 void put_narrow(std::size_t i, __m256i lanes) const {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(numbers + i), lanes);
    }
    TIDEMARK_AVX2 void put(std::size_t, __m256i) const {}  // Of wider ones.
};

/// The same as scaled doubles.
struct DoubleTarget {
    __m256i bases;
    __m256d factors;
    __m256d fractions;
    double* values;

    TIDEMARK_AVX2 DoubleTarget(std::uint64_t base, double factor, double fraction, double* target)
        : bases(_mm256_set1_epi64x(static_cast<long long>(base))),
          factors(_mm256_set1_pd(factor)),
          fractions(_mm256_set1_pd(fraction)),
          values(target) {}

    TIDEMARK_AVX2 void put_doubles(std::size_t i, __m256d lanes) const {
        _mm256_storeu_pd(values + i, _mm256_mul_pd(_mm256_mul_pd(lanes, factors), fractions));
    }
    TIDEMARK_AVX2 void put(std::size_t i, __m256i lanes) const {
        put_doubles(i, to_doubles(_mm256_add_epi64(lanes, bases)));
    }
    TIDEMARK_AVX2 void put_narrow(std::size_t i, __m256i lanes) const {
        put(i, _mm256_cvtepu32_epi64(_mm256_castsi256_si128(lanes)));
        put(i + 4, _mm256_cvtepu32_epi64(_mm256_extracti128_si256(lanes, 1)));
    }
};

/// The same when no number above the base leaves the range of 32-bit integers.
struct NarrowDoubleTarget : DoubleTarget {
    __m256i narrow_bases;

    TIDEMARK_AVX2 NarrowDoubleTarget(std::uint64_t base, double factor, double fraction,
                                     double* target)
        : DoubleTarget(base, factor, fraction, target),
          narrow_bases(_mm256_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(base)))) {}

    TIDEMARK_AVX2 void put_narrow(std::size_t i, __m256i lanes) const {
        const __m256i integers = _mm256_add_epi32(lanes, narrow_bases);
        put_doubles(i, _mm256_cvtepi32_pd(_mm256_castsi256_si128(integers)));
        put_doubles(i + 4, _mm256_cvtepi32_pd(_mm256_extracti128_si256(integers, 1)));
    }
};

/// Unpacks whole groups of eight until `count` numbers or readable bytes end, numbered from
/// `first` on; returns how many numbers.
template <typename Target>
TIDEMARK_AVX2 std::size_t unpack_groups(std::span<const std::byte> packed, unsigned width,
                                        std::size_t first, std::size_t count,
                                        const Target& target) {
    std::size_t i = 0;
    const std::byte* group = packed.data();
    const std::byte* const end = group + packed.size();
    const auto bytes_left = [&] { return static_cast<std::size_t>(end - group); };
    if (width <= kWidestNarrow) {
        const NarrowUnpacker unpacker(width);
        for (; i + 8 <= count && bytes_left() >= unpacker.read_size_bytes(); i += 8) {
            target.put_narrow(first + i, unpacker.unpack(group));
            group += width;
        }
    } else if (width <= kWidestMiddle) {
        const MiddleUnpacker unpacker(width);
        for (; i + 8 <= count && bytes_left() >= unpacker.read_size_bytes(); i += 8) {
            target.put(first + i, unpacker.unpack(group, 0));
            target.put(first + i + 4, unpacker.unpack(group, 1));
            group += width;
        }
    }
    return i;
}

/// As far as whole groups of eight go; returns how many numbers.
template <typename Target>
TIDEMARK_AVX2 std::size_t unpack_all_groups(std::span<const std::byte> packed, unsigned width,
                                            std::size_t count, const Target& target) {
    std::size_t done = unpack_groups(packed, width, 0, count, target);
    // The last groups again, with bytes behind them that may be read. `done` is a multiple of 8, so
    // it begins at a byte.
    constexpr std::size_t kReadableSizeBytes = kLoadSizeBytes + kWidestMiddle;
    std::byte padded[2 * kReadableSizeBytes] = {};
    const auto rest = packed.subspan(done / 8 * width);
    if (count - done >= 8 && rest.size() <= kReadableSizeBytes) {
        std::memcpy(padded, rest.data(), rest.size());
        done += unpack_groups(padded, width, done, count - done, target);
    }
    return done;
}

TIDEMARK_AVX2 void unpack_above(std::span<const std::byte> packed, unsigned width,
                                std::uint64_t base, std::span<std::uint64_t> values) {
    const std::size_t done =
        unpack_all_groups(packed, width, values.size(), IntegerTarget(base, values));
    if (done == values.size()) return;
    scalar::kCodecKernels.unpack_above(packed.subspan(done / 8 * width), width, base,
                                       values.subspan(done));
}

/// True when a number of up to 25 bits above the base stays in the range of 32-bit integers.
bool is_narrow_base(std::uint64_t base) {
    constexpr std::uint64_t kLimit = std::uint64_t{1} << 30;
    return base + kLimit <= 2 * kLimit;
}

TIDEMARK_AVX2 void unpack_to_doubles(std::span<const std::byte> packed, unsigned width,
                                     std::uint64_t base, double factor, double fraction,
                                     std::span<double> out) {
    const std::size_t done =
        width <= kWidestNarrow && is_narrow_base(base)
            ? unpack_all_groups(packed, width, out.size(),
                                NarrowDoubleTarget(base, factor, fraction, out.data()))
            : unpack_all_groups(packed, width, out.size(),
                                DoubleTarget(base, factor, fraction, out.data()));
    if (done == out.size()) return;
    scalar::kCodecKernels.unpack_to_doubles(packed.subspan(done / 8 * width), width, base, factor,
                                            fraction, out.subspan(done));
}

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

TIDEMARK_AVX2 void unpack_zigzag(std::span<const std::byte> packed, unsigned width,
                                 std::uint64_t base, std::span<std::uint64_t> values) {
    const ZigzagTarget target{IntegerTarget(base, values)};
    const std::size_t done = unpack_all_groups(packed, width, values.size(), target);
    if (done == values.size()) return;
    scalar::kCodecKernels.unpack_zigzag(packed.subspan(done / 8 * width), width, base,
                                        values.subspan(done));
}

/// Running sums, four at a time: each is the one four lanes before it and the four numbers since,
/// which are added up as two and four neighbours. So only one addition waits for the sums before.
struct RunningSum {
    __m256i sums;  ///< The last four.
    __m256i ones;  ///< The last four numbers; zeros in front of them.
    __m256i twos;

    TIDEMARK_AVX2 explicit RunningSum(std::uint64_t first)
        : sums(_mm256_set1_epi64x(static_cast<long long>(first))),
          ones(_mm256_setzero_si256()),
          twos(_mm256_setzero_si256()) {}

    TIDEMARK_AVX2 __m256i add(__m256i lanes) {
        const __m256i two_before = _mm256_permute2x128_si256(ones, lanes, 0x21);
        const __m256i one_before = _mm256_alignr_epi8(lanes, two_before, 8);
        const __m256i two = _mm256_add_epi64(lanes, one_before);
        const __m256i four = _mm256_add_epi64(two, _mm256_permute2x128_si256(twos, two, 0x21));
        ones = lanes;
        twos = two;
        return sums = _mm256_add_epi64(sums, four);
    }
    TIDEMARK_AVX2 std::uint64_t last() const {
        return static_cast<std::uint64_t>(_mm256_extract_epi64(sums, 3));
    }
};

TIDEMARK_AVX2 void add_up(std::uint64_t first, std::span<std::uint64_t> values) {
    RunningSum sum(first);
    std::size_t i = 0;
    for (; i + 4 <= values.size(); i += 4) {
        const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&values[i]));
        store_integers(&values[i], sum.add(lanes));
    }
    scalar::kCodecKernels.add_up(sum.last(), values.subspan(i));
}

TIDEMARK_AVX2 void add_up_to_doubles(std::uint64_t first, std::span<const std::uint64_t> deltas,
                                     double factor, double fraction, double* out) {
    const DoubleTarget target(0, factor, fraction, out);
    RunningSum sum(first);
    std::size_t i = 0;
    for (; i + 4 <= deltas.size(); i += 4) {
        const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&deltas[i]));
        target.put(i, sum.add(lanes));
    }
    scalar::kCodecKernels.add_up_to_doubles(sum.last(), deltas.subspan(i), factor, fraction,
                                            out + i);
}

/// For each change of four neighbours but the first one: which of the next changes each takes, as
/// pairs of 32-bit lanes.
alignas(32) constexpr std::uint32_t kExpandLanes[8][8] = {
    {0, 1, 0, 1, 0, 1, 0, 1}, {0, 1, 2, 3, 2, 3, 2, 3}, {0, 1, 0, 1, 2, 3, 2, 3},
    {0, 1, 2, 3, 4, 5, 4, 5}, {0, 1, 0, 1, 0, 1, 2, 3}, {0, 1, 2, 3, 2, 3, 4, 5},
    {0, 1, 0, 1, 2, 3, 4, 5}, {0, 1, 2, 3, 4, 5, 6, 7},
};

TIDEMARK_AVX2 void expand(const std::uint64_t* differs, const std::byte* changes,
                          std::span<std::byte> cells) {
    const std::size_t count = cells.size() / kCellSizeBytes;
    std::byte* target = cells.data();
    std::size_t i = 0;
    // Bit k of the window stands for cell i + k, so the mask is read one bit further back.
    std::uint64_t carry = 0;
    for (; i + 64 <= count; i += 64) {
        const std::uint64_t word = differs[i / 64];
        std::uint64_t window = word << 1 | carry;
        carry = word >> 63;
        for (std::size_t lane = 0; lane < 64; lane += 4) {
            changes += kCellSizeBytes * (window & 1);
            const std::uint64_t bits = window >> 1 & 7;
            const auto* lanes = reinterpret_cast<const __m256i*>(kExpandLanes[bits]);
            const __m256i next = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(changes));
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(target),
                                _mm256_permutevar8x32_epi32(next, _mm256_load_si256(lanes)));
            changes += kCellSizeBytes * static_cast<unsigned>(__builtin_popcountll(bits));
            target += 4 * kCellSizeBytes;
            window >>= 4;
        }
    }
    for (; i < count; ++i) {
        if (i != 0) changes += kCellSizeBytes * ((differs[(i - 1) / 64] >> ((i - 1) % 64)) & 1);
        std::memcpy(cells.data() + i * kCellSizeBytes, changes, kCellSizeBytes);
    }
}

TIDEMARK_AVX2 void scale_to_doubles(std::span<const std::uint64_t> integers, double factor,
                                    double fraction, double* out) {
    const __m256d factors = _mm256_set1_pd(factor);
    const __m256d fractions = _mm256_set1_pd(fraction);
    std::size_t i = 0;
    for (; i + 4 <= integers.size(); i += 4) {
        const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&integers[i]));
        const __m256d scaled = _mm256_mul_pd(_mm256_mul_pd(to_doubles(lanes), factors), fractions);
        _mm256_storeu_pd(out + i, scaled);
    }
    scalar::kCodecKernels.scale_to_doubles(integers.subspan(i), factor, fraction, out + i);
}

TIDEMARK_AVX2 void divide_to_doubles(std::span<const std::uint64_t> integers, double divisor,
                                     double* out) {
    const __m256d divisors = _mm256_set1_pd(divisor);
    std::size_t i = 0;
    for (; i + 4 <= integers.size(); i += 4) {
        const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&integers[i]));
        _mm256_storeu_pd(out + i, _mm256_div_pd(to_doubles(lanes), divisors));
    }
    scalar::kCodecKernels.divide_to_doubles(integers.subspan(i), divisor, out + i);
}

}  // namespace

TIDEMARK_AVX2 void unpack_narrow(std::span<const std::byte> packed, unsigned width,
                                 std::span<std::uint32_t> numbers) {
    const std::size_t done =
        unpack_all_groups(packed, width, numbers.size(), NarrowTarget{numbers.data()});
    if (done == numbers.size()) return;
    scalar::kCodecKernels.unpack_narrow(packed.subspan(done / 8 * width), width,
                                        numbers.subspan(done));
}

const CodecKernels kCodecKernels{.name = "avx2",
                                 .supported = [] { return cpu_features().avx2; },
                                 .unpack_above = unpack_above,
                                 .unpack_to_doubles = unpack_to_doubles,
                                 .unpack_zigzag = unpack_zigzag,
                                 .add_up = add_up,
                                 .add_up_to_doubles = add_up_to_doubles,
                                 .unpack_narrow = unpack_narrow,
                                 .add_up_narrow = add_up_narrow,
                                 .add_up_narrow_to_doubles = add_up_narrow_to_doubles,
                                 .expand = expand,
                                 .match_packed = match_packed,
                                 .match_integers = match_integers,
                                 .match_doubles = match_doubles,
                                 .scale_to_doubles = scale_to_doubles,
                                 .divide_to_doubles = divide_to_doubles};

}  // namespace tidemark::storage::avx2

#endif

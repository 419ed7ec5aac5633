#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/match_kernels.h"

#if defined(__x86_64__)

#include <algorithm>
#include <cstring>

#include "storage/codec/kernels/avx512_intrinsics.h"
#include "storage/codec/kernels/packed_bits.h"

// Packed numbers are compared at the top of lanes that are wider than they are, whatever stands
// below them: with s bits below, (x << s) + rest - (low << s) <= (distance << s) + 2^s - 1, modulo
// the lane, holds for each rest below 2^s exactly when x - low <= distance holds modulo 2^width.

namespace tidemark::storage::avx512 {
namespace {

constexpr unsigned kWidestByte = 8;
constexpr unsigned kWidestWord = 16;
constexpr unsigned kWidestDoubleword = 25;  // Shift (up to 7) and number fit in 32 bits.
constexpr unsigned kWidestQuadword = 57;    // Shift and number fit in 64 bits.

/// The bounds for numbers at the top of lanes.
struct TopInterval {
    std::uint64_t low;
    std::uint64_t distance;

    TopInterval(unsigned width, std::uint64_t lowest, std::uint64_t highest, unsigned lane_bits)
        : low(lowest << (lane_bits - width)),
          distance(((highest - lowest) << (lane_bits - width)) | low_bits_mask(lane_bits - width)) {
    }
};

/// Where the bits of eight 64-bit lanes begin that take `lane_width` packed ones each: the bytes
/// from the first one's on, and the bits to skip in each byte.
struct LaneBytes {
    __m512i permutation;
    __m512i skipped_bits;

    TIDEMARK_AVX512 explicit LaneBytes(unsigned lane_width) {
        const __m512i all_bytes = _mm512_set1_epi64(0x0101'0101'0101'0101);
        const __m512i lane = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
        const __m512i bit = _mm512_mullo_epi64(lane, _mm512_set1_epi64(lane_width));
        const __m512i first_byte = _mm512_mullo_epi64(_mm512_srli_epi64(bit, 3), all_bytes);
        permutation = _mm512_add_epi8(first_byte, _mm512_set1_epi64(0x0706'0504'0302'0100));
        skipped_bits = _mm512_mullo_epi64(_mm512_and_si512(bit, _mm512_set1_epi64(7)), all_bytes);
    }
};

/// 64 numbers of up to 8 bits in bytes.
struct ByteLanes {
    static constexpr std::size_t kCount = 64;

    __m512i permutation;
    __m512i bits;
    __m512i lows;
    __m512i limits;

    TIDEMARK_AVX512 ByteLanes(unsigned width, std::uint64_t low, std::uint64_t high) {
        const LaneBytes lanes(8 * width);
        permutation = lanes.permutation;
        // Each byte takes the eight bits that end with its number, turning around 64.
        const std::uint64_t numbers = width * std::uint64_t{0x0706'0504'0302'0100};
        bits = _mm512_add_epi8(_mm512_set1_epi64(static_cast<long long>(numbers)),
                               _mm512_set1_epi8(static_cast<char>(width - 8)));
        const TopInterval interval(width, low, high, 8);
        lows = _mm512_set1_epi8(static_cast<char>(interval.low));
        limits = _mm512_set1_epi8(static_cast<char>(interval.distance));
    }

    TIDEMARK_AVX512 __mmask64 inside(__m512i group) const {
        const __m512i lanes =
            _mm512_multishift_epi64_epi8(bits, _mm512_permutexvar_epi8(permutation, group));
        return _mm512_cmple_epu8_mask(_mm512_sub_epi8(lanes, lows), limits);
    }
};

/// 32 numbers of up to 16 bits in 16-bit lanes.
struct WordLanes {
    static constexpr std::size_t kCount = 32;

    __m512i permutation;
    __m512i bits;
    __m512i lows;
    __m512i limits;

    TIDEMARK_AVX512 WordLanes(unsigned width, std::uint64_t low, std::uint64_t high) {
        const LaneBytes lanes(4 * width);
        permutation = lanes.permutation;
        // As in ByteLanes, for the lower and for the upper byte of each.
        const std::uint64_t numbers = width * std::uint64_t{0x0303'0202'0101'0000};
        bits = _mm512_add_epi8(_mm512_set1_epi64(static_cast<long long>(numbers)),
                               _mm512_set1_epi16(0x0800));
        bits = _mm512_add_epi8(bits, _mm512_set1_epi8(static_cast<char>(width - 16)));
        bits = _mm512_add_epi8(bits, lanes.skipped_bits);
        const TopInterval interval(width, low, high, 16);
        lows = _mm512_set1_epi16(static_cast<short>(interval.low));
        limits = _mm512_set1_epi16(static_cast<short>(interval.distance));
    }

    TIDEMARK_AVX512 __mmask32 inside(__m512i group) const {
        const __m512i lanes =
            _mm512_multishift_epi64_epi8(bits, _mm512_permutexvar_epi8(permutation, group));
        return _mm512_cmple_epu16_mask(_mm512_sub_epi16(lanes, lows), limits);
    }
};

/// 32 numbers of 16 bits.
struct WholeWordLanes {
    static constexpr std::size_t kCount = 32;

    __m512i lows;
    __m512i limits;

    TIDEMARK_AVX512 WholeWordLanes(unsigned, std::uint64_t low, std::uint64_t high)
        : lows(_mm512_set1_epi16(static_cast<short>(low))),
          limits(_mm512_set1_epi16(static_cast<short>(high - low))) {}

    TIDEMARK_AVX512 __mmask32 inside(__m512i group) const {
        return _mm512_cmple_epu16_mask(_mm512_sub_epi16(group, lows), limits);
    }
};

/// Sixteen numbers of up to 25 bits in 32-bit lanes.
struct DoublewordLanes {
    static constexpr std::size_t kCount = 16;

    __m512i permutation;
    __m512i shift;
    __m512i lows;
    __m512i limits;

    TIDEMARK_AVX512 DoublewordLanes(unsigned width, std::uint64_t low, std::uint64_t high) {
        const __m512i number =
            _mm512_set_epi32(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
        const __m512i last_bit =
            _mm512_sub_epi32(_mm512_mullo_epi32(number, _mm512_set1_epi32(static_cast<int>(width))),
                             _mm512_set1_epi32(1));
        // The four bytes up to the number's last one; in front of the first one lies anything.
        const __m512i last_byte =
            _mm512_mullo_epi32(_mm512_srli_epi32(last_bit, 3), _mm512_set1_epi32(0x0101'0101));
        permutation = _mm512_sub_epi8(last_byte, _mm512_set1_epi32(0x0001'0203));
        shift = _mm512_andnot_si512(last_bit, _mm512_set1_epi32(7));
        const TopInterval interval(width, low, high, 32);
        lows = _mm512_set1_epi32(static_cast<int>(interval.low));
        limits = _mm512_set1_epi32(static_cast<int>(interval.distance));
    }

    TIDEMARK_AVX512 __mmask16 inside(__m512i group) const {
        const __m512i lanes = _mm512_sllv_epi32(_mm512_permutexvar_epi8(permutation, group), shift);
        return _mm512_cmple_epu32_mask(_mm512_sub_epi32(lanes, lows), limits);
    }
};

/// Eight numbers of up to 57 bits in 64-bit lanes.
struct QuadwordLanes {
    static constexpr std::size_t kCount = 8;

    __m512i permutation;
    __m512i shift;
    __m512i lows;
    __m512i limits;

    TIDEMARK_AVX512 QuadwordLanes(unsigned width, std::uint64_t low, std::uint64_t high) {
        const __m512i number = _mm512_set_epi64(8, 7, 6, 5, 4, 3, 2, 1);
        const __m512i last_bit = _mm512_sub_epi64(
            _mm512_mullo_epi64(number, _mm512_set1_epi64(width)), _mm512_set1_epi64(1));
        const __m512i last_byte = _mm512_mullo_epi64(_mm512_srli_epi64(last_bit, 3),
                                                     _mm512_set1_epi64(0x0101'0101'0101'0101));
        permutation = _mm512_sub_epi8(last_byte, _mm512_set1_epi64(0x0001'0203'0405'0607));
        shift = _mm512_andnot_si512(last_bit, _mm512_set1_epi64(7));
        const TopInterval interval(width, low, high, 64);
        lows = _mm512_set1_epi64(static_cast<long long>(interval.low));
        limits = _mm512_set1_epi64(static_cast<long long>(interval.distance));
    }

    TIDEMARK_AVX512 __mmask8 inside(__m512i group) const {
        const __m512i lanes = _mm512_sllv_epi64(_mm512_permutexvar_epi8(permutation, group), shift);
        return _mm512_cmple_epu64_mask(_mm512_sub_epi64(lanes, lows), limits);
    }
};

/// Writes the bits of a comparison where they belong in a mask, whose words are stored with their
/// lowest byte first.
template <typename LaneMask>
TIDEMARK_AVX512 void store_bits(LaneMask bits, std::byte* target) {
    std::memcpy(target, &bits, sizeof bits);
}

template <typename Lanes>
TIDEMARK_AVX512 void match_lanes(std::span<const std::byte> packed, unsigned width,
                                 std::size_t count, std::uint64_t low, std::uint64_t high,
                                 std::uint64_t* mask) {
    constexpr std::size_t kCount = Lanes::kCount;
    const Lanes lanes(width, low, high);
    const std::size_t group_size_bytes = kCount / 8 * width;
    std::size_t i = 0;
    std::size_t offset = 0;
    for (; i + 64 <= count; i += 64) {
        auto* const word = reinterpret_cast<std::byte*>(&mask[i / 64]);
        for (std::size_t first = 0; first < 64; first += kCount) {
            store_bits(lanes.inside(load_packed(packed, offset)), word + first / 8);
            offset += group_size_bytes;
        }
    }
    if (i == count) return;
    std::uint64_t word = 0;
    for (std::size_t first = i; first < count; first += kCount) {
        store_bits(lanes.inside(load_packed(packed, offset)),
                   reinterpret_cast<std::byte*>(&word) + (first - i) / 8);
        offset += group_size_bytes;
    }
    mask[i / 64] = word & first_bytes(count - i);
}

/// Fills the mask with what inside(i, lanes) says of each eight of `count` values; the last time
/// only of the lanes that are left.
template <typename Inside>
TIDEMARK_AVX512 void match_by_eight(std::size_t count, std::uint64_t* mask, const Inside& inside) {
    std::size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        auto* const word = reinterpret_cast<std::byte*>(&mask[i / 64]);
        for (std::size_t first = 0; first < 64; first += 8) {
            store_bits(inside(i + first, __mmask8{0xff}), word + first / 8);
        }
    }
    if (i == count) return;
    std::uint64_t word = 0;
    for_each_eight(count - i, [&](std::size_t first, __mmask8 lanes) TIDEMARK_AVX512 {
        store_bits(inside(i + first, lanes), reinterpret_cast<std::byte*>(&word) + first / 8);
    });
    mask[i / 64] = word;
}

}  // namespace

void match_packed(std::span<const std::byte> packed, unsigned width, std::size_t count,
                  std::uint64_t low, std::uint64_t high, std::uint64_t* mask) {
    if (width > kWidestQuadword) {
        return match_unpacked(kCodecKernels, packed, width, count, low, high, mask);
    }
    const auto match = width <= kWidestByte         ? match_lanes<ByteLanes>
                       : width < kWidestWord        ? match_lanes<WordLanes>
                       : width == kWidestWord       ? match_lanes<WholeWordLanes>
                       : width <= kWidestDoubleword ? match_lanes<DoublewordLanes>
                                                    : match_lanes<QuadwordLanes>;
    match(packed, width, count, low, high, mask);
}

TIDEMARK_AVX512 void match_integers(std::span<const std::uint64_t> values, std::uint64_t low,
                                    std::uint64_t distance, std::uint64_t* mask) {
    const __m512i lows = _mm512_set1_epi64(static_cast<long long>(low));
    const __m512i limit = _mm512_set1_epi64(static_cast<long long>(distance));
    match_by_eight(values.size(), mask, [&](std::size_t i, __mmask8 lanes) TIDEMARK_AVX512 {
        const __m512i from_low =
            _mm512_sub_epi64(_mm512_maskz_loadu_epi64(lanes, &values[i]), lows);
        return _mm512_mask_cmple_epu64_mask(lanes, from_low, limit);
    });
}

TIDEMARK_AVX512 void match_doubles(std::span<const double> values, double low, double high,
                                   std::uint64_t* mask) {
    const __m512d lows = _mm512_set1_pd(low);
    const __m512d highs = _mm512_set1_pd(high);
    match_by_eight(values.size(), mask, [&](std::size_t i, __mmask8 lanes) TIDEMARK_AVX512 {
        const __m512d value = _mm512_maskz_loadu_pd(lanes, &values[i]);
        const __mmask8 above = _mm512_mask_cmp_pd_mask(lanes, lows, value, _CMP_LE_OQ);
        return _mm512_mask_cmp_pd_mask(above, value, highs, _CMP_LE_OQ);
    });
}

}  // namespace tidemark::storage::avx512

#endif

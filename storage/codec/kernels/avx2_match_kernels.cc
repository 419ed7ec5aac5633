#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/match_kernels.h"

#if defined(__x86_64__)

#include <algorithm>
#include <cstring>
#include <limits>

#include "storage/codec/kernels/avx2_doubles.h"
#include "storage/codec/kernels/packed_bits.h"

// Packed numbers are compared at the top of lanes that are wider than they are, whatever stands
// below them: with s bits below, (x << s) + rest - (low << s) <= (distance << s) + 2^s - 1, modulo
// the lane, holds for each rest below 2^s exactly when x - low <= distance holds modulo 2^width.
// AVX2 compares signed numbers only: what moves 0 to the lowest of them is part of the low bound.

namespace tidemark::storage::avx2 {
namespace {

constexpr std::size_t kLoadSizeBytes = 16;
constexpr unsigned kWidestOneLoad = 9;  // Shift (up to 7) and number fit in 16 bits.
constexpr unsigned kWidestWord = 16;
constexpr unsigned kWidestDoubleword = 25;  // Shift and number fit in 32 bits.

/// 16 bytes from each of two places.
TIDEMARK_AVX2 __m256i load_halves(const std::byte* lower, const std::byte* upper) {
    return _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(upper),
                               reinterpret_cast<const __m128i*>(lower));
}

/// The bits of 64 comparisons from lanes of zeros or ones in bytes.
TIDEMARK_AVX2 std::uint64_t bits_of(__m256i first, __m256i second) {
    const auto bits = [](__m256i bytes) TIDEMARK_AVX2 {
        return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes))};
    };
    return bits(first) | bits(second) << 32;
}

/// The bounds for numbers at the top of 16-bit lanes.
struct WordInterval {
    __m256i lows;
    __m256i limits;

    TIDEMARK_AVX2 WordInterval(unsigned width, std::uint64_t low, std::uint64_t high) {
        constexpr std::uint64_t kSignBit = 0x8000;
        const unsigned shift = 16 - width;
        const std::uint64_t limit = ((high - low) << shift) | low_bits_mask(shift);
        lows = _mm256_set1_epi16(static_cast<short>((low << shift) + kSignBit));
        limits = _mm256_set1_epi16(static_cast<short>(limit ^ kSignBit));
    }

    TIDEMARK_AVX2 __m256i outside(__m256i lanes) const {
        return _mm256_cmpgt_epi16(_mm256_sub_epi16(lanes, lows), limits);
    }
};

/// Bytes.
struct ByteLanes {
    __m256i lows;
    __m256i limits;

    TIDEMARK_AVX2 ByteLanes(unsigned, std::uint64_t low, std::uint64_t high)
        : lows(_mm256_set1_epi8(static_cast<char>(low + 0x80))),
          limits(_mm256_set1_epi8(static_cast<char>((high - low) ^ 0x80))) {}

    /// Bytes that inside() may read.
    std::size_t read_size_bytes() const { return 64; }
    /// For numbers that begin so many bytes behind the place of each load. Whole bytes never do.
    TIDEMARK_AVX2 ByteLanes moved_up(std::size_t) const { return *this; }

    TIDEMARK_AVX2 std::uint64_t inside(const std::byte* groups) const {
        const auto outside = [&](const std::byte* bytes) TIDEMARK_AVX2 {
            const __m256i lanes = load_halves(bytes, bytes + kLoadSizeBytes);
            return _mm256_cmpgt_epi8(_mm256_sub_epi8(lanes, lows), limits);
        };
        return ~bits_of(outside(groups), outside(groups + 32));
    }
};

/// Numbers of up to 16 bits in 16-bit lanes, each group of eight from one load. A multiplication
/// shifts the bytes up to a number's last one to the top; what it pushes out of the bytes below
/// them, when a number may take three, comes from another one.
template <bool kIsSplit>
struct WordLanes {
    __m256i shuffle;        ///< The last two bytes of each number.
    __m256i lower_shuffle;  ///< The byte in front of them, above a zero.
    __m256i power;          ///< The shift, as what to multiply by.
    WordInterval interval;
    std::size_t group_size_bytes;

    TIDEMARK_AVX2 WordLanes(unsigned width, std::uint64_t low, std::uint64_t high)
        : interval(width, low, high), group_size_bytes(width) {
        const __m256i number = _mm256_broadcastsi128_si256(_mm_set_epi16(8, 7, 6, 5, 4, 3, 2, 1));
        const __m256i last_bit = _mm256_sub_epi16(
            _mm256_mullo_epi16(number, _mm256_set1_epi16(static_cast<short>(width))),
            _mm256_set1_epi16(1));
        const __m256i last_byte =
            _mm256_mullo_epi16(_mm256_srli_epi16(last_bit, 3), _mm256_set1_epi16(0x0101));
        // An index below zero gives zero.
        shuffle = _mm256_sub_epi8(last_byte, _mm256_set1_epi16(0x0001));
        lower_shuffle = _mm256_or_si256(_mm256_sub_epi8(last_byte, _mm256_set1_epi16(0x0200)),
                                        _mm256_set1_epi16(0x0080));
        const __m256i powers = _mm256_set1_epi64x(0x0102'0408'1020'4080);
        const __m256i bit_in_byte = _mm256_and_si256(last_bit, _mm256_set1_epi16(7));
        power = _mm256_shuffle_epi8(
            powers, _mm256_or_si256(bit_in_byte, _mm256_set1_epi16(static_cast<short>(0x8000))));
    }

    std::size_t read_size_bytes() const { return 7 * group_size_bytes + kLoadSizeBytes; }
    TIDEMARK_AVX2 WordLanes moved_up(std::size_t distance) const {
        WordLanes moved = *this;
        const __m256i distances = _mm256_set1_epi8(static_cast<char>(distance));
        moved.shuffle = _mm256_add_epi8(shuffle, distances);
        moved.lower_shuffle = _mm256_add_epi8(lower_shuffle, distances);
        return moved;
    }

    TIDEMARK_AVX2 __m256i outside(const std::byte* lower, const std::byte* upper) const {
        const __m256i bytes = load_halves(lower, upper);
        __m256i lanes = _mm256_mullo_epi16(_mm256_shuffle_epi8(bytes, shuffle), power);
        if constexpr (kIsSplit) {
            const __m256i rest =
                _mm256_mulhi_epu16(_mm256_shuffle_epi8(bytes, lower_shuffle), power);
            lanes = _mm256_or_si256(lanes, rest);
        }
        return interval.outside(lanes);
    }
    /// Of 32 numbers. To pack works in 128-bit halves, hence the order.
    TIDEMARK_AVX2 __m256i outside(const std::byte* groups) const {
        const std::size_t size_bytes = group_size_bytes;
        return _mm256_packs_epi16(outside(groups, groups + 2 * size_bytes),
                                  outside(groups + size_bytes, groups + 3 * size_bytes));
    }
    TIDEMARK_AVX2 std::uint64_t inside(const std::byte* groups) const {
        return ~bits_of(outside(groups), outside(groups + 4 * group_size_bytes));
    }
};

/// Numbers of 16 bits.
struct WholeWordLanes {
    WordInterval interval;

    TIDEMARK_AVX2 WholeWordLanes(unsigned width, std::uint64_t low, std::uint64_t high)
        : interval(width, low, high) {}

    std::size_t read_size_bytes() const { return 128; }
    TIDEMARK_AVX2 WholeWordLanes moved_up(std::size_t) const { return *this; }

    /// Of 32 numbers, as above.
    TIDEMARK_AVX2 __m256i outside(const std::byte* groups) const {
        return _mm256_packs_epi16(interval.outside(load_halves(groups, groups + 32)),
                                  interval.outside(load_halves(groups + 16, groups + 48)));
    }
    TIDEMARK_AVX2 std::uint64_t inside(const std::byte* groups) const {
        return ~bits_of(outside(groups), outside(groups + 64));
    }
};

/// Numbers of up to 25 bits in 32-bit lanes, four from each load. Every other four of an odd width
/// begin amid a byte.
struct DoublewordLanes {
    __m256i shuffle[2];
    __m256i shift[2];
    __m256i lows;
    __m256i limits;
    std::size_t width_bits;

    TIDEMARK_AVX2 DoublewordLanes(unsigned width, std::uint64_t low, std::uint64_t high)
        : width_bits(width) {
        const __m256i number = _mm256_set_epi32(4, 3, 2, 1, 4, 3, 2, 1);
        const __m256i end = _mm256_mullo_epi32(number, _mm256_set1_epi32(static_cast<int>(width)));
        for (unsigned odd = 0; odd < 2; ++odd) {
            const int begin = static_cast<int>(4 * (odd * width % 2));
            const __m256i last_bit = _mm256_add_epi32(end, _mm256_set1_epi32(begin - 1));
            const __m256i last_byte =
                _mm256_mullo_epi32(_mm256_srli_epi32(last_bit, 3), _mm256_set1_epi32(0x0101'0101));
            shuffle[odd] = _mm256_sub_epi8(last_byte, _mm256_set1_epi32(0x0001'0203));
            shift[odd] = _mm256_andnot_si256(last_bit, _mm256_set1_epi32(7));
        }
        constexpr std::uint64_t kSignBit = std::uint64_t{1} << 31;
        const std::uint64_t limit = ((high - low) << (32 - width)) | low_bits_mask(32 - width);
        const std::uint64_t biased_low = (low << (32 - width)) + kSignBit;
        lows = _mm256_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(biased_low)));
        limits = _mm256_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(limit ^ kSignBit)));
    }

    std::size_t read_size_bytes() const { return 15 * width_bits / 2 + kLoadSizeBytes; }
    TIDEMARK_AVX2 DoublewordLanes moved_up(std::size_t distance) const {
        DoublewordLanes moved = *this;
        const __m256i distances = _mm256_set1_epi8(static_cast<char>(distance));
        for (__m256i& bytes : moved.shuffle) bytes = _mm256_add_epi8(bytes, distances);
        return moved;
    }

    /// Of numbers 4 * four to 4 * four + 3 and of the sixteen further down.
    TIDEMARK_AVX2 __m256i outside(const std::byte* groups, std::size_t four) const {
        const std::byte* const lower = groups + four * width_bits / 2;
        const __m256i bytes = load_halves(lower, lower + 2 * width_bits);
        const __m256i lanes =
            _mm256_sllv_epi32(_mm256_shuffle_epi8(bytes, shuffle[four % 2]), shift[four % 2]);
        return _mm256_cmpgt_epi32(_mm256_sub_epi32(lanes, lows), limits);
    }
    /// Of 32 numbers. To pack works in 128-bit halves, hence the order.
    TIDEMARK_AVX2 __m256i outside(const std::byte* groups) const {
        return _mm256_packs_epi16(_mm256_packs_epi32(outside(groups, 0), outside(groups, 1)),
                                  _mm256_packs_epi32(outside(groups, 2), outside(groups, 3)));
    }
    TIDEMARK_AVX2 std::uint64_t inside(const std::byte* groups) const {
        return ~bits_of(outside(groups), outside(groups + 4 * width_bits));
    }
};

template <typename Lanes>
TIDEMARK_AVX2 void match_lanes(std::span<const std::byte> packed, unsigned width, std::size_t count,
                               std::uint64_t low, std::uint64_t high, std::uint64_t* mask) {
    const Lanes lanes(width, low, high);
    const std::size_t word_size_bytes = std::size_t{8} * width;
    const std::byte* groups = packed.data();
    const std::byte* const end = groups + packed.size();
    const auto bytes_left = [&] { return static_cast<std::size_t>(end - groups); };
    std::size_t i = 0;
    for (; i + 64 <= count && bytes_left() >= lanes.read_size_bytes(); i += 64) {
        *mask++ = lanes.inside(groups);
        groups += word_size_bytes;
    }
    // The last words are loaded from so far in front that nothing is read behind the end.
    for (; i + 64 <= count; i += 64) {
        const std::size_t lack = lanes.read_size_bytes() - bytes_left();
        if (static_cast<std::size_t>(groups - packed.data()) < lack) break;
        *mask++ = lanes.moved_up(lack).inside(groups - lack);
        groups += word_size_bytes;
    }
    // What is left, with bytes behind that may be read.
    for (; i < count; i += 64) {
        std::byte padded[8 * kWidestDoubleword + kLoadSizeBytes] = {};
        const std::size_t size_bytes = std::min(bytes_left(), word_size_bytes);
        std::memcpy(padded, groups, size_bytes);
        groups += size_bytes;
        const std::uint64_t counted =
            low_bits_mask(static_cast<unsigned>(std::min<std::size_t>(count - i, 64)));
        *mask++ = lanes.inside(padded) & counted;
    }
}

}  // namespace

void match_packed(std::span<const std::byte> packed, unsigned width, std::size_t count,
                  std::uint64_t low, std::uint64_t high, std::uint64_t* mask) {
    if (width > kWidestDoubleword) {
        return match_unpacked(kCodecKernels, packed, width, count, low, high, mask);
    }
    const auto match = width == 8                ? match_lanes<ByteLanes>
                       : width <= kWidestOneLoad ? match_lanes<WordLanes<false>>
                       : width < kWidestWord     ? match_lanes<WordLanes<true>>
                       : width == kWidestWord    ? match_lanes<WholeWordLanes>
                                                 : match_lanes<DoublewordLanes>;
    match(packed, width, count, low, high, mask);
}

TIDEMARK_AVX2 void match_integers(std::span<const std::uint64_t> values, std::uint64_t low,
                                  std::uint64_t distance, std::uint64_t* mask) {
    const __m256i lows = _mm256_set1_epi64x(static_cast<long long>(low));
    // AVX2 compares signed 64-bit numbers only: flipping the sign bit of both sides makes up for
    // it.
    const __m256i sign = _mm256_set1_epi64x(std::numeric_limits<long long>::min());
    const __m256i limit =
        _mm256_xor_si256(_mm256_set1_epi64x(static_cast<long long>(distance)), sign);
    std::size_t i = 0;
    for (; i + 64 <= values.size(); i += 64) {
        std::uint64_t outside = 0;
        for (unsigned lane = 0; lane < 64; lane += 4) {
            const __m256i lanes =
                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&values[i + lane]));
            const __m256i above =
                _mm256_cmpgt_epi64(_mm256_xor_si256(_mm256_sub_epi64(lanes, lows), sign), limit);
            const int bits = _mm256_movemask_pd(_mm256_castsi256_pd(above));
            outside |= std::uint64_t{static_cast<unsigned>(bits)} << lane;
        }
        *mask++ = ~outside;
    }
    scalar::kCodecKernels.match_integers(values.subspan(i), low, distance, mask);
}

TIDEMARK_AVX2 void match_doubles(std::span<const double> values, double low, double high,
                                 std::uint64_t* mask) {
    const __m256d lows = _mm256_set1_pd(low);
    const __m256d highs = _mm256_set1_pd(high);
    std::size_t i = 0;
    for (; i + 64 <= values.size(); i += 64) {
        std::uint64_t inside = 0;
        for (unsigned lane = 0; lane < 64; lane += 4) {
            const __m256d lanes = _mm256_loadu_pd(&values[i + lane]);
            const __m256d both = _mm256_and_pd(_mm256_cmp_pd(lows, lanes, _CMP_LE_OQ),
                                               _mm256_cmp_pd(lanes, highs, _CMP_LE_OQ));
            inside |= std::uint64_t{static_cast<unsigned>(_mm256_movemask_pd(both))} << lane;
        }
        *mask++ = inside;
    }
    scalar::kCodecKernels.match_doubles(values.subspan(i), low, high, mask);
}

}  // namespace tidemark::storage::avx2

#endif

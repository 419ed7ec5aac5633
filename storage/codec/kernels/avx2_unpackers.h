#pragma once

// Included by the AVX2 kernels only, on x86-64.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/codec/kernels/avx2_doubles.h"
#include "storage/codec/kernels/packed_bits.h"

// Eight packed numbers, a group, begin at a byte boundary and take `width` bytes. A shuffle brings
// the bytes of each number into its lane, a shift drops the bits in front of it. Bytes that come
// from behind the last number's are shuffled in as well, and masked out.

namespace tidemark::storage::avx2 {

inline constexpr std::size_t kLoadSizeBytes = 16;

TIDEMARK_AVX2 inline __m256i load_halves(const std::byte* lower, const std::byte* upper) {
    return _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(upper),
                               reinterpret_cast<const __m128i*>(lower));
}

/// Bytes from two places, each shuffled within 16 of them, which may be read.
struct WholeLoads {
    TIDEMARK_AVX2 __m256i shuffled(const std::byte* lower, const std::byte* upper,
                                   __m256i shuffle) const {
        return _mm256_shuffle_epi8(load_halves(lower, upper), shuffle);
    }
};

/// The same where nothing may be read behind the load that begins at `last`: the bytes wanted are
/// further up in it.
struct LoadsUpTo {
    const std::byte* last;

    TIDEMARK_AVX2 __m256i shuffled(const std::byte* lower, const std::byte* upper,
                                   __m256i shuffle) const {
        const std::byte* const lower_place = std::min(lower, last);
        const std::byte* const upper_place = std::min(upper, last);
        const auto distances = [](const std::byte* from, const std::byte* to) TIDEMARK_AVX2 {
            return _mm_set1_epi8(static_cast<char>(to - from));
        };
        const __m256i moved = _mm256_set_m128i(distances(upper_place, upper),  //
                                               distances(lower_place, lower));
        return _mm256_shuffle_epi8(load_halves(lower_place, upper_place),
                                   _mm256_add_epi8(shuffle, moved));
    }
};

/// Which numbers of a group are in the 32-bit lanes.
enum class LaneOrder : std::uint8_t {
    Natural,
    Pairs,  ///< 0, 1, 4, 5 and 2, 3, 6, 7: widened within the halves, they are in natural order.
};

/// Numbers of few bits in eight 32-bit lanes, each half from one load.
template <LaneOrder kOrder>
struct NarrowUnpacker {
    /// Shift (up to 7) and number fit in 32 bits, and the numbers of a half in a load.
    static constexpr unsigned kWidest = kOrder == LaneOrder::Natural ? 25 : 21;

    __m256i shuffle;
    __m256i shift;
    __m256i keep;
    std::size_t upper_offset;

    TIDEMARK_AVX2 explicit NarrowUnpacker(unsigned width) {
        constexpr unsigned kFirstOfUpper = kOrder == LaneOrder::Natural ? 4 : 2;
        const unsigned begin_bit = kFirstOfUpper * width;
        upper_offset = begin_bit / 8;
        // Within their halves.
        const __m128i numbers =
            kOrder == LaneOrder::Natural ? _mm_setr_epi32(0, 1, 2, 3) : _mm_setr_epi32(0, 1, 4, 5);
        const __m128i lower = _mm_mullo_epi32(numbers, _mm_set1_epi32(static_cast<int>(width)));
        // The upper half may begin amid a byte.
        const __m128i amid = _mm_set1_epi32(static_cast<int>(begin_bit % 8));
        const __m256i bit = _mm256_set_m128i(_mm_add_epi32(lower, amid), lower);
        const __m256i first_byte =
            _mm256_mullo_epi32(_mm256_srli_epi32(bit, 3), _mm256_set1_epi32(0x0101'0101));
        shuffle = _mm256_add_epi8(first_byte, _mm256_set1_epi32(0x0302'0100));
        shift = _mm256_and_si256(bit, _mm256_set1_epi32(7));
        keep = _mm256_set1_epi32(static_cast<int>(low_bits_mask(width)));
    }

    /// From the first byte of a group on.
    std::size_t read_size_bytes() const { return upper_offset + kLoadSizeBytes; }

    template <typename Loads, typename Target>
    TIDEMARK_AVX2 void unpack(const Loads& loads, const std::byte* group, std::size_t i,
                              const Target& target) const {
        const __m256i lanes = loads.shuffled(group, group + upper_offset, shuffle);
        target.put_narrow(i, _mm256_and_si256(_mm256_srlv_epi32(lanes, shift), keep));
    }
};

/// Numbers of up to 57 bits in four 64-bit lanes, each pair from one load.
struct MiddleUnpacker {
    static constexpr unsigned kWidest = 57;  // Shift and number fit in 64 bits.

    __m256i shuffle[2];
    __m256i shift[2];
    __m256i keep;
    std::size_t pair_offset[4];

    TIDEMARK_AVX2 explicit MiddleUnpacker(unsigned width) {
        const __m256i first_of_lane =
            _mm256_broadcastsi128_si256(_mm_setr_epi32(0, 0, 0x0808'0808, 0x0808'0808));
        const __m256i byte_of_lane = _mm256_set1_epi64x(0x0706'0504'0302'0100);
        for (unsigned half = 0; half < 2; ++half) {
            const unsigned lower = 4 * half * width;
            const unsigned upper = lower + 2 * width;
            pair_offset[std::size_t{2} * half] = lower / 8;
            pair_offset[std::size_t{2} * half + 1] = upper / 8;
            const __m256i bit = _mm256_setr_epi64x(lower % 8, lower % 8 + width,  //
                                                   upper % 8, upper % 8 + width);
            shift[half] = _mm256_and_si256(bit, _mm256_set1_epi64x(7));
            shuffle[half] = _mm256_add_epi8(
                _mm256_shuffle_epi8(_mm256_srli_epi64(bit, 3), first_of_lane), byte_of_lane);
        }
        keep = _mm256_set1_epi64x(static_cast<long long>(low_bits_mask(width)));
    }

    std::size_t read_size_bytes() const { return pair_offset[3] + kLoadSizeBytes; }

    template <typename Loads, typename Target>
    TIDEMARK_AVX2 void unpack(const Loads& loads, const std::byte* group, std::size_t i,
                              const Target& target) const {
        for (std::size_t half = 0; half < 2; ++half) {
            const __m256i lanes = loads.shuffled(group + pair_offset[2 * half],
                                                 group + pair_offset[2 * half + 1], shuffle[half]);
            target.put(i + 4 * half, _mm256_and_si256(_mm256_srlv_epi64(lanes, shift[half]), keep));
        }
    }
};

/// Gives the first `count` numbers, as far as whole groups of them go, to the target, which is
/// taken by value so that it stays in registers; returns how many.
template <typename Unpacker, typename Target>
TIDEMARK_AVX2 std::size_t unpack_groups(std::span<const std::byte> packed, unsigned width,
                                        std::size_t count, Target target) {
    if (packed.size() < kLoadSizeBytes) return 0;
    const Unpacker unpacker(width);
    const std::byte* group = packed.data();
    const std::size_t end = count / 8 * 8;
    const std::size_t read_size_bytes = unpacker.read_size_bytes();
    const std::size_t whole_count =
        packed.size() < read_size_bytes ? 0 : (packed.size() - read_size_bytes) / width + 1;
    // Two groups at a time, so that fewer instructions count.
    const std::size_t whole_end = std::min(8 * whole_count, end);
    std::size_t i = 0;
    for (; i + 16 <= whole_end; i += 16) {
        unpacker.unpack(WholeLoads{}, group, i, target);
        unpacker.unpack(WholeLoads{}, group + width, i + 8, target);
        group += 2 * std::size_t{width};
    }
    const LoadsUpTo loads{packed.data() + packed.size() - kLoadSizeBytes};
    for (; i < end; i += 8) {
        unpacker.unpack(loads, group, i, target);
        group += width;
    }
    return end;
}

}  // namespace tidemark::storage::avx2

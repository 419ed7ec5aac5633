#include <cstring>

#include "storage/base/cpu_features.h"
#include "storage/codec/kernels/codec_kernels.h"
#include "storage/codec/kernels/match_kernels.h"

#if defined(__x86_64__)

#include "storage/codec/kernels/avx2_doubles.h"
#include "storage/codec/kernels/avx2_narrow_kernels.h"
#include "storage/codec/kernels/avx2_unpack_kernels.h"

namespace tidemark::storage::avx2 {
namespace {

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
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(&values[i]), sum.add(lanes));
    }
    scalar::kCodecKernels.add_up(sum.last(), values.subspan(i));
}

TIDEMARK_AVX2 void add_up_to_doubles(std::uint64_t first, std::span<const std::uint64_t> deltas,
                                     double factor, double fraction, double* out) {
    const DoubleTarget<Products> target{Products({factor, fraction, 1}), out};
    RunningSum sum(first);
    std::size_t i = 0;
    for (; i + 4 <= deltas.size(); i += 4) {
        const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&deltas[i]));
        target.put_doubles(i, to_doubles(sum.add(lanes)));
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
    const DoubleTarget<Products> target{Products({factor, fraction, 1}), out};
    std::size_t i = 0;
    for (; i + 4 <= integers.size(); i += 4) {
        const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&integers[i]));
        target.put_doubles(i, to_doubles(lanes));
    }
    scalar::kCodecKernels.scale_to_doubles(integers.subspan(i), factor, fraction, out + i);
}

TIDEMARK_AVX2 void divide_to_doubles(std::span<const std::uint64_t> integers, double divisor,
                                     double* out) {
    const DoubleTarget<Quotients> target{Quotients(divisor), out};
    std::size_t i = 0;
    for (; i + 4 <= integers.size(); i += 4) {
        const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&integers[i]));
        target.put_doubles(i, to_doubles(lanes));
    }
    scalar::kCodecKernels.divide_to_doubles(integers.subspan(i), divisor, out + i);
}

}  // namespace

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

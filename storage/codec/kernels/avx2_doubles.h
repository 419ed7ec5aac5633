#pragma once

// Included by the AVX2 kernels only, on x86-64.

#include <immintrin.h>

// Compiled with a target attribute instead of -mavx2 for the file: with the flag, inline functions
// of the standard library would be compiled for AVX2 too, and the linker may keep that copy for
// the whole program.
#define TIDEMARK_AVX2 __attribute__((target("avx2,bmi2,popcnt")))

namespace tidemark::storage::avx2 {

/// Signed 64-bit integers to doubles, rounded to nearest; AVX2 has no instruction for it. Each half
/// becomes the low bits of a double of a fixed size: the upper half, its sign bit flipped, of one
/// of 2^84 + 2^63, the lower half of one of 2^52. Both are exact, and so is taking the sizes away
/// from the first; the one rounding happens in the last addition.
TIDEMARK_AVX2 inline __m256d to_doubles(__m256i integers) {
    const __m256i lower_size = _mm256_set1_epi64x(0x4330'0000'0000'0000);  // 2^52
    const __m256i upper_size = _mm256_set1_epi64x(0x4530'0000'8000'0000);  // 2^84 + 2^63
    const __m256i both_sizes = _mm256_set1_epi64x(0x4530'0000'8010'0000);  // Their sum.
    const __m256i lower = _mm256_blend_epi32(lower_size, integers, 0b01010101);
    const __m256i upper = _mm256_xor_si256(_mm256_srli_epi64(integers, 32), upper_size);
    return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(upper), _mm256_castsi256_pd(both_sizes)),
                         _mm256_castsi256_pd(lower));
}

}  // namespace tidemark::storage::avx2

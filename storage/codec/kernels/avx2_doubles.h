#pragma once

// Included by the AVX2 kernels only, on x86-64.

#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#include "storage/codec/float_scale.h"

// Compiled with a target attribute instead of -mavx2 for the file: with the flag, inline functions
// of the standard library would be compiled for AVX2 too, and the linker may keep that copy for
// the whole program.
#define TIDEMARK_AVX2 __attribute__((target("avx2,bmi2,fma,popcnt")))

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

/// FloatScale::value() of integers that are doubles already, where the scale is a product.
struct Products {
    __m256d factors;
    __m256d fractions;

    TIDEMARK_AVX2 explicit Products(const FloatScale& scale)
        : factors(_mm256_set1_pd(scale.factor)), fractions(_mm256_set1_pd(scale.fraction)) {}

    TIDEMARK_AVX2 __m256d scaled(__m256d integers) const {
        return _mm256_mul_pd(_mm256_mul_pd(integers, factors), fractions);
    }
};

/// The same of a quotient by 10^k, k up to 18, without a division, which takes several times as
/// long: a product with the rounded inverse, and once what it misses, computed without rounding
/// (Markstein: Computation of elementary functions on the IBM RISC System/6000 processor, 1990).
///
/// The product is off by less than 1.5 units in the last place, and so the remainder is a multiple
/// of unit * 2^k below 1.5 * unit * 10^k: exact in 53 bits. Then the last sum, before it is
/// rounded, is off by 1.5 * 2^-53 units. That does not change how it is rounded: a number amid two
/// doubles times 5^k has at least 54 bits and is no double, so the true quotient lies at least
/// 1 / (2 * 5^k) > 2^-43 units away from each.
struct Quotients {
    __m256d divisors;
    __m256d inverses;

    TIDEMARK_AVX2 explicit Quotients(double divisor)
        : divisors(_mm256_set1_pd(divisor)), inverses(_mm256_set1_pd(1 / divisor)) {}

    TIDEMARK_AVX2 __m256d scaled(__m256d integers) const {
        const __m256d quotients = _mm256_mul_pd(integers, inverses);
        const __m256d remainders = _mm256_fnmadd_pd(quotients, divisors, integers);
        return _mm256_fmadd_pd(remainders, inverses, quotients);
    }
};

/// Calls run(Products or Quotients).
template <typename Run>
TIDEMARK_AVX2 auto with_scale(const FloatScale& scale, const Run& run) {
    return scale.divisor == 1 ? run(Products(scale)) : run(Quotients(scale.divisor));
}

/// Scaled doubles to where they belong.
template <typename Scale>
struct DoubleTarget {
    Scale scale;
    double* out;

    TIDEMARK_AVX2 void put_doubles(std::size_t i, __m256d integers) const {
        _mm256_storeu_pd(out + i, scale.scaled(integers));
    }
};

}  // namespace tidemark::storage::avx2

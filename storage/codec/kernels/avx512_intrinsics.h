#pragma once

// Included by the AVX-512 kernels only, on x86-64.

// GCC 12 warns of the undefined lanes that its own header passes on (GCC bug 105593); Clang does
// not know the second of these warnings.
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

#include <cstddef>
#include <span>

// A target attribute for each function, not a flag for the file: see avx2_doubles.h.
#define TIDEMARK_AVX512                                                                            \
    __attribute__((                                                                                \
        target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vbmi,avx512vpopcntdq,avx2,bmi2," \
               "popcnt")))

namespace tidemark::storage::avx512 {

/// The first `count` (at most 8, 64) lanes.
inline __mmask8 first_lanes(std::size_t count) { return static_cast<__mmask8>((1U << count) - 1); }
inline __mmask64 first_bytes(std::size_t count) {
    return count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1;
}

inline constexpr std::size_t kVectorSizeBytes = 64;

/// The vector that begins `offset` bytes into the packed ones; zeros behind their end.
TIDEMARK_AVX512 inline __m512i load_packed(std::span<const std::byte> packed, std::size_t offset) {
    const std::size_t size_bytes = packed.size() - offset;
    if (size_bytes >= kVectorSizeBytes) return _mm512_loadu_si512(packed.data() + offset);
    return _mm512_maskz_loadu_epi8(first_bytes(size_bytes), packed.data() + offset);
}

/// Calls step(i, lanes) for each eight of `count` numbers; the last time with the lanes that are
/// left.
template <typename Step>
TIDEMARK_AVX512 inline void for_each_eight(std::size_t count, const Step& step) {
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) step(i, __mmask8{0xff});
    if (i < count) step(i, first_lanes(count - i));
}

}  // namespace tidemark::storage::avx512

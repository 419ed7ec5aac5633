#pragma once

#include <string_view>

namespace tidemark::storage {

/// What the processor (and the operating system) can run. All false outside x86-64.
struct CpuFeatures {
    bool avx2 = false;    ///< AVX2, BMI2 and FMA.
    bool avx512 = false;  ///< AVX-512 F, BW, CD, DQ, VL, VBMI and VPOPCNTDQ, with avx2.
};

CpuFeatures cpu_features();

/// The kernel table asked for by the environment variable TIDEMARK_FORCE_KERNELS ("scalar",
/// "avx2", "avx512"), empty when unset. Whoever chooses a table takes the one of this name when
/// the processor can run it, else the best one. Read once, at the first call. Thread-safe.
std::string_view forced_kernels_name();

}  // namespace tidemark::storage

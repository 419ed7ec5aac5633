#include "storage/base/cpu_features.h"

#include <cstdlib>
#include <string>

namespace tidemark::storage {

CpuFeatures cpu_features() {
    CpuFeatures features;
#if defined(__x86_64__)
    features.avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi2") != 0 &&
                    __builtin_cpu_supports("fma") != 0;
    features.avx512 =
        features.avx2 && __builtin_cpu_supports("avx512f") != 0 &&
        __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512cd") != 0 &&
        __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
        __builtin_cpu_supports("avx512vbmi") != 0 && __builtin_cpu_supports("avx512vpopcntdq") != 0;
#endif
    return features;
}

std::string_view forced_kernels_name() {
    static const std::string name = [] {
        const char* value = std::getenv("TIDEMARK_FORCE_KERNELS");
        return std::string(value == nullptr ? "" : value);
    }();
    return name;
}

}  // namespace tidemark::storage

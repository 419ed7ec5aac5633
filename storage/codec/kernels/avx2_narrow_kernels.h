#pragma once

#include "storage/codec/kernels/codec_kernels.h"

// Of the AVX2 table, and of the AVX-512 one: 32-bit lanes gain little from being sixteen.

namespace tidemark::storage::avx2 {

void add_up_narrow(std::uint64_t first, const NarrowDeltas& deltas, std::uint64_t* out);

void add_up_narrow_to_doubles(std::uint64_t first, const NarrowDeltas& deltas,
                              const FloatScale& scale, double* out);

}  // namespace tidemark::storage::avx2

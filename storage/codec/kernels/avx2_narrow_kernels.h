#pragma once

#include "storage/codec/kernels/codec_kernels.h"

// Of the AVX2 table, and of the AVX-512 one: 32-bit lanes gain little from being sixteen.

namespace tidemark::storage::avx2 {

void unpack_narrow(std::span<const std::byte> packed, unsigned width,
                   std::span<std::uint32_t> numbers);

void add_up_narrow(std::uint64_t first, const NarrowDeltas& deltas, std::uint64_t* out);

void add_up_narrow_to_doubles(std::uint64_t first, const NarrowDeltas& deltas, double factor,
                              double fraction, double* out);

}  // namespace tidemark::storage::avx2

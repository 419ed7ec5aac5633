#pragma once

#include "storage/codec/kernels/codec_kernels.h"

// The unpacking kernels of the AVX2 table; unpack_narrow() is also of the AVX-512 one: 32-bit lanes
// gain little from being sixteen.

namespace tidemark::storage::avx2 {

void unpack_above(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                  std::span<std::uint64_t> values);

void unpack_to_doubles(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                       const FloatScale& scale, std::span<double> out);

void unpack_zigzag(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                   std::span<std::uint64_t> values);

void unpack_narrow(std::span<const std::byte> packed, unsigned width,
                   std::span<std::uint32_t> numbers);

}  // namespace tidemark::storage::avx2

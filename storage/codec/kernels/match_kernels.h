#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/codec/kernels/codec_kernels.h"

// The comparing kernels of codec_kernels.h that have files of their own.

#if defined(__x86_64__)

namespace tidemark::storage {

/// match_packed() of numbers of any width: unpacked by the table's kernels first, a few at a time,
/// which stay in the nearest cache.
inline void match_unpacked(const CodecKernels& kernels, std::span<const std::byte> packed,
                           unsigned width, std::size_t count, std::uint64_t low, std::uint64_t high,
                           std::uint64_t* mask) {
    constexpr std::size_t kBlockCount = 256;
    std::uint64_t block[kBlockCount];
    for (std::size_t i = 0; i < count; i += kBlockCount) {
        const std::span<std::uint64_t> values(block, std::min(kBlockCount, count - i));
        kernels.unpack(packed.subspan(i / 8 * width), width, values);
        kernels.match_integers(values, low, high - low, mask + i / 64);
    }
}

}  // namespace tidemark::storage

namespace tidemark::storage::avx2 {

void match_packed(std::span<const std::byte> packed, unsigned width, std::size_t count,
                  std::uint64_t low, std::uint64_t high, std::uint64_t* mask);
void match_integers(std::span<const std::uint64_t> values, std::uint64_t low,
                    std::uint64_t distance, std::uint64_t* mask);
void match_doubles(std::span<const double> values, double low, double high, std::uint64_t* mask);

}  // namespace tidemark::storage::avx2

namespace tidemark::storage::avx512 {

void match_packed(std::span<const std::byte> packed, unsigned width, std::size_t count,
                  std::uint64_t low, std::uint64_t high, std::uint64_t* mask);
void match_integers(std::span<const std::uint64_t> values, std::uint64_t low,
                    std::uint64_t distance, std::uint64_t* mask);
void match_doubles(std::span<const double> values, double low, double high, std::uint64_t* mask);

}  // namespace tidemark::storage::avx512

#endif

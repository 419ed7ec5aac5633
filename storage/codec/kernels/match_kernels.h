#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// The comparing kernels of codec_kernels.h that have files of their own.

#if defined(__x86_64__)

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

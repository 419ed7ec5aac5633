#pragma once

#include "storage/codec/kernels/encode_kernels.h"

// Of the AVX2 table, and of the AVX-512 one: such narrow lanes gain little from being more.

namespace tidemark::storage::avx2 {

void count_lengths(std::span<const std::uint8_t> lengths, unsigned longest, std::uint32_t* counts);

bool round_to_narrow(std::span<const double> values, const RoundTrip& round_trip,
                     std::uint32_t* numbers, NarrowExtremes& extremes);

void narrow(std::span<const std::uint64_t> values, std::uint32_t* numbers);

std::size_t subtract_narrow_neighbours(std::span<const std::uint32_t> numbers,
                                       std::uint32_t* differences, NarrowExtremes& extremes);

std::size_t find_narrow_changes(std::span<const std::uint32_t> numbers, std::uint64_t* mask);

void zigzag_narrow(std::span<const std::uint32_t> numbers, std::uint32_t base, std::uint32_t* out);

void narrow_bit_lengths(std::span<const std::uint32_t> numbers, std::uint32_t base,
                        std::uint8_t* lengths);

void find_narrow_above(std::span<const std::uint32_t> numbers, std::uint32_t base,
                       std::uint32_t limit, std::uint64_t* mask);

void pack_narrow_groups(std::span<const std::uint32_t> numbers, std::uint32_t base, unsigned width,
                        std::byte* target);

}  // namespace tidemark::storage::avx2

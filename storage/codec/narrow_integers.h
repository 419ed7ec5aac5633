#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/codec/kernels/encode_kernels.h"

namespace tidemark::storage {

/// Integers less than kNarrowRange apart in half of the memory, which is not owned: the low 32 bits
/// of each, at least one.
struct NarrowIntegers {
    std::span<const std::uint32_t> numbers;
    std::uint64_t min;  ///< In the order of the column.
    std::uint64_t max;

    static bool can_hold(std::uint64_t min, std::uint64_t max) { return max - min < kNarrowRange; }

    /// Integers of which those are extremes within signed 32 bits.
    static NarrowIntegers of(std::span<const std::uint32_t> numbers,
                             const NarrowExtremes& extremes) {
        return {numbers, static_cast<std::uint64_t>(std::int64_t{extremes.min}),
                static_cast<std::uint64_t>(std::int64_t{extremes.max})};
    }

    /// The integer itself.
    std::uint64_t operator[](std::size_t index) const {
        return min + (numbers[index] - static_cast<std::uint32_t>(min));
    }

    /// The first values.size() integers.
    void widen(std::span<std::uint64_t> values) const {
        const NarrowIntegers& integers = *this;
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = integers[i];
    }
};

}  // namespace tidemark::storage

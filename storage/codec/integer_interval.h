#pragma once

#include <cstdint>

namespace tidemark::storage {

/// The 64-bit integers v with v - low <= distance modulo 2^64: all from `low` to `low + distance`,
/// in signed order as well as in unsigned order.
struct IntegerInterval {
    std::uint64_t low = 0;
    std::uint64_t distance = 0;

    bool contains(std::uint64_t value) const { return value - low <= distance; }
};

/// The same integers as an interval of the unsigned order: those in [low, high], or, when
/// inverted, the others. low > high means that none lies inside.
struct UnsignedInterval {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool is_inverted = false;

    static UnsignedInterval of(const IntegerInterval& interval) {
        const std::uint64_t last = interval.low + interval.distance;
        if (interval.low <= last) return {interval.low, last, false};
        // It runs over 2^64, so what it leaves out does not.
        return last + 1 == interval.low ? UnsignedInterval{1, 0, true}
                                        : UnsignedInterval{last + 1, interval.low - 1, true};
    }
};

}  // namespace tidemark::storage

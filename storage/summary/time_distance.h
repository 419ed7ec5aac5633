#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tidemark::storage {

/// The time from `earlier` to `later` in nanoseconds, which may exceed the type of times, but not
/// its unsigned brother.
constexpr std::uint64_t distance_between(std::int64_t earlier, std::int64_t later) {
    return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
}

/// The largest std::int64_t when it is more than that.
constexpr std::int64_t saturated_ns(std::uint64_t distance) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(distance, kMax));
}

/// ns >= 0. Associative, because nothing added is negative.
constexpr std::int64_t saturated_sum_ns(std::int64_t ns, std::uint64_t distance) {
    const std::int64_t addend = saturated_ns(distance);
    const bool overflows = addend > std::numeric_limits<std::int64_t>::max() - ns;
    return overflows ? std::numeric_limits<std::int64_t>::max() : ns + addend;
}

}  // namespace tidemark::storage

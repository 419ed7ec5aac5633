#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Sorts several short columns at once, one in each lane of the registers: no comparison is ever
// mispredicted, as all columns take the same ones.

namespace tidemark::query {

/// How many columns are sorted together.
inline constexpr std::size_t kSortLanes = 8;
/// More rows than that are sorted quicker by other means.
inline constexpr std::size_t kSortRows = 64;

/// Stateless; all functions are thread-safe. All tables give identical results.
struct LaneSort {
    std::string_view name;  ///< Accepted by TIDEMARK_FORCE_KERNELS.
    bool (*supported)();

    /// Key i of column k is keys[i * kSortLanes + k]; there are whole rows of them, at most
    /// kSortRows. Each column ascends afterwards. By Batcher's network (K. E. Batcher: Sorting
    /// networks and their applications, AFIPS 1968; Knuth, TAOCP 5.3.4).
    void (*sort)(std::span<std::uint64_t> keys);
};

/// The one in use: the best one the processor can run, or the one forced by the environment.
const LaneSort& lane_sort();

/// Every one the processor can run, scalar first; for differential tests.
std::span<const LaneSort* const> supported_lane_sorts();

}  // namespace tidemark::query

#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <tidemark/result.h>

#include "query/operators/query_guard.h"

namespace tidemark::query {

/// Sorts items, equal ones staying in order; between steps of some milliseconds it asks whether the
/// statement is to end. They are in some order then.
template <typename Item, typename Before>
Status sort_guarded(std::vector<Item>& items, Before is_before, const QueryGuard& guard) {
    constexpr std::size_t kBlock = std::size_t{1} << 16;
    const std::size_t count = items.size();
    const auto at = [&](std::size_t position) {
        return items.begin() + static_cast<std::ptrdiff_t>(std::min(position, count));
    };
    for (std::size_t begin = 0; begin < count; begin += kBlock) {
        TIDEMARK_RETURN_IF_ERROR(guard.check());
        if (std::is_sorted(at(begin), at(begin + kBlock), is_before)) continue;
        std::stable_sort(at(begin), at(begin + kBlock), is_before);
    }
    for (std::size_t size = kBlock; size < count; size *= 2) {
        for (std::size_t begin = 0; begin + size < count; begin += 2 * size) {
            TIDEMARK_RETURN_IF_ERROR(guard.check());
            std::inplace_merge(at(begin), at(begin + size), at(begin + 2 * size), is_before);
        }
    }
    return success();
}

}  // namespace tidemark::query

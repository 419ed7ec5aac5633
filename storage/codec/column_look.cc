#include "storage/codec/column_look.h"

#include "storage/base/assert.h"

namespace tidemark::storage {

ColumnLook::ColumnLook(std::span<const std::uint64_t> column) {
    TIDEMARK_ASSERT(column.size() > kShortCount, "a short column is looked at as a whole");
    const std::size_t last_begin = column.size() - 1 - kStretchSize;
    for (std::size_t stretch = 0; stretch < kStretchCount; ++stretch) {
        const std::size_t begin = stretch * last_begin / (kStretchCount - 1);
        const std::size_t target = stretch * kStretchSize;
        begins_[stretch] = begin;
        for (std::size_t i = 0; i < kStretchSize; ++i) {
            values_[target + i] = column[begin + i];
            deltas_[target + i] = column[begin + i + 1] - column[begin + i];
        }
    }
}

}  // namespace tidemark::storage

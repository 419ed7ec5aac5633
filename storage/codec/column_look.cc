#include "storage/codec/column_look.h"

#include "storage/base/assert.h"

namespace tidemark::storage {

ColumnLook::ColumnLook(std::span<const std::uint64_t> column) { fill(column, column.size()); }

ColumnLook::ColumnLook(const NarrowIntegers& column) { fill(column, column.numbers.size()); }

template <typename Column>
void ColumnLook::fill(const Column& column, std::size_t count) {
    TIDEMARK_ASSERT(count > kShortCount, "a short column is looked at as a whole");
    const std::size_t last_begin = count - 1 - kStretchSize;
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

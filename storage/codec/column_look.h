#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/codec/narrow_integers.h"

namespace tidemark::storage {

/// Some of the values of a column, and the differences of neighbours among them: a few stretches of
/// it, evenly spaced, which promise what all of them would take.
class ColumnLook {
public:
    /// Columns of at most so many values are better looked at as a whole.
    static constexpr std::size_t kShortCount = 256;

    /// Of more than kShortCount values.
    explicit ColumnLook(std::span<const std::uint64_t> column);
    explicit ColumnLook(const NarrowIntegers& column);

    std::span<const std::uint64_t> values() const { return values_; }
    std::span<const std::uint64_t> deltas() const { return deltas_; }

    /// The index of the i-th of these deltas among those of the whole column.
    std::size_t delta_index(std::size_t i) const {
        return begins_[i / kStretchSize] + i % kStretchSize;
    }

private:
    template <typename Column>
    void fill(const Column& column, std::size_t count);

    static constexpr std::size_t kStretchCount = 8;
    static constexpr std::size_t kStretchSize = 16;
    static constexpr std::size_t kCount = kStretchCount * kStretchSize;

    std::array<std::size_t, kStretchCount> begins_;
    std::array<std::uint64_t, kCount> values_;
    std::array<std::uint64_t, kCount> deltas_;
};

}  // namespace tidemark::storage

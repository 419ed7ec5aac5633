#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "storage/codec/column_look.h"
#include "storage/codec/narrow_integers.h"

namespace tidemark::storage {

/// How the bit patterns of a column are ordered. Decoding does not need it; encoders choose their
/// base value by it.
enum class IntegerOrder : std::uint8_t { Signed, Unsigned };

/// How numbers are packed of which the few that are too wide leave their high bits in patches.
struct PatchPlan {
    unsigned width = 0;       ///< Of the low bits of every number.
    unsigned high_width = 0;  ///< Of the patches.
    std::size_t patch_count = 0;
    std::size_t packed_size_bytes = 0;  ///< Of low bits, indices and high bits.
};

/// What a column may take, patched or centred, without what stands in front of the packed numbers:
/// exact for a short column; of a long one a little less than a look at it promises.
struct PackedGuess {
    std::size_t patched_size_bytes = 0;
    std::size_t centred_size_bytes = 0;

    std::size_t smallest() const {
        return patched_size_bytes < centred_size_bytes ? patched_size_bytes : centred_size_bytes;
    }
};

/// The guess for a column of `count` integers, of signed order, of which these, at least one, are a
/// look.
PackedGuess guess_packed(std::span<const std::uint64_t> look, std::size_t count);

/// About the median of the distances of the values, at least one, from `base`, as unsigned numbers:
/// of 27 evenly spaced ones. Outliers do not move it, as they would a mean.
std::uint64_t middle_distance(std::span<const std::uint64_t> values, std::uint64_t base);

/// A column to be encoded, with what encoders ask about it; each answer is computed when it is
/// first asked for. Borrows the values. Not thread-safe.
class IntegerColumn {
public:
    IntegerColumn(std::span<const std::uint64_t> values, IntegerOrder order);
    IntegerColumn(const NarrowIntegers& integers, IntegerOrder order);
    ~IntegerColumn();
    IntegerColumn(IntegerColumn&& other) noexcept;
    IntegerColumn& operator=(IntegerColumn&& other) noexcept;

    std::size_t count() const { return count_; }
    IntegerOrder order() const { return order_; }
    bool is_empty() const { return count_ == 0; }

    std::span<const std::uint64_t> values() const;
    /// values().front() of a column that is not empty.
    std::uint64_t front() const { return values_.empty() ? (*narrow_)[0] : values_.front(); }

    /// The values as narrow integers, if they can be; nothing for a short column, which has no use
    /// for it. Valid as long as the column.
    const std::optional<NarrowIntegers>& narrow() const;

    /// The first and the last value in the column's order; 0 when it is empty.
    std::uint64_t min() const { return min_; }
    std::uint64_t max() const { return max_; }

    /// The differences of neighbours, of signed order: one fewer than there are values, of which
    /// there is at least one. Valid as long as the column.
    const IntegerColumn& deltas() const;
    /// How many values differ from the one before them. There is at least one value.
    std::size_t change_count() const;

    /// The best plan for the distances from the smallest value.
    const PatchPlan& patched() const;

    /// middle_distance() of all values from the smallest one, added to it. The column is not empty.
    std::uint64_t centre() const;
    /// The best plan for the zigzag forms of the distances from the centre.
    const PatchPlan& centred() const;

    /// Null for a short column, which is cheap to measure.
    const ColumnLook* look() const;
    /// Of this column, and of deltas(), of which a look makes none.
    const PackedGuess& guess() const;
    const PackedGuess& delta_guess() const;
    /// About change_count().
    std::size_t change_count_guess() const;

    /// The greatest common divisor of the distances from the smallest value; 0 when all are equal.
    std::uint64_t common_factor() const;

private:
    struct Deltas;

    std::size_t count_;
    IntegerOrder order_;
    mutable std::span<const std::uint64_t> values_;  // Empty until narrow ones are widened.
    mutable std::optional<NarrowIntegers> narrow_;
    std::uint64_t min_ = 0;
    std::uint64_t max_ = 0;
    mutable std::unique_ptr<std::uint64_t[]> widened_;
    mutable std::unique_ptr<std::uint32_t[]> narrowed_;
    mutable std::unique_ptr<const Deltas> deltas_;
    mutable std::optional<ColumnLook> look_;
    mutable std::optional<PackedGuess> guess_;
    mutable std::optional<PackedGuess> delta_guess_;
    mutable std::optional<PatchPlan> patched_;
    mutable std::optional<std::uint64_t> centre_;
    mutable std::optional<PatchPlan> centred_;
    mutable std::optional<std::uint64_t> common_factor_;
};

}  // namespace tidemark::storage

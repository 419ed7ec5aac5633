#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <tidemark/scan.h>

#include "storage/codec/leaf_test.h"

namespace tidemark::storage {

/// Whether the leaf is true on all non-null rows that `summary` speaks of (true), on none of them
/// (false), or cannot be told from it. `test` is `leaf` made for the summary's type.
std::optional<bool> truth_of_all(const LeafTest& test, const PredicateLeaf& leaf,
                                 const ColumnSummary& summary);

/// Whether a value of first_ns is held no longer when the sample of second_ns >= first_ns comes.
bool exceeds_hold(std::int64_t first_ns, std::int64_t second_ns, std::int64_t hold_ns);

/// Rows of which the leaf's field may have values. All spans begin at the row group's first row.
struct LeafRows {
    std::span<const std::int64_t> times;
    std::span<const std::uint64_t> validity;  ///< Empty when all rows have a value.
    std::span<const std::uint64_t> truth;
    std::span<const std::uint64_t> hold_ends;  ///< Rows with a NaN; empty when none has.
    std::size_t begin_row = 0;
    std::size_t end_row = 0;
    bool may_have_gaps = true;  ///< Some rows may lie further apart than the hold limit.
};

/// Appends the runs of samples of equal truth in [begin_row, end_row), see LeafRun.
void append_runs(const LeafRows& rows, std::int64_t hold_ns, std::vector<LeafRun>& runs);

}  // namespace tidemark::storage

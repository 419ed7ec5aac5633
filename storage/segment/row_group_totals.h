#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <tidemark/scan.h>
#include <tidemark/types.h>

namespace tidemark::storage {

/// What is known together of row groups of one series that follow one another: what a segment says
/// of a block, and of all blocks of a series. A monoid: default-constructed it is that of none.
struct RowGroupTotals {
    std::uint64_t row_group_count = 0;
    std::uint64_t row_count = 0;
    std::uint64_t payload_size_bytes = 0;
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
    Sequence first_sequence = 0;
    Sequence last_sequence = 0;
    /// By index of the field, nothing where all rows are null; the row counts in them may lack
    /// those of row groups without the field. Empty without has_summaries.
    std::vector<std::optional<ColumnSummary>> columns;
    /// False when two of the row groups overlap in time, so that rows of one may replace rows of
    /// the other, and when there are too many rows for RowGroupInfo.
    bool has_summaries = true;

    /// Takes in what comes next: no row group of it begins before one in here.
    void add(RowGroupTotals next);
};

}  // namespace tidemark::storage

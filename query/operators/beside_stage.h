#pragma once

#include <cstddef>
#include <vector>

#include "query/operators/series_groups.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// Takes the fields and tags that stand beside a sample from its row.
class BesideReader {
public:
    /// Adds the fields to the columns of a request. `beside` must outlive the reader.
    BesideReader(const std::vector<InputColumn>& beside, std::vector<ColumnRequest>& columns);

    std::vector<Cell> read(const ScanPiece& piece, std::size_t row, const TagSet& tags) const;

private:
    const std::vector<InputColumn>* beside_;
    std::vector<std::size_t> columns_;  // Of the fields, in the request.
};

/// Finds, for each window, the row of the sample that the selector picked, and takes the fields and
/// tags that stand beside it: [window][beside]. Runs after the selector's cells and times are
/// there.
Result<std::vector<std::vector<Cell>>> read_beside(const AggregateWindows& plan,
                                                   const SeriesGroup& group,
                                                   const GroupCells& cells,
                                                   ExecutionContext& context);

}  // namespace tidemark::query

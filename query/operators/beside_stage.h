#pragma once

#include <cstddef>
#include <vector>

#include "query/operators/series_groups.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// Finds, for each window, the row of the sample that the selector picked, and takes the fields and
/// tags that stand beside it: [window][beside]. Runs after the selector's cells and times are
/// there.
Result<std::vector<std::vector<Cell>>> read_beside(const AggregateWindows& plan,
                                                   const SeriesGroup& group,
                                                   const GroupCells& cells,
                                                   ExecutionContext& context);

}  // namespace tidemark::query

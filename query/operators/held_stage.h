#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "query/operators/held_reader.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The calls of an AggregateWindows that look at the values in force: change_count and
/// time_percentile.
///
/// Thread-safe once open.
class HeldStage {
public:
    static bool computes(const BoundCall& call);

    /// All arguments must outlive the stage.
    static Result<HeldStage> open(const AggregateWindows& plan, const WindowTable& windows,
                                  ExecutionContext& context);

    /// `first_samples_ns`: of each member, where its time begins without a lower bound (nothing: it
    /// has no sample); empty when the windows begin for all alike.
    Status run(const SeriesGroup& group,
               std::span<const std::optional<std::int64_t>> first_samples_ns,
               CoverageWatch& coverage, GroupCells& cells) const;

private:
    HeldStage(const AggregateWindows& plan, const WindowTable& windows, ExecutionContext& context)
        : plan_(&plan), windows_(&windows), context_(&context) {}

    /// What of a window has passed.
    TimeRange passed(std::size_t window) const;

    const AggregateWindows* plan_;
    const WindowTable* windows_;
    ExecutionContext* context_;
    std::vector<std::size_t> field_of_call_;  // By call of the plan.
    std::unique_ptr<HeldReader> reader_;      // Not an optional, whose moving GCC 12 warns of.
};

}  // namespace tidemark::query

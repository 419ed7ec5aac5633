#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "query/functions/time_integral.h"
#include "query/operators/coverage_watch.h"
#include "query/operators/series_groups.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The calls of an AggregateWindows that weigh values by time: time_mean and time_integral.
///
/// Thread-safe once open.
class IntegralStage {
public:
    static bool computes(const BoundCall& call);

    /// All arguments must outlive the stage.
    static Result<IntegralStage> open(const AggregateWindows& plan, const WindowTable& windows,
                                      ExecutionContext& context);

    /// `first_samples_ns` as in StateStage::run().
    Status run(const SeriesGroup& group,
               std::span<const std::optional<std::int64_t>> first_samples_ns,
               CoverageWatch& coverage, GroupCells& cells) const;

private:
    IntegralStage(const AggregateWindows& plan, const WindowTable& windows)
        : plan_(&plan), windows_(&windows) {}

    Status read_member(const GroupMember& member, const TimeRange& range, CoverageWatch& coverage,
                       std::vector<TimeIntegral>& integrals) const;

    const AggregateWindows* plan_;
    const WindowTable* windows_;
    ScanRequest request_;
    std::vector<std::size_t> column_of_call_;  // By call of the plan.
    std::optional<SourceScans> scans_;
};

}  // namespace tidemark::query

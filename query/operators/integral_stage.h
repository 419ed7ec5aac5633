#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "query/functions/time_integral.h"
#include "query/operators/series_groups.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The calls of an AggregateWindows that weigh values by time: time_mean.
///
/// Thread-safe once open.
class IntegralStage {
public:
    static bool computes(const BoundCall& call);

    /// All arguments must outlive the stage.
    static Result<IntegralStage> open(const AggregateWindows& plan, const WindowTable& windows,
                                      ExecutionContext& context);

    Status run(const SeriesGroup& group, GroupCells& cells) const;

private:
    IntegralStage(const AggregateWindows& plan, const WindowTable& windows,
                  ExecutionContext& context)
        : plan_(&plan), windows_(&windows), context_(&context) {}

    Status read_member(const GroupMember& member, std::vector<TimeIntegral>& integrals) const;
    Status add_rows_of(const GroupMember& member, std::size_t column, const ScanPiece& piece,
                       TimeIntegral& integral) const;

    const AggregateWindows* plan_;
    const WindowTable* windows_;
    ExecutionContext* context_;
    ScanRequest request_;
    std::vector<std::size_t> column_of_call_;  // By call of the plan.
    std::optional<SourceScans> scans_;
};

}  // namespace tidemark::query

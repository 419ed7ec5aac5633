#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "query/functions/trend.h"
#include "query/operators/series_groups.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The calls of an AggregateWindows that are columns of trend(f). What one field comes to in one
/// window is computed once for all of them.
///
/// Thread-safe once open.
class TrendStage {
public:
    static bool computes(const BoundCall& call);

    /// All arguments must outlive the stage.
    static Result<TrendStage> open(const AggregateWindows& plan, const WindowTable& windows,
                                   ExecutionContext& context);

    /// LimitExceeded when the group has more than kTrendSampleLimit samples of a field.
    Status run(const SeriesGroup& group, GroupCells& cells) const;

private:
    /// One field of the group: by series, then time.
    struct Column {
        std::vector<TrendSample> samples;
        std::vector<std::size_t> ends;  ///< Where each series ends.
    };

    TrendStage(const AggregateWindows& plan, const WindowTable& windows, ExecutionContext& context)
        : plan_(&plan), windows_(&windows), context_(&context) {}

    Status read_member(const GroupMember& member, std::vector<Column>& columns,
                       MemoryHold& hold) const;
    /// `index`: of the column, in the request.
    Status add_piece(const ScanPiece& piece, std::size_t index, RowFilter& filter,
                     std::size_t series_rank, Column& column) const;
    static std::vector<TrendSample> samples_within(const Column& column, const TimeRange& window);
    void fill_cells(std::size_t column, std::size_t window, const Trend& trend,
                    GroupCells& cells) const;

    const AggregateWindows* plan_;
    const WindowTable* windows_;
    ExecutionContext* context_;
    ScanRequest request_;
    std::size_t field_count_ = 0;              // The columns behind are those of the condition.
    std::vector<std::size_t> column_of_call_;  // By call of the plan.
    std::optional<SourceScans> scans_;
};

}  // namespace tidemark::query

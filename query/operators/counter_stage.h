#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "query/functions/counter_fold.h"
#include "query/functions/time_integral.h"
#include "query/operators/series_groups.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The calls of an AggregateWindows that follow a counter: increase, rate, resets.
///
/// Thread-safe once open.
class CounterStage {
public:
    static bool computes(const BoundCall& call);

    /// All arguments must outlive the stage.
    static Result<CounterStage> open(const AggregateWindows& plan, const WindowTable& windows,
                                     ExecutionContext& context);

    Status run(const SeriesGroup& group, GroupCells& cells) const;

private:
    /// What a group's series came to in one column.
    struct Column {
        FieldType type;
        std::vector<CounterPart> parts;  ///< By part of the window table.
        TimeIntegral known;              ///< Only its known time counts.
    };
    using Columns = std::vector<std::optional<Column>>;  // Nothing: nobody has the field.

    CounterStage(const AggregateWindows& plan, const WindowTable& windows)
        : plan_(&plan), windows_(&windows) {}

    Columns empty_columns() const;
    Status read_member(const GroupMember& member, Columns& columns) const;
    /// `part_index`: in the window table, where the piece lies.
    void add_piece(std::size_t index, const ScanPiece& piece, std::size_t part_index,
                   CounterFold& fold, Column& column) const;
    Status finish_call(std::size_t call_index, Column& column, GroupCells& cells) const;
    Status finish_window(std::size_t call_index, Column& column, const CounterPart& whole,
                         std::size_t window, GroupCells& cells) const;

    const AggregateWindows* plan_;
    const WindowTable* windows_;
    bool needs_near_ = false;  // rate is among the calls.
    ScanRequest request_;
    std::vector<std::size_t> column_of_call_;  // By call of the plan.
    std::optional<SourceScans> scans_;
};

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "query/functions/correlation.h"
#include "query/operators/series_groups.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The calls of an AggregateWindows that look at two fields of a series at once: correlate.
///
/// Thread-safe once open.
class PairStage {
public:
    static bool computes(const BoundCall& call);

    /// All arguments must outlive the stage.
    static Result<PairStage> open(const AggregateWindows& plan, const WindowTable& windows,
                                  ExecutionContext& context);

    Status run(const SeriesGroup& group, GroupCells& cells) const;

private:
    struct StageCall {
        std::size_t call;   ///< Position in the plan.
        std::size_t field;  ///< Columns of the request.
        std::size_t other_field;
        std::int64_t lag_ns;
    };
    struct CallState {
        std::vector<Correlation> parts;  ///< By part of the window table.
        bool has_samples = false;        ///< Of the first field, in a window.
        /// Of the series being read: values of the second field that may still be paired.
        std::deque<std::pair<std::int64_t, DoubleDouble>> earlier;
    };

    PairStage(const AggregateWindows& plan, const WindowTable& windows)
        : plan_(&plan), windows_(&windows) {}

    Status read_member(const GroupMember& member, std::vector<CallState>& states) const;
    void add_row(const ScanPiece& piece, std::size_t row, std::size_t part, const StageCall& call,
                 CallState& state) const;
    void finish_call(const StageCall& call, const CallState& state, GroupCells& cells) const;

    const AggregateWindows* plan_;
    const WindowTable* windows_;
    ScanRequest request_;
    std::vector<StageCall> calls_;
    std::optional<SourceScans> scans_;
};

}  // namespace tidemark::query

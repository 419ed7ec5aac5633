#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "query/functions/state_window.h"
#include "query/operators/coverage_watch.h"
#include "query/operators/series_states.h"
#include "query/operators/sla_watch.h"
#include "query/operators/window_table.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The question that a call of a state or table function asks.
StateQuestion question_of(const BoundCall& call);

/// The calls of an AggregateWindows that are computed from predicates over time.
///
/// Thread-safe once open.
class StateStage {
public:
    static bool computes(const BoundCall& call);

    /// All arguments must outlive the stage.
    static Result<StateStage> open(const AggregateWindows& plan, const WindowTable& windows,
                                   ExecutionContext& context);

    /// `first_samples_ns`: of each member, where its time begins without a lower bound (nothing: it
    /// has no sample); empty when the windows begin for all alike.
    /// Reads the series on up to `thread_count` threads.
    Status run(const SeriesGroup& group,
               std::span<const std::optional<std::int64_t>> first_samples_ns, unsigned thread_count,
               CoverageWatch& coverage, GroupCells& cells);

    /// Once all groups have run: warns of verdicts that unknown time leaves open.
    void report(ExecutionContext& context) const { sla_->report(context); }

private:
    StateStage(const AggregateWindows& plan, const WindowTable& windows)
        : plan_(&plan), windows_(&windows), sla_(std::make_unique<SlaWatch>()) {}

    Result<Cell> cell_of(const BoundCall& call, const StateGroup& group, std::size_t window);

    /// What is known of a group: by question, then by window.
    struct GroupStates {
        std::vector<std::vector<StateGroup>> groups;
        std::vector<bool> has_samples;
    };

    StateGroup judged(const BoundCall& call, StateGroup group) const;
    Status read_member(const GroupMember& member, std::int64_t begin_ns, CoverageWatch& coverage,
                       GroupStates& states);
    void add_series(const SeriesState& state, const StateQuestion& question, std::int64_t begin_ns,
                    std::vector<StateGroup>& groups) const;

    const AggregateWindows* plan_;
    const WindowTable* windows_;
    std::vector<StateQuestion> questions_;
    std::vector<std::size_t> question_of_call_;  // By call of the plan.
    std::optional<SeriesStates> states_;
    std::unique_ptr<SlaWatch> sla_;
};

}  // namespace tidemark::query

#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

#include "query/operators/counter_stage.h"
#include "query/operators/held_stage.h"
#include "query/operators/integral_stage.h"
#include "query/operators/operator.h"
#include "query/operators/pair_stage.h"
#include "query/operators/sample_stage.h"
#include "query/operators/state_stage.h"
#include "query/operators/trend_stage.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// Yields one row per bucket and group: AggregateWindows. Everything is computed on the first call,
/// groups in parallel.
class AggregateOperator final : public Operator {
public:
    /// Both must outlive the operator.
    AggregateOperator(const AggregateWindows& plan, ExecutionContext& context)
        : plan_(plan), context_(context) {}

    Result<RowBatch*> next() override;

private:
    Status compute_all();
    Status open_stages();
    /// Without a lower bound: the first sample of each member of each group.
    bool needs_first_samples() const;
    Status find_first_samples();
    Status compute_group(std::size_t index, unsigned thread_count);
    void warn_of(const GroupCells& cells) const;
    std::int64_t row_time_ns(const GroupCells& cells, std::size_t window) const;

    const AggregateWindows& plan_;
    ExecutionContext& context_;
    bool has_computed_ = false;
    std::optional<WindowTable> windows_;
    std::optional<SampleStage> samples_;
    std::optional<StateStage> states_;
    std::optional<IntegralStage> integrals_;
    std::optional<CounterStage> counters_;
    std::optional<HeldStage> held_;
    std::optional<TrendStage> trends_;
    std::optional<PairStage> pairs_;
    CoverageWatch coverage_;
    std::vector<SeriesGroup> groups_;
    std::vector<std::vector<std::optional<std::int64_t>>> first_samples_ns_;  // [group][member]
    std::vector<RowBatch> batches_;                                           // [group]
    std::vector<MemoryHold> holds_;                                           // [group]
    std::size_t next_batch_ = 0;
    std::atomic<std::size_t> row_count_{0};
    std::atomic<bool> has_excluded_rows_{false};  // Samples that do not count: DURING and EXCEPT.
    std::atomic<bool> has_counted_rows_{false};
};

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "query/operators/operator.h"
#include "query/operators/series_states.h"
#include "query/operators/state_stage.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// Yields one row per true run: ListEpisodes. Everything is computed on the first call, series in
/// parallel.
class EpisodesOperator final : public Operator {
public:
    /// Both must outlive the operator.
    EpisodesOperator(const ListEpisodes& plan, ExecutionContext& context)
        : plan_(plan), context_(context) {}

    Result<RowBatch*> next() override;

private:
    Status compute_all();
    Status list_series(const GroupMember& member, RowTable& rows);
    Result<TimeRange> window_of(const GroupMember& member) const;
    /// The samples of the predicate's first numeric field from `begin_ns` on.
    Status read_samples(const GroupMember& member, std::int64_t begin_ns,
                        std::vector<std::int64_t>& times, std::vector<double>& values) const;

    const ListEpisodes& plan_;
    ExecutionContext& context_;
    bool has_computed_ = false;
    TimeRange range_;  // Up to as_of.
    std::optional<SeriesStates> states_;
    std::optional<SourceScans> first_sample_scans_;
    CoverageWatch coverage_;
    std::vector<RowBatch> batches_;
    std::size_t next_batch_ = 0;
};

}  // namespace tidemark::query

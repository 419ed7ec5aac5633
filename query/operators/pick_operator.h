#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

#include "query/operators/beside_stage.h"
#include "query/operators/operator.h"
#include "query/operators/series_groups.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// Yields the samples that are picked of each bucket and group: PickSamples. Everything is read on
/// the first call, groups in parallel.
class PickOperator final : public Operator {
public:
    /// Both must outlive the operator.
    PickOperator(const PickSamples& plan, ExecutionContext& context)
        : plan_(plan), context_(context) {}

    Result<RowBatch*> next() override;

private:
    class BucketPicks;

    Status read_all();
    Status read_group(const SeriesGroup& group, MemoryHold& hold, RowBatch& batch);
    Status read_member(const GroupMember& member, std::size_t rank, MemoryHold& hold,
                       BucketPicks& picks);
    Status add_row(const ScanPiece& piece, std::size_t row, const GroupMember& member,
                   std::size_t rank, BucketPicks& picks);

    const PickSamples& plan_;
    ExecutionContext& context_;
    bool has_read_ = false;
    ScanRequest request_;
    std::size_t value_column_ = 0;
    std::optional<BesideReader> beside_;
    std::optional<SourceScans> scans_;
    std::vector<RowBatch> batches_;
    std::vector<MemoryHold> holds_;  // Of each batch.
    std::size_t next_batch_ = 0;
    std::atomic<std::size_t> row_count_{0};
};

}  // namespace tidemark::query

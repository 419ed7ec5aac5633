#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "query/operators/held_reader.h"
#include "query/operators/operator.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// Yields the rows of changes() and state_durations(): ListValues. Everything is computed on the
/// first call, series in parallel.
class HeldTableOperator final : public Operator {
public:
    /// Both must outlive the operator.
    HeldTableOperator(const ListValues& plan, ExecutionContext& context)
        : plan_(plan), context_(context) {}

    Result<RowBatch*> next() override;

private:
    Status compute_all();
    Status list_series(const HeldReader& reader, const GroupMember& member, RowTable& rows);
    Status list_durations(const HeldField& field, const TimeRange& window, const TagSet& tags,
                          RowTable& rows) const;
    void add_tags(const TagSet& tags, std::vector<Cell>& row) const;

    const ListValues& plan_;
    ExecutionContext& context_;
    bool has_computed_ = false;
    CoverageWatch coverage_;
    std::atomic<std::size_t> row_count_{0};
    std::vector<RowBatch> batches_;
    std::size_t next_batch_ = 0;
};

}  // namespace tidemark::query

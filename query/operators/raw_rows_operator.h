#pragma once

#include <cstddef>
#include <vector>

#include "query/operators/operator.h"
#include "query/operators/series_groups.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// Yields rows as they were written: SelectRows. All series are read on the first call, in
/// parallel; rows of one group are merged by time, at equal times in series-key order.
class RawRowsOperator final : public Operator {
public:
    /// Both must outlive the operator.
    RawRowsOperator(const SelectRows& plan, ExecutionContext& context)
        : plan_(plan), context_(context) {}

    Result<RowBatch*> next() override;

private:
    Status read_all();
    Status read_series(const GroupMember& member, std::vector<std::vector<Cell>>& rows) const;

    const SelectRows& plan_;
    ExecutionContext& context_;
    bool has_read_ = false;
    ScanRequest request_;
    std::optional<SourceScans> scans_;
    std::vector<RowBatch> batches_;
    std::size_t next_batch_ = 0;
};

}  // namespace tidemark::query

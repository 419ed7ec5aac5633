#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "query/operators/operator.h"
#include "query/operators/row_merge.h"
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
    /// The rows of a group that have been read; trimmed to those that are wanted.
    struct GroupRows {
        explicit GroupRows(QueryGuard& guard) : hold(guard) {}

        std::mutex mutex;
        RowMerge rows;    // Guarded by mutex.
        MemoryHold hold;  // Guarded by mutex.
    };

    Status read_all();
    /// `hold` covers the rows while they are read. `is_alone`: nothing is merged with them.
    Status read_series(const GroupMember& member, bool is_alone, MemoryHold& hold,
                       SeriesRows& read);
    /// Keeps the last rows only, as many as are wanted.
    void drop_earlier_rows(SeriesRows& read) const;
    /// Keeps account of the rows held by all groups. LimitExceeded when there are too many.
    Status count_rows(std::size_t before, std::size_t after);
    Status add_rows(std::size_t member, SeriesRows read, GroupRows& group);
    /// Drops the rows that are not wanted.
    Status trim(RowMerge& rows) const;

    const SelectRows& plan_;
    ExecutionContext& context_;
    bool has_read_ = false;
    ScanRequest request_;
    std::optional<SourceScans> scans_;
    std::atomic<std::size_t> row_count_{0};  // Held by all groups.
    std::vector<RowBatch> batches_;
    std::deque<GroupRows> groups_;  // Its holds are for the rows that are in the batches now.
    std::size_t next_batch_ = 0;
};

}  // namespace tidemark::query

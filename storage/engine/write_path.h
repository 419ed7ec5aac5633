#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <tidemark/clock.h>
#include <tidemark/result.h>
#include <tidemark/store.h>
#include <tidemark/write_batch.h>

#include "storage/base/mutex.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/committer.h"
#include "storage/engine/head.h"
#include "storage/engine/row_batch_writer.h"
#include "storage/engine/time_check.h"
#include "storage/engine/write_schema.h"

namespace tidemark::storage {

/// From a batch of points to rows in the head and a frame for the committer, one write at a time.
/// Each write that took a point has a sequence of its own.
///
/// Thread-safe: writers take turns.
class WritePath {
public:
    struct Options {
        const Clock& clock;
        std::int64_t future_limit_ns;
    };

    /// The references must outlive this. Writes go into `head`; the first has the sequence behind
    /// `last_sequence`.
    WritePath(const Options& options, Catalogue& catalogue, Committer& committer,
              std::shared_ptr<Head> head, Sequence last_sequence);

    /// As Store::write(); NotFound when `policy` is gone. The points are in the head when this
    /// returns, not visible and not durable.
    Result<WriteResult> write(PolicyId policy, const WriteBatch& batch) TIDEMARK_EXCLUDES(mutex_);

    /// Later writes go into `head`. What was written before is in the head before and in files of
    /// the log of its own. The last sequence written before.
    Sequence change_head(std::shared_ptr<Head> head) TIDEMARK_EXCLUDES(mutex_);

    /// Runs `change` between two writes, then forgets what is remembered of policies that are
    /// gone.
    Status change_databases(const std::function<Status()>& change) TIDEMARK_EXCLUDES(mutex_);
    /// The same for a change that drops series, after which nothing is remembered.
    Status drop_series(const std::function<Status()>& change) TIDEMARK_EXCLUDES(mutex_);

    Sequence last_sequence() const TIDEMARK_EXCLUDES(mutex_);

    /// Later writes fail.
    void close() TIDEMARK_EXCLUDES(mutex_);

private:
    Result<WriteSchema*> schema_of(PolicyId policy) TIDEMARK_REQUIRES(mutex_);
    TimeLimits time_limits(PolicyId policy) const;
    WriteResult take_points(WriteSchema& schema, const WriteBatch& batch) TIDEMARK_REQUIRES(mutex_);
    Status take_point(WriteSchema& schema, const WriteBatch& batch, std::size_t point_index,
                      const TimeLimits& limits, Head::Appender& head) TIDEMARK_REQUIRES(mutex_);

    const Options options_;
    Catalogue& catalogue_;
    Committer& committer_;

    mutable Mutex mutex_;
    std::shared_ptr<Head> head_ TIDEMARK_GUARDED_BY(mutex_);
    Sequence last_sequence_ TIDEMARK_GUARDED_BY(mutex_);
    std::map<PolicyId, std::unique_ptr<WriteSchema>> schemas_ TIDEMARK_GUARDED_BY(mutex_);
    RowBatchWriter frame_ TIDEMARK_GUARDED_BY(mutex_);
    bool is_closed_ TIDEMARK_GUARDED_BY(mutex_) = false;
};

}  // namespace tidemark::storage

#include "storage/engine/write_path.h"

#include <new>
#include <utility>

#include "storage/engine/retention_policy.h"
#include "storage/wal/wal_format.h"

namespace tidemark::storage {

WritePath::WritePath(const Options& options, Catalogue& catalogue, Committer& committer,
                     std::shared_ptr<Head> head, Sequence last_sequence)
    : options_(options),
      catalogue_(catalogue),
      committer_(committer),
      head_(std::move(head)),
      last_sequence_(last_sequence) {}

Result<WriteResult> WritePath::write(PolicyId policy, const WriteBatch& batch) {
    // A row takes less in a frame than in a batch, except for its numbers: twice as much at most.
    if (batch.size_bytes() > wal_format::kMaxPayloadSizeBytes / 2) {
        return Error(ErrorCode::LimitExceeded,
                     "a batch of " + std::to_string(batch.size_bytes()) + " bytes, the limit is " +
                         std::to_string(wal_format::kMaxPayloadSizeBytes / 2) +
                         ": send smaller batches");
    }
    TIDEMARK_RETURN_IF_ERROR(committer_.wait_for_room());
    MutexLock lock(mutex_);
    if (is_closed_) return Error(ErrorCode::InvalidArgument, "the store is closed");
    TIDEMARK_ASSIGN_OR_RETURN(WriteSchema * schema, schema_of(policy));
    try {
        return take_points(*schema, batch);
    } catch (const std::bad_alloc&) {
        // Rows may be in the head that are in no frame; nothing may follow them.
        const Error error(ErrorCode::LimitExceeded,
                          "out of memory in the middle of a write; close the store and open it "
                          "again");
        committer_.fail(error);
        return error;
    }
}

Result<WriteSchema*> WritePath::schema_of(PolicyId policy) {
    if (!catalogue_.is_live(policy)) {
        return Error(ErrorCode::NotFound, "the database or retention policy was dropped meanwhile");
    }
    auto& schema = schemas_[policy];
    if (schema == nullptr) schema = std::make_unique<WriteSchema>(catalogue_, policy);
    return schema.get();
}

TimeLimits WritePath::time_limits(PolicyId policy) const {
    const RetentionPolicy properties = catalogue_.policy(policy);
    const std::int64_t now_ns = options_.clock.now_ns();
    const bool has_future_limit = properties.future_limit_ns != 0;
    return {now_ns, has_future_limit ? properties.future_limit_ns : options_.future_limit_ns,
            properties.past_limit_ns, retention_edge_ns(properties, now_ns), properties.name};
}

WriteResult WritePath::take_points(WriteSchema& schema, const WriteBatch& batch) {
    WriteResult result;
    const TimeLimits limits = time_limits(schema.policy());
    schema.set_accepts_nan(catalogue_.accepts_nan(schema.policy()));
    frame_.clear();
    {
        Head::Appender head(*head_, last_sequence_ + 1);
        for (std::size_t index = 0; index < batch.point_count(); ++index) {
            Status status = take_point(schema, batch, index, limits, head);
            if (!status) result.reject(index, status.error().message());
        }
    }
    result.accepted_count = batch.point_count() - result.rejected_count;
    if (result.accepted_count == 0) return result;
    result.sequence = ++last_sequence_;
    committer_.enqueue(result.sequence, frame_.take(committer_.spare_buffer()));
    return result;
}

Status WritePath::take_point(WriteSchema& schema, const WriteBatch& batch, std::size_t point_index,
                             const TimeLimits& limits, Head::Appender& head) {
    const std::int64_t time_ns = batch.point(point_index).time_ns.value_or(limits.now_ns);
    if (auto defect = time_defect(time_ns, limits)) {
        return Error(ErrorCode::InvalidArgument, *std::move(defect));
    }
    TIDEMARK_ASSIGN_OR_RETURN(const ResolvedPoint point, schema.resolve(batch, point_index));
    frame_.add_row(point.measurement, point.series, time_ns, point.fields);
    head.append(point.series, time_ns, point.fields);
    return success();
}

Sequence WritePath::change_head(std::shared_ptr<Head> head) {
    MutexLock lock(mutex_);
    head_.swap(head);
    committer_.begin_new_file();
    return last_sequence_;
}

Status WritePath::change_databases(const std::function<Status()>& change) {
    MutexLock lock(mutex_);
    if (is_closed_) return Error(ErrorCode::InvalidArgument, "the store is closed");
    Status status = change();
    std::erase_if(schemas_, [this](const auto& entry) { return !catalogue_.is_live(entry.first); });
    return status;
}

Status WritePath::drop_series(const std::function<Status()>& change) {
    MutexLock lock(mutex_);
    if (is_closed_) return Error(ErrorCode::InvalidArgument, "the store is closed");
    Status status = change();
    schemas_.clear();
    return status;
}

Sequence WritePath::last_sequence() const {
    MutexLock lock(mutex_);
    return last_sequence_;
}

void WritePath::close() {
    MutexLock lock(mutex_);
    is_closed_ = true;
}

}  // namespace tidemark::storage

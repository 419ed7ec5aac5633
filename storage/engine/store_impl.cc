#include "storage/engine/store_impl.h"

#include <algorithm>
#include <new>
#include <utility>

#include "storage/engine/flush.h"
#include "storage/engine/retention_policy.h"
#include "storage/engine/series_scan.h"
#include "storage/segment/segment_format.h"

namespace tidemark {

Result<std::unique_ptr<Store>> Store::open(const std::string& directory,
                                           const StoreOptions& options) {
    return storage::open_store(storage::posix_file_system(), directory, options);
}

Status Store::restore(const std::string& backup, const std::string& directory) {
    return storage::restore_store(storage::posix_file_system(), backup, directory);
}

}  // namespace tidemark

namespace tidemark::storage {
namespace {

Status check_options(const StoreOptions& options) {
    if (options.rows_per_vector == 0) {
        return Error(ErrorCode::InvalidArgument, "rows_per_vector must not be 0");
    }
    if (options.rows_per_vector > segment_format::kMaxRowsPerGroup) {
        return Error(ErrorCode::InvalidArgument,
                     "rows_per_vector is " + std::to_string(options.rows_per_vector) +
                         ", the limit is " + std::to_string(segment_format::kMaxRowsPerGroup));
    }
    if (options.partition_width_ns <= 0) {
        return Error(ErrorCode::InvalidArgument, "partition_width_ns must be greater than 0");
    }
    if (options.future_limit_ns < 0) {
        return Error(ErrorCode::InvalidArgument, "future_limit_ns must not be negative");
    }
    return success();
}

StoreOptions with_clock(StoreOptions options) {
    if (options.clock == nullptr) options.clock = &system_clock();
    return options;
}

std::chrono::nanoseconds flusher_period(const StoreOptions& options) {
    constexpr std::chrono::nanoseconds kLongest = std::chrono::seconds(1);
    if (options.idle_flush_ns <= 0) return kLongest;
    return std::clamp(std::chrono::nanoseconds(options.idle_flush_ns / 4),
                      std::chrono::nanoseconds(std::chrono::milliseconds(1)), kLongest);
}

}  // namespace

// ---- Opening and closing ------------------------------------------------------------------

Result<std::unique_ptr<Store>> open_store(FileSystem& file_system, const std::string& path,
                                          const StoreOptions& options) {
    TIDEMARK_RETURN_IF_ERROR(check_options(options));
    try {
        const StorePaths paths(path);
        auto recovered = recover_store(file_system, paths, options);
        if (!recovered) return std::move(recovered).error().within("open " + path);
        auto store =
            std::make_unique<StoreImpl>(file_system, paths, options, std::move(recovered).value());
        store->start();
        return std::unique_ptr<Store>(std::move(store));
    } catch (const std::bad_alloc&) {
        return Error(ErrorCode::LimitExceeded, "open " + path + ": out of memory");
    }
}

StoreImpl::StoreImpl(FileSystem& file_system, StorePaths paths, const StoreOptions& options,
                     RecoveredStore recovered)
    : file_system_(file_system),
      paths_(std::move(paths)),
      options_(with_clock(options)),
      messages_(std::move(recovered.messages)),
      missing_row_messages_(std::move(recovered.missing_row_messages)),
      must_flush_(recovered.must_flush),
      catalogue_(std::move(recovered.catalogue)),
      documents_(std::move(recovered.documents)),
      wal_files_(std::move(recovered.wal_files)),
      visibility_(std::move(recovered.visibility)),
      lock_(std::move(recovered.lock)),
      manifest_(std::move(recovered.manifest)),
      next_segment_id_(recovered.next_segment_id),
      next_tombstone_id_(recovered.next_tombstone_id),
      flushed_sequence_(recovered.flushed_sequence) {
    contents_ = std::make_shared<StoreContents>(
        StoreContents{std::move(recovered.segments), {recovered.head}, recovered.tombstones});
    if (options_.read_only) return;
    committer_ =
        std::make_unique<Committer>(file_system_, *wal_files_, *catalogue_, visibility_,
                                    recovered.position, [this] { subscriptions_.notify(); });
    write_path_ = std::make_unique<WritePath>(
        WritePath::Options{*options_.clock, options_.future_limit_ns}, *catalogue_, *committer_,
        recovered.head, recovered.position.durable_sequence);
    compactor_ = std::make_unique<Compactor>(
        file_system_,
        Compactor::Options{paths_.segment_directory, options_.rows_per_vector,
                           options_.partition_width_ns, options_.compaction_bytes_per_second,
                           options_.clock},
        *catalogue_, static_cast<SegmentHolder&>(*this));
}

StoreImpl::~StoreImpl() { static_cast<void>(close()); }

void StoreImpl::start() {
    if (options_.read_only) return;
    last_write_ns_ = steady_now_ns();
    // Should this fail, it is tried again, and nothing is written until it succeeded.
    if (must_flush_) static_cast<void>(flush());
    flusher_ = std::make_unique<Worker>("flush", flusher_period(options_),
                                        [this] { flush_in_background(); });
    if (options_.compaction_bytes_per_second == 0) return;
    compaction_worker_ = std::make_unique<Worker>("compact", std::chrono::seconds(1),
                                                  [this] { compactor_->run_when_due(); });
}

Status StoreImpl::close() {
    if (compactor_ != nullptr) compactor_->stop();
    if (compaction_worker_ != nullptr) compaction_worker_->stop();
    if (flusher_ != nullptr) flusher_->stop();
    MutexLock lock(flush_mutex_);
    if (is_closed_.exchange(true)) return close_status_;
    {
        MutexLock throttle_lock(throttle_mutex_);
        flush_ended_.notify_all();
    }
    if (write_path_ != nullptr) write_path_->close();
    documents_->close();
    if (committer_ != nullptr) close_status_ = committer_->stop();
    subscriptions_.stop();
    lock_.reset();
    return close_status_;
}

Status StoreImpl::check_writable() const {
    if (is_closed_) return Error(ErrorCode::InvalidArgument, "the store is closed");
    if (options_.read_only) {
        return Error(ErrorCode::InvalidArgument, "the store was opened read-only");
    }
    return success();
}

// ---- Databases ----------------------------------------------------------------------------

Status StoreImpl::create_database(std::string_view name) {
    return change_catalogue([this, name]() -> Status {
        TIDEMARK_RETURN_IF_ERROR(catalogue_->create_database(name));
        return success();
    });
}

Status StoreImpl::drop_database(std::string_view name) {
    return drop_from_catalogue([this, name] { return catalogue_->drop_database(name); });
}

Status StoreImpl::change_catalogue(const std::function<Status()>& change) {
    TIDEMARK_RETURN_IF_ERROR(check_writable());
    return write_path_->change_databases(change);
}

Status StoreImpl::drop_from_catalogue(const std::function<Status()>& change) {
    MutexLock lock(flush_mutex_);
    TIDEMARK_RETURN_IF_ERROR(change_catalogue(change));
    return remove_dead_segments();
}

std::vector<RetentionPolicy> StoreImpl::retention_policies(std::string_view database) const {
    return catalogue_->policies(database);
}

Status StoreImpl::create_retention_policy(std::string_view database,
                                          const RetentionPolicy& policy) {
    return change_catalogue([&] { return catalogue_->create_policy(database, policy); });
}

Status StoreImpl::alter_retention_policy(std::string_view database, std::string_view policy,
                                         const RetentionPolicyChange& change) {
    return change_catalogue([&] { return catalogue_->alter_policy(database, policy, change); });
}

Status StoreImpl::drop_retention_policy(std::string_view database, std::string_view policy) {
    return drop_from_catalogue([&] { return catalogue_->drop_policy(database, policy); });
}

Status StoreImpl::set_stale(std::string_view database, std::string_view measurement,
                            std::int64_t hold_ns) {
    return change_catalogue([&] { return catalogue_->set_stale(database, measurement, hold_ns); });
}

std::optional<std::int64_t> StoreImpl::stale_ns(std::string_view database,
                                                std::string_view measurement) const {
    return catalogue_->stale_ns(database, measurement);
}

Status StoreImpl::set_nan_accepted(std::string_view database, bool is_accepted) {
    return change_catalogue([&] { return catalogue_->set_nan_accepted(database, is_accepted); });
}

bool StoreImpl::accepts_nan(std::string_view database) const {
    return catalogue_->accepts_nan(database);
}

// ---- Documents ----------------------------------------------------------------------------

std::optional<DocumentKey> StoreImpl::key_of(const DocumentName& name) const {
    const auto database = catalogue_->find_database(name.database);
    if (!database) return std::nullopt;
    return DocumentKey{*database, name.kind, name.name};
}

Result<std::uint64_t> StoreImpl::record_document(const DocumentName& name, Document document,
                                                 const DocumentChange& change) {
    TIDEMARK_RETURN_IF_ERROR(check_writable());
    const auto database = catalogue_->find_database(name.database);
    if (!database) return Error(ErrorCode::NotFound, "database not found: " + name.database);
    document.kind = name.kind;
    document.name = name.name;
    document.author = change.author;
    document.reason = change.reason;
    document.time_ns = change.time_ns;
    document.sequence = write_path_->last_sequence();
    TIDEMARK_RETURN_IF_ERROR(committer_->wait_durable(document.sequence));
    // The database may be one whose making failed: it is known here, and not on disk.
    TIDEMARK_RETURN_IF_ERROR(catalogue_->make_durable());
    return documents_->record(*database, std::move(document), change.expected_version);
}

Result<std::uint64_t> StoreImpl::put_document(const DocumentName& name, std::string_view bytes,
                                              const DocumentChange& change) {
    Document document;
    document.bytes = bytes;
    return record_document(name, std::move(document), change);
}

Result<std::uint64_t> StoreImpl::remove_document(const DocumentName& name,
                                                 const DocumentChange& change) {
    Document document;
    document.is_removed = true;
    return record_document(name, std::move(document), change);
}

std::optional<Document> StoreImpl::document(const DocumentName& name) const {
    const auto key = key_of(name);
    return key ? documents_->newest(*key) : std::nullopt;
}

std::vector<Document> StoreImpl::documents(std::string_view database, std::string_view kind) const {
    const auto id = catalogue_->find_database(database);
    return id ? documents_->newest_of(*id, kind) : std::vector<Document>();
}

std::vector<Document> StoreImpl::document_history(const DocumentName& name) const {
    const auto key = key_of(name);
    return key ? documents_->history(*key) : std::vector<Document>();
}

// Segments of policies that were dropped. Mapped files stay readable for older snapshots.
Status StoreImpl::remove_dead_segments() {
    StoreContents kept = *contents();
    std::vector<ManifestSegment> dead;
    std::vector<std::uint64_t> dead_ids;
    std::erase_if(kept.segments, [&](const auto& segment) {
        if (catalogue_->is_live(segment->entry.database)) return false;
        dead.push_back(segment->entry);
        dead_ids.push_back(segment->entry.info.segment_id);
        return true;
    });
    if (dead.empty()) return success();
    TIDEMARK_RETURN_IF_ERROR(manifest_->record_removal(dead_ids));
    publish(std::move(kept));
    remove_segments(file_system_, paths_.segment_directory, dead);
    return file_system_.sync_directory(paths_.segment_directory);
}

std::vector<std::string> StoreImpl::databases() const { return catalogue_->databases(); }

bool StoreImpl::has_database(std::string_view name) const {
    return catalogue_->find_database(name).has_value();
}

bool StoreImpl::has_retention_policy(std::string_view database, std::string_view policy) const {
    return !policy.empty() && catalogue_->find_policy(database, policy).has_value();
}

// ---- Writing ------------------------------------------------------------------------------

std::int64_t StoreImpl::steady_now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

Result<WriteResult> StoreImpl::write(std::string_view database, std::string_view policy,
                                     const WriteBatch& batch) {
    TIDEMARK_RETURN_IF_ERROR(check_writable());
    if (policy == kReservedRetentionPolicy) {
        return Error(ErrorCode::InvalidArgument,
                     "retention policy " + std::string(policy) + " is reserved");
    }
    TIDEMARK_ASSIGN_OR_RETURN(const PolicyId id, catalogue_->find_policy(database, policy));
    TIDEMARK_RETURN_IF_ERROR(wait_for_flush());
    auto result = write_path_->write(id, batch);
    last_write_ns_.store(steady_now_ns(), std::memory_order_relaxed);
    if (is_full(*contents()->heads.back())) flusher_->notify();
    return result;
}

bool StoreImpl::is_full(const Head& head) const {
    return head.row_count() >= options_.head_row_limit ||
           head.size_bytes() >= options_.head_size_limit_bytes;
}

// Keeps memory bounded: while a flush is busy, the fresh head may fill up once, no more.
Status StoreImpl::wait_for_flush() {
    MutexLock lock(throttle_mutex_);
    if (must_flush_ && !last_flush_) {
        return Error(last_flush_.error()).within("what was recovered is not in segments yet");
    }
    while (!is_closed_) {
        const ContentsPointer now = contents();
        if (now->heads.size() == 1 || !is_full(*now->heads.back())) return success();
        if (!last_flush_) return last_flush_;
        flush_ended_.wait(throttle_mutex_);
    }
    return check_writable();
}

Status StoreImpl::wait_durable(Sequence sequence) {
    if (committer_ != nullptr) return committer_->wait_durable(sequence);
    return sequence <= visibility_->sequence() ? success() : check_writable();
}

std::unique_ptr<CommitSubscription> StoreImpl::subscribe(
    std::function<void(Sequence durable)> on_commit) {
    return subscriptions_.add(std::move(on_commit));
}

// ---- Flushing -----------------------------------------------------------------------------

Status StoreImpl::flush() {
    MutexLock lock(flush_mutex_);
    TIDEMARK_RETURN_IF_ERROR(check_writable());
    return flush_locked();
}

Status StoreImpl::flush_locked() {
    Status status = flush_heads();
    if (status) must_flush_ = false;
    note_flush_result(status);
    return status;
}

Status StoreImpl::flush_heads() {
    while (!frozen_.empty()) TIDEMARK_RETURN_IF_ERROR(flush_oldest_head());
    if (!has_unflushed()) return success();
    freeze_head();
    return flush_oldest_head();
}

bool StoreImpl::has_unflushed() const {
    return !frozen_.empty() || write_path_->last_sequence() > flushed_sequence_;
}

void StoreImpl::freeze_head() {
    auto fresh = std::make_shared<Head>(options_.rows_per_vector, visibility_);
    // Published first: a write that is already in the fresh head must be found there.
    StoreContents both = *contents();
    const std::shared_ptr<const Head> old = both.heads.back();
    both.heads.push_back(fresh);
    publish(std::move(both));
    frozen_.push_back({old, write_path_->change_head(std::move(fresh))});
}

Status StoreImpl::flush_oldest_head() {
    TIDEMARK_RETURN_IF_ERROR(final_flush_status_);
    const FrozenHead frozen = frozen_.front();
    TIDEMARK_RETURN_IF_ERROR(committer_->wait_durable(frozen.last_sequence));
    const FlushOptions options{paths_.segment_directory, options_.rows_per_vector,
                               options_.partition_width_ns};
    TIDEMARK_ASSIGN_OR_RETURN(auto entries, write_segments(file_system_, options, *frozen.head,
                                                           *catalogue_, next_segment_id_));
    // Nothing that was deleted was in a head.
    for (ManifestSegment& entry : entries) entry.last_tombstone_id = next_tombstone_id_ - 1;
    TIDEMARK_RETURN_IF_ERROR(bring_in(entries, frozen));
    frozen_.pop_front();
    flushed_sequence_ = frozen.last_sequence;
    committer_->wait_for_new_file();
    // A file of the log that cannot be removed is only in the way; the next flush tries again.
    static_cast<void>(wal_files_->remove_up_to(flushed_sequence_));
    return success();
}

// Exchanges the head for the segments made of it, on disk and then in memory.
Status StoreImpl::bring_in(const std::vector<ManifestSegment>& entries, const FrozenHead& frozen) {
    auto opened = open_segments(entries);
    if (!opened) {
        remove_segments(file_system_, paths_.segment_directory, entries);
        return std::move(opened).error();
    }
    TIDEMARK_RETURN_IF_ERROR(note_recorded(
        manifest_->record_flush(frozen.last_sequence, next_segment_id_, entries), entries));
    StoreContents exchanged = *contents();
    exchanged.segments.insert(exchanged.segments.end(), opened.value().begin(),
                              opened.value().end());
    std::erase(exchanged.heads, frozen.head);
    publish(std::move(exchanged));
    return success();
}

// When the disk is full, nothing was recorded, and `added` never was. After any other error it is
// unknown whether the record is on disk: segments and log both stay as they are, for good.
Status StoreImpl::note_recorded(Status recorded, const std::vector<ManifestSegment>& added) {
    if (recorded) return recorded;
    if (recorded.error().code() == ErrorCode::StorageFull) {
        remove_segments(file_system_, paths_.segment_directory, added);
    } else {
        final_flush_status_ = recorded;
        committer_->fail(recorded.error());
    }
    return recorded;
}

Result<std::vector<std::shared_ptr<const LiveSegment>>> StoreImpl::open_segments(
    const std::vector<ManifestSegment>& entries) const {
    std::vector<std::shared_ptr<const LiveSegment>> segments;
    for (const ManifestSegment& entry : entries) {
        TIDEMARK_ASSIGN_OR_RETURN(auto segment,
                                  open_live_segment(file_system_, paths_.segment_directory, entry));
        if (!segment->defect.empty()) return Error(ErrorCode::Corruption, segment->defect);
        segments.push_back(std::move(segment));
    }
    return segments;
}

void StoreImpl::note_flush_result(const Status& status) {
    MutexLock lock(throttle_mutex_);
    last_flush_ = status;
    flush_ended_.notify_all();
}

void StoreImpl::flush_in_background() {
    if (is_flush_due()) static_cast<void>(flush());
}

bool StoreImpl::is_flush_due() {
    MutexLock lock(flush_mutex_);
    if (is_closed_ || !has_unflushed()) return false;
    if (!frozen_.empty() || must_flush_) return true;  // The last attempt failed.
    if (is_full(*contents()->heads.back())) return true;
    const std::int64_t idle_ns = steady_now_ns() - last_write_ns_.load(std::memory_order_relaxed);
    return options_.idle_flush_ns > 0 && idle_ns >= options_.idle_flush_ns;
}

// ---- Reading ------------------------------------------------------------------------------

StoreImpl::ContentsPointer StoreImpl::contents() const {
    MutexLock lock(contents_mutex_);
    return contents_;
}

void StoreImpl::publish(StoreContents contents) {
    ContentsPointer published = std::make_shared<const StoreContents>(std::move(contents));
    MutexLock lock(contents_mutex_);
    contents_.swap(published);
}

std::shared_ptr<const StoreSnapshot> StoreImpl::take_snapshot() const {
    // Under one lock: the rows of a head are in segments only when every view sees them all.
    MutexLock lock(contents_mutex_);
    return std::make_shared<const StoreSnapshot>(contents_, visibility_->take_view(),
                                                 options_.clock->now_ns());
}

std::shared_ptr<const Snapshot> StoreImpl::snapshot() const { return take_snapshot(); }

Result<std::unique_ptr<Scan>> StoreImpl::scan(const ScanRequest& request,
                                              std::shared_ptr<const Snapshot> snapshot) const {
    TIDEMARK_ASSIGN_OR_RETURN(const PolicyId policy,
                              catalogue_->find_policy(request.database, request.retention_policy));
    auto ours = snapshot == nullptr
                    ? take_snapshot()
                    : std::dynamic_pointer_cast<const StoreSnapshot>(std::move(snapshot));
    if (ours == nullptr) {
        return Error(ErrorCode::InvalidArgument, "the snapshot is of another kind of store");
    }
    ScanRequest shown = request;
    hide_expired(catalogue_->policy(policy), ours->now_ns(), shown);
    return SeriesScan::make(shown, policy, *catalogue_, std::move(ours), missing_row_messages_);
}

std::vector<std::string> StoreImpl::measurements(std::string_view database) const {
    return catalogue_->measurements(database);
}

std::vector<FieldKey> StoreImpl::field_keys(std::string_view database,
                                            std::string_view measurement) const {
    return catalogue_->field_keys(database, measurement);
}

std::vector<std::string> StoreImpl::tag_keys(std::string_view database,
                                             std::string_view measurement) const {
    return catalogue_->tag_keys(database, measurement);
}

std::vector<std::string> StoreImpl::tag_values(std::string_view database,
                                               std::string_view measurement,
                                               std::string_view key) const {
    return catalogue_->tag_values(database, measurement, key);
}

std::vector<SeriesTags> StoreImpl::series(std::string_view database, std::string_view measurement,
                                          const std::vector<TagMatcher>& tags) const {
    return catalogue_->series(database, measurement, tags);
}

StoreStatistics StoreImpl::statistics() const {
    StoreStatistics statistics;
    const ContentsPointer now = contents();
    statistics.series_count = catalogue_->series_count();
    for (const auto& head : now->heads) statistics.head_row_count += head->row_count();
    for (const auto& segment : now->segments) {
        ++statistics.segment_count;
        statistics.segment_size_bytes += segment->entry.info.size_bytes;
        statistics.segment_sample_count += segment->entry.info.sample_count;
    }
    statistics.wal_size_bytes =
        committer_ == nullptr ? wal_files_->size_bytes() : committer_->wal_size_bytes();
    statistics.durable_sequence = visibility_->sequence();
    statistics.written_sequence =
        write_path_ == nullptr ? statistics.durable_sequence : write_path_->last_sequence();
    if (compactor_ != nullptr) statistics.compaction = compactor_->statistics();
    return statistics;
}

}  // namespace tidemark::storage

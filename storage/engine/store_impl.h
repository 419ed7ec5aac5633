#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/store.h>

#include "storage/base/file_system.h"
#include "storage/base/mutex.h"
#include "storage/base/worker.h"
#include "storage/engine/backup.h"
#include "storage/engine/commit_subscriptions.h"
#include "storage/engine/compactor.h"
#include "storage/engine/recovery.h"
#include "storage/engine/store_snapshot.h"
#include "storage/engine/write_path.h"

namespace tidemark::storage {

/// Store::open() on any file system, which must outlive the store.
Result<std::unique_ptr<Store>> open_store(FileSystem& file_system, const std::string& path,
                                          const StoreOptions& options);

/// The store: joins catalogue, write path, committer, heads and segments.
///
/// A row's way: WritePath puts it into the newest head and a WAL frame; Committer makes the frame
/// durable, then visible. A flush puts a fresh head in place, waits until the old one's rows are
/// durable, writes them into segments, exchanges head for segments in one step, and lets the log's
/// files go. Whoever holds a snapshot keeps the old head. Compactor merges segments beside all this
/// and only for exchanging them takes part in it.
///
/// Thread-safe. Locks are taken in this order: compaction's or backup's, flush, write path,
/// contents.
class StoreImpl final : public Store, private SegmentHolder {
public:
    StoreImpl(FileSystem& file_system, StorePaths paths, const StoreOptions& options,
              RecoveredStore recovered);
    ~StoreImpl() override;

    /// Puts what the log held into segments when recovery asks for it, then starts background work.
    void start();

    Status close() override;

    Status create_database(std::string_view name) override;
    Status drop_database(std::string_view name) override;
    std::vector<std::string> databases() const override;
    bool has_database(std::string_view name) const override;
    bool has_retention_policy(std::string_view database, std::string_view policy) const override;
    std::vector<RetentionPolicy> retention_policies(std::string_view database) const override;
    Status create_retention_policy(std::string_view database,
                                   const RetentionPolicy& policy) override;
    Status alter_retention_policy(std::string_view database, std::string_view policy,
                                  const RetentionPolicyChange& change) override;
    Status drop_retention_policy(std::string_view database, std::string_view policy) override;
    Status delete_rows(std::string_view database, std::string_view policy,
                       const std::vector<SeriesSelection>& series, const TimeRange& range) override;
    Status drop_series(std::string_view database,
                       const std::vector<SeriesSelection>& series) override;
    Status drop_measurement(std::string_view database, std::string_view measurement) override;
    Status set_stale(std::string_view database, std::string_view measurement,
                     std::int64_t hold_ns) override;
    Status set_nan_accepted(std::string_view database, bool is_accepted) override;
    bool accepts_nan(std::string_view database) const override;
    std::optional<std::int64_t> stale_ns(std::string_view database,
                                         std::string_view measurement) const override;
    Result<std::uint64_t> put_document(const DocumentName& name, std::string_view bytes,
                                       const DocumentChange& change) override;
    Result<std::uint64_t> remove_document(const DocumentName& name,
                                          const DocumentChange& change) override;
    std::optional<Document> document(const DocumentName& name) const override;
    std::vector<Document> documents(std::string_view database,
                                    std::string_view kind) const override;
    std::vector<Document> document_history(const DocumentName& name) const override;

    Result<WriteResult> write(std::string_view database, std::string_view policy,
                              const WriteBatch& batch) override;
    Status wait_durable(Sequence sequence) override;
    std::unique_ptr<CommitSubscription> subscribe(
        std::function<void(Sequence durable)> on_commit) override;
    Status flush() override;
    Status compact() override;
    Status backup(const std::string& directory) override;

    std::shared_ptr<const Snapshot> snapshot() const override;
    Result<std::unique_ptr<Scan>> scan(const ScanRequest& request,
                                       std::shared_ptr<const Snapshot> snapshot) const override;

    std::vector<std::string> measurements(std::string_view database) const override;
    std::vector<FieldKey> field_keys(std::string_view database,
                                     std::string_view measurement) const override;
    std::vector<std::string> tag_keys(std::string_view database,
                                      std::string_view measurement) const override;
    std::vector<std::string> tag_values(std::string_view database, std::string_view measurement,
                                        std::string_view key) const override;
    std::vector<SeriesTags> series(std::string_view database, std::string_view measurement,
                                   const std::vector<TagMatcher>& tags) const override;

    StoreStatistics statistics() const override;
    std::vector<std::string> recovery_messages() const override { return messages_; }
    const Clock& clock() const override { return *options_.clock; }

private:
    using ContentsPointer = std::shared_ptr<const StoreContents>;

    /// A head that nobody writes to any more, and the last sequence written before it was changed.
    struct FrozenHead {
        std::shared_ptr<const Head> head;
        Sequence last_sequence;
    };

    static std::int64_t steady_now_ns();

    Status check_writable() const;
    /// Runs `change` of the catalogue between two writes.
    Status change_catalogue(const std::function<Status()>& change);
    /// The same, and lets go of the segments that it made nobody's.
    Status drop_from_catalogue(const std::function<Status()>& change);
    Result<std::uint64_t> record_document(const DocumentName& name, Document document,
                                          const DocumentChange& change);
    std::optional<DocumentKey> key_of(const DocumentName& name) const;
    std::shared_ptr<const StoreSnapshot> take_snapshot() const;
    ContentsPointer contents() const override TIDEMARK_EXCLUDES(contents_mutex_);
    void publish(StoreContents contents) TIDEMARK_EXCLUDES(contents_mutex_);

    bool is_full(const Head& head) const;
    Status wait_for_flush() TIDEMARK_EXCLUDES(throttle_mutex_);
    Status flush_locked() TIDEMARK_REQUIRES(flush_mutex_);
    Status flush_heads() TIDEMARK_REQUIRES(flush_mutex_);
    void freeze_head() TIDEMARK_REQUIRES(flush_mutex_);
    Status flush_oldest_head() TIDEMARK_REQUIRES(flush_mutex_);
    Status bring_in(const std::vector<ManifestSegment>& entries, const FrozenHead& frozen)
        TIDEMARK_REQUIRES(flush_mutex_);
    Result<std::vector<std::shared_ptr<const LiveSegment>>> open_segments(
        const std::vector<ManifestSegment>& entries) const;
    Result<std::uint64_t> take_segment_id() override TIDEMARK_EXCLUDES(flush_mutex_);
    Status exchange(const std::vector<std::uint64_t>& removed,
                    const std::vector<ManifestSegment>& added) override
        TIDEMARK_EXCLUDES(flush_mutex_);
    Status exchange_locked(const std::vector<std::uint64_t>& removed,
                           const std::vector<ManifestSegment>& added)
        TIDEMARK_REQUIRES(flush_mutex_);
    bool is_idle() const override;
    Status clear_tombstones(const std::vector<std::uint64_t>& ids) override
        TIDEMARK_EXCLUDES(flush_mutex_);
    /// One policy, or all of a database.
    Result<std::vector<PolicyId>> policies_meant(std::string_view database,
                                                 std::string_view policy) const;
    std::vector<Tombstone> tombstones_for(const std::vector<PolicyId>& policies,
                                          const std::vector<SeriesSelection>& series,
                                          const TimeRange& range) TIDEMARK_REQUIRES(flush_mutex_);
    bool may_have_stored_rows(PolicyId policy, SeriesId series) const;
    bool has_unflushed_rows(SeriesId series) const;
    Status drop_emptied(const std::vector<Tombstone>& tombstones) TIDEMARK_REQUIRES(flush_mutex_);
    Status bury(const std::vector<Tombstone>& tombstones) TIDEMARK_REQUIRES(flush_mutex_);
    Status drop_selected(const std::vector<PolicyId>& policies,
                         const std::vector<SeriesSelection>& series,
                         const std::function<Status()>& change) TIDEMARK_REQUIRES(flush_mutex_);
    Status note_recorded(Status recorded, const std::vector<ManifestSegment>& added)
        TIDEMARK_REQUIRES(flush_mutex_);
    Result<StoreCopy> take_copy() TIDEMARK_REQUIRES(flush_mutex_);
    bool has_unflushed() const TIDEMARK_REQUIRES(flush_mutex_);
    bool is_flush_due();
    Status remove_dead_segments() TIDEMARK_REQUIRES(flush_mutex_);
    void note_flush_result(const Status& status) TIDEMARK_EXCLUDES(throttle_mutex_);
    void flush_in_background();

    FileSystem& file_system_;
    const StorePaths paths_;
    const StoreOptions options_;
    const std::vector<std::string> messages_;
    const std::vector<std::string> missing_row_messages_;
    // What was recovered must be in segments before anything is written.
    std::atomic<bool> must_flush_;

    // Thread-safe by themselves.
    const std::unique_ptr<Catalogue> catalogue_;
    const std::unique_ptr<DocumentLog> documents_;
    const std::unique_ptr<WalFiles> wal_files_;
    const std::shared_ptr<Visibility> visibility_;
    CommitSubscriptions subscriptions_{[this] { return visibility_->sequence(); }};
    std::unique_ptr<Committer> committer_;  // Null when read-only, as is write_path_.
    std::unique_ptr<WritePath> write_path_;
    std::atomic<bool> is_closed_{false};
    std::atomic<std::int64_t> last_write_ns_{0};  // On the steady clock.

    mutable Mutex contents_mutex_;
    ContentsPointer contents_ TIDEMARK_GUARDED_BY(contents_mutex_);

    Mutex flush_mutex_;
    std::unique_ptr<DirectoryLock> lock_ TIDEMARK_GUARDED_BY(flush_mutex_);
    Status close_status_ TIDEMARK_GUARDED_BY(flush_mutex_) = success();
    std::deque<FrozenHead> frozen_ TIDEMARK_GUARDED_BY(flush_mutex_);  // Oldest first.
    std::unique_ptr<Manifest> manifest_ TIDEMARK_GUARDED_BY(flush_mutex_);
    std::uint64_t next_segment_id_ TIDEMARK_GUARDED_BY(flush_mutex_);
    std::uint64_t next_tombstone_id_ TIDEMARK_GUARDED_BY(flush_mutex_);
    Sequence flushed_sequence_ TIDEMARK_GUARDED_BY(flush_mutex_);
    // Why no segment can be entered in the manifest any more.
    Status final_flush_status_ TIDEMARK_GUARDED_BY(flush_mutex_) = success();

    Mutex backup_mutex_;  // One at a time.

    Mutex throttle_mutex_;
    CondVar flush_ended_;
    Status last_flush_ TIDEMARK_GUARDED_BY(throttle_mutex_) = success();

    std::unique_ptr<Compactor> compactor_;  // Null when read-only.
    // Last: they use all of the above.
    std::unique_ptr<Worker> flusher_;
    std::unique_ptr<Worker> compaction_worker_;
};

}  // namespace tidemark::storage

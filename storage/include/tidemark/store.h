#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tidemark/clock.h>
#include <tidemark/documents.h>
#include <tidemark/result.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>
#include <tidemark/write_batch.h>

namespace tidemark {

struct StoreOptions {
    /// Make the directory when it is not there; else opening it is NotFound.
    bool create_if_missing = true;
    /// Refuse to write anything, and leave the directory as it is. Takes no lock away from a
    /// writer: a store that another process writes is refused with Busy all the same.
    bool read_only = false;
    /// Refuse a damaged store with Corruption, which tells all there is to tell, and leave it as it
    /// is; else it is opened with what verifies, and recovery_messages() tell. What a crash leaves
    /// is no damage.
    bool refuse_damaged = false;
    /// Rows of a full vector. Smaller only in tests, which want many vectors from little data.
    std::uint32_t rows_per_vector = 1024;
    /// Rows in memory at which a flush to segments starts by itself.
    std::uint64_t head_row_limit = 8'000'000;
    /// Bytes of these rows, as they arrived, at which it starts too.
    std::uint64_t head_size_limit_bytes = std::uint64_t{1} << 30;
    /// How far in the future a point may lie (R11); kHoldForever switches the check off.
    std::int64_t future_limit_ns = 600'000'000'000;
    /// Width of a time partition; segments never cross its edges.
    std::int64_t partition_width_ns = 7LL * 86'400 * 1'000'000'000;
    /// Flush by itself when nothing was written for so long; 0 never.
    std::int64_t idle_flush_ns = 30'000'000'000;
    /// How many bytes a second compaction may write while data is being written too; without
    /// company it takes what it gets. 0: none in the background, only Store::compact().
    std::uint64_t compaction_bytes_per_second = std::uint64_t{64} << 20;
    const Clock* clock = nullptr;  ///< Null: system_clock(). Must outlive the store.
};

/// A point that Store::write() did not take, and why.
struct RejectedPoint {
    std::size_t point_index;
    std::string reason;  ///< "field usage is a float in cpu, got a string".
};

/// A write describes at most so many of the points it refused: a description takes more memory than
/// the point, and nobody reads a million of them.
inline constexpr std::size_t kDescribedPointLimit = 10'000;

struct WriteResult {
    Sequence sequence = 0;  ///< For Store::wait_durable(). 0 when no point was taken.
    std::size_t accepted_count = 0;
    std::size_t rejected_count = 0;
    std::vector<RejectedPoint> rejected;  ///< The first kDescribedPointLimit ones, in point order.

    /// Counts a refused point, and describes it unless there are enough.
    void reject(std::size_t point_index, std::string reason) {
        ++rejected_count;
        if (rejected.size() == kDescribedPointLimit) return;
        rejected.push_back({point_index, std::move(reason)});
    }
};

struct FieldKey {
    std::string name;
    FieldType type;
    auto operator<=>(const FieldKey&) const = default;
};

struct SeriesTags {
    std::string measurement;
    TagSet tags;
};

/// A part of a database whose points are kept for a time of their own. Durations are in ns and not
/// negative.
struct RetentionPolicy {
    std::string name;
    /// Points older than this are not seen and not taken; 0: points are kept for ever. Segments
    /// that are too old as a whole are dropped, all but the last value of each field.
    std::int64_t duration_ns = 0;
    /// Recorded for InfluxQL's sake; 0 when a policy is made: what InfluxDB would choose.
    std::int64_t shard_duration_ns = 0;
    std::uint64_t replication = 1;  ///< Recorded only: there is one copy.
    /// Points further in the future are refused (R11); 0: StoreOptions::future_limit_ns,
    /// kHoldForever: none are.
    std::int64_t future_limit_ns = 0;
    std::int64_t past_limit_ns = 0;  ///< Points further in the past are refused; 0: none are.
    bool is_default = false;         ///< The one meant where a statement names none.
    bool operator==(const RetentionPolicy&) const = default;
};

/// What to change of a policy; nothing: left as it is.
struct RetentionPolicyChange {
    std::optional<std::int64_t> duration_ns;
    std::optional<std::int64_t> shard_duration_ns;
    std::optional<std::uint64_t> replication;
    std::optional<std::int64_t> future_limit_ns;
    std::optional<std::int64_t> past_limit_ns;
    bool makes_default = false;
};

/// Series of one measurement.
struct SeriesSelection {
    std::string measurement;
    std::vector<TagMatcher> tags;                    ///< All of them hold.
    std::function<bool(const TagSet& tags)> filter;  ///< And this does; null: it always does.
};

/// What compaction has done since the store was opened.
struct CompactionStatistics {
    std::uint64_t run_count = 0;      ///< Merges that succeeded.
    std::uint64_t failure_count = 0;  ///< Merges that did not; nothing is lost by them.
    std::uint64_t removed_segment_count = 0;
    std::uint64_t added_segment_count = 0;
    std::uint64_t read_row_count = 0;
    std::uint64_t written_row_count = 0;
    std::uint64_t written_size_bytes = 0;
    std::uint64_t copied_vector_count = 0;   ///< Went through without being decoded.
    std::uint64_t encoded_vector_count = 0;  ///< Made anew, because they were short or overlapped.
    std::string last_failure;                ///< Empty when there was none.
};

/// What the store looks like inside, for tools and tests.
struct StoreStatistics {
    std::uint64_t series_count = 0;
    std::uint64_t head_row_count = 0;
    std::uint64_t segment_count = 0;
    std::uint64_t segment_size_bytes = 0;
    std::uint64_t segment_sample_count = 0;  ///< Field values in segments, for bytes per sample.
    std::uint64_t wal_size_bytes = 0;
    Sequence written_sequence = 0;
    Sequence durable_sequence = 0;
    CompactionStatistics compaction;
};

/// A frozen view of a store: what was visible when it was taken. O(1) to take, disturbed by
/// nothing; files that were dropped since go with their last snapshot.
class Snapshot {
public:
    virtual ~Snapshot() = default;
    virtual Sequence sequence() const = 0;
};

/// Ends when destroyed: a call in progress is waited for, none begins afterwards. May outlive its
/// store. Not to be destroyed by its own callback.
class CommitSubscription {
public:
    virtual ~CommitSubscription() = default;
};

/// A directory of time series. One process at a time opens it (an open-file-description lock).
///
/// Words: a point is *received* when a write call has it, *written* when write() returned,
/// *durable* when wait_durable() of its sequence returned success: then it survives a power cut.
/// Points become visible to scans together with the other points of their write, at the latest when
/// durable.
///
/// Thread-safe, all of it. Writers are serialised; readers never wait for them.
///
///     TIDEMARK_ASSIGN_OR_RETURN(const auto kpis, Store::open("/var/lib/kpi", {}));
///     TIDEMARK_RETURN_IF_ERROR(kpis->create_database("ops"));
///     WriteBatch batch;
///     batch.begin_point("cpu");
///     batch.add_float("usage", 70.5);
///     batch.end_point(kpis->clock().now_ns());
///     TIDEMARK_ASSIGN_OR_RETURN(const WriteResult written, kpis->write("ops", "", batch));
///     for (const RejectedPoint& refused : written.rejected) std::puts(refused.reason.c_str());
///     TIDEMARK_RETURN_IF_ERROR(kpis->wait_durable(written.sequence));
class Store {
public:
    /// Opens or creates the store in `directory`, replaying its log. Busy when another process has
    /// it, Unsupported when a newer format wrote it (nothing is touched), IoError or Corruption
    /// else.
    static Result<std::unique_ptr<Store>> open(const std::string& directory,
                                               const StoreOptions& options);

    /// Makes a store in `directory`, which must be new or empty, of what backup() wrote. Every byte
    /// of the backup is checked first: Corruption when it is damaged. NotFound when there is none.
    static Status restore(const std::string& backup, const std::string& directory);

    /// Makes everything written durable, then closes. Errors at this point are lost: call
    /// close() to hear of them.
    virtual ~Store() = default;

    /// Makes everything written durable and stops background work. Later writes fail.
    virtual Status close() = 0;

    // Databases. Creating one that exists, or dropping one that does not, succeeds and does
    // nothing (as in InfluxDB). Names are not empty and hold no '/' and no control characters.
    virtual Status create_database(std::string_view name) = 0;
    virtual Status drop_database(std::string_view name) = 0;
    virtual std::vector<std::string> databases() const = 0;  ///< Sorted.
    virtual bool has_database(std::string_view name) const = 0;
    virtual bool has_retention_policy(std::string_view database, std::string_view policy) const = 0;

    // Retention policies. A new database has one, "autogen" (for ever), its default. Each has
    // series and points of its own; a field has one type in all of them. NotFound when there is no
    // such database, InvalidArgument for properties that cannot be, both in InfluxDB's words.

    /// In order of creation; empty when there is no such database.
    virtual std::vector<RetentionPolicy> retention_policies(std::string_view database) const = 0;
    /// Does nothing when there is one with these properties; InvalidArgument when it has others.
    virtual Status create_retention_policy(std::string_view database,
                                           const RetentionPolicy& policy) = 0;
    virtual Status alter_retention_policy(std::string_view database, std::string_view policy,
                                          const RetentionPolicyChange& change) = 0;
    /// Its points are gone at once. Does nothing when there is no such policy or database.
    virtual Status drop_retention_policy(std::string_view database, std::string_view policy) = 0;

    // Taking away. Durable on return. Measurements and series that are not there are passed over;
    // NotFound when there is no such database or policy. Space comes back with compaction.
    // Snapshots keep the rows that they have, but not series that were dropped.

    /// The rows of these series within `range`, those that were written before the call. They leave
    /// no last values behind; a series goes with its last row. Empty policy: those of all policies.
    /// Costs a flush.
    virtual Status delete_rows(std::string_view database, std::string_view policy,
                               const std::vector<SeriesSelection>& series,
                               const TimeRange& range) = 0;
    /// The series with all their rows, in all policies; a measurement goes with its last series.
    virtual Status drop_series(std::string_view database,
                               const std::vector<SeriesSelection>& series) = 0;
    /// Series, rows and fields, in all policies.
    virtual Status drop_measurement(std::string_view database, std::string_view measurement) = 0;

    // How long a value holds (R6) where a query does not say; kHoldForever is STALE NONE.

    /// Of one measurement, which need not be there yet; of the whole database when `measurement` is
    /// empty. NotFound when there is no such database.
    virtual Status set_stale(std::string_view database, std::string_view measurement,
                             std::int64_t hold_ns) = 0;
    /// The measurement's own, else the database's, else nothing.
    virtual std::optional<std::int64_t> stale_ns(std::string_view database,
                                                 std::string_view measurement) const = 0;

    /// Whether NaN is taken as a value of float fields. It stands for "measured, nothing there"
    /// (R10): it ends the hold of the value before it and is no sample. Without this NaN is
    /// refused; infinity always is. NotFound when there is no such database.
    virtual Status set_nan_accepted(std::string_view database, bool is_accepted) = 0;
    /// False also when there is no such database.
    virtual bool accepts_nan(std::string_view database) const = 0;

    // Documents: what whoever works on top of a store wants to keep in it. Every version stays,
    // with who made it, when and why. Changes of one document take turns.

    /// Makes `bytes` the newest version of a document and returns the number of that version.
    /// Durable on return, and everything written before is too: a document is never there without
    /// the points it was made for. NotFound when there is no such database, InvalidArgument or
    /// LimitExceeded for names and sizes that cannot be (documents.h), Busy when
    /// `change.expected_version` is not the newest one.
    virtual Result<std::uint64_t> put_document(const DocumentName& name, std::string_view bytes,
                                               const DocumentChange& change) = 0;
    /// The same with a version that says that there is none any more; NotFound when there is none.
    virtual Result<std::uint64_t> remove_document(const DocumentName& name,
                                                  const DocumentChange& change) = 0;
    /// The newest version; nothing when there is no such document (any more) or database.
    virtual std::optional<Document> document(const DocumentName& name) const = 0;
    /// The newest versions of all documents of a kind, by name.
    virtual std::vector<Document> documents(std::string_view database,
                                            std::string_view kind) const = 0;
    /// All versions of a document, removals included, the oldest first.
    virtual std::vector<Document> document_history(const DocumentName& name) const = 0;

    /// Takes the good points of `batch`, says why it refused the others. NotFound when there is no
    /// such database or policy (empty policy: the default); any other error means that no point
    /// was taken. Blocks while the log is more than a bound behind the disk.
    virtual Result<WriteResult> write(std::string_view database, std::string_view policy,
                                      const WriteBatch& batch) = 0;

    /// Returns when everything up to `sequence` is durable; the error when it cannot be.
    virtual Status wait_durable(Sequence sequence) = 0;

    /// Calls `on_commit` with the last durable sequence whenever that has grown: one call at a
    /// time, on a thread of the store's own, so that a slow callback delays no write; what is
    /// committed during a call is told by one more. close() tells of the last commit. The callback
    /// may scan and write; it must not throw and must not close the store.
    virtual std::unique_ptr<CommitSubscription> subscribe(
        std::function<void(Sequence durable)> on_commit) = 0;

    /// Moves everything written so far into segments and lets go of its log. Returns when done.
    virtual Status flush() = 0;

    /// Does at once what compaction does by itself after a while without writes: merges segments as
    /// far as it is of use, in the caller's thread. Returns when nothing is left to do; the first
    /// failure, though the rest was done. Rows that are not in segments yet are left alone.
    virtual Status compact() = 0;

    /// Copies everything written so far into `directory`, which must be new or empty: a store of
    /// its own, to be kept elsewhere, opened or restored. Writes go on meanwhile. `directory` comes
    /// into being when it is complete; what a crash leaves is called "<directory>.unfinished" and
    /// removed by the next attempt. Corruption when a segment cannot be read: a copy that lacks
    /// something is none.
    virtual Status backup(const std::string& directory) = 0;

    virtual std::shared_ptr<const Snapshot> snapshot() const = 0;

    /// Prepares a scan of `snapshot` (null: of a fresh one). NotFound for an unknown database or
    /// policy; an unknown measurement gives a scan without series.
    virtual Result<std::unique_ptr<Scan>> scan(const ScanRequest& request,
                                               std::shared_ptr<const Snapshot> snapshot) const = 0;

    // The schema of a database, of all its policies together; empty when there is no such database
    // or measurement. Sorted.
    virtual std::vector<std::string> measurements(std::string_view database) const = 0;
    virtual std::vector<FieldKey> field_keys(std::string_view database,
                                             std::string_view measurement) const = 0;
    virtual std::vector<std::string> tag_keys(std::string_view database,
                                              std::string_view measurement) const = 0;
    virtual std::vector<std::string> tag_values(std::string_view database,
                                                std::string_view measurement,
                                                std::string_view key) const = 0;
    /// All series of a measurement that match, in series-key order.
    virtual std::vector<SeriesTags> series(std::string_view database, std::string_view measurement,
                                           const std::vector<TagMatcher>& tags) const = 0;

    virtual StoreStatistics statistics() const = 0;

    /// What recovery found when the store was opened: cuts, damaged files, missing ranges. Empty in
    /// a sound store.
    virtual std::vector<std::string> recovery_messages() const = 0;

    virtual const Clock& clock() const = 0;
};

}  // namespace tidemark

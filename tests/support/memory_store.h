#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/store.h>

#include "storage/engine/commit_subscriptions.h"
#include "storage/engine/document_set.h"
#include "storage/engine/retention_policy.h"

namespace tidemark::tests {

/// A clock that stands still until it is told otherwise.
class ManualClock final : public Clock {
public:
    explicit ManualClock(std::int64_t now_ns) : now_ns_(now_ns) {}

    std::int64_t now_ns() const override { return now_ns_; }
    void set(std::int64_t now_ns) { now_ns_ = now_ns; }

private:
    std::int64_t now_ns_;
};

/// What a MemoryStore holds. One sorted map per level, nothing clever: this is the model that the
/// engine is compared with.
struct MemoryData {
    using Row = std::map<std::string, Value>;
    struct Series {
        SeriesId id = 0;
        TagSet tags;
        std::map<std::int64_t, Row> rows;
    };
    /// By canonical series key, so that iteration is in series-key order.
    using Measurement = std::map<std::string, Series>;
    using Policy = std::map<std::string, Measurement>;
    struct Database {
        std::vector<RetentionPolicy> properties{storage::default_policy()};  ///< As created.
        std::map<std::string, Policy> policies{{"autogen", {}}};
        std::map<std::string, std::int64_t> stale_ns;  ///< By measurement; "": the database's.
        bool accepts_nan = false;
        storage::DocumentSet documents;  ///< With 1 for the database.
        std::map<std::string, std::map<std::string, FieldType>> fields;  ///< By measurement.
    };

    std::map<std::string, Database> databases;
    SeriesId next_series_id = 1;
    Sequence sequence = 0;
};

struct MemoryStoreOptions {
    const Clock* clock = nullptr;  ///< Null: system_clock(). Must outlive the store.
    std::int64_t future_limit_ns = 600'000'000'000;
    /// Columns asked for with Need::Summary come as summaries (unless a request forces a path, or
    /// a gap in the piece is longer than the request's hold limit).
    bool gives_summaries = false;
    /// The most rows of one piece; small ones exercise the folding of pieces.
    std::size_t rows_per_piece = 1000;
};

/// A Store in memory: obviously right rather than fast. Thread-safe.
class MemoryStore final : public Store {
public:
    explicit MemoryStore(MemoryStoreOptions options = {});

    /// Beyond the Store interface: a policy to write to and read from.
    void add_retention_policy(std::string_view database, std::string_view policy, bool is_default);

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
    std::optional<std::int64_t> stale_ns(std::string_view database,
                                         std::string_view measurement) const override;
    Status set_nan_accepted(std::string_view database, bool is_accepted) override;
    bool accepts_nan(std::string_view database) const override;
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
    Status compact() override { return success(); }
    Status backup(const std::string& /*directory*/) override {
        return Error(ErrorCode::Unsupported, "a store in memory has no files to copy");
    }
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
    std::vector<std::string> recovery_messages() const override { return {}; }
    const Clock& clock() const override { return *options_.clock; }

private:
    std::shared_ptr<const MemoryData> data() const;
    /// The policy meant: the default one when `policy` is empty.
    static Result<RetentionPolicy> find_policy(const MemoryData& data, std::string_view database,
                                               std::string_view policy);
    /// The data to change: a copy when a snapshot still looks at it. Call with mutex_ held.
    MemoryData& changeable_data();
    /// Calls `change` with each measurement that a selection names, in one policy or (empty) in
    /// all, and the selection; then forgets what is empty.
    Status change_selected(
        std::string_view database, std::string_view policy,
        const std::vector<SeriesSelection>& series,
        const std::function<void(MemoryData::Measurement&, const SeriesSelection&)>& change);
    Result<std::uint64_t> record(const DocumentName& name, Document document,
                                 const DocumentChange& change);
    /// All series of a measurement, of every policy, by series key.
    std::map<std::string, TagSet> all_series(std::string_view database,
                                             std::string_view measurement) const;

    const MemoryStoreOptions options_;
    mutable std::mutex mutex_;
    std::shared_ptr<MemoryData> data_;  // Guarded by mutex_.
    storage::CommitSubscriptions subscriptions_{[this] { return data()->sequence; }};
};

/// measurement,key=value,.. with the escapes of line protocol: what series are ordered by.
std::string canonical_series_key(std::string_view measurement, const TagSet& tags);

bool matches_all(const TagSet& tags, const std::vector<TagMatcher>& matchers);

}  // namespace tidemark::tests

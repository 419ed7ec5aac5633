#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/store.h>

namespace tidemark::tests {

/// A store in front of another one, whose disk can be made to fail or to be slow. Thread-safe.
class ForwardingStore final : public Store {
public:
    explicit ForwardingStore(Store& target) : target_(target) {}

    /// What write() and wait_durable() answer from then on, instead of asking the other store.
    std::atomic<bool> fails_to_write{false};
    std::atomic<bool> fails_to_be_durable{false};
    std::atomic<int> durable_calls{0};

    /// write() finds no memory, and neither does whoever describes that.
    std::atomic<bool> runs_out_of_memory{false};
    /// write() waits while this is true; how many do.
    std::atomic<bool> writes_wait{false};
    std::atomic<int> waiting_writes{0};
    /// scan() waits until its query is cancelled; how many do, and how many did.
    std::atomic<bool> scans_wait_for_cancel{false};
    mutable std::atomic<int> waiting_scans{0};
    mutable std::atomic<int> cancelled_scans{0};

    Status close() override { return target_.close(); }
    Status create_database(std::string_view name) override { return target_.create_database(name); }
    Status drop_database(std::string_view name) override { return target_.drop_database(name); }
    std::vector<std::string> databases() const override { return target_.databases(); }
    bool has_database(std::string_view name) const override { return target_.has_database(name); }
    bool has_retention_policy(std::string_view database, std::string_view policy) const override {
        return target_.has_retention_policy(database, policy);
    }
    std::vector<RetentionPolicy> retention_policies(std::string_view database) const override {
        return target_.retention_policies(database);
    }
    Status create_retention_policy(std::string_view database,
                                   const RetentionPolicy& policy) override {
        return target_.create_retention_policy(database, policy);
    }
    Status alter_retention_policy(std::string_view database, std::string_view policy,
                                  const RetentionPolicyChange& change) override {
        return target_.alter_retention_policy(database, policy, change);
    }
    Status drop_retention_policy(std::string_view database, std::string_view policy) override {
        return target_.drop_retention_policy(database, policy);
    }
    Status set_nan_accepted(std::string_view database, bool is_accepted) override {
        return target_.set_nan_accepted(database, is_accepted);
    }
    bool accepts_nan(std::string_view database) const override {
        return target_.accepts_nan(database);
    }
    Status delete_rows(std::string_view database, std::string_view policy,
                       const std::vector<SeriesSelection>& series,
                       const TimeRange& range) override {
        return target_.delete_rows(database, policy, series, range);
    }
    Status drop_series(std::string_view database,
                       const std::vector<SeriesSelection>& series) override {
        return target_.drop_series(database, series);
    }
    Status drop_measurement(std::string_view database, std::string_view measurement) override {
        return target_.drop_measurement(database, measurement);
    }
    Status set_stale(std::string_view database, std::string_view measurement,
                     std::int64_t hold_ns) override {
        return target_.set_stale(database, measurement, hold_ns);
    }
    std::optional<std::int64_t> stale_ns(std::string_view database,
                                         std::string_view measurement) const override {
        return target_.stale_ns(database, measurement);
    }
    Result<std::uint64_t> put_document(const DocumentName& name, std::string_view bytes,
                                       const DocumentChange& change) override {
        return target_.put_document(name, bytes, change);
    }
    Result<std::uint64_t> remove_document(const DocumentName& name,
                                          const DocumentChange& change) override {
        return target_.remove_document(name, change);
    }
    std::optional<Document> document(const DocumentName& name) const override {
        return target_.document(name);
    }
    std::vector<Document> documents(std::string_view database,
                                    std::string_view kind) const override {
        return target_.documents(database, kind);
    }
    std::vector<Document> document_history(const DocumentName& name) const override {
        return target_.document_history(name);
    }
    Result<WriteResult> write(std::string_view database, std::string_view policy,
                              const WriteBatch& batch) override;
    Status wait_durable(Sequence sequence) override {
        ++durable_calls;
        if (fails_to_be_durable) return Error(ErrorCode::IoError, "fdatasync failed");
        return target_.wait_durable(sequence);
    }
    std::unique_ptr<CommitSubscription> subscribe(
        std::function<void(Sequence durable)> on_commit) override {
        return target_.subscribe(std::move(on_commit));
    }
    Status flush() override { return target_.flush(); }
    Status compact() override { return target_.compact(); }
    Status backup(const std::string& directory) override { return target_.backup(directory); }
    std::shared_ptr<const Snapshot> snapshot() const override { return target_.snapshot(); }
    Result<std::unique_ptr<Scan>> scan(const ScanRequest& request,
                                       std::shared_ptr<const Snapshot> snapshot) const override;
    std::vector<std::string> measurements(std::string_view database) const override {
        return target_.measurements(database);
    }
    std::vector<FieldKey> field_keys(std::string_view database,
                                     std::string_view measurement) const override {
        return target_.field_keys(database, measurement);
    }
    std::vector<std::string> tag_keys(std::string_view database,
                                      std::string_view measurement) const override {
        return target_.tag_keys(database, measurement);
    }
    std::vector<std::string> tag_values(std::string_view database, std::string_view measurement,
                                        std::string_view key) const override {
        return target_.tag_values(database, measurement, key);
    }
    std::vector<SeriesTags> series(std::string_view database, std::string_view measurement,
                                   const std::vector<TagMatcher>& tags) const override {
        return target_.series(database, measurement, tags);
    }
    StoreStatistics statistics() const override { return target_.statistics(); }
    std::vector<std::string> recovery_messages() const override {
        return target_.recovery_messages();
    }
    const Clock& clock() const override { return target_.clock(); }

private:
    Store& target_;
};

/// The values of a float field of all series, in time order within a series.
std::vector<double> stored_floats(const Store& store, const std::string& database,
                                  const std::string& measurement, const std::string& field);

/// The times of the rows that have the field, likewise.
std::vector<std::int64_t> stored_times(const Store& store, const std::string& database,
                                       const std::string& measurement, const std::string& field);

}  // namespace tidemark::tests

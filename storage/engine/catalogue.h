#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>
#include <tidemark/store.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/base/hash_slots.h"
#include "storage/base/mutex.h"
#include "storage/base/text_arena.h"
#include "storage/engine/catalogue_record.h"
#include "storage/engine/record_log.h"
#include "storage/engine/tag_index.h"

namespace tidemark::storage {

/// Ids further ahead than this were not given out by any catalogue; memory is not spent on them.
inline constexpr std::size_t kMaxLostDatabases = std::size_t{1} << 16;

/// What a store knows of its data without looking at it: databases, their retention policies,
/// measurements, fields and their types, series and their tags. Kept in memory, persisted as a
/// record log. FORMAT.md section 6.
///
/// Thread-safe, except that changes (create, drop, add) come from one thread at a time, so that a
/// caller can look and then add. Measurements, fields and series that were added are visible at
/// once and durable with the next make_durable() that succeeds.
class Catalogue {
public:
    /// Reads the log at `path`, which is made when it is not there. What is damaged is left out and
    /// said in `messages`; a torn end is cut off, its bytes go to `quarantine_directory`.
    /// With `read_only` nothing is written, and nothing can be added.
    static Result<std::unique_ptr<Catalogue>> open(FileSystem& file_system, const std::string& path,
                                                   const std::string& quarantine_directory,
                                                   bool read_only,
                                                   std::vector<std::string>& messages);

    // Changes.

    /// Durable on return. The id of the database, also when it was there.
    Result<DatabaseId> create_database(std::string_view name);
    /// Durable on return. Its series are gone at once; a database made later under the same name is
    /// another one.
    Status drop_database(std::string_view name);
    // As Store's functions of these names; durable on return.
    Status create_policy(std::string_view database, const RetentionPolicy& policy);
    Status alter_policy(std::string_view database, std::string_view policy,
                        const RetentionPolicyChange& change);
    Status drop_policy(std::string_view database, std::string_view policy);
    Status set_stale(std::string_view database, std::string_view measurement, std::int64_t hold_ns);
    Status set_nan_accepted(std::string_view database, bool is_accepted);
    /// Durable on return. They are gone at once, and so are measurements that lost their last one;
    /// series made later with the same tags are others.
    Status drop_series(std::vector<SeriesId> ids);
    Status drop_measurement(MeasurementId id);
    MeasurementId add_measurement(PolicyId policy, std::string_view name);
    /// The next field index of the measurement.
    FieldIndex add_field(MeasurementId measurement, std::string_view name, FieldType type);
    SeriesId add_series(MeasurementId measurement, const TagSet& tags);

    /// Returns when what was added before is on disk, whoever wrote it. StorageFull may be tried
    /// again; any other error is final.
    Status make_durable();

    /// Keeps ids up to this one from being given out: segments and log may know series whose record
    /// was lost.
    void reserve_series_id(SeriesId id);
    /// The same for databases, which the manifest and documents know.
    void reserve_database_id(DatabaseId id);
    /// The same for fields up to this one.
    void reserve_field_index(MeasurementId measurement, FieldIndex index);

    /// Which records were lost, as said in the messages of open(). An unfinished end is no damage:
    /// nothing durable depended on it.
    const std::vector<std::string>& damage() const { return damage_; }

    // Looking things up.

    std::vector<std::string> databases() const;  ///< Sorted.
    std::optional<DatabaseId> find_database(std::string_view name) const;
    std::vector<RetentionPolicy> policies(std::string_view database) const;  ///< As created.
    /// An empty name is the default policy's. NotFound in InfluxDB's words.
    Result<PolicyId> find_policy(std::string_view database, std::string_view policy) const;
    bool is_live(PolicyId policy) const;
    /// False for a policy whose record was lost: what is there of it must be kept.
    bool was_dropped(PolicyId policy) const;
    /// Of a database that is there or was dropped; false for one whose record was lost.
    bool was_database(DatabaseId id) const;
    RetentionPolicy policy(PolicyId policy) const;
    std::optional<std::int64_t> stale_ns(std::string_view database,
                                         std::string_view measurement) const;
    bool accepts_nan(std::string_view database) const;
    bool accepts_nan(PolicyId policy) const;
    std::optional<MeasurementId> find_measurement(PolicyId policy, std::string_view name) const;
    /// The type that the other policies of this one's database know of a field: it is the same in
    /// all of them.
    std::optional<FieldType> type_elsewhere(PolicyId policy, std::string_view measurement,
                                            std::string_view field) const;
    std::optional<SeriesId> find_series(MeasurementId measurement, const TagSet& tags) const;
    /// Fields in order of index. A field whose record was lost has an empty name.
    std::vector<FieldKey> fields(MeasurementId measurement) const;

    struct SeriesHome {
        PolicyId policy;
        MeasurementId measurement;
    };
    /// Nothing for a series that never was or was dropped, by itself or with its policy.
    std::optional<SeriesHome> home_of(SeriesId id) const;
    /// True also for a series that was dropped.
    bool was_series(SeriesId id) const;
    /// The canonical key; empty when home_of() is nothing.
    std::string series_key(SeriesId id) const;
    std::uint64_t series_count() const;

    // For Store: of all policies together, sorted, empty when there is no such database or
    // measurement.

    std::vector<std::string> measurements(std::string_view database) const;
    std::vector<FieldKey> field_keys(std::string_view database, std::string_view measurement) const;
    std::vector<std::string> tag_keys(std::string_view database,
                                      std::string_view measurement) const;
    std::vector<std::string> tag_values(std::string_view database, std::string_view measurement,
                                        std::string_view key) const;
    std::vector<SeriesTags> series(std::string_view database, std::string_view measurement,
                                   const std::vector<TagMatcher>& matchers) const;
    /// The series of a policy that match, in order of series key.
    std::vector<ScanSeries> select(PolicyId policy, std::string_view measurement,
                                   const std::vector<TagMatcher>& matchers) const;
    /// The series of a policy that one of these selects; ascending, each once.
    std::vector<SeriesId> select_all(PolicyId policy,
                                     const std::vector<SeriesSelection>& selections) const;

private:
    struct Database {
        std::string name;  // Empty: never given out, or lost.
        bool is_live = false;
        std::vector<PolicyId> policies;  // Live ones, in order of creation.
        PolicyId default_policy = 0;     // 0: it was dropped.
        std::map<std::string, std::int64_t, std::less<>> stale_ns;  // "": the database's.
        bool accepts_nan = false;
    };
    struct Policy {
        DatabaseId database = 0;
        bool is_live = false;
        RetentionPolicy properties;  // Whether it is the default one is known by its database.
        std::map<std::string, MeasurementId, std::less<>> measurements;
    };
    struct Measurement {
        PolicyId policy = 0;
        std::string name;  // Empty: never given out, or lost.
        bool is_dropped = false;
        std::vector<FieldKey> fields;
        TextArena series_keys;
        HashSlots series;  // Ids, by key.
        std::size_t series_count = 0;
        TagIndex tags;
        // All series by key; rebuilt when a selection finds it incomplete.
        mutable std::vector<SeriesId> key_order;
    };
    struct Series {
        std::string_view key;           // Its measurement's; empty when it was dropped.
        MeasurementId measurement = 0;  // 0: never given out, or lost.
    };
    struct HashedKey {
        std::string text;
        std::uint64_t hash = 0;
    };
    struct Loading;

    Catalogue() = default;

    void load(const RecordLogContents& contents, std::vector<std::string>& messages)
        TIDEMARK_EXCLUDES(mutex_);
    // The records of series that `loading` has taken.
    void load_batch(Loading& loading) TIDEMARK_REQUIRES(mutex_);
    // Of those the next ones, from `begin` on. How many.
    std::size_t load_series(std::size_t begin, Loading& loading) TIDEMARK_REQUIRES(mutex_);
    Status load_record(std::span<const std::byte> payload, std::uint64_t id_limit)
        TIDEMARK_REQUIRES(mutex_);
    // One record of the log. InvalidArgument says why it makes no sense.
    Status apply(const CatalogueRecord& record, std::uint64_t id_limit) TIDEMARK_REQUIRES(mutex_);
    Status apply_field(const FieldAdded& field, std::uint64_t id_limit) TIDEMARK_REQUIRES(mutex_);
    // But for its tags, which the caller indexes if is_served().
    Status apply_series(const SeriesAddedIds& ids, const HashedKey& key, std::uint64_t id_limit)
        TIDEMARK_REQUIRES(mutex_);
    void append(const CatalogueRecord& record) TIDEMARK_REQUIRES(mutex_);
    bool is_taking_series(const Measurement& measurement) const TIDEMARK_REQUIRES(mutex_);
    bool is_served(SeriesId id) const TIDEMARK_REQUIRES(mutex_);
    // As insert_series() needs it; empty when that does not. It is looked for soon.
    void make_key(MeasurementId measurement, std::span<const TagView> tags, HashedKey& key) const
        TIDEMARK_REQUIRES(mutex_);
    // But for its tags. False, and nothing is changed, when the measurement has a series of this
    // key.
    bool insert_series(const SeriesAddedIds& ids, const HashedKey& key) TIDEMARK_REQUIRES(mutex_);
    std::optional<SeriesId> find_series_locked(const Measurement& measurement, std::string_view key,
                                               std::uint64_t hash) const TIDEMARK_REQUIRES(mutex_);
    Status apply_schema(const CatalogueRecord& record, std::uint64_t id_limit)
        TIDEMARK_REQUIRES(mutex_);
    Status apply_drop(const CatalogueRecord& record) TIDEMARK_REQUIRES(mutex_);
    Status apply_policy(const CatalogueRecord& record, std::uint64_t id_limit)
        TIDEMARK_REQUIRES(mutex_);
    Status apply_policy_set(const PolicySet& set, std::uint64_t id_limit) TIDEMARK_REQUIRES(mutex_);
    bool is_known_database(DatabaseId id) const TIDEMARK_REQUIRES(mutex_);
    bool is_known_policy(PolicyId id) const TIDEMARK_REQUIRES(mutex_);
    void make_place_for_policy(PolicyId id) TIDEMARK_REQUIRES(mutex_);
    void insert_database(DatabaseId id, std::string_view name) TIDEMARK_REQUIRES(mutex_);
    void insert_policy(PolicyId id, DatabaseId database, const RetentionPolicy& properties)
        TIDEMARK_REQUIRES(mutex_);
    void forget_database(DatabaseId id) TIDEMARK_REQUIRES(mutex_);
    void forget_policy(PolicyId id) TIDEMARK_REQUIRES(mutex_);
    /// Those that have a series of `ids`, whether it is gone already or not.
    std::vector<MeasurementId> forget_series(const std::vector<SeriesId>& ids)
        TIDEMARK_REQUIRES(mutex_);
    void forget_measurement(MeasurementId id) TIDEMARK_REQUIRES(mutex_);
    std::optional<DatabaseId> find_database_locked(std::string_view name) const
        TIDEMARK_REQUIRES(mutex_);
    Result<DatabaseId> require_database(std::string_view name) const TIDEMARK_REQUIRES(mutex_);
    std::optional<PolicyId> find_policy_locked(DatabaseId database, std::string_view policy) const
        TIDEMARK_REQUIRES(mutex_);
    RetentionPolicy properties_of(PolicyId policy) const TIDEMARK_REQUIRES(mutex_);
    /// The measurements of this name, of each policy that has it.
    std::vector<const Measurement*> measurements_named(std::string_view database,
                                                       std::string_view measurement) const
        TIDEMARK_REQUIRES(mutex_);
    std::vector<SeriesId> select_ids(const Measurement& measurement,
                                     const std::vector<TagMatcher>& matchers) const
        TIDEMARK_REQUIRES(mutex_);
    void sort_by_key(const Measurement& measurement, std::vector<SeriesId>& ids) const
        TIDEMARK_REQUIRES(mutex_);

    // Set once, before anyone else knows us.
    std::unique_ptr<RecordLog> log_;  // Null when read-only.
    std::vector<std::string> damage_;

    mutable Mutex mutex_;
    // Positions are ids; position 0 is nobody's. An id is of a database and its first policy, or
    // only of a policy.
    std::vector<Database> databases_ TIDEMARK_GUARDED_BY(mutex_) = std::vector<Database>(1);
    std::vector<Policy> policies_ TIDEMARK_GUARDED_BY(mutex_) = std::vector<Policy>(1);
    std::map<std::string, DatabaseId, std::less<>> live_databases_ TIDEMARK_GUARDED_BY(mutex_);
    std::deque<Measurement> measurements_ TIDEMARK_GUARDED_BY(mutex_) = std::deque<Measurement>(1);
    std::deque<Series> series_ TIDEMARK_GUARDED_BY(mutex_) = std::deque<Series>(1);
    HashedKey key_ TIDEMARK_GUARDED_BY(mutex_);  // In use only while a series is inserted.
    std::uint64_t live_series_count_ TIDEMARK_GUARDED_BY(mutex_) = 0;
    std::uint64_t lost_field_count_ TIDEMARK_GUARDED_BY(mutex_) = 0;  // Places skipped in the log.
};

}  // namespace tidemark::storage

#include "storage/engine/catalogue.h"

#include <algorithm>
#include <utility>

#include "storage/base/assert.h"
#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/engine/quarantine.h"
#include "storage/engine/retention_policy.h"
#include "storage/engine/series_key.h"

namespace tidemark::storage {
namespace {

constexpr RecordLogKind kLogKind = kCatalogueKind;

/// Ids further ahead than this were not given out by any catalogue; memory is not spent on them.
constexpr std::size_t kMaxLostSeries = std::size_t{1} << 22;
constexpr std::size_t kMaxLostFields = std::size_t{1} << 16;

Error nonsense(std::string reason) { return {ErrorCode::InvalidArgument, std::move(reason)}; }

// Grows `entries` so that `id` has a place; skipped places stay empty.
template <typename Container>
void make_place_for(Container& entries, std::size_t id) {
    if (entries.size() <= id) entries.resize(id + 1);
}

// Places in front of ids whose records were lost have no name.
bool is_known(const auto& entries, std::size_t id) {
    return id < entries.size() && !entries[id].name.empty();
}

template <typename T>
std::vector<T> sorted_once(std::vector<T> items) {
    std::ranges::sort(items);
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
}

std::uint64_t hash_of(std::string_view series_key) { return xxh3_64(as_bytes(series_key), 0); }

}  // namespace

// ---- Opening ------------------------------------------------------------------------------

Result<std::unique_ptr<Catalogue>> Catalogue::open(FileSystem& file_system, const std::string& path,
                                                   const std::string& quarantine_directory,
                                                   bool read_only,
                                                   std::vector<std::string>& messages) {
    std::unique_ptr<Catalogue> catalogue(new Catalogue());
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system.exists(path));
    if (!exists) {
        if (read_only) return catalogue;
        TIDEMARK_ASSIGN_OR_RETURN(catalogue->log_, RecordLog::create(file_system, path, kLogKind));
        return catalogue;
    }
    TIDEMARK_ASSIGN_OR_RETURN(const auto contents, read_record_log(file_system, path, kLogKind));
    catalogue->load(contents, messages);
    TIDEMARK_ASSIGN_OR_RETURN(catalogue->log_,
                              continue_record_log(file_system, path, quarantine_directory, kLogKind,
                                                  contents, read_only, messages));
    return catalogue;
}

Status Catalogue::apply(const CatalogueRecord& record, std::uint64_t id_limit) {
    if (const auto* created = std::get_if<DatabaseCreated>(&record)) {
        if (created->id == 0 || created->id > id_limit + kMaxLostDatabases) {
            return nonsense("a database id is too big");
        }
        make_place_for_policy(created->id);
        if (is_known_policy(created->id) || created->name.empty()) {
            return nonsense("database " + std::to_string(created->id) + " was there");
        }
        // Names are unique among those that live, so the record that dropped the other was lost.
        if (const auto namesake = find_database_locked(created->name)) forget_database(*namesake);
        insert_database(created->id, created->name);
        return success();
    }
    if (const auto* dropped = std::get_if<DatabaseDropped>(&record)) {
        if (!is_known_database(dropped->id)) return nonsense("an unknown database was dropped");
        forget_database(dropped->id);
        return success();
    }
    const bool is_of_policies = std::holds_alternative<PolicySet>(record) ||
                                std::holds_alternative<PolicyDropped>(record) ||
                                std::holds_alternative<StaleSet>(record) ||
                                std::holds_alternative<NanSet>(record);
    const bool is_drop = std::holds_alternative<SeriesDropped>(record) ||
                         std::holds_alternative<MeasurementDropped>(record);
    if (is_drop) return apply_drop(record);
    return is_of_policies ? apply_policy(record, id_limit) : apply_schema(record, id_limit);
}

Status Catalogue::apply_schema(const CatalogueRecord& record, std::uint64_t id_limit) {
    if (const auto* added = std::get_if<MeasurementAdded>(&record)) {
        if (added->id == 0 || added->id > id_limit) return nonsense("a measurement id is too big");
        make_place_for(measurements_, added->id);
        if (!is_known_policy(added->policy)) {
            return nonsense("measurement " + added->name + " is of an unknown database");
        }
        if (is_known(measurements_, added->id) || added->name.empty() ||
            policies_[added->policy].measurements.contains(added->name)) {
            return nonsense("measurement " + added->name + " was there");
        }
        measurements_[added->id].policy = added->policy;
        measurements_[added->id].name = added->name;
        policies_[added->policy].measurements[added->name] = added->id;
        return success();
    }
    if (const auto* field = std::get_if<FieldAdded>(&record)) {
        if (!is_known(measurements_, field->measurement)) {
            return nonsense("field " + field->name + " is of an unknown measurement");
        }
        return apply_field(*field, id_limit);
    }
    const auto& series = std::get<SeriesAdded>(record);
    const SeriesAddedIds ids{series.id, series.measurement};
    const auto tags = views_of(series.tags);
    make_key(ids.measurement, tags, key_);
    TIDEMARK_RETURN_IF_ERROR(apply_series(ids, key_, id_limit));
    if (is_served(ids.id)) measurements_[ids.measurement].tags.add(ids.id, tags);
    return success();
}

Status Catalogue::apply_series(const SeriesAddedIds& ids, const HashedKey& key,
                               std::uint64_t id_limit) {
    if (ids.id == 0 || ids.id > id_limit + kMaxLostSeries) {
        return nonsense("a series id is too big");
    }
    make_place_for(series_, ids.id);
    if (!is_known(measurements_, ids.measurement)) {
        return nonsense("series " + std::to_string(ids.id) + " is of an unknown measurement");
    }
    if (series_[ids.id].measurement != 0 || !insert_series(ids, key)) {
        return nonsense("series " + std::to_string(ids.id) + " was there");
    }
    return success();
}

Status Catalogue::apply_field(const FieldAdded& field, std::uint64_t id_limit) {
    auto& fields = measurements_[field.measurement].fields;
    if (field.index > fields.size()) {
        // Of all measurements together: each has few records, but there may be many of them.
        const std::uint64_t skipped_count = field.index - fields.size();
        if (lost_field_count_ + skipped_count > id_limit + kMaxLostFields) {
            return nonsense("the index of field " + field.name + " is too big");
        }
        lost_field_count_ += skipped_count;
    }
    make_place_for(fields, field.index);
    if (!fields[field.index].name.empty()) return nonsense("field " + field.name + " was there");
    fields[field.index] = {field.name, field.type};
    return success();
}

// ---- Changes ------------------------------------------------------------------------------

Result<DatabaseId> Catalogue::create_database(std::string_view name) {
    if (const auto defect = database_name_defect(name)) {
        return Error(ErrorCode::InvalidArgument, *defect);
    }
    DatabaseId id = 0;
    {
        MutexLock lock(mutex_);
        if (const auto found = find_database_locked(name)) {
            id = *found;
        } else {
            id = static_cast<DatabaseId>(policies_.size());
            insert_database(id, name);
            append(DatabaseCreated{id, std::string(name)});
        }
    }
    // Also when it was there: the attempt that made it may have met a full disk.
    TIDEMARK_RETURN_IF_ERROR(make_durable());
    return id;
}

Status Catalogue::drop_database(std::string_view name) {
    {
        MutexLock lock(mutex_);
        if (const auto id = find_database_locked(name)) {
            append(DatabaseDropped{*id});
            forget_database(*id);
        }
    }
    return make_durable();
}

MeasurementId Catalogue::add_measurement(PolicyId policy, std::string_view name) {
    MutexLock lock(mutex_);
    const auto id = static_cast<MeasurementId>(measurements_.size());
    Measurement& measurement = measurements_.emplace_back();
    measurement.policy = policy;
    measurement.name = name;
    policies_[policy].measurements.emplace(name, id);
    append(MeasurementAdded{id, policy, std::string(name)});
    return id;
}

FieldIndex Catalogue::add_field(MeasurementId measurement, std::string_view name, FieldType type) {
    MutexLock lock(mutex_);
    auto& fields = measurements_[measurement].fields;
    const auto index = static_cast<FieldIndex>(fields.size());
    fields.push_back({std::string(name), type});
    append(FieldAdded{measurement, index, type, std::string(name)});
    return index;
}

SeriesId Catalogue::add_series(MeasurementId measurement, const TagSet& tags) {
    MutexLock lock(mutex_);
    const auto id = static_cast<SeriesId>(series_.size());
    series_.emplace_back();
    const auto views = views_of(tags);
    make_key(measurement, views, key_);
    const bool is_fresh = insert_series({id, measurement}, key_);
    TIDEMARK_ASSERT(is_fresh, "a series is added once");
    if (is_served(id)) measurements_[measurement].tags.add(id, views);
    append(SeriesAdded{id, measurement, tags});
    return id;
}

void Catalogue::append(const CatalogueRecord& record) {
    TIDEMARK_ASSERT(log_ != nullptr, "a read-only catalogue cannot change");
    log_->add(encode_catalogue_record(record));
}

bool Catalogue::is_taking_series(const Measurement& measurement) const {
    return policies_[measurement.policy].is_live && !measurement.is_dropped;
}

bool Catalogue::is_served(SeriesId id) const { return !series_[id].key.empty(); }

void Catalogue::make_key(MeasurementId measurement_id, std::span<const TagView> tags,
                         HashedKey& key) const {
    key.text.clear();
    if (!is_known(measurements_, measurement_id)) return;
    const Measurement& measurement = measurements_[measurement_id];
    if (!is_taking_series(measurement)) return;
    append_series_key(measurement.name, tags, key.text);
    key.hash = hash_of(key.text);
    measurement.series.prefetch(key.hash);
}

bool Catalogue::insert_series(const SeriesAddedIds& ids, const HashedKey& key) {
    Measurement& measurement = measurements_[ids.measurement];
    Series& series = series_[ids.id];
    if (is_taking_series(measurement)) {
        if (find_series_locked(measurement, key.text, key.hash)) return false;
        series.key = measurement.series_keys.keep(key.text);
        measurement.series.add(key.hash, ids.id);
        ++measurement.series_count;
        ++live_series_count_;
    }
    series.measurement = ids.measurement;
    return true;
}

std::optional<SeriesId> Catalogue::find_series_locked(const Measurement& measurement,
                                                      std::string_view key,
                                                      std::uint64_t hash) const {
    // The analysis of locks does not know that the lock is held inside the lambda as well.
    const std::deque<Series>* const all = &series_;
    return measurement.series.find(hash, [&](SeriesId id) { return (*all)[id].key == key; });
}

void Catalogue::insert_database(DatabaseId id, std::string_view name) {
    make_place_for_policy(id);
    databases_[id].name = name;
    databases_[id].is_live = true;
    live_databases_[std::string(name)] = id;
    insert_policy(id, id, default_policy());
}

void Catalogue::forget_database(DatabaseId id) {
    Database& database = databases_[id];
    if (!database.is_live) return;
    database.is_live = false;
    live_databases_.erase(database.name);
    for (const PolicyId policy : std::vector<PolicyId>(database.policies)) forget_policy(policy);
    database.stale_ns.clear();
}

void Catalogue::forget_policy(PolicyId id) {
    Policy& policy = policies_[id];
    if (!policy.is_live) return;
    policy.is_live = false;
    Database& database = databases_[policy.database];
    std::erase(database.policies, id);
    if (database.default_policy == id) database.default_policy = 0;
    for (const auto& [name, measurement] : std::exchange(policy.measurements, {})) {
        forget_measurement(measurement);
    }
}

Status Catalogue::make_durable() { return log_ == nullptr ? success() : log_->commit(); }

void Catalogue::reserve_database_id(DatabaseId id) {
    MutexLock lock(mutex_);
    if (id < policies_.size() + kMaxLostDatabases) make_place_for_policy(id);
}

void Catalogue::reserve_series_id(SeriesId id) {
    MutexLock lock(mutex_);
    if (id < series_.size() + kMaxLostSeries) make_place_for(series_, id);
}

void Catalogue::reserve_field_index(MeasurementId measurement, FieldIndex index) {
    MutexLock lock(mutex_);
    auto& fields = measurements_[measurement].fields;
    if (index < fields.size() + kMaxLostFields) make_place_for(fields, index);
}

// ---- Looking things up --------------------------------------------------------------------

std::vector<std::string> Catalogue::databases() const {
    MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, id] : live_databases_) names.push_back(name);
    return names;
}

std::optional<DatabaseId> Catalogue::find_database(std::string_view name) const {
    MutexLock lock(mutex_);
    return find_database_locked(name);
}

std::optional<DatabaseId> Catalogue::find_database_locked(std::string_view name) const {
    const auto found = live_databases_.find(name);
    if (found == live_databases_.end()) return std::nullopt;
    return found->second;
}

bool Catalogue::is_known_policy(PolicyId id) const {
    return id < policies_.size() && !policies_[id].properties.name.empty();
}

void Catalogue::make_place_for_policy(PolicyId id) {
    make_place_for(databases_, id);
    make_place_for(policies_, id);
}

std::optional<MeasurementId> Catalogue::find_measurement(PolicyId policy,
                                                         std::string_view name) const {
    MutexLock lock(mutex_);
    const auto& measurements = policies_[policy].measurements;
    const auto found = measurements.find(name);
    if (found == measurements.end()) return std::nullopt;
    return found->second;
}

std::optional<SeriesId> Catalogue::find_series(MeasurementId measurement_id,
                                               const TagSet& tags) const {
    MutexLock lock(mutex_);
    const Measurement& measurement = measurements_[measurement_id];
    const std::string key = make_series_key(measurement.name, tags);
    return find_series_locked(measurement, key, hash_of(key));
}

std::vector<FieldKey> Catalogue::fields(MeasurementId measurement) const {
    MutexLock lock(mutex_);
    return measurements_[measurement].fields;
}

std::optional<Catalogue::SeriesHome> Catalogue::home_of(SeriesId id) const {
    MutexLock lock(mutex_);
    // A live series has a key: its measurement's name is not empty.
    if (id >= series_.size() || series_[id].key.empty()) return std::nullopt;
    const MeasurementId measurement = series_[id].measurement;
    return SeriesHome{measurements_[measurement].policy, measurement};
}

bool Catalogue::was_series(SeriesId id) const {
    MutexLock lock(mutex_);
    return id < series_.size() && series_[id].measurement != 0;
}

std::string Catalogue::series_key(SeriesId id) const {
    MutexLock lock(mutex_);
    return id < series_.size() ? std::string(series_[id].key) : std::string();
}

std::uint64_t Catalogue::series_count() const {
    MutexLock lock(mutex_);
    return live_series_count_;
}

std::vector<const Catalogue::Measurement*> Catalogue::measurements_named(
    std::string_view database, std::string_view measurement) const {
    std::vector<const Measurement*> named;
    const auto database_id = find_database_locked(database);
    if (!database_id) return named;
    for (const PolicyId policy : databases_[*database_id].policies) {
        const auto& measurements = policies_[policy].measurements;
        const auto found = measurements.find(measurement);
        if (found != measurements.end()) named.push_back(&measurements_[found->second]);
    }
    return named;
}

std::vector<std::string> Catalogue::measurements(std::string_view database) const {
    MutexLock lock(mutex_);
    std::vector<std::string> names;
    const auto id = find_database_locked(database);
    if (!id) return names;
    for (const PolicyId policy : databases_[*id].policies) {
        for (const auto& [name, measurement] : policies_[policy].measurements) {
            names.push_back(name);
        }
    }
    return sorted_once(std::move(names));
}

std::vector<FieldKey> Catalogue::field_keys(std::string_view database,
                                            std::string_view measurement) const {
    MutexLock lock(mutex_);
    std::vector<FieldKey> fields;
    for (const Measurement* found : measurements_named(database, measurement)) {
        for (const FieldKey& field : found->fields) {
            if (!field.name.empty()) fields.push_back(field);
        }
    }
    return sorted_once(std::move(fields));
}

std::vector<std::string> Catalogue::tag_keys(std::string_view database,
                                             std::string_view measurement) const {
    MutexLock lock(mutex_);
    std::vector<std::string> keys;
    for (const Measurement* found : measurements_named(database, measurement)) {
        for (std::string& key : found->tags.keys()) keys.push_back(std::move(key));
    }
    return sorted_once(std::move(keys));
}

std::vector<std::string> Catalogue::tag_values(std::string_view database,
                                               std::string_view measurement,
                                               std::string_view key) const {
    MutexLock lock(mutex_);
    std::vector<std::string> values;
    for (const Measurement* found : measurements_named(database, measurement)) {
        for (std::string& value : found->tags.values(key)) values.push_back(std::move(value));
    }
    return sorted_once(std::move(values));
}

std::vector<SeriesTags> Catalogue::series(std::string_view database, std::string_view measurement,
                                          const std::vector<TagMatcher>& matchers) const {
    MutexLock lock(mutex_);
    std::vector<std::string_view> keys;
    const auto named = measurements_named(database, measurement);
    for (const Measurement* found : named) {
        for (const SeriesId id : select_ids(*found, matchers)) keys.push_back(series_[id].key);
    }
    if (named.size() > 1) keys = sorted_once(std::move(keys));
    std::vector<SeriesTags> series;
    series.reserve(keys.size());
    for (const std::string_view key : keys) {
        series.push_back({std::string(measurement), tags_of_series_key(key)});
    }
    return series;
}

std::vector<SeriesId> Catalogue::select_ids(const Measurement& measurement,
                                            const std::vector<TagMatcher>& matchers) const {
    std::vector<SeriesId> ids = measurement.tags.select(matchers);
    sort_by_key(measurement, ids);
    return ids;
}

std::vector<ScanSeries> Catalogue::select(PolicyId policy, std::string_view measurement,
                                          const std::vector<TagMatcher>& matchers) const {
    MutexLock lock(mutex_);
    std::vector<ScanSeries> selected;
    const auto& measurements = policies_[policy].measurements;
    const auto found = measurements.find(measurement);
    if (found == measurements.end()) return selected;
    const std::vector<SeriesId> ids = select_ids(measurements_[found->second], matchers);
    selected.reserve(ids.size());
    for (const SeriesId id : ids) selected.push_back({id, tags_of_series_key(series_[id].key)});
    return selected;
}

void Catalogue::sort_by_key(const Measurement& measurement, std::vector<SeriesId>& ids) const {
    const auto by_key = [this](SeriesId left, SeriesId right) TIDEMARK_REQUIRES(mutex_) {
        return series_[left].key < series_[right].key;
    };
    // Few of many are sorted on their own; for many the order of all is kept and filtered.
    if (ids.size() < measurement.series_count / 16) {
        std::sort(ids.begin(), ids.end(), by_key);
        return;
    }
    if (measurement.key_order.size() != measurement.series_count) {
        measurement.key_order = measurement.tags.select({});
        std::sort(measurement.key_order.begin(), measurement.key_order.end(), by_key);
    }
    std::vector<SeriesId> sorted;
    sorted.reserve(ids.size());
    for (const SeriesId id : measurement.key_order) {
        if (std::binary_search(ids.begin(), ids.end(), id)) sorted.push_back(id);
    }
    ids = std::move(sorted);
}

}  // namespace tidemark::storage

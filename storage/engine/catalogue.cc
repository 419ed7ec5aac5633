#include "storage/engine/catalogue.h"

#include <algorithm>
#include <utility>

#include "storage/base/assert.h"
#include "storage/engine/quarantine.h"
#include "storage/engine/series_key.h"

namespace tidemark::storage {
namespace {

constexpr RecordLogKind kLogKind{"catalogue", 0x4143'4d54};  // "TMCA"

/// Ids further ahead than this were not given out by any catalogue; memory is not spent on them.
constexpr std::size_t kMaxLostDatabases = std::size_t{1} << 16;
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

std::vector<SeriesId> ids_of(std::unordered_map<std::string_view, SeriesId> series) {
    std::vector<SeriesId> ids;
    for (const auto& [key, id] : series) ids.push_back(id);
    return ids;
}

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

void Catalogue::load(const RecordLogContents& contents, std::vector<std::string>& messages) {
    damage_ = contents.damage;
    MutexLock lock(mutex_);
    // Ids are given out one per record, so a log of this size cannot hold more, but for those that
    // were reserved because an earlier log was lost.
    const std::uint64_t id_limit = contents.bytes.size() / kRecordHeaderSizeBytes;
    std::size_t refused_count = 0;
    std::string first_reason;
    for (const auto& payload : contents.records) {
        auto record = decode_catalogue_record(payload);
        const Status status = record ? apply(record.value(), id_limit) : Status(record.error());
        if (status) continue;
        if (refused_count++ == 0) first_reason = status.error().message();
    }
    if (refused_count > 0) {
        damage_.push_back(
            "catalogue: " + std::to_string(refused_count) +
            " records make no sense and were left out, the first because: " + first_reason);
    }
    messages.insert(messages.end(), damage_.begin(), damage_.end());
}

Status Catalogue::apply(const CatalogueRecord& record, std::uint64_t id_limit) {
    if (const auto* created = std::get_if<DatabaseCreated>(&record)) {
        if (created->id == 0 || created->id > id_limit + kMaxLostDatabases) {
            return nonsense("a database id is too big");
        }
        make_place_for(databases_, created->id);
        if (is_known(databases_, created->id) || created->name.empty()) {
            return nonsense("database " + std::to_string(created->id) + " was there");
        }
        // Names are unique among those that live, so the record that dropped the other was lost.
        if (const auto namesake = find_database_locked(created->name)) forget_database(*namesake);
        databases_[created->id].name = created->name;
        databases_[created->id].is_live = true;
        live_databases_[created->name] = created->id;
        return success();
    }
    if (const auto* dropped = std::get_if<DatabaseDropped>(&record)) {
        if (!is_known(databases_, dropped->id)) return nonsense("an unknown database was dropped");
        forget_database(dropped->id);
        return success();
    }
    if (const auto* added = std::get_if<MeasurementAdded>(&record)) {
        if (added->id == 0 || added->id > id_limit) return nonsense("a measurement id is too big");
        make_place_for(measurements_, added->id);
        if (!is_known(databases_, added->database)) {
            return nonsense("measurement " + added->name + " is of an unknown database");
        }
        if (is_known(measurements_, added->id) || added->name.empty() ||
            databases_[added->database].measurements.contains(added->name)) {
            return nonsense("measurement " + added->name + " was there");
        }
        measurements_[added->id].database = added->database;
        measurements_[added->id].name = added->name;
        databases_[added->database].measurements[added->name] = added->id;
        return success();
    }
    if (const auto* field = std::get_if<FieldAdded>(&record)) {
        if (!is_known(measurements_, field->measurement)) {
            return nonsense("field " + field->name + " is of an unknown measurement");
        }
        return apply_field(*field, id_limit);
    }
    const auto& series = std::get<SeriesAdded>(record);
    if (series.id == 0 || series.id > id_limit + kMaxLostSeries) {
        return nonsense("a series id is too big");
    }
    make_place_for(series_, series.id);
    if (!is_known(measurements_, series.measurement)) {
        return nonsense("series " + std::to_string(series.id) + " is of an unknown measurement");
    }
    if (series_[series.id].measurement != 0 ||
        !insert_series(series.id, series.measurement, series.tags)) {
        return nonsense("series " + std::to_string(series.id) + " was there");
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
            id = static_cast<DatabaseId>(databases_.size());
            databases_.push_back({std::string(name), true, {}});
            live_databases_.emplace(name, id);
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

MeasurementId Catalogue::add_measurement(DatabaseId database, std::string_view name) {
    MutexLock lock(mutex_);
    const auto id = static_cast<MeasurementId>(measurements_.size());
    Measurement& measurement = measurements_.emplace_back();
    measurement.database = database;
    measurement.name = name;
    databases_[database].measurements.emplace(name, id);
    append(MeasurementAdded{id, database, std::string(name)});
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
    const bool is_fresh = insert_series(id, measurement, tags);
    TIDEMARK_ASSERT(is_fresh, "a series is added once");
    append(SeriesAdded{id, measurement, tags});
    return id;
}

void Catalogue::append(const CatalogueRecord& record) {
    TIDEMARK_ASSERT(log_ != nullptr, "a read-only catalogue cannot change");
    log_->add(encode_catalogue_record(record));
}

bool Catalogue::insert_series(SeriesId id, MeasurementId measurement_id, const TagSet& tags) {
    Measurement& measurement = measurements_[measurement_id];
    Series& series = series_[id];
    const bool is_live = databases_[measurement.database].is_live;
    if (is_live) {
        std::string key = make_series_key(measurement.name, tags);
        if (measurement.series.contains(key)) return false;
        series.key = std::move(key);
        measurement.series.emplace(series.key, id);
        measurement.tags.add(id, tags);
        ++live_series_count_;
    }
    series.measurement = measurement_id;
    return true;
}

void Catalogue::forget_database(DatabaseId id) {
    Database& database = databases_[id];
    if (!database.is_live) return;
    database.is_live = false;
    live_databases_.erase(database.name);
    for (const auto& [name, measurement_id] : database.measurements) {
        Measurement& measurement = measurements_[measurement_id];
        // The map first: its keys are views into the series.
        for (const SeriesId series_id : ids_of(std::exchange(measurement.series, {}))) {
            series_[series_id].key = {};
            --live_series_count_;
        }
        measurement.tags = {};
        measurement.fields.clear();
        measurement.key_order.clear();
    }
    database.measurements.clear();
}

Status Catalogue::make_durable() { return log_ == nullptr ? success() : log_->commit(); }

void Catalogue::reserve_database_id(DatabaseId id) {
    MutexLock lock(mutex_);
    if (id < databases_.size() + kMaxLostDatabases) make_place_for(databases_, id);
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

bool Catalogue::is_live(DatabaseId database) const {
    MutexLock lock(mutex_);
    return database < databases_.size() && databases_[database].is_live;
}

bool Catalogue::was_dropped(DatabaseId database) const {
    MutexLock lock(mutex_);
    return is_known(databases_, database) && !databases_[database].is_live;
}

std::optional<MeasurementId> Catalogue::find_measurement(DatabaseId database,
                                                         std::string_view name) const {
    MutexLock lock(mutex_);
    const auto& measurements = databases_[database].measurements;
    const auto found = measurements.find(name);
    if (found == measurements.end()) return std::nullopt;
    return found->second;
}

std::optional<SeriesId> Catalogue::find_series(MeasurementId measurement_id,
                                               const TagSet& tags) const {
    MutexLock lock(mutex_);
    const Measurement& measurement = measurements_[measurement_id];
    const auto found = measurement.series.find(make_series_key(measurement.name, tags));
    if (found == measurement.series.end()) return std::nullopt;
    return found->second;
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
    return SeriesHome{measurements_[measurement].database, measurement};
}

bool Catalogue::was_series(SeriesId id) const {
    MutexLock lock(mutex_);
    return id < series_.size() && series_[id].measurement != 0;
}

std::string Catalogue::series_key(SeriesId id) const {
    MutexLock lock(mutex_);
    return id < series_.size() ? series_[id].key : std::string();
}

std::uint64_t Catalogue::series_count() const {
    MutexLock lock(mutex_);
    return live_series_count_;
}

const Catalogue::Measurement* Catalogue::measurement_named(std::string_view database,
                                                           std::string_view measurement) const {
    const auto database_id = find_database_locked(database);
    if (!database_id) return nullptr;
    const auto& measurements = databases_[*database_id].measurements;
    const auto found = measurements.find(measurement);
    return found == measurements.end() ? nullptr : &measurements_[found->second];
}

std::vector<std::string> Catalogue::measurements(std::string_view database) const {
    MutexLock lock(mutex_);
    std::vector<std::string> names;
    if (const auto id = find_database_locked(database)) {
        for (const auto& [name, measurement] : databases_[*id].measurements) names.push_back(name);
    }
    return names;
}

std::vector<FieldKey> Catalogue::field_keys(std::string_view database,
                                            std::string_view measurement) const {
    MutexLock lock(mutex_);
    std::vector<FieldKey> fields;
    const Measurement* found = measurement_named(database, measurement);
    if (found == nullptr) return fields;
    for (const FieldKey& field : found->fields) {
        if (!field.name.empty()) fields.push_back(field);
    }
    std::ranges::sort(fields);
    return fields;
}

std::vector<std::string> Catalogue::tag_keys(std::string_view database,
                                             std::string_view measurement) const {
    MutexLock lock(mutex_);
    const Measurement* found = measurement_named(database, measurement);
    return found == nullptr ? std::vector<std::string>() : found->tags.keys();
}

std::vector<std::string> Catalogue::tag_values(std::string_view database,
                                               std::string_view measurement,
                                               std::string_view key) const {
    MutexLock lock(mutex_);
    const Measurement* found = measurement_named(database, measurement);
    return found == nullptr ? std::vector<std::string>() : found->tags.values(key);
}

std::vector<ScanSeries> Catalogue::select(DatabaseId database, std::string_view measurement,
                                          const std::vector<TagMatcher>& matchers) const {
    MutexLock lock(mutex_);
    std::vector<ScanSeries> selected;
    const auto& measurements = databases_[database].measurements;
    const auto found = measurements.find(measurement);
    if (found == measurements.end()) return selected;
    const Measurement& entry = measurements_[found->second];
    std::vector<SeriesId> ids = entry.tags.select(matchers);
    sort_by_key(entry, ids);
    selected.reserve(ids.size());
    for (const SeriesId id : ids) selected.push_back({id, tags_of_series_key(series_[id].key)});
    return selected;
}

void Catalogue::sort_by_key(const Measurement& measurement, std::vector<SeriesId>& ids) const {
    const auto by_key = [this](SeriesId left, SeriesId right) TIDEMARK_REQUIRES(mutex_) {
        return series_[left].key < series_[right].key;
    };
    // Few of many are sorted on their own; for many the order of all is kept and filtered.
    if (ids.size() < measurement.series.size() / 16) {
        std::sort(ids.begin(), ids.end(), by_key);
        return;
    }
    if (measurement.key_order.size() != measurement.series.size()) {
        measurement.key_order.clear();
        for (const auto& [key, id] : measurement.series) measurement.key_order.push_back(id);
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

#include "tests/support/memory_store.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "storage/engine/time_check.h"
#include "tests/support/memory_scan.h"

namespace tidemark::tests {
namespace {

class MemorySnapshot final : public Snapshot {
public:
    explicit MemorySnapshot(std::shared_ptr<const MemoryData> data) : data_(std::move(data)) {}
    Sequence sequence() const override { return data_->sequence; }
    const std::shared_ptr<const MemoryData>& data() const { return data_; }

private:
    std::shared_ptr<const MemoryData> data_;
};

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ',' || c == '=' || c == ' ') out += '\\';
        out += c;
    }
    return out;
}

struct SortedSeries {
    std::string measurement;
    TagSet tags;
};

/// The series a point names, or why it cannot be one.
Result<SortedSeries> sorted_series(std::string_view raw_series_key) {
    const auto bad = [](std::string reason) {
        return Error(ErrorCode::InvalidArgument, std::move(reason));
    };
    const SeriesKeyParts parts = series_key_parts(raw_series_key);
    if (parts.measurement.empty()) return bad("the measurement is empty");
    SortedSeries series{std::string(parts.measurement), {}};
    for (const auto& [key, value] : parts.tags) {
        if (key.empty()) return bad("a tag key is empty");
        if (value.empty()) return bad("the value of tag " + std::string(key) + " is empty");
        if (key == "time") return bad("time cannot be a tag key");
        series.tags.push_back({std::string(key), std::string(value)});
    }
    std::sort(series.tags.begin(), series.tags.end());
    for (std::size_t i = 1; i < series.tags.size(); ++i) {
        if (series.tags[i].key == series.tags[i - 1].key) {
            return bad("tag key " + series.tags[i].key + " is given twice");
        }
    }
    return series;
}

/// `value` as a value of `type`; an integer widens to a float where that is exact.
std::optional<Value> value_as(const Value& value, FieldType type) {
    if (value_type(value) == type) return value;
    constexpr std::int64_t kExactLimit = std::int64_t{1} << 53;
    const std::int64_t* integer = std::get_if<std::int64_t>(&value);
    if (type != FieldType::Float || integer == nullptr) return std::nullopt;
    if (*integer > kExactLimit || *integer < -kExactLimit) return std::nullopt;
    return static_cast<double>(*integer);
}

/// The fields of a point as values of the measurement's types, or why the point is refused.
Result<MemoryData::Row> checked_row(const WriteBatch& batch, std::size_t point_index,
                                    const std::string& measurement, bool accepts_nan,
                                    std::map<std::string, FieldType> known_types) {
    const auto bad = [](std::string reason) {
        return Error(ErrorCode::InvalidArgument, std::move(reason));
    };
    const std::size_t field_count = batch.point(point_index).field_count;
    if (field_count == 0) return bad("a point without fields");
    MemoryData::Row row;
    for (std::size_t i = 0; i < field_count; ++i) {
        const WriteBatch::Field field = batch.field(point_index, i);
        const std::string name(field.name);
        if (name.empty()) return bad("a field name is empty");
        if (name == "time") return bad("time cannot be a field name");
        Value value = field.value();
        const double* number = std::get_if<double>(&value);
        if (number != nullptr && !std::isfinite(*number) && !(accepts_nan && std::isnan(*number))) {
            return bad("field " + name + " is not a finite number");
        }
        const FieldType type = known_types.emplace(name, field.type).first->second;
        std::optional<Value> typed = value_as(value, type);
        if (!typed) {
            return bad("field " + name + " is a " + std::string(field_type_name(type)) + " in " +
                       measurement + ", got a " + std::string(field_type_name(field.type)));
        }
        row[name] = *std::move(typed);
    }
    return row;
}

}  // namespace

std::string canonical_series_key(std::string_view measurement, const TagSet& tags) {
    std::string key = escaped(measurement);
    for (const Tag& tag : tags) key += "," + escaped(tag.key) + "=" + escaped(tag.value);
    return key;
}

bool matches_all(const TagSet& tags, const std::vector<TagMatcher>& matchers) {
    return std::all_of(matchers.begin(), matchers.end(), [&](const TagMatcher& matcher) {
        const auto tag = std::find_if(tags.begin(), tags.end(),
                                      [&](const Tag& t) { return t.key == matcher.key; });
        const std::string_view value = tag == tags.end() ? std::string_view() : tag->value;
        if (matcher.op == CompareOp::Matches) return matcher.matches(value);
        return (value == matcher.value) == (matcher.op == CompareOp::Equal);
    });
}

MemoryStore::MemoryStore(MemoryStoreOptions options)
    : options_([&options] {
          if (options.clock == nullptr) options.clock = &system_clock();
          return options;
      }()),
      data_(std::make_shared<MemoryData>()) {}

std::shared_ptr<const MemoryData> MemoryStore::data() const {
    const std::lock_guard lock(mutex_);
    return data_;
}

MemoryData& MemoryStore::changeable_data() {
    if (data_.use_count() > 1) data_ = std::make_shared<MemoryData>(*data_);
    return *data_;
}

void MemoryStore::add_retention_policy(std::string_view database, std::string_view policy,
                                       bool is_default) {
    RetentionPolicy added = storage::default_policy();
    added.name = policy;
    added.is_default = is_default;
    const std::lock_guard lock(mutex_);
    MemoryData::Database& changed = changeable_data().databases[std::string(database)];
    changed.policies[added.name];
    if (is_default) {
        for (RetentionPolicy& other : changed.properties) other.is_default = false;
    }
    std::erase_if(changed.properties,
                  [&](const RetentionPolicy& other) { return other.name == added.name; });
    changed.properties.push_back(std::move(added));
}

Status MemoryStore::close() {
    subscriptions_.stop();
    return success();
}

Status MemoryStore::create_database(std::string_view name) {
    if (name.empty() || name.find('/') != std::string_view::npos) {
        return Error(ErrorCode::InvalidArgument, "not a database name: " + std::string(name));
    }
    const std::lock_guard lock(mutex_);
    changeable_data().databases[std::string(name)];
    return success();
}

Status MemoryStore::drop_database(std::string_view name) {
    const std::lock_guard lock(mutex_);
    changeable_data().databases.erase(std::string(name));
    return success();
}

std::vector<std::string> MemoryStore::databases() const {
    std::vector<std::string> names;
    for (const auto& [name, database] : data()->databases) names.push_back(name);
    return names;
}

bool MemoryStore::has_database(std::string_view name) const {
    return data()->databases.contains(std::string(name));
}

bool MemoryStore::has_retention_policy(std::string_view database, std::string_view policy) const {
    return !policy.empty() && find_policy(*data(), database, policy).has_value();
}

Result<RetentionPolicy> MemoryStore::find_policy(const MemoryData& data, std::string_view database,
                                                 std::string_view policy) {
    const auto found = data.databases.find(std::string(database));
    if (found == data.databases.end()) {
        return Error(ErrorCode::NotFound, "database not found: " + std::string(database));
    }
    for (const RetentionPolicy& known : found->second.properties) {
        if (policy.empty() ? known.is_default : known.name == policy) return known;
    }
    return Error(ErrorCode::NotFound,
                 policy.empty() ? "default retention policy not set for: " + std::string(database)
                                : "retention policy not found: " + std::string(policy));
}

std::vector<RetentionPolicy> MemoryStore::retention_policies(std::string_view database) const {
    const auto data = this->data();
    const auto found = data->databases.find(std::string(database));
    return found == data->databases.end() ? std::vector<RetentionPolicy>()
                                          : found->second.properties;
}

Status MemoryStore::create_retention_policy(std::string_view database,
                                            const RetentionPolicy& policy) {
    const std::lock_guard lock(mutex_);
    if (!data_->databases.contains(std::string(database))) {
        return Error(ErrorCode::NotFound, "database not found: " + std::string(database));
    }
    TIDEMARK_ASSIGN_OR_RETURN(const RetentionPolicy checked, storage::checked_policy(policy));
    if (const auto existing = find_policy(*data_, database, policy.name)) {
        return storage::check_same_policy(existing.value(), checked);
    }
    MemoryData::Database& changed = changeable_data().databases[std::string(database)];
    if (checked.is_default) {
        for (RetentionPolicy& other : changed.properties) other.is_default = false;
    }
    changed.properties.push_back(checked);
    changed.policies[checked.name];
    return success();
}

Status MemoryStore::alter_retention_policy(std::string_view database, std::string_view policy,
                                           const RetentionPolicyChange& change) {
    const std::lock_guard lock(mutex_);
    TIDEMARK_ASSIGN_OR_RETURN(const RetentionPolicy existing,
                              find_policy(*data_, database, policy));
    TIDEMARK_ASSIGN_OR_RETURN(const RetentionPolicy altered,
                              storage::changed_policy(existing, change));
    for (RetentionPolicy& other : changeable_data().databases[std::string(database)].properties) {
        if (other.name == policy) {
            other = altered;
        } else if (altered.is_default) {
            other.is_default = false;
        }
    }
    return success();
}

Status MemoryStore::drop_retention_policy(std::string_view database, std::string_view policy) {
    const std::lock_guard lock(mutex_);
    if (!data_->databases.contains(std::string(database))) return success();
    MemoryData::Database& changed = changeable_data().databases[std::string(database)];
    changed.policies.erase(std::string(policy));
    std::erase_if(changed.properties,
                  [&](const RetentionPolicy& known) { return known.name == policy; });
    return success();
}

Status MemoryStore::set_stale(std::string_view database, std::string_view measurement,
                              std::int64_t hold_ns) {
    const std::lock_guard lock(mutex_);
    if (!data_->databases.contains(std::string(database))) {
        return Error(ErrorCode::NotFound, "database not found: " + std::string(database));
    }
    changeable_data().databases[std::string(database)].stale_ns[std::string(measurement)] = hold_ns;
    return success();
}

std::optional<std::int64_t> MemoryStore::stale_ns(std::string_view database,
                                                  std::string_view measurement) const {
    const auto data = this->data();
    const auto found = data->databases.find(std::string(database));
    if (found == data->databases.end()) return std::nullopt;
    for (const std::string& subject : {std::string(measurement), std::string()}) {
        const auto stale = found->second.stale_ns.find(subject);
        if (stale != found->second.stale_ns.end()) return stale->second;
    }
    return std::nullopt;
}

Status MemoryStore::set_nan_accepted(std::string_view database, bool is_accepted) {
    const std::lock_guard lock(mutex_);
    if (!data_->databases.contains(std::string(database))) {
        return Error(ErrorCode::NotFound, "database not found: " + std::string(database));
    }
    changeable_data().databases[std::string(database)].accepts_nan = is_accepted;
    return success();
}

bool MemoryStore::accepts_nan(std::string_view database) const {
    const auto data = this->data();
    const auto found = data->databases.find(std::string(database));
    return found != data->databases.end() && found->second.accepts_nan;
}

namespace {

storage::DocumentKey key_of(const DocumentName& name) { return {1, name.kind, name.name}; }

/// The documents of a database; none when it is not there.
storage::DocumentSet documents_of(const MemoryData& data, std::string_view database) {
    const auto found = data.databases.find(std::string(database));
    return found == data.databases.end() ? storage::DocumentSet() : found->second.documents;
}

}  // namespace

Result<std::uint64_t> MemoryStore::record(const DocumentName& name, Document document,
                                          const DocumentChange& change) {
    document.kind = name.kind;
    document.name = name.name;
    document.author = change.author;
    document.reason = change.reason;
    document.time_ns = change.time_ns;
    TIDEMARK_RETURN_IF_ERROR(storage::check_document(document));
    const std::lock_guard lock(mutex_);
    if (!data_->databases.contains(name.database)) {
        return Error(ErrorCode::NotFound, "database not found: " + name.database);
    }
    TIDEMARK_ASSIGN_OR_RETURN(document.version, documents_of(*data_, name.database)
                                                    .next_version(key_of(name), document.is_removed,
                                                                  change.expected_version));
    document.sequence = data_->sequence;
    const std::uint64_t version = document.version;
    storage::DocumentSet& documents = changeable_data().databases[name.database].documents;
    TIDEMARK_RETURN_IF_ERROR(documents.add(1, std::move(document)));
    return version;
}

Result<std::uint64_t> MemoryStore::put_document(const DocumentName& name, std::string_view bytes,
                                                const DocumentChange& change) {
    Document document;
    document.bytes = bytes;
    return record(name, std::move(document), change);
}

Result<std::uint64_t> MemoryStore::remove_document(const DocumentName& name,
                                                   const DocumentChange& change) {
    Document document;
    document.is_removed = true;
    return record(name, std::move(document), change);
}

std::optional<Document> MemoryStore::document(const DocumentName& name) const {
    return documents_of(*data(), name.database).newest(key_of(name));
}

std::vector<Document> MemoryStore::documents(std::string_view database,
                                             std::string_view kind) const {
    return documents_of(*data(), database).newest_of(1, kind);
}

std::vector<Document> MemoryStore::document_history(const DocumentName& name) const {
    return documents_of(*data(), name.database).history(key_of(name));
}

Result<WriteResult> MemoryStore::write(std::string_view database, std::string_view policy,
                                       const WriteBatch& batch) {
    const std::lock_guard lock(mutex_);
    TIDEMARK_ASSIGN_OR_RETURN(const RetentionPolicy properties,
                              find_policy(*data_, database, policy));
    const std::string& policy_name = properties.name;
    MemoryData& data = changeable_data();
    MemoryData::Database& target = data.databases[std::string(database)];
    const std::int64_t now_ns = options_.clock->now_ns();
    const storage::TimeLimits limits{
        now_ns,
        properties.future_limit_ns != 0 ? properties.future_limit_ns : options_.future_limit_ns,
        properties.past_limit_ns, storage::retention_edge_ns(properties, now_ns), policy_name};
    WriteResult result;
    for (std::size_t i = 0; i < batch.point_count(); ++i) {
        const auto reject = [&](std::string reason) { result.reject(i, std::move(reason)); };
        const WriteBatch::Point point = batch.point(i);
        auto series = sorted_series(point.raw_series_key);
        if (!series) {
            reject(series.error().message());
            continue;
        }
        const std::string& measurement = series.value().measurement;
        auto row =
            checked_row(batch, i, measurement, target.accepts_nan, target.fields[measurement]);
        if (!row) {
            reject(row.error().message());
            continue;
        }
        const std::int64_t time_ns = point.time_ns.value_or(now_ns);
        if (auto defect = storage::time_defect(time_ns, limits)) {
            reject(*std::move(defect));
            continue;
        }
        MemoryData::Series& stored = target.policies[policy_name][measurement][canonical_series_key(
            measurement, series.value().tags)];
        if (stored.id == 0) stored.id = data.next_series_id++;
        stored.tags = series.value().tags;
        for (auto& [name, value] : row.value()) {
            target.fields[measurement].emplace(name, value_type(value));
            stored.rows[time_ns][name] = std::move(value);
        }
        ++result.accepted_count;
    }
    if (result.accepted_count > 0) result.sequence = ++data.sequence;
    subscriptions_.notify();
    return result;
}

Status MemoryStore::wait_durable(Sequence /*sequence*/) { return success(); }
std::unique_ptr<CommitSubscription> MemoryStore::subscribe(
    std::function<void(Sequence durable)> on_commit) {
    return subscriptions_.add(std::move(on_commit));
}

Status MemoryStore::flush() { return success(); }

std::shared_ptr<const Snapshot> MemoryStore::snapshot() const {
    return std::make_shared<MemorySnapshot>(data());
}

Result<std::unique_ptr<Scan>> MemoryStore::scan(const ScanRequest& request,
                                                std::shared_ptr<const Snapshot> snapshot) const {
    const auto data =
        snapshot ? static_cast<const MemorySnapshot&>(*snapshot).data() : this->data();
    TIDEMARK_ASSIGN_OR_RETURN(const RetentionPolicy policy,
                              find_policy(*data, request.database, request.retention_policy));
    ScanRequest shown = request;
    shown.retention_policy = policy.name;
    storage::hide_expired(policy, options_.clock->now_ns(), shown);
    return make_memory_scan(shown, data, options_);
}

std::vector<std::string> MemoryStore::measurements(std::string_view database) const {
    const auto data = this->data();
    std::set<std::string> names;
    const auto found = data->databases.find(std::string(database));
    if (found == data->databases.end()) return {};
    for (const auto& [policy_name, policy] : found->second.policies) {
        for (const auto& [name, measurement] : policy) names.insert(name);
    }
    return {names.begin(), names.end()};
}

std::vector<FieldKey> MemoryStore::field_keys(std::string_view database,
                                              std::string_view measurement) const {
    const auto data = this->data();
    const auto found = data->databases.find(std::string(database));
    if (found == data->databases.end()) return {};
    const auto fields = found->second.fields.find(std::string(measurement));
    if (fields == found->second.fields.end()) return {};
    std::vector<FieldKey> keys;
    for (const auto& [name, type] : fields->second) keys.push_back({name, type});
    return keys;
}

std::map<std::string, TagSet> MemoryStore::all_series(std::string_view database,
                                                      std::string_view measurement) const {
    const auto data = this->data();
    std::map<std::string, TagSet> all;
    const auto found = data->databases.find(std::string(database));
    if (found == data->databases.end()) return all;
    for (const auto& [policy_name, policy] : found->second.policies) {
        const auto series = policy.find(std::string(measurement));
        if (series == policy.end()) continue;
        for (const auto& [key, stored] : series->second) all.emplace(key, stored.tags);
    }
    return all;
}

std::vector<std::string> MemoryStore::tag_keys(std::string_view database,
                                               std::string_view measurement) const {
    std::set<std::string> keys;
    for (const auto& [series_key, tags] : all_series(database, measurement)) {
        for (const Tag& tag : tags) keys.insert(tag.key);
    }
    return {keys.begin(), keys.end()};
}

std::vector<std::string> MemoryStore::tag_values(std::string_view database,
                                                 std::string_view measurement,
                                                 std::string_view key) const {
    std::set<std::string> values;
    for (const auto& [series_key, tags] : all_series(database, measurement)) {
        for (const Tag& tag : tags) {
            if (tag.key == key) values.insert(tag.value);
        }
    }
    return {values.begin(), values.end()};
}

std::vector<SeriesTags> MemoryStore::series(std::string_view database, std::string_view measurement,
                                            const std::vector<TagMatcher>& tags) const {
    std::vector<SeriesTags> found;
    for (const auto& [series_key, series_tags] : all_series(database, measurement)) {
        if (matches_all(series_tags, tags))
            found.push_back({std::string(measurement), series_tags});
    }
    return found;
}

StoreStatistics MemoryStore::statistics() const {
    const auto data = this->data();
    StoreStatistics statistics;
    statistics.written_sequence = data->sequence;
    statistics.durable_sequence = data->sequence;
    for (const auto& [database_name, database] : data->databases) {
        for (const auto& [policy_name, policy] : database.policies) {
            for (const auto& [measurement_name, measurement] : policy) {
                statistics.series_count += measurement.size();
                for (const auto& [key, series] : measurement) {
                    statistics.head_row_count += series.rows.size();
                }
            }
        }
    }
    return statistics;
}

}  // namespace tidemark::tests

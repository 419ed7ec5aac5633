#include <algorithm>
#include <utility>

#include "storage/engine/catalogue.h"
#include "storage/engine/retention_policy.h"

// The part of the catalogue that is settings: retention policies, STALE and NAN.

namespace tidemark::storage {

namespace {

Error nonsense(std::string reason) { return {ErrorCode::InvalidArgument, std::move(reason)}; }

}  // namespace

// ---- Opening ------------------------------------------------------------------------------

Status Catalogue::apply_policy(const CatalogueRecord& record, std::uint64_t id_limit) {
    if (const auto* set = std::get_if<PolicySet>(&record)) return apply_policy_set(*set, id_limit);
    if (const auto* dropped = std::get_if<PolicyDropped>(&record)) {
        if (!is_known_policy(dropped->id)) return nonsense("an unknown policy was dropped");
        forget_policy(dropped->id);
        return success();
    }
    if (const auto* nan = std::get_if<NanSet>(&record)) {
        if (!is_known_database(nan->database)) return nonsense("NAN is of an unknown database");
        databases_[nan->database].accepts_nan = nan->is_accepted;
        return success();
    }
    const auto& stale = std::get<StaleSet>(record);
    if (!is_known_database(stale.database)) return nonsense("STALE is of an unknown database");
    databases_[stale.database].stale_ns[stale.measurement] = stale.hold_ns;
    return success();
}

Status Catalogue::apply_policy_set(const PolicySet& set, std::uint64_t id_limit) {
    const std::string& name = set.properties.name;
    if (set.id == 0 || set.id > id_limit + kMaxLostDatabases) {
        return nonsense("a policy id is too big");
    }
    if (!is_known_database(set.database)) {
        return nonsense("policy " + name + " is of an unknown database");
    }
    make_place_for_policy(set.id);
    const bool is_another =
        is_known_policy(set.id) &&
        (policies_[set.id].database != set.database || policies_[set.id].properties.name != name);
    if (name.empty() || is_another) return nonsense("policy " + name + " was there");
    // Names are unique among those that live, so the record that dropped the other was lost.
    const auto namesake = find_policy_locked(set.database, name);
    if (namesake && *namesake != set.id) forget_policy(*namesake);
    insert_policy(set.id, set.database, set.properties);
    return success();
}

bool Catalogue::is_known_database(DatabaseId id) const {
    return id < databases_.size() && !databases_[id].name.empty();
}

// ---- Changes ------------------------------------------------------------------------------

void Catalogue::insert_policy(PolicyId id, DatabaseId database_id,
                              const RetentionPolicy& properties) {
    make_place_for_policy(id);
    Policy& policy = policies_[id];
    Database& database = databases_[database_id];
    policy.database = database_id;
    policy.properties = properties;
    if (!database.is_live) return;
    if (!std::exchange(policy.is_live, true)) database.policies.push_back(id);
    if (properties.is_default) database.default_policy = id;
}

Result<DatabaseId> Catalogue::require_database(std::string_view name) const {
    if (const auto found = find_database_locked(name)) return *found;
    return Error(ErrorCode::NotFound, "database not found: " + std::string(name));
}

std::optional<PolicyId> Catalogue::find_policy_locked(DatabaseId database,
                                                      std::string_view policy) const {
    for (const PolicyId id : databases_[database].policies) {
        if (policies_[id].properties.name == policy) return id;
    }
    return std::nullopt;
}

RetentionPolicy Catalogue::properties_of(PolicyId policy) const {
    RetentionPolicy properties = policies_[policy].properties;
    properties.is_default = databases_[policies_[policy].database].default_policy == policy;
    return properties;
}

Status Catalogue::create_policy(std::string_view database, const RetentionPolicy& policy) {
    {
        MutexLock lock(mutex_);
        TIDEMARK_ASSIGN_OR_RETURN(const DatabaseId database_id, require_database(database));
        TIDEMARK_ASSIGN_OR_RETURN(const RetentionPolicy checked, checked_policy(policy));
        if (const auto existing = find_policy_locked(database_id, policy.name)) {
            TIDEMARK_RETURN_IF_ERROR(check_same_policy(properties_of(*existing), checked));
        } else {
            const auto id = static_cast<PolicyId>(policies_.size());
            insert_policy(id, database_id, checked);
            append(PolicySet{id, database_id, checked});
        }
    }
    // Also when it was there: the attempt that made it may have met a full disk.
    return make_durable();
}

Status Catalogue::alter_policy(std::string_view database, std::string_view policy,
                               const RetentionPolicyChange& change) {
    {
        MutexLock lock(mutex_);
        TIDEMARK_ASSIGN_OR_RETURN(const DatabaseId database_id, require_database(database));
        const auto id = find_policy_locked(database_id, policy);
        if (!id) {
            return Error(ErrorCode::NotFound, "retention policy not found: " + std::string(policy));
        }
        TIDEMARK_ASSIGN_OR_RETURN(const RetentionPolicy changed,
                                  changed_policy(properties_of(*id), change));
        insert_policy(*id, database_id, changed);
        append(PolicySet{*id, database_id, changed});
    }
    return make_durable();
}

Status Catalogue::drop_policy(std::string_view database, std::string_view policy) {
    {
        MutexLock lock(mutex_);
        const auto database_id = find_database_locked(database);
        if (!database_id) return success();
        if (const auto id = find_policy_locked(*database_id, policy)) {
            append(PolicyDropped{*id});
            forget_policy(*id);
        }
    }
    return make_durable();
}

Status Catalogue::set_stale(std::string_view database, std::string_view measurement,
                            std::int64_t hold_ns) {
    if (hold_ns <= 0) {
        return Error(ErrorCode::InvalidArgument,
                     "STALE " + std::to_string(hold_ns) + "ns: expected a duration above zero");
    }
    {
        MutexLock lock(mutex_);
        TIDEMARK_ASSIGN_OR_RETURN(const DatabaseId database_id, require_database(database));
        databases_[database_id].stale_ns[std::string(measurement)] = hold_ns;
        append(StaleSet{database_id, std::string(measurement), hold_ns});
    }
    return make_durable();
}

Status Catalogue::set_nan_accepted(std::string_view database, bool is_accepted) {
    {
        MutexLock lock(mutex_);
        TIDEMARK_ASSIGN_OR_RETURN(const DatabaseId database_id, require_database(database));
        databases_[database_id].accepts_nan = is_accepted;
        append(NanSet{database_id, is_accepted});
    }
    return make_durable();
}

// ---- Looking things up --------------------------------------------------------------------

std::vector<RetentionPolicy> Catalogue::policies(std::string_view database) const {
    MutexLock lock(mutex_);
    std::vector<RetentionPolicy> found;
    const auto database_id = find_database_locked(database);
    if (!database_id) return found;
    for (const PolicyId id : databases_[*database_id].policies) found.push_back(properties_of(id));
    return found;
}

Result<PolicyId> Catalogue::find_policy(std::string_view database, std::string_view policy) const {
    MutexLock lock(mutex_);
    TIDEMARK_ASSIGN_OR_RETURN(const DatabaseId database_id, require_database(database));
    if (policy.empty()) {
        const PolicyId id = databases_[database_id].default_policy;
        if (id != 0) return id;
        return Error(ErrorCode::NotFound,
                     "default retention policy not set for: " + std::string(database));
    }
    if (const auto id = find_policy_locked(database_id, policy)) return *id;
    return Error(ErrorCode::NotFound, "retention policy not found: " + std::string(policy));
}

bool Catalogue::is_live(PolicyId policy) const {
    MutexLock lock(mutex_);
    return policy < policies_.size() && policies_[policy].is_live;
}

bool Catalogue::was_dropped(PolicyId policy) const {
    MutexLock lock(mutex_);
    return is_known_policy(policy) && !policies_[policy].is_live;
}

bool Catalogue::was_database(DatabaseId id) const {
    MutexLock lock(mutex_);
    return is_known_database(id);
}

RetentionPolicy Catalogue::policy(PolicyId policy) const {
    MutexLock lock(mutex_);
    return properties_of(policy);
}

std::optional<std::int64_t> Catalogue::stale_ns(std::string_view database,
                                                std::string_view measurement) const {
    MutexLock lock(mutex_);
    const auto database_id = find_database_locked(database);
    if (!database_id) return std::nullopt;
    const auto& stale_ns = databases_[*database_id].stale_ns;
    auto found = stale_ns.find(measurement);
    if (found == stale_ns.end()) found = stale_ns.find(std::string_view());
    if (found == stale_ns.end()) return std::nullopt;
    return found->second;
}

bool Catalogue::accepts_nan(std::string_view database) const {
    MutexLock lock(mutex_);
    const auto database_id = find_database_locked(database);
    return database_id && databases_[*database_id].accepts_nan;
}

bool Catalogue::accepts_nan(PolicyId policy) const {
    MutexLock lock(mutex_);
    return databases_[policies_[policy].database].accepts_nan;
}

std::optional<FieldType> Catalogue::type_elsewhere(PolicyId policy, std::string_view measurement,
                                                   std::string_view field) const {
    MutexLock lock(mutex_);
    for (const PolicyId sibling : databases_[policies_[policy].database].policies) {
        const auto& measurements = policies_[sibling].measurements;
        const auto found = measurements.find(measurement);
        if (sibling == policy || found == measurements.end()) continue;
        const auto& fields = measurements_[found->second].fields;
        const auto known = std::ranges::find(fields, field, &FieldKey::name);
        if (known != fields.end()) return known->type;
    }
    return std::nullopt;
}

}  // namespace tidemark::storage

#include "storage/engine/retention_policy.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "storage/engine/series_key.h"

namespace tidemark::storage {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;
constexpr std::int64_t kDayNs = 24 * kHourNs;

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

// InfluxDB 1.8, meta.shardGroupDuration and meta.normalisedShardDuration.
std::int64_t usual_shard_duration_ns(std::int64_t duration_ns, std::int64_t wanted_ns) {
    if (wanted_ns > 0) return std::max(wanted_ns, kHourNs);
    if (duration_ns >= 180 * kDayNs || duration_ns == 0) return 7 * kDayNs;
    return duration_ns >= 2 * kDayNs ? kDayNs : kHourNs;
}

Status check_name(const std::string& name) {
    if (name == kReservedRetentionPolicy) {
        return invalid("retention policy " + name + " is reserved: choose another name");
    }
    if (name == "." || name == ".." || database_name_defect(name)) {
        return invalid("invalid name \"" + name +
                       "\" of a retention policy: expected one that is not empty, not . or .., and "
                       "holds no / and no control characters");
    }
    return success();
}

}  // namespace

RetentionPolicy default_policy() {
    RetentionPolicy policy;
    policy.name = kDefaultRetentionPolicy;
    policy.shard_duration_ns = usual_shard_duration_ns(0, 0);
    policy.is_default = true;
    return policy;
}

Result<RetentionPolicy> checked_policy(RetentionPolicy policy) {
    TIDEMARK_RETURN_IF_ERROR(check_name(policy.name));
    const bool is_negative = policy.duration_ns < 0 || policy.shard_duration_ns < 0 ||
                             policy.future_limit_ns < 0 || policy.past_limit_ns < 0;
    if (is_negative) return invalid("the durations of a retention policy must not be negative");
    if (policy.replication == 0) return invalid("the replication must be at least 1");
    if (policy.duration_ns != 0 && policy.duration_ns < kHourNs) {
        return invalid("retention policy duration must be at least 1h0m0s");
    }
    policy.shard_duration_ns =
        usual_shard_duration_ns(policy.duration_ns, policy.shard_duration_ns);
    if (policy.duration_ns != 0 && policy.duration_ns < policy.shard_duration_ns) {
        return invalid("retention policy duration must be greater than the shard duration");
    }
    return policy;
}

Result<RetentionPolicy> changed_policy(RetentionPolicy policy,
                                       const RetentionPolicyChange& change) {
    policy.duration_ns = change.duration_ns.value_or(policy.duration_ns);
    policy.shard_duration_ns = change.shard_duration_ns.value_or(policy.shard_duration_ns);
    policy.replication = change.replication.value_or(policy.replication);
    policy.future_limit_ns = change.future_limit_ns.value_or(policy.future_limit_ns);
    policy.past_limit_ns = change.past_limit_ns.value_or(policy.past_limit_ns);
    policy.is_default = policy.is_default || change.makes_default;
    return checked_policy(std::move(policy));
}

Status check_same_policy(const RetentionPolicy& existing, const RetentionPolicy& policy) {
    RetentionPolicy same = policy;
    same.is_default = existing.is_default;
    if (same != existing) return invalid("retention policy already exists");
    if (policy.is_default && !existing.is_default) {
        return invalid("retention policy conflicts with an existing policy");
    }
    return success();
}

std::int64_t retention_edge_ns(const RetentionPolicy& policy, std::int64_t now_ns) {
    constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
    if (policy.duration_ns == 0 || now_ns < kEarliest + policy.duration_ns) return kEarliest;
    return now_ns - policy.duration_ns;
}

void hide_expired(const RetentionPolicy& policy, std::int64_t now_ns, ScanRequest& request) {
    const std::int64_t edge_ns = retention_edge_ns(policy, now_ns);
    if (request.range.begin_ns >= edge_ns) return;
    // What was in force at the edge stays in force there, as for a range that begins behind it.
    if (request.range.end_ns <= edge_ns) request.carry_in = CarryIn::None;
    request.range.begin_ns = std::min(edge_ns, request.range.end_ns);
}

}  // namespace tidemark::storage

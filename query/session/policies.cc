#include "query/session/policies.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/plan/messages.h"
#include "query/plan/name_suggestion.h"
#include "query/plan/schema.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

StatementResult finished(Status status) {
    return status ? StatementResult() : failed(std::move(status).error());
}

Status read_length(const std::optional<Duration>& written, const std::string& what,
                   std::optional<std::int64_t>& length_ns) {
    if (!written) return success();
    length_ns = written->fixed_ns();
    if (length_ns && *length_ns >= 0) return success();
    return Error(ErrorCode::InvalidArgument,
                 what + " " + print_duration(*written) +
                     ": expected a fixed length, not negative, such as 90d");
}

Result<RetentionPolicyChange> change_of(const PolicyOptions& options) {
    RetentionPolicyChange change;
    TIDEMARK_RETURN_IF_ERROR(read_length(options.duration, "DURATION", change.duration_ns));
    TIDEMARK_RETURN_IF_ERROR(
        read_length(options.shard_duration, "SHARD DURATION", change.shard_duration_ns));
    TIDEMARK_RETURN_IF_ERROR(
        read_length(options.future_limit, "FUTURE LIMIT", change.future_limit_ns));
    TIDEMARK_RETURN_IF_ERROR(read_length(options.past_limit, "PAST LIMIT", change.past_limit_ns));
    if (options.has_no_future_limit) change.future_limit_ns = kHoldForever;
    change.replication = options.replication;
    change.makes_default = options.is_default;
    return change;
}

Result<RetentionPolicy> policy_of(const std::string& name, const PolicyOptions& options) {
    TIDEMARK_ASSIGN_OR_RETURN(const RetentionPolicyChange change, change_of(options));
    RetentionPolicy policy;
    policy.name = name;
    policy.duration_ns = change.duration_ns.value_or(0);
    policy.shard_duration_ns = change.shard_duration_ns.value_or(0);
    policy.replication = change.replication.value_or(1);
    policy.future_limit_ns = change.future_limit_ns.value_or(0);
    policy.past_limit_ns = change.past_limit_ns.value_or(0);
    policy.is_default = change.makes_default;
    return policy;
}

/// CREATE DATABASE .. WITH: the database has this policy, its default one, and no other.
Status create_with_policy(Store& store, const std::string& database, const PolicyOptions& options) {
    const std::string usual = "autogen";
    const std::string name = options.name.value_or(usual);
    TIDEMARK_ASSIGN_OR_RETURN(RetentionPolicy policy, policy_of(name, options));
    policy.is_default = true;
    if (store.has_database(database)) return store.create_retention_policy(database, policy);
    TIDEMARK_RETURN_IF_ERROR(store.create_database(database));
    // autogen gives way first, so that the one asked for may have its name.
    Status status = store.drop_retention_policy(database, usual);
    if (status) status = store.create_retention_policy(database, policy);
    // A database without the policy it was asked for is of no use.
    if (!status) TIDEMARK_RETURN_IF_ERROR(store.drop_database(database));
    return status;
}

}  // namespace

StatementResult change(const CreateDatabase& statement, const StatementContext& context) {
    if (!statement.policy) return finished(context.store.create_database(statement.name));
    return finished(create_with_policy(context.store, statement.name, *statement.policy));
}

StatementResult change(const DropDatabase& statement, const StatementContext& context) {
    return finished(context.store.drop_database(statement.name));
}

StatementResult change(const CreateRetentionPolicy& statement, const StatementContext& context) {
    auto policy = policy_of(statement.name, statement.options);
    if (!policy) return failed(std::move(policy).error());
    return finished(context.store.create_retention_policy(statement.database, policy.value()));
}

StatementResult change(const AlterRetentionPolicy& statement, const StatementContext& context) {
    auto changes = change_of(statement.options);
    if (!changes) return failed(std::move(changes).error());
    return finished(
        context.store.alter_retention_policy(statement.database, statement.name, changes.value()));
}

StatementResult change(const DropRetentionPolicy& statement, const StatementContext& context) {
    return finished(context.store.drop_retention_policy(statement.database, statement.name));
}

StatementResult change(const SetStale& statement, const StatementContext& context) {
    Status status = check_database(context.store, statement.database);
    if (!status) return failed(std::move(status).error());
    std::optional<std::int64_t> hold_ns = kHoldForever;
    if (statement.stale.hold) {
        status = read_length(statement.stale.hold, "STALE", hold_ns);
        if (!status) return failed(std::move(status).error());
        if (*hold_ns == 0) {
            return failed(Error(ErrorCode::InvalidArgument,
                                "STALE 0s: expected a duration above zero, or NONE"));
        }
    }
    StatementResult result = finished(
        context.store.set_stale(statement.database, statement.measurement.value_or(""), *hold_ns));
    const std::vector<std::string> known = context.store.measurements(statement.database);
    const bool is_expected =
        !statement.measurement || std::ranges::find(known, *statement.measurement) != known.end();
    if (!result.error && !is_expected) {
        // It may be written later.
        warn(result.messages, "there is no measurement " +
                                  print_identifier(*statement.measurement) + " yet" +
                                  suggestion(*statement.measurement, known));
    }
    return result;
}

StatementResult change(const SetNan& statement, const StatementContext& context) {
    Status status = check_database(context.store, statement.database);
    if (!status) return failed(std::move(status).error());
    return finished(context.store.set_nan_accepted(statement.database, statement.is_accepted));
}

}  // namespace tidemark::query

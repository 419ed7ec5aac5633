#pragma once

#include <cstdint>
#include <string_view>

#include <tidemark/result.h>
#include <tidemark/store.h>

namespace tidemark::storage {

/// What every new database has.
inline constexpr std::string_view kDefaultRetentionPolicy = "autogen";
/// For the query engine's own series; nobody writes into it through Store::write().
inline constexpr std::string_view kReservedRetentionPolicy = "kpi";

/// autogen: for ever, the default one.
RetentionPolicy default_policy();

/// `policy` as it is kept: with InfluxDB's shard duration where none or too short a one was given.
/// InvalidArgument, in InfluxDB's words where it has any, for properties that cannot be.
Result<RetentionPolicy> checked_policy(RetentionPolicy policy);

/// `policy` after the change; InvalidArgument as checked_policy().
Result<RetentionPolicy> changed_policy(RetentionPolicy policy, const RetentionPolicyChange& change);

/// Success when creating `policy` again changes nothing; InvalidArgument, in InfluxDB's words, when
/// `existing`, of the same name, is another one.
Status check_same_policy(const RetentionPolicy& existing, const RetentionPolicy& policy);

/// The first instant of which a policy still shows points.
std::int64_t retention_edge_ns(const RetentionPolicy& policy, std::int64_t now_ns);

/// What is left of a scan of a policy: rows before its edge are not seen. Of them only the value in
/// force at the edge is, where the scan asks for what is carried in.
void hide_expired(const RetentionPolicy& policy, std::int64_t now_ns, ScanRequest& request);

}  // namespace tidemark::storage

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/functions/time_buckets.h"
#include "query/plan/where_clause.h"
#include "query/syntax/ast.h"

namespace tidemark::query {

/// Subqueries inside each other; each level holds its rows in memory.
inline constexpr std::size_t kMaxSubqueryDepth = 20;

/// What a subquery takes over from the query around it, as in InfluxDB: the time range, the tags
/// grouped by, and the buckets where it has none of its own.
struct OuterQuery {
    TimeBounds time;
    /// Where its first window begins: before `time` when WINDOW is longer than a bucket (R2).
    std::int64_t first_window_ns = 0;
    std::vector<std::string> group_tags;
    BucketSpec buckets;
    std::size_t depth = 1;  ///< 1: the outermost query.
    /// The query around evaluates each series alone and looks for the value in force at its start:
    /// how far back rows may matter, kHoldForever without limit.
    std::optional<std::int64_t> look_back_ns;
};

/// How far before its range a query with these functions wants to see; nothing when it does not.
/// `hold_ns` is H.
std::optional<std::int64_t> look_back_ns(const SelectStatement& select, std::int64_t hold_ns);

/// The instants that lie in both.
TimeBounds intersection(const TimeBounds& left, const TimeBounds& right);

/// The bounds with their lower one `look_back_ns` earlier; kHoldForever: without a lower one.
TimeBounds widened(const TimeBounds& bounds, std::int64_t look_back_ns);

/// What the query around wants to see of rows that keep their times: all its windows, and what was
/// in force in front of them.
TimeBounds seen_by(const OuterQuery& outer);

}  // namespace tidemark::query

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/naive_evaluator.h"
#include "tests/oracle/product.h"

// Cases small enough to compute by hand. The arithmetic is in the comments; the naive evaluator and
// the engine, before and after a flush, must both arrive at it.

namespace tidemark::oracle {

inline constexpr std::int64_t kMinute = 60'000'000'000;
// The hand's clock starts at 2023-11-14T22:00:00Z, a multiple of an hour.
inline constexpr std::int64_t kStart = 1'699'999'200'000'000'000;
static_assert(kStart % (60 * kMinute) == 0);

inline std::int64_t at(std::int64_t minute) { return kStart + minute * kMinute; }
inline std::int64_t minutes(std::int64_t count) { return count * kMinute; }

/// Samples of field v of host a, as (minute, value), in order of arrival.
inline std::vector<Point> samples(const std::vector<std::pair<std::int64_t, double>>& values,
                                  const std::string& host = "a") {
    std::vector<Point> points;
    for (const auto& [minute, value] : values) {
        points.push_back({{{"host", host}}, at(minute), {{"v", value}}});
    }
    return points;
}

inline std::vector<Point> joined(std::vector<Point> first, const std::vector<Point>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

inline Predicate above(double limit) { return compare("v", CompareOp::Greater, limit); }

inline Call call_of(std::string function, Predicate predicate, std::int64_t unit_ns = kMinute,
                    Life life = {}) {
    return {std::move(function), "", {std::move(predicate)}, std::move(life), 0, {}, unit_ns};
}
inline Call call_on(std::string function, std::string field, std::int64_t thousandths = 0) {
    return {std::move(function), std::move(field), {}, {}, thousandths, {}, 0};
}

/// Over minutes [begin, end), asked long after, with a hold of `hold` minutes (0: STALE NONE).
inline Query query_of(std::vector<Call> calls, std::int64_t begin, std::int64_t end,
                      std::int64_t hold) {
    Query query;
    query.calls = std::move(calls);
    query.begin_ns = at(begin);
    query.end_ns = at(end);
    query.now_ns = at(1'000'000);
    query.hold_ns = hold == 0 ? kHoldForever : minutes(hold);
    return query;
}

inline Query by_time(Query query, std::int64_t bucket, std::int64_t window = 0) {
    query.bucket_ns = minutes(bucket);
    query.window_ns = minutes(window);
    return query;
}

using Row = std::vector<Cell>;
using Rows = std::vector<Row>;
struct HandSeries {
    TagSet tags;
    Rows rows;
};

inline const Cell kNull{};
inline Cell count(std::int64_t value) { return {value}; }
/// Cells need the exact alternative: a duration in minutes is a double.
inline Cell number(double value) { return {value}; }

/// Checks the rows of each series that the hand found.
void check_series(const std::vector<Point>& points, const Query& query,
                  const std::vector<HandSeries>& hand);
/// The same for all series as one group.
void check(const std::vector<Point>& points, const Query& query, const Rows& rows);

struct HandEpisode {
    std::int64_t begin, end, inside;  ///< Minutes.
    bool is_open;
    double peak, mean;
    std::int64_t unknown;
};

/// Episodes of the query's only call on host a, whose first numeric field is v.
void check_episodes(const std::vector<Point>& points, const Query& query,
                    const std::vector<HandEpisode>& hand);

struct HandTableRow {
    std::int64_t minute;  ///< Of its time.
    Row cells;            ///< Without the tag of host a.
};

/// The rows of changes(v) or state_durations(v), the query's only call, on host a.
void check_table(const std::vector<Point>& points, const Query& query,
                 const std::vector<HandTableRow>& hand);

}  // namespace tidemark::oracle

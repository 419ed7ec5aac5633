#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/scan.h>
#include <tidemark/types.h>

// The data model of the semantics written down as plainly as it can be: maps instead of vectors,
// points instead of files, a walk from edge to edge instead of summaries. Slow, and easy to
// believe. What the engine answers is compared with what this says.

namespace tidemark::oracle {

/// One line, as it arrives.
struct Point {
    TagSet tags;
    std::int64_t time_ns = 0;
    std::map<std::string, Value> fields;
};

/// A series after R9: one row per timestamp, fields merged, the later arrival of a field wins.
struct Series {
    TagSet tags;
    std::map<std::int64_t, std::map<std::string, Value>> rows;
    std::vector<TimeRange> excluded;  ///< Time that does not count (R18); in any order.

    bool is_excluded(std::int64_t time_ns) const;
    /// How much of [begin, end) does not count.
    std::int64_t excluded_ns(std::int64_t begin_ns, std::int64_t end_ns) const;

    /// The tag's value; empty when the series lacks it.
    std::string tag(const std::string& key) const;
};

/// The series that `arrivals`, in this order, make. Sorted by tags.
std::vector<Series> series_of(const std::vector<Point>& arrivals);

/// NaN: measured, nothing there (R10).
bool is_nan(const Value& value);

/// The samples of one field, in time order.
std::vector<std::pair<std::int64_t, Value>> samples_of(const Series& series,
                                                       const std::string& field);

/// a < b, for two values of one type; -0.0 sorts below +0.0, strings sort by bytes.
bool is_below(const Value& a, const Value& b);

/// The observation function x(t) of R1; nothing when unknown.
std::optional<Value> held_at(const Series& series, const std::string& field, std::int64_t time_ns,
                             std::int64_t hold_ns);
/// The same; nothing, too, where time does not count.
std::optional<Value> value_at(const Series& series, const std::string& field, std::int64_t time_ns,
                              std::int64_t hold_ns);

/// Whether something between two times, both excluded, ended the hold of what came before.
bool has_hold_end(const Series& series, const std::string& field, std::int64_t after_ns,
                  std::int64_t before_ns);

/// t + d, saturated.
std::int64_t saturated_sum(std::int64_t time_ns, std::int64_t duration_ns);

enum class Truth : std::uint8_t { False, Unknown, True };

/// A predicate's tree. Leaves compare a field or a tag with a constant.
struct Predicate {
    enum class Kind : std::uint8_t { Compare, And, Or, Not };
    Kind kind = Kind::Compare;
    std::string name;
    bool is_tag = false;
    CompareOp op = CompareOp::Equal;  ///< Not Matches.
    Value constant{};
    std::vector<Predicate> parts;  ///< Two of And and Or, one of Not.
};

Predicate compare(std::string field, CompareOp op, Value constant);
Predicate compare_tag(std::string key, CompareOp op, std::string constant);
Predicate both(Predicate a, Predicate b);
Predicate either(Predicate a, Predicate b);
Predicate negation(Predicate a);

/// The predicate as InfluxQL writes it.
std::string text(const Predicate& predicate);
/// A value as InfluxQL writes it.
std::string text(const Value& value);

/// Adds the names of the fields in `predicate` to `fields`.
void collect_fields(const Predicate& predicate, std::vector<std::string>& fields);

/// P at an instant, three-valued; unknown where time does not count.
Truth truth_at(const Series& series, const Predicate& predicate, std::int64_t time_ns,
               std::int64_t hold_ns);
/// P of one row: a field that is null there is unknown.
Truth truth_of_row(const Series& series, const Predicate& predicate,
                   const std::map<std::string, Value>& row);

/// A stretch of time [begin, end) with one truth.
struct Span {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    Truth truth;
};

/// The times strictly inside (begin, end) at which one of the fields may change, and `begin`.
std::vector<std::int64_t> edges_of(const Series& series, const std::vector<std::string>& fields,
                                   std::int64_t hold_ns, std::int64_t begin_ns,
                                   std::int64_t end_ns);

/// P over [begin, end), without gaps.
std::vector<Span> timeline(const Series& series, const Predicate& predicate, std::int64_t hold_ns,
                           std::int64_t begin_ns, std::int64_t end_ns);

/// FOR, KEEP and CLEAR of R7.
struct Life {
    std::int64_t for_ns = 0;
    std::int64_t keep_ns = 0;
    std::vector<Predicate> clear;  ///< None or one.
};

/// P over all time before `as_of_ns` from the series' first sample on, with CLEAR applied.
std::vector<Span> state_timeline(const Series& series, const Predicate& predicate, const Life& life,
                                 std::int64_t hold_ns, std::int64_t as_of_ns);

/// The true runs before `as_of_ns` in R7's order, not clipped to any window. Their truth is True.
std::vector<Span> true_runs(const Series& series, const Predicate& predicate, const Life& life,
                            std::int64_t hold_ns, std::int64_t as_of_ns);

}  // namespace tidemark::oracle

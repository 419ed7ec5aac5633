#include "tests/oracle/naive_evaluator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

#include "tests/oracle/naive_functions.h"
#include "tests/oracle/naive_kpis.h"
#include "tests/oracle/naive_statistics.h"

namespace tidemark::oracle {
namespace {

std::string duration_text(std::int64_t duration_ns) { return std::to_string(duration_ns) + "ns"; }

std::string decimal_text(std::int64_t thousandths) {
    std::string digits = std::to_string(thousandths % 1000);
    digits.insert(0, 3 - digits.size(), '0');
    return std::to_string(thousandths / 1000) + "." + digits;
}

std::string call_text(const Call& call) {
    const std::string argument = call.predicate.empty() ? call.field : text(call.predicate.front());
    std::string written = call.function + "(" + argument;
    if (call.function == "share_le" || call.function == "apdex") written += ", " + text(call.limit);
    if (call.thousandths != 0) written += ", " + decimal_text(call.thousandths);
    if (!call.other_field.empty()) written += ", " + call.other_field;
    if (call.lag_ns != 0) written += ", " + duration_text(call.lag_ns);
    if (!call.objective.empty()) written += ", " + call.objective;
    if (call.life.for_ns != 0) written += ", FOR " + duration_text(call.life.for_ns);
    if (call.life.keep_ns != 0) written += ", KEEP " + duration_text(call.life.keep_ns);
    if (!call.life.clear.empty()) written += ", CLEAR " + text(call.life.clear.front());
    if (call.unit_ns != 0) written += ", " + duration_text(call.unit_ns);
    return written + ")";
}

std::int64_t floor_to(std::int64_t time_ns, std::int64_t step_ns, std::int64_t offset_ns) {
    std::int64_t remainder = (time_ns - offset_ns) % step_ns;
    if (remainder < 0) remainder += step_ns;
    return time_ns - remainder;
}

/// Whether a sample from before `time_ns` is still in force there.
bool carries_into(const Series& series, const std::string& field, std::int64_t time_ns,
                  std::int64_t hold_ns) {
    for (const auto& sample : samples_of(series, field)) {
        if (sample.first == time_ns) return false;
    }
    return held_at(series, field, time_ns, hold_ns).has_value();
}

/// Whether the field is known, and counts, at an instant of [begin, end).
bool is_known_within(const Series& series, const std::string& field, const Query& query,
                     std::int64_t begin_ns, std::int64_t end_ns) {
    const auto edges = edges_of(series, {field}, query.hold_ns, begin_ns, end_ns);
    return std::any_of(edges.begin(), edges.end(), [&](std::int64_t edge_ns) {
        return value_at(series, field, edge_ns, query.hold_ns).has_value();
    });
}

/// Whether `series` takes part in `call`: it has a sample of one of the call's fields in one of the
/// windows, or carries a value into one that a function of held values sees. Those functions see no
/// sample after the present.
bool takes_part(const Series& series, const Call& call, const Query& query,
                const std::vector<Window>& windows) {
    const bool is_held = is_state_function(call) || is_held_function(call);
    std::vector<std::string> fields;
    if (call.predicate.empty()) fields.push_back(call.field);
    for (const Predicate& predicate : call.predicate) collect_fields(predicate, fields);
    for (const Window& window : windows) {
        const std::int64_t end_ns = is_held ? std::min(query.now_ns, window.end_ns) : window.end_ns;
        for (const std::string& field : fields) {
            if (is_held_function(call) && !series.excluded.empty()) {
                if (is_known_within(series, field, query, window.begin_ns, end_ns)) return true;
                continue;
            }
            for (const auto& sample : samples_of(series, field)) {
                if (!is_held && series.is_excluded(sample.first)) continue;
                if (window.begin_ns <= sample.first && sample.first < end_ns) return true;
            }
            if (is_held && window.begin_ns <= query.now_ns &&
                carries_into(series, field, window.begin_ns, query.hold_ns)) {
                return true;
            }
        }
    }
    return false;
}

std::vector<SeriesStates> states_of(const Call& call, const std::vector<const Series*>& group,
                                    const Query& query, std::int64_t begin_ns,
                                    std::int64_t as_of_ns) {
    std::vector<SeriesStates> states;
    for (const Series* series : group) {
        const Predicate& predicate = call.predicate.front();
        states.push_back({series, timeline(*series, predicate, query.hold_ns, begin_ns, as_of_ns),
                          state_timeline(*series, predicate, call.life, query.hold_ns, as_of_ns),
                          true_runs(*series, predicate, call.life, query.hold_ns, as_of_ns)});
    }
    return states;
}

/// The column of one call; nothing when no series of the group takes part.
std::vector<Expected> evaluate_call(const Call& call, const std::vector<const Series*>& group,
                                    const Query& query, const std::vector<Window>& windows) {
    std::vector<const Series*> present;
    for (const Series* series : group) {
        if (takes_part(*series, call, query, windows)) present.push_back(series);
    }
    if (present.empty()) return {};
    std::vector<SeriesStates> states;
    if (is_state_function(call)) {
        states = states_of(call, present, query, windows.front().begin_ns,
                           std::min(query.now_ns, query.end_ns));
    }
    std::vector<Expected> column;
    for (const Window& window : windows) {
        if (is_state_function(call)) {
            column.push_back(state_function(call, states, window, query));
        } else if (is_held_function(call)) {
            column.push_back(held_function(call, present, window, query));
        } else if (is_counter_function(call)) {
            column.push_back(counter_function(call, present, window));
        } else if (is_statistic(call)) {
            column.push_back(statistic(call, present, window));
        } else {
            column.push_back(sample_function(call, present, window));
        }
    }
    // As in InfluxDB, a percentile out of range is no point rather than a null one.
    const bool is_all_null = std::all_of(column.begin(), column.end(), [](const Expected& cell) {
        return std::holds_alternative<std::monostate>(cell.cell);
    });
    if (call.function == "percentile" && is_all_null) return {};
    return column;
}

/// All columns of one group; no rows when no series takes part in anything.
ExpectedSeries evaluate_group(const TagSet& tags, const std::vector<const Series*>& group,
                              const Query& query, const std::vector<Window>& windows) {
    ExpectedSeries answer{tags, {}};
    bool has_rows = false;
    for (const Window& window : windows) answer.rows.push_back({window.label_ns, {}});
    for (const Call& call : columns_of(query.calls)) {
        std::vector<Expected> column = evaluate_call(call, group, query, windows);
        has_rows = has_rows || !column.empty();
        column.resize(windows.size());  // NULL where there is none.
        for (std::size_t i = 0; i < windows.size(); ++i) {
            answer.rows[i].cells.push_back(column[i]);
        }
    }
    if (!has_rows) answer.rows.clear();
    return answer;
}

}  // namespace

std::vector<Call> columns_of(const Call& call) {
    static const std::map<std::string, std::vector<std::string>> kColumns = {
        {"sla", {"verdict", "uptime", "low", "high", "budget", "spent", "left"}},
        {"trend", {"slope", "p", "n"}}};
    const auto found = kColumns.find(call.function);
    if (found == kColumns.end()) return {call};
    std::vector<Call> columns;
    for (const std::string& name : found->second) {
        columns.push_back(call);
        columns.back().column = name;
    }
    return columns;
}

std::vector<Call> columns_of(const std::vector<Call>& calls) {
    std::vector<Call> columns;
    for (const Call& call : calls) {
        for (Call& column : columns_of(call)) columns.push_back(std::move(column));
    }
    return columns;
}

void exclude(const Query& query, Series& series) {
    for (const Query::ExcludedTime& excluded : query.excluded) {
        const bool is_concerned =
            std::all_of(excluded.tags.begin(), excluded.tags.end(),
                        [&](const Tag& tag) { return series.tag(tag.key) == tag.value; });
        if (is_concerned) series.excluded.push_back(excluded.range);
    }
}

std::string text(const Query& query, std::string_view measurement) {
    std::string written = "SELECT ";
    for (std::size_t i = 0; i < query.calls.size(); ++i) {
        written += (i == 0 ? "" : ", ") + call_text(query.calls[i]);
    }
    written += " FROM " + std::string(measurement);
    written += " WHERE time >= " + std::to_string(query.begin_ns);
    written += " AND time < " + std::to_string(query.end_ns);
    written += query.exclusion_clauses;
    written += " STALE " + (query.hold_ns == kHoldForever ? "NONE" : duration_text(query.hold_ns));
    if (query.unknown_as == UnknownAs::Bad) written += " UNKNOWN AS BAD";
    if (query.unknown_as == UnknownAs::Good) written += " UNKNOWN AS GOOD";
    std::vector<std::string> dimensions = query.group_tags;
    if (query.bucket_ns != 0) {
        std::string time = "time(" + duration_text(query.bucket_ns);
        if (query.offset_ns != 0) time += ", " + duration_text(query.offset_ns);
        dimensions.insert(dimensions.begin(), time + ")");
    }
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        written += (i == 0 ? " GROUP BY " : ", ") + dimensions[i];
    }
    if (query.window_ns != 0) written += " WINDOW " + duration_text(query.window_ns);
    return written;
}

bool agrees(const Expected& expected, const Cell& got) {
    const double* number = std::get_if<double>(&got);
    if (number == nullptr || !std::holds_alternative<double>(expected.cell)) {
        return expected.cell == got;
    }
    if (!std::isfinite(*number)) return false;
    const double magnitude = std::fabs(std::get<double>(expected.cell));
    const double ulp =
        std::nextafter(magnitude, std::numeric_limits<double>::infinity()) - magnitude;
    const Exact difference = static_cast<Exact>(*number) - expected.exact;
    return (difference < 0 ? -difference : difference) <= static_cast<Exact>(ulp) + expected.slack;
}

std::string text(const Cell& cell) {
    struct Writer {
        std::string operator()(std::monostate) const { return "null"; }
        std::string operator()(double value) const {
            std::array<char, 40> digits{};
            std::snprintf(digits.data(), digits.size(), "%.17g", value);
            return std::string("float ") + digits.data();
        }
        std::string operator()(std::int64_t value) const { return std::to_string(value); }
        std::string operator()(std::uint64_t value) const { return std::to_string(value) + "u"; }
        std::string operator()(bool value) const { return value ? "true" : "false"; }
        std::string operator()(const std::string& value) const { return "'" + value + "'"; }
        std::string operator()(TimeCell value) const { return "time " + std::to_string(value.ns); }
    };
    return std::visit(Writer(), cell);
}

std::vector<Window> windows_of(const Query& query) {
    if (query.bucket_ns == 0) return {{query.begin_ns, query.begin_ns, query.end_ns}};
    const std::int64_t width_ns = query.window_ns == 0 ? query.bucket_ns : query.window_ns;
    const std::int64_t least_ns =
        query.begin_ns - std::max<std::int64_t>(0, width_ns - query.bucket_ns);
    std::vector<Window> windows;
    for (std::int64_t label_ns = floor_to(query.begin_ns, query.bucket_ns, query.offset_ns);
         label_ns < query.end_ns; label_ns += query.bucket_ns) {
        const std::int64_t end_ns = label_ns + query.bucket_ns;
        const std::int64_t begin_ns = std::max(end_ns - width_ns, least_ns);
        windows.push_back({label_ns, begin_ns, std::max(begin_ns, std::min(end_ns, query.end_ns))});
    }
    return windows;
}

std::vector<ExpectedSeries> evaluate(const std::vector<Point>& arrivals, const Query& query) {
    std::vector<Series> all = series_of(arrivals);
    for (Series& series : all) exclude(query, series);
    const std::vector<Window> windows = windows_of(query);
    std::map<TagSet, std::vector<const Series*>> groups;
    for (const Series& series : all) {
        TagSet tags;
        for (const std::string& key : query.group_tags) tags.push_back({key, series.tag(key)});
        groups[tags].push_back(&series);
    }
    std::vector<ExpectedSeries> answer;
    for (const auto& [tags, group] : groups) {
        ExpectedSeries series = evaluate_group(tags, group, query, windows);
        if (!series.rows.empty()) answer.push_back(std::move(series));
    }
    return answer;
}

std::vector<Episode> episodes_of(const Series& series, const Call& call, const std::string& field,
                                 const Query& query) {
    const Predicate& predicate = call.predicate.front();
    const std::int64_t as_of_ns = std::min(query.now_ns, query.end_ns);
    std::vector<Episode> episodes;
    for (const Span& run : true_runs(series, predicate, call.life, query.hold_ns, as_of_ns)) {
        const std::int64_t inside_ns = run.end_ns - std::max(run.begin_ns, query.begin_ns);
        if (inside_ns <= 0) continue;
        const HeldMean held = held_mean(series, field, query.hold_ns, run.begin_ns, run.end_ns);
        const auto known = static_cast<Exact>(held.known_ns);
        std::int64_t unknown_ns = 0;
        for (const Span& span :
             timeline(series, predicate, query.hold_ns, run.begin_ns, run.end_ns)) {
            if (span.truth != Truth::Unknown) continue;
            unknown_ns += span.end_ns - span.begin_ns;
            unknown_ns -= series.excluded_ns(span.begin_ns, span.end_ns);
        }
        episodes.push_back({run.begin_ns, run.end_ns, inside_ns, run.end_ns == as_of_ns,
                            value_cell(*held.peak),
                            float_cell(held.integral / known, held.magnitude / known), unknown_ns});
    }
    return episodes;
}

}  // namespace tidemark::oracle

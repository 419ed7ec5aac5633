#include "tests/oracle/naive_evaluator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

#include "tests/oracle/naive_functions.h"

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
    if (call.function == "share_le") written += ", " + text(call.limit);
    if (call.thousandths != 0) written += ", " + decimal_text(call.thousandths);
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

/// Whether `series` takes part: it has a sample of one of the statement's fields, or carries a
/// value that a state function sees into the range.
bool has_rows(const Series& series, const Query& query, std::int64_t begin_ns) {
    for (const Call& call : query.calls) {
        std::vector<std::string> fields;
        if (call.predicate.empty()) fields.push_back(call.field);
        for (const Predicate& predicate : call.predicate) collect_fields(predicate, fields);
        for (const Predicate& clear : call.life.clear) collect_fields(clear, fields);
        for (const std::string& field : fields) {
            for (const auto& sample : samples_of(series, field)) {
                if (begin_ns <= sample.first && sample.first < query.end_ns) return true;
            }
            const bool carries = is_state_function(call) || call.function == "time_mean";
            if (carries && value_at(series, field, begin_ns, query.hold_ns)) return true;
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

ExpectedSeries evaluate_group(const TagSet& tags, const std::vector<const Series*>& group,
                              const Query& query, const std::vector<Window>& windows) {
    const std::int64_t as_of_ns = std::min(query.now_ns, query.end_ns);
    ExpectedSeries answer{tags, {}};
    for (const Window& window : windows) answer.rows.push_back({window.label_ns, {}});
    for (const Call& call : query.calls) {
        std::vector<SeriesStates> states;
        if (is_state_function(call)) {
            states = states_of(call, group, query, windows.front().begin_ns, as_of_ns);
        }
        for (std::size_t i = 0; i < windows.size(); ++i) {
            if (is_state_function(call)) {
                answer.rows[i].cells.push_back(state_function(call, states, windows[i], query));
            } else if (call.function == "time_mean") {
                answer.rows[i].cells.push_back(time_mean(call, group, windows[i], query));
            } else {
                answer.rows[i].cells.push_back(sample_function(call, group, windows[i]));
            }
        }
    }
    return answer;
}

}  // namespace

std::string text(const Query& query, std::string_view measurement) {
    std::string written = "SELECT ";
    for (std::size_t i = 0; i < query.calls.size(); ++i) {
        written += (i == 0 ? "" : ", ") + call_text(query.calls[i]);
    }
    written += " FROM " + std::string(measurement);
    written += " WHERE time >= " + std::to_string(query.begin_ns);
    written += " AND time < " + std::to_string(query.end_ns);
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
    const std::vector<Series> all = series_of(arrivals);
    const std::vector<Window> windows = windows_of(query);
    std::map<TagSet, std::vector<const Series*>> groups;
    for (const Series& series : all) {
        if (!has_rows(series, query, windows.front().begin_ns)) continue;
        TagSet tags;
        for (const std::string& key : query.group_tags) tags.push_back({key, series.tag(key)});
        groups[tags].push_back(&series);
    }
    std::vector<ExpectedSeries> answer;
    for (const auto& [tags, group] : groups) {
        answer.push_back(evaluate_group(tags, group, query, windows));
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
            if (span.truth == Truth::Unknown) unknown_ns += span.end_ns - span.begin_ns;
        }
        episodes.push_back({run.begin_ns, run.end_ns, inside_ns, run.end_ns == as_of_ns,
                            value_cell(*held.peak),
                            float_cell(held.integral / known, held.magnitude / known), unknown_ns});
    }
    return episodes;
}

}  // namespace tidemark::oracle

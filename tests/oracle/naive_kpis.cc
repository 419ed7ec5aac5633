#include "tests/oracle/naive_kpis.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "tests/oracle/naive_functions.h"

namespace tidemark::oracle {
namespace {

std::int64_t present_ns(const Query& query) { return std::min(query.now_ns, query.end_ns); }

/// A stretch in which one value, or nothing, was in force.
struct Stretch {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    std::optional<Value> value;
};

/// x over [begin, end), without gaps; neighbours differ. -0.0 and 0.0 are one value.
std::vector<Stretch> stretches_of(const Series& series, const std::string& field,
                                  std::int64_t hold_ns, std::int64_t begin_ns,
                                  std::int64_t end_ns) {
    std::vector<Stretch> stretches;
    const auto edges = edges_of(series, {field}, hold_ns, begin_ns, end_ns);
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const std::int64_t next_ns = i + 1 < edges.size() ? edges[i + 1] : end_ns;
        const auto value = value_at(series, field, edges[i], hold_ns);
        if (!stretches.empty() && stretches.back().value == value) {
            stretches.back().end_ns = next_ns;
        } else {
            stretches.push_back({edges[i], next_ns, value});
        }
    }
    return stretches;
}

/// Whether x changes at `time_ns` itself, be it from or to unknown.
bool changes_at(const Series& series, const std::string& field, std::int64_t hold_ns,
                std::int64_t time_ns) {
    return value_at(series, field, time_ns - 1, hold_ns) !=
           value_at(series, field, time_ns, hold_ns);
}

std::int64_t change_count(const Series& series, const Call& call, const Query& query,
                          std::int64_t begin_ns, std::int64_t end_ns) {
    std::int64_t count = 0;
    for (const auto& [time_ns, value] : samples_of(series, call.field)) {
        if (time_ns < begin_ns || time_ns >= end_ns || series.is_excluded(time_ns)) continue;
        const auto before = value_at(series, call.field, time_ns - 1, query.hold_ns);
        if (before && *before != value) ++count;
    }
    return count;
}

/// What a sample adds to a counter: a drop counts as the value after it.
Exact step_of(const Value& before, const Value& after) {
    const Exact last = exact_of(before);
    const Exact next = exact_of(after);
    return next < last ? next : next - last;
}

Expected rate(const Call& call, const std::vector<const Series*>& group, const Window& window,
              const Query& query, std::int64_t e_ns) {
    Exact sum = 0;
    Exact magnitude = 0;
    Int128 known_ns = 0;
    for (const Series* series : group) {
        known_ns += held_mean(*series, call.field, query.hold_ns, window.begin_ns, e_ns).known_ns;
        const auto samples = samples_of(*series, call.field);
        for (std::size_t i = 1; i < samples.size(); ++i) {
            const std::int64_t time_ns = samples[i].first;
            const bool is_near =
                samples[i].first - samples[i - 1].first <= query.hold_ns &&
                !has_hold_end(*series, call.field, samples[i - 1].first, samples[i].first);
            if (!is_near || time_ns < window.begin_ns || time_ns >= e_ns) continue;
            sum += step_of(samples[i - 1].second, samples[i].second);
            magnitude += magnitude_of(exact_of(samples[i].second)) +
                         magnitude_of(exact_of(samples[i - 1].second));
        }
    }
    if (known_ns == 0) return {};
    const Exact seconds = static_cast<Exact>(known_ns) / 1'000'000'000;
    return float_cell(sum / seconds, magnitude / seconds);
}

Expected time_percentile(const Call& call, const std::vector<const Series*>& group,
                         const Window& window, const Query& query, std::int64_t e_ns) {
    std::vector<Stretch> known;
    Int128 known_ns = 0;
    for (const Series* series : group) {
        for (const Stretch& stretch :
             stretches_of(*series, call.field, query.hold_ns, window.begin_ns, e_ns)) {
            if (!stretch.value) continue;
            known.push_back(stretch);
            known_ns += stretch.end_ns - stretch.begin_ns;
        }
    }
    std::sort(known.begin(), known.end(), [](const Stretch& left, const Stretch& right) {
        return is_below(*left.value, *right.value);
    });
    Int128 sum_ns = 0;
    for (const Stretch& stretch : known) {
        sum_ns += stretch.end_ns - stretch.begin_ns;
        // sum >= p / 100 of the known time, p being thousandths / 1000.
        if (sum_ns * 100'000 >= known_ns * call.thousandths) return value_cell(*stretch.value);
    }
    return {};
}

}  // namespace

bool is_held_function(const Call& call) {
    static const std::set<std::string> kNames = {"time_mean", "time_integral", "rate",
                                                 "change_count", "time_percentile"};
    return kNames.contains(call.function);
}

Expected held_function(const Call& call, const std::vector<const Series*>& group,
                       const Window& window, const Query& query) {
    if (call.function == "time_mean") return time_mean(call, group, window, query);
    const std::int64_t e_ns = std::min(window.end_ns, present_ns(query));
    if (call.function == "rate") return rate(call, group, window, query, e_ns);
    if (call.function == "time_percentile") {
        return time_percentile(call, group, window, query, e_ns);
    }
    if (call.function == "change_count") {
        std::int64_t count = 0;
        for (const Series* series : group) {
            count += change_count(*series, call, query, window.begin_ns, e_ns);
        }
        return {Cell(count), 0, 0};
    }
    HeldMean all;
    for (const Series* series : group) {
        const HeldMean one = held_mean(*series, call.field, query.hold_ns, window.begin_ns, e_ns);
        all.known_ns += one.known_ns;
        all.integral += one.integral;
        all.magnitude += one.magnitude;
    }
    if (all.known_ns == 0) return {};
    const auto unit = static_cast<Exact>(call.unit_ns == 0 ? 1'000'000'000 : call.unit_ns);
    return float_cell(all.integral / unit, all.magnitude / unit);
}

bool is_counter_function(const Call& call) {
    return call.function == "increase" || call.function == "resets";
}

Expected counter_function(const Call& call, const std::vector<const Series*>& group,
                          const Window& window) {
    bool has_sample = false;
    FieldType type = FieldType::Float;
    Exact sum = 0;
    Exact magnitude = 0;
    std::int64_t reset_count = 0;
    for (const Series* series : group) {
        const auto samples = samples_of(*series, call.field);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            if (samples[i].first < window.begin_ns || samples[i].first >= window.end_ns) continue;
            has_sample = true;
            type = value_type(samples[i].second);
            if (i == 0) continue;
            sum += step_of(samples[i - 1].second, samples[i].second);
            magnitude += magnitude_of(exact_of(samples[i].second)) +
                         magnitude_of(exact_of(samples[i - 1].second));
            if (exact_of(samples[i].second) < exact_of(samples[i - 1].second)) ++reset_count;
        }
    }
    if (!has_sample) return {};
    if (call.function == "resets") return {Cell(reset_count), 0, 0};
    if (type == FieldType::Float) return float_cell(sum, magnitude);
    if (type == FieldType::Integer) return {Cell(static_cast<std::int64_t>(sum)), 0, 0};
    return {Cell(static_cast<std::uint64_t>(sum)), 0, 0};
}

std::vector<ExpectedRow> changes_of(const Series& series, const std::string& field,
                                    const Query& query) {
    std::vector<ExpectedRow> rows;
    for (const Stretch& stretch :
         stretches_of(series, field, query.hold_ns, query.begin_ns, present_ns(query))) {
        // Before anything was known there is nothing to become unknown.
        if (rows.empty() && !stretch.value) continue;
        rows.push_back(
            {stretch.begin_ns, {stretch.value ? value_cell(*stretch.value) : Expected()}});
    }
    return rows;
}

std::vector<ExpectedRow> state_durations_of(const Series& series, const Call& call,
                                            const Query& query) {
    struct Total {
        std::optional<Value> value;
        std::int64_t duration_ns = 0;
        std::int64_t entries = 0;
    };
    std::vector<Total> totals;
    Total unknown;
    std::int64_t known_ns = 0;
    for (const Stretch& stretch :
         stretches_of(series, call.field, query.hold_ns, query.begin_ns, present_ns(query))) {
        auto total = std::find_if(totals.begin(), totals.end(),
                                  [&](const Total& one) { return one.value == stretch.value; });
        if (stretch.value && total == totals.end()) {
            total = totals.insert(totals.end(), Total{stretch.value});
        }
        Total& row = stretch.value ? *total : unknown;
        row.duration_ns += stretch.end_ns - stretch.begin_ns;
        if (stretch.value) known_ns += stretch.end_ns - stretch.begin_ns;
        if (changes_at(series, call.field, query.hold_ns, stretch.begin_ns)) ++row.entries;
    }
    if (totals.empty()) return {};
    std::sort(totals.begin(), totals.end(), [](const Total& left, const Total& right) {
        if (left.duration_ns != right.duration_ns) return left.duration_ns > right.duration_ns;
        return is_below(*left.value, *right.value);
    });
    totals.push_back(unknown);
    std::vector<ExpectedRow> rows;
    for (const Total& total : totals) {
        ExpectedRow row{query.begin_ns, {}};
        row.cells.push_back(total.value ? value_cell(*total.value) : Expected());
        row.cells.push_back(duration_cell(total.duration_ns, call.unit_ns));
        row.cells.push_back(total.value ? ratio_cell(total.duration_ns, known_ns) : Expected());
        row.cells.push_back({Cell(total.entries), 0, 0});
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace tidemark::oracle

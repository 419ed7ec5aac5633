#include "tests/oracle/naive_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/oracle/naive_statistics.h"

namespace tidemark::oracle {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Expected null_cell() { return {}; }

Expected count_cell(std::int64_t count) { return {Cell(count), 0, 0}; }

std::int64_t overlap_ns(const Span& span, std::int64_t begin_ns, std::int64_t end_ns) {
    return std::max<std::int64_t>(
        0, std::min(span.end_ns, end_ns) - std::max(span.begin_ns, begin_ns));
}

/// The parts of R4 over one or several series.
struct Parts {
    Int128 good = 0;
    Int128 bad = 0;
    Int128 unknown = 0;
    Int128 excluded = 0;
    Int128 future = 0;
};

Parts parts_of(const std::vector<SeriesStates>& group, const Window& window,
               std::int64_t as_of_ns) {
    Parts parts;
    for (const SeriesStates& states : group) {
        for (const Span& span : states.truths) {
            const std::int64_t inside_ns = overlap_ns(span, window.begin_ns, window.end_ns);
            if (span.truth == Truth::True) parts.good += inside_ns;
            if (span.truth == Truth::False) parts.bad += inside_ns;
            if (span.truth != Truth::Unknown || inside_ns == 0) continue;
            const std::int64_t excluded_ns = states.series->excluded_ns(
                std::max(span.begin_ns, window.begin_ns), std::min(span.end_ns, window.end_ns));
            parts.excluded += excluded_ns;
            parts.unknown += inside_ns - excluded_ns;
        }
        const std::int64_t future_begin_ns = std::max(window.begin_ns, as_of_ns);
        if (future_begin_ns >= window.end_ns) continue;
        const std::int64_t excluded_ns = states.series->excluded_ns(future_begin_ns, window.end_ns);
        parts.excluded += excluded_ns;
        parts.future += window.end_ns - future_begin_ns - excluded_ns;
    }
    return parts;
}

Expected partition_function(const Call& call, Parts parts, UnknownAs unknown_as) {
    const std::string& name = call.function;
    const Int128 known = parts.good + parts.bad;
    const Int128 passed = known + parts.unknown;
    if (name == "time_in") return duration_cell(parts.good, call.unit_ns);
    if (name == "time_out") return duration_cell(parts.bad, call.unit_ns);
    if (name == "unknown") return duration_cell(parts.unknown, call.unit_ns);
    if (name == "excluded") return duration_cell(parts.excluded, call.unit_ns);
    if (name == "future") return duration_cell(parts.future, call.unit_ns);
    if (name == "coverage") return ratio_cell(known, passed);
    if (name == "uptime_low") return ratio_cell(parts.good, passed);
    if (name == "uptime_high") return ratio_cell(parts.good + parts.unknown, passed);
    if (unknown_as == UnknownAs::Bad) parts.bad += parts.unknown;
    if (unknown_as == UnknownAs::Good) parts.good += parts.unknown;
    return ratio_cell(name == "uptime" ? parts.good : parts.bad, parts.good + parts.bad);
}

Truth truth_in(const std::vector<Span>& spans, std::int64_t time_ns) {
    for (const Span& span : spans) {
        if (span.begin_ns <= time_ns && time_ns < span.end_ns) return span.truth;
    }
    return Truth::Unknown;
}

/// The run of `states` that contains `time_ns`.
std::optional<Span> run_at(const SeriesStates& states, std::int64_t time_ns) {
    for (const Span& run : states.runs) {
        if (run.begin_ns <= time_ns && time_ns < run.end_ns) return run;
    }
    return std::nullopt;
}

bool is_anything_known(const SeriesStates& states, const Window& window, std::int64_t as_of_ns) {
    const Parts parts = parts_of({states}, window, as_of_ns);
    return parts.good + parts.bad > 0;
}

/// episode_count, mttr and mtbf: counts and times are summed over the series.
Expected run_statistic(const Call& call, const std::vector<SeriesStates>& group,
                       const Window& window, std::int64_t as_of_ns) {
    const std::int64_t e_ns = std::min(window.end_ns, as_of_ns);
    const auto is_inside = [&](std::int64_t time_ns) {
        return window.begin_ns <= time_ns && time_ns < e_ns;
    };
    std::int64_t episode_count = 0;
    std::int64_t begun_count = 0;
    std::int64_t ended_count = 0;
    Int128 ended_ns = 0;
    for (const SeriesStates& states : group) {
        for (const Span& run : states.runs) {
            if (overlap_ns(run, window.begin_ns, e_ns) > 0) ++episode_count;
            if (is_inside(run.begin_ns)) ++begun_count;
            if (!is_inside(run.end_ns)) continue;
            ++ended_count;
            ended_ns += run.end_ns - run.begin_ns;
        }
    }
    if (call.function == "episode_count") return count_cell(episode_count);
    const Int128 unit_ns = call.unit_ns == 0 ? kSecond : call.unit_ns;
    if (call.function == "mttr") return ratio_cell(ended_ns, ended_count * unit_ns);
    return ratio_cell(parts_of(group, window, as_of_ns).bad, begun_count * unit_ns);
}

/// longest, current and since: the greatest, greatest and least of the series'.
Expected run_function(const Call& call, const std::vector<SeriesStates>& group,
                      const Window& window, std::int64_t as_of_ns) {
    const std::int64_t e_ns = std::min(window.end_ns, as_of_ns);
    std::optional<std::int64_t> longest_ns;
    std::optional<std::int64_t> current_ns;
    std::optional<std::int64_t> since_ns;
    for (const SeriesStates& states : group) {
        // A run that KEEP bridges over unknown time is a run there too.
        for (const Span& run : states.runs) {
            const std::int64_t inside_ns = overlap_ns(run, window.begin_ns, e_ns);
            if (inside_ns > 0) longest_ns = std::max(longest_ns.value_or(0), inside_ns);
        }
        if (is_anything_known(states, window, as_of_ns)) longest_ns = longest_ns.value_or(0);
        if (e_ns <= window.begin_ns) continue;
        if (const auto run = run_at(states, e_ns - 1)) {
            current_ns = std::max(current_ns.value_or(0), e_ns - run->begin_ns);
            since_ns = std::min(since_ns.value_or(run->begin_ns), run->begin_ns);
        } else if (truth_in(states.states, e_ns - 1) != Truth::Unknown) {
            current_ns = current_ns.value_or(0);
        }
    }
    if (call.function == "since") {
        return since_ns ? Expected{Cell(TimeCell{*since_ns}), 0, 0} : null_cell();
    }
    const auto& duration_ns = call.function == "longest" ? longest_ns : current_ns;
    return duration_ns ? duration_cell(*duration_ns, call.unit_ns) : null_cell();
}

/// The samples of all series of a group inside a window: by time, then the greater value first,
/// then by series.
std::vector<std::pair<std::int64_t, Value>> pooled_samples(const std::vector<const Series*>& group,
                                                           const std::string& field,
                                                           const Window& window) {
    std::vector<std::pair<std::int64_t, Value>> pooled;
    for (const Series* series : group) {
        for (const auto& sample : samples_of(*series, field)) {
            if (series->is_excluded(sample.first)) continue;
            if (window.begin_ns <= sample.first && sample.first < window.end_ns) {
                pooled.push_back(sample);
            }
        }
    }
    std::stable_sort(pooled.begin(), pooled.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : is_below(b.second, a.second);
    });
    return pooled;
}

struct Sums {
    Exact sum = 0;
    Exact magnitude = 0;
    Exact square = 0;
    Int128 integer = 0;
};

Sums sums_of(const std::vector<Value>& values) {
    Sums sums;
    for (const Value& value : values) {
        const Exact number = exact_of(value);
        sums.sum += number;
        sums.magnitude += magnitude_of(number);
        sums.square += number * number;
        if (const auto* integer = std::get_if<std::int64_t>(&value)) sums.integer += *integer;
        if (const auto* natural = std::get_if<std::uint64_t>(&value)) {
            sums.integer += static_cast<Int128>(*natural);
        }
    }
    return sums;
}

Expected sum_cell(const std::vector<Value>& values) {
    const Sums sums = sums_of(values);
    switch (value_type(values.front())) {
        case FieldType::Float:
            return float_cell(sums.sum, sums.magnitude);
        case FieldType::Integer:
            return {Cell(static_cast<std::int64_t>(sums.integer)), 0, 0};
        default:
            return {Cell(static_cast<std::uint64_t>(sums.integer)), 0, 0};
    }
}

/// The sample deviation. Its bound is that of the sum of squares, carried through the root.
Expected stddev_cell(const std::vector<Value>& values) {
    if (values.size() < 2) return null_cell();
    const auto count = static_cast<Exact>(values.size());
    const Exact mean = sums_of(values).sum / count;
    Exact deviations = 0;
    for (const Value& value : values) {
        const Exact deviation = exact_of(value) - mean;
        deviations += deviation * deviation;
    }
    const Exact variance = deviations / (count - 1);
    const auto root = static_cast<Exact>(std::sqrt(static_cast<long double>(variance)));
    Expected expected = float_cell(root, 0);
    const Exact variance_slack = sums_of(values).square * static_cast<Exact>(0x1p-80) / (count - 1);
    const auto high_root =
        static_cast<Exact>(std::sqrt(static_cast<long double>(variance + variance_slack)));
    expected.slack = high_root - root;
    return expected;
}

Expected spread_cell(const std::vector<Value>& sorted) {
    const Value& least = sorted.front();
    const Value& greatest = sorted.back();
    if (const auto* integer = std::get_if<std::int64_t>(&greatest)) {
        return {Cell(*integer - std::get<std::int64_t>(least)), 0, 0};
    }
    if (const auto* natural = std::get_if<std::uint64_t>(&greatest)) {
        return {Cell(*natural - std::get<std::uint64_t>(least)), 0, 0};
    }
    return float_cell(exact_of(greatest) - exact_of(least), 0);
}

Expected median_cell(const std::vector<Value>& sorted) {
    const std::size_t middle = sorted.size() / 2;
    if (sorted.size() % 2 == 1) return float_cell(exact_of(sorted[middle]), 0);
    const Exact low = exact_of(sorted[middle - 1]);
    const Exact high = exact_of(sorted[middle]);
    return float_cell((low + high) / 2, magnitude_of(low) + magnitude_of(high));
}

/// R14; p and q are `thousandths` / 1000.
Expected percentile_cell(const Call& call, const std::vector<Value>& sorted) {
    const auto count = static_cast<std::int64_t>(sorted.size());
    const std::int64_t product = count * call.thousandths;
    const auto at = [&](std::int64_t index) { return sorted[static_cast<std::size_t>(index)]; };
    if (call.function == "percentile") {
        // floor(n * p / 100 + 1/2) - 1, p being product / n / 1000.
        const std::int64_t index = (2 * product + 100'000) / 200'000 - 1;
        return index < 0 || index >= count ? null_cell() : value_cell(at(index));
    }
    if (call.function == "percentile_disc") {
        return value_cell(at(std::max<std::int64_t>(1, (product + 999) / 1000) - 1));
    }
    const std::int64_t position = call.thousandths * (count - 1);
    const std::int64_t below = position / 1000;
    const std::int64_t above = std::min(below + 1, count - 1);
    const Exact fraction = static_cast<Exact>(position % 1000) / 1000;
    const Exact low = exact_of(at(below));
    const Exact high = exact_of(at(above));
    return float_cell(low + (high - low) * fraction, magnitude_of(low) + magnitude_of(high));
}

/// The share of points where P is known for which it is true.
Expected share_cell(const Call& call, const std::vector<const Series*>& group,
                    const Window& window) {
    std::int64_t known_count = 0;
    std::int64_t true_count = 0;
    for (const Series* series : group) {
        for (const auto& [time_ns, row] : series->rows) {
            if (time_ns < window.begin_ns || time_ns >= window.end_ns) continue;
            if (series->is_excluded(time_ns)) continue;
            const Truth truth = truth_of_row(*series, call.predicate.front(), row);
            if (truth != Truth::Unknown) ++known_count;
            if (truth == Truth::True) ++true_count;
        }
    }
    return ratio_cell(true_count, known_count);
}

}  // namespace

Exact exact_of(const Value& value) {
    switch (value_type(value)) {
        case FieldType::Float:
            return static_cast<Exact>(std::get<double>(value));
        case FieldType::Integer:
            return static_cast<Exact>(std::get<std::int64_t>(value));
        default:
            return static_cast<Exact>(std::get<std::uint64_t>(value));
    }
}

Exact magnitude_of(Exact number) { return number < 0 ? -number : number; }

Expected duration_cell(Int128 duration_ns, std::int64_t unit_ns) {
    if (unit_ns == 1) return count_cell(static_cast<std::int64_t>(duration_ns));
    const std::int64_t divisor_ns = unit_ns == 0 ? kSecond : unit_ns;
    return float_cell(static_cast<Exact>(duration_ns) / static_cast<Exact>(divisor_ns), 0);
}

Expected ratio_cell(Int128 numerator, Int128 denominator) {
    if (denominator == 0) return null_cell();
    return float_cell(static_cast<Exact>(numerator) / static_cast<Exact>(denominator), 0);
}

bool is_state_function(const Call& call) {
    static const std::set<std::string> kNames = {
        "time_in",  "time_out", "unknown",    "future",        "uptime",  "excluded",
        "downtime", "coverage", "uptime_low", "uptime_high",   "longest", "current",
        "since",    "mttr",     "mtbf",       "episode_count", "sla"};
    return kNames.contains(call.function);
}

Expected float_cell(Exact exact, Exact magnitude) {
    return {Cell(static_cast<double>(exact)), exact, magnitude * static_cast<Exact>(0x1p-80)};
}

Expected value_cell(const Value& value) {
    return std::visit(
        [](const auto& held) {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<Held, double>) {
                return float_cell(static_cast<Exact>(held), 0);
            } else {
                return Expected{Cell(held), 0, 0};
            }
        },
        value);
}

Expected state_function(const Call& call, const std::vector<SeriesStates>& group,
                        const Window& window, const Query& query) {
    static const std::set<std::string> kRunFunctions = {"longest", "current", "since"};
    const std::int64_t as_of_ns = std::min(query.now_ns, query.end_ns);
    if (kRunFunctions.contains(call.function)) return run_function(call, group, window, as_of_ns);
    if (call.function == "episode_count" || call.function == "mttr" || call.function == "mtbf") {
        return run_statistic(call, group, window, as_of_ns);
    }
    const Parts parts = parts_of(group, window, as_of_ns);
    if (call.function == "sla") {
        // A window behind the range is empty, and ends with it (R2).
        const bool is_closed = std::min(window.end_ns, query.end_ns) <= as_of_ns;
        const WindowTimes times = {parts.good, parts.bad, parts.unknown, parts.future, is_closed};
        return sla_column(call, times, query.unknown_as);
    }
    return partition_function(call, parts, query.unknown_as);
}

HeldMean held_mean(const Series& series, const std::string& field, std::int64_t hold_ns,
                   std::int64_t begin_ns, std::int64_t end_ns) {
    HeldMean mean;
    const auto edges = edges_of(series, {field}, hold_ns, begin_ns, end_ns);
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const auto value = value_at(series, field, edges[i], hold_ns);
        if (!value) continue;
        const std::int64_t next_ns = i + 1 < edges.size() ? edges[i + 1] : end_ns;
        const auto length = static_cast<Exact>(next_ns - edges[i]);
        mean.known_ns += next_ns - edges[i];
        mean.integral += exact_of(*value) * length;
        mean.magnitude += magnitude_of(exact_of(*value)) * length;
        if (!mean.peak || is_below(*mean.peak, *value)) mean.peak = value;
    }
    return mean;
}

Expected time_mean(const Call& call, const std::vector<const Series*>& group, const Window& window,
                   const Query& query) {
    const std::int64_t e_ns = std::min({window.end_ns, query.now_ns, query.end_ns});
    HeldMean all;
    for (const Series* series : group) {
        const HeldMean one = held_mean(*series, call.field, query.hold_ns, window.begin_ns, e_ns);
        all.known_ns += one.known_ns;
        all.integral += one.integral;
        all.magnitude += one.magnitude;
    }
    if (all.known_ns == 0) return null_cell();
    const auto known = static_cast<Exact>(all.known_ns);
    return float_cell(all.integral / known, all.magnitude / known);
}

Expected sample_function(const Call& call, const std::vector<const Series*>& group,
                         const Window& window) {
    const std::string& name = call.function;
    if (name == "share") return share_cell(call, group, window);

    const auto pooled = pooled_samples(group, call.field, window);
    if (name == "count") return count_cell(static_cast<std::int64_t>(pooled.size()));
    if (pooled.empty()) return null_cell();
    if (name == "first") return value_cell(pooled.front().second);
    if (name == "last") {
        // Among those of the last time the greater value comes first.
        const auto last = std::find_if(pooled.begin(), pooled.end(), [&](const auto& sample) {
            return sample.first == pooled.back().first;
        });
        return value_cell(last->second);
    }

    std::vector<Value> sorted;
    for (const auto& sample : pooled) sorted.push_back(sample.second);
    std::sort(sorted.begin(), sorted.end(), is_below);
    const auto count = static_cast<Exact>(sorted.size());
    if (name == "min") return value_cell(sorted.front());
    if (name == "max") return value_cell(sorted.back());
    if (name == "sum") return sum_cell(sorted);
    if (name == "spread") return spread_cell(sorted);
    if (name == "stddev") return stddev_cell(sorted);
    if (name == "median") return median_cell(sorted);
    if (name == "mean") {
        const Sums sums = sums_of(sorted);
        return float_cell(sums.sum / count, sums.magnitude / count);
    }
    if (name == "share_le") {
        const auto within = std::count_if(sorted.begin(), sorted.end(), [&](const Value& value) {
            return exact_of(value) <= exact_of(call.limit);
        });
        return ratio_cell(within, static_cast<Int128>(sorted.size()));
    }
    return percentile_cell(call, sorted);
}

}  // namespace tidemark::oracle

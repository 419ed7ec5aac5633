#include "query/functions/true_runs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "query/functions/column_access.h"
#include "query/functions/double_double.h"
#include "query/functions/function_table.h"
#include "query/functions/state_window.h"
#include "query/functions/time_ranges.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();

/// CLEAR: a run begun by P lasts until Q is true or P is unknown; where both hold, P wins.
StateTimeline with_hysteresis(const StateTimeline& predicate, const StateTimeline& clear) {
    const auto p_changes = predicate.changes();
    const auto q_changes = clear.changes();
    StateTimeline held;
    held.reserve(p_changes.size());
    std::size_t next_p = 0;
    std::size_t next_q = 0;
    Truth p = Truth::Unknown;
    Truth q = Truth::Unknown;
    bool is_in_run = false;
    while (next_p < p_changes.size() || next_q < q_changes.size()) {
        const std::int64_t p_ns = next_p < p_changes.size() ? p_changes[next_p].at_ns : kLatest;
        const std::int64_t q_ns = next_q < q_changes.size() ? q_changes[next_q].at_ns : kLatest;
        const std::int64_t at_ns = std::min(p_ns, q_ns);
        if (next_p < p_changes.size() && p_ns == at_ns) p = p_changes[next_p++].truth;
        if (next_q < q_changes.size() && q_ns == at_ns) q = q_changes[next_q++].truth;
        is_in_run = p == Truth::True || (is_in_run && p == Truth::False && q != Truth::True);
        held.append(at_ns, is_in_run ? Truth::True : p);
    }
    return held;
}

/// The true stretches before `as_of_ns`, with gaps up to `keep_ns` bridged.
std::vector<TrueRun> bridged_runs(const StateTimeline& timeline, std::int64_t keep_ns,
                                  std::int64_t as_of_ns) {
    const auto changes = timeline.changes();
    std::vector<TrueRun> runs;
    std::uint64_t gap_unknown_ns = 0;  // Unknown time since the last run's end.
    for (std::size_t i = 0; i < changes.size() && changes[i].at_ns < as_of_ns; ++i) {
        const std::int64_t begin_ns = changes[i].at_ns;
        const std::int64_t end_ns =
            std::min(as_of_ns, i + 1 < changes.size() ? changes[i + 1].at_ns : kLatest);
        if (changes[i].truth == Truth::Unknown) {
            gap_unknown_ns += length_ns(begin_ns, end_ns);
        }
        if (changes[i].truth != Truth::True) continue;
        if (!runs.empty() && saturated_length_ns(runs.back().end_ns, begin_ns) <= keep_ns) {
            runs.back().end_ns = end_ns;
            runs.back().unknown_ns += static_cast<std::int64_t>(gap_unknown_ns);
        } else {
            runs.push_back({begin_ns, end_ns, 0, false});
        }
        gap_unknown_ns = 0;
    }
    return runs;
}

/// The timeline from `from_ns` on, with `before` in front of it.
StateTimeline with_past(const StateTimeline& timeline, std::int64_t from_ns, Truth before) {
    StateTimeline changed = StateTimeline::constant(before);
    changed.append(from_ns, timeline.at(from_ns));
    for (const TruthChange& change : timeline.changes()) {
        if (change.at_ns > from_ns) changed.append(change.at_ns, change.truth);
    }
    return changed;
}

std::vector<TrueRun> runs_after_past(const StateTimeline& predicate, const RunOptions& options,
                                     std::int64_t begin_ns, std::int64_t known_from_ns,
                                     std::int64_t as_of_ns, Truth past) {
    const StateTimeline p = with_past(predicate, known_from_ns, past);
    RunOptions changed = options;
    StateTimeline q;
    if (options.clear != nullptr) {
        q = with_past(*options.clear, known_from_ns, truth_not(past));
        changed.clear = &q;
    }
    std::vector<TrueRun> runs = find_true_runs(p, changed, as_of_ns).runs;
    std::erase_if(runs, [&](const TrueRun& run) { return run.end_ns <= begin_ns; });
    return runs;
}

/// Calls visit(value, begin, end) for each stretch of [begin, end) in which a sample is in force.
template <typename Visit>
void for_each_held(const HeldSamples& samples, std::int64_t begin_ns, std::int64_t end_ns,
                   Visit&& visit) {
    const auto after = std::ranges::upper_bound(samples.times, begin_ns);
    auto i = static_cast<std::size_t>(after - samples.times.begin());
    if (i > 0) --i;
    for (; i < samples.times.size() && samples.times[i] < end_ns; ++i) {
        std::int64_t until_ns = std::min(end_ns, hold_end_ns(samples.times[i], samples.hold_ns));
        if (i + 1 < samples.times.size()) until_ns = std::min(until_ns, samples.times[i + 1]);
        const std::int64_t from_ns = std::max(begin_ns, samples.times[i]);
        if (from_ns >= until_ns || std::isnan(samples.values[i])) continue;
        for (const TimeRange& part : complement(samples.excluded, {from_ns, until_ns})) {
            visit(samples.values[i], part.begin_ns, part.end_ns);
        }
    }
}

void add_peak_and_mean(const HeldSamples& samples, Episode& episode) {
    DoubleDouble integral;
    WideInteger known_ns = 0;
    for_each_held(samples, episode.begin_ns, episode.end_ns,
                  [&](double value, std::int64_t from_ns, std::int64_t until_ns) {
                      const WideInteger held_ns = WideInteger{until_ns} - from_ns;
                      known_ns += held_ns;
                      integral = add(integral, multiply({value, 0}, to_double_double(held_ns)));
                      episode.peak = std::max(value, episode.peak.value_or(value));
                  });
    if (known_ns > 0) episode.mean = divide(integral, to_double_double(known_ns)).rounded();
}

Cell optional_cell(const std::optional<double>& value) {
    return value ? float_cell(*value) : Cell(std::monostate{});
}

}  // namespace

TrueRuns find_true_runs(const StateTimeline& predicate, const RunOptions& options,
                        std::int64_t as_of_ns, std::span<const TimeRange> excluded) {
    TrueRuns found;
    found.as_of_ns = as_of_ns;
    found.runs = options.clear == nullptr ? bridged_runs(predicate, options.keep_ns, as_of_ns)
                                          : bridged_runs(with_hysteresis(predicate, *options.clear),
                                                         options.keep_ns, as_of_ns);
    std::erase_if(found.runs, [&](const TrueRun& run) {
        return saturated_length_ns(run.begin_ns, run.end_ns) < options.for_ns;
    });
    for (TrueRun& run : found.runs) {
        if (run.unknown_ns == 0) continue;
        // All of it is in gaps that were bridged, where it was taken for unknown.
        run.unknown_ns -=
            static_cast<std::int64_t>(covered_ns(excluded, {run.begin_ns, run.end_ns}));
    }
    if (!found.runs.empty()) found.runs.back().is_open = found.runs.back().end_ns == as_of_ns;
    return found;
}

bool needs_earlier_history(const StateTimeline& predicate, const RunOptions& options,
                           std::int64_t begin_ns, std::int64_t known_from_ns,
                           std::int64_t as_of_ns) {
    if (known_from_ns == kEarliest) return false;
    // The two extremes of what may have been: a run under way, or none for ever.
    const auto runs = [&](Truth past) {
        return runs_after_past(predicate, options, begin_ns, known_from_ns, as_of_ns, past);
    };
    return runs(Truth::True) != runs(Truth::False);
}

std::vector<Episode> episodes_of_window(const TrueRuns& runs, const TimeRange& window,
                                        const HeldSamples* samples) {
    std::vector<Episode> episodes;
    if (window.is_empty()) return episodes;
    auto run = std::ranges::upper_bound(runs.runs, window.begin_ns, {}, &TrueRun::end_ns);
    for (; run != runs.runs.end() && run->begin_ns < window.end_ns; ++run) {
        const std::int64_t inside_ns = saturated_length_ns(std::max(run->begin_ns, window.begin_ns),
                                                           std::min(run->end_ns, window.end_ns));
        Episode episode{run->begin_ns, run->end_ns, inside_ns, run->unknown_ns,
                        run->is_open,  {},          {}};
        if (samples != nullptr) add_peak_and_mean(*samples, episode);
        episodes.push_back(episode);
    }
    return episodes;
}

Result<std::vector<Cell>> episode_cells(const Episode& episode, std::int64_t unit_ns) {
    const WideInteger duration_ns = WideInteger{episode.end_ns} - episode.begin_ns;
    TIDEMARK_ASSIGN_OR_RETURN(Cell duration, duration_cell(duration_ns, unit_ns));
    TIDEMARK_ASSIGN_OR_RETURN(Cell inside, duration_cell(episode.inside_ns, unit_ns));
    TIDEMARK_ASSIGN_OR_RETURN(Cell unknown, duration_cell(episode.unknown_ns, unit_ns));
    return std::vector<Cell>{TimeCell{episode.end_ns},    std::move(duration),
                             std::move(inside),           episode.is_open,
                             optional_cell(episode.peak), optional_cell(episode.mean),
                             std::move(unknown)};
}

}  // namespace tidemark::query

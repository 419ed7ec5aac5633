// The invariants of semantics.md on random data, against an evaluator that looks at every single
// nanosecond.

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "query/functions/state_timeline.h"
#include "query/functions/state_window.h"
#include "query/functions/true_runs.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kEnd = 400;

/// One leaf: samples by time, and how long each holds.
struct Leaf {
    std::map<std::int64_t, bool> samples;
    std::int64_t hold_ns;

    Truth at(std::int64_t time_ns) const {
        const auto after = samples.upper_bound(time_ns);
        if (after == samples.begin()) return Truth::Unknown;
        const auto& [sample_ns, is_true] = *std::prev(after);
        if (hold_ns != kHoldForever && time_ns >= sample_ns + hold_ns) return Truth::Unknown;
        return is_true ? Truth::True : Truth::False;
    }

    /// The runs a scan would yield, split at random places.
    StateTimeline timeline(std::mt19937_64& random) const {
        std::vector<LeafRun> runs;
        for (const auto& [time_ns, is_true] : samples) {
            const bool can_join = !runs.empty() && runs.back().is_true == is_true &&
                                  time_ns - runs.back().last_ns <= hold_ns && random() % 8 != 0;
            if (can_join) {
                runs.back().last_ns = time_ns;
                ++runs.back().sample_count;
            } else {
                runs.push_back({time_ns, time_ns, 1, is_true});
            }
        }
        LeafTimelineBuilder builder(hold_ns);
        builder.add(runs);
        return builder.finish();
    }
};

struct Scenario {
    Leaf leaves[2];
    std::vector<PredicateStep> steps;
    StateTimeline predicate;
    std::vector<Truth> naive;  // For each ns of [0, kEnd).
};

Leaf random_leaf(std::mt19937_64& random) {
    Leaf leaf;
    leaf.hold_ns = random() % 4 == 0 ? kHoldForever : 1 + static_cast<std::int64_t>(random() % 40);
    const auto count = random() % 40;
    bool is_true = false;
    for (std::size_t i = 0; i < count; ++i) {
        if (random() % 3 == 0) is_true = !is_true;
        leaf.samples[static_cast<std::int64_t>(random() % kEnd)] = is_true;
    }
    return leaf;
}

std::vector<PredicateStep> random_steps(std::mt19937_64& random) {
    using Kind = PredicateStep::Kind;
    std::vector<PredicateStep> steps{{Kind::Leaf, random() % 2, {}}};
    const auto count = random() % 4;
    for (std::size_t i = 0; i < count; ++i) {
        if (random() % 3 == 0) {
            steps.push_back({Kind::Not, 0, {}});
            continue;
        }
        steps.push_back(random() % 5 == 0
                            ? PredicateStep{Kind::Constant, 0, static_cast<Truth>(random() % 2)}
                            : PredicateStep{Kind::Leaf, random() % 2, {}});
        steps.push_back({random() % 2 == 0 ? Kind::And : Kind::Or, 0, {}});
    }
    return steps;
}

Scenario random_scenario(std::mt19937_64& random) {
    Scenario scenario{{random_leaf(random), random_leaf(random)}, random_steps(random), {}, {}};
    const StateTimeline timelines[] = {scenario.leaves[0].timeline(random),
                                       scenario.leaves[1].timeline(random)};
    scenario.predicate = combine_leaves(scenario.steps, timelines);
    for (std::int64_t time_ns = 0; time_ns < kEnd; ++time_ns) {
        const Truth truths[] = {scenario.leaves[0].at(time_ns), scenario.leaves[1].at(time_ns)};
        scenario.naive.push_back(combine_truths(scenario.steps, truths));
    }
    return scenario;
}

TimeRange random_window(std::mt19937_64& random) {
    const auto one = static_cast<std::int64_t>(random() % kEnd);
    const auto two = static_cast<std::int64_t>(random() % kEnd);
    return {std::min(one, two), std::max(one, two)};
}

std::vector<TimeRange> random_exclusions(std::mt19937_64& random) {
    std::vector<TimeRange> ranges;
    std::int64_t time_ns = 0;
    while (random() % 3 != 0) {
        const auto begin_ns = time_ns + static_cast<std::int64_t>(random() % 60);
        time_ns = begin_ns + static_cast<std::int64_t>(random() % 60);
        ranges.push_back({begin_ns, time_ns});
    }
    return ranges;
}

StateTotals naive_totals(const Scenario& scenario, const TimeRange& window, std::int64_t as_of_ns,
                         const std::vector<TimeRange>& excluded) {
    StateTotals totals;
    for (std::int64_t time_ns = window.begin_ns; time_ns < window.end_ns; ++time_ns) {
        const Truth truth = scenario.naive[static_cast<std::size_t>(time_ns)];
        if (std::ranges::any_of(excluded, [&](auto& range) { return range.contains(time_ns); })) {
            ++totals.excluded_ns;
        } else if (time_ns >= as_of_ns) {
            ++totals.future_ns;
        } else if (truth == Truth::Unknown) {
            ++totals.unknown_ns;
        } else {
            ++(truth == Truth::True ? totals.good_ns : totals.bad_ns);
        }
    }
    return totals;
}

TEST_CASE("the parts of a window always add up to it, and are what they should be (R4)",
          "[functions][property]") {
    std::mt19937_64 random(1);
    for (int round = 0; round < 500; ++round) {
        INFO("round " << round);
        const Scenario scenario = random_scenario(random);
        const auto excluded = random_exclusions(random);
        const auto as_of_ns = static_cast<std::int64_t>(random() % (kEnd + 50));
        StateWindows windows(scenario.predicate, as_of_ns, excluded);
        for (int i = 0; i < 10; ++i) {
            const TimeRange window = random_window(random);
            const StateTotals totals = windows.totals(window);
            CHECK(totals == naive_totals(scenario, window, as_of_ns, excluded));
            CHECK(totals.sum_ns() == window.end_ns - window.begin_ns);
        }
    }
}

TEST_CASE("splitting a window is additive", "[functions][property]") {
    std::mt19937_64 random(2);
    for (int round = 0; round < 300; ++round) {
        const Scenario scenario = random_scenario(random);
        StateWindows windows(scenario.predicate, kEnd - 20);
        const TimeRange whole = random_window(random);
        const std::int64_t middle = std::clamp<std::int64_t>(
            static_cast<std::int64_t>(random() % kEnd), whole.begin_ns, whole.end_ns);
        StateTotals parts = windows.totals({whole.begin_ns, middle});
        parts.merge(windows.totals({middle, whole.end_ns}));
        CHECK(parts == windows.totals(whole));
    }
}

TEST_CASE("P and NOT P swap good and bad", "[functions][property]") {
    std::mt19937_64 random(3);
    for (int round = 0; round < 300; ++round) {
        const Scenario scenario = random_scenario(random);
        const StateTimeline leaves[] = {scenario.predicate};
        const PredicateStep steps[] = {{PredicateStep::Kind::Leaf, 0, {}},
                                       {PredicateStep::Kind::Not, 0, {}}};
        const StateTimeline opposite = combine_leaves(steps, leaves);
        const TimeRange window = random_window(random);
        const StateTotals totals = StateWindows(scenario.predicate, kEnd).totals(window);
        const StateTotals swapped = StateWindows(opposite, kEnd).totals(window);
        CHECK(totals.good_ns == swapped.bad_ns);
        CHECK(totals.bad_ns == swapped.good_ns);
        CHECK(totals.unknown_ns == swapped.unknown_ns);
    }
}

TEST_CASE("uptime lies between its bounds, and equals them when nothing is unknown",
          "[functions][property]") {
    std::mt19937_64 random(4);
    for (int round = 0; round < 300; ++round) {
        const Scenario scenario = random_scenario(random);
        StateGroup group;
        group.totals = StateWindows(scenario.predicate, kEnd).totals(random_window(random));
        const auto ratio = [&](FunctionId id) { return state_result(id, group, 1).value(); };
        const Cell uptime = ratio(FunctionId::Uptime);
        if (!std::holds_alternative<double>(uptime)) continue;
        CHECK(std::get<double>(ratio(FunctionId::UptimeLow)) <= std::get<double>(uptime));
        CHECK(std::get<double>(uptime) <= std::get<double>(ratio(FunctionId::UptimeHigh)));
        if (group.totals.unknown_ns == 0) {
            CHECK(ratio(FunctionId::UptimeLow) == uptime);
            CHECK(ratio(FunctionId::UptimeHigh) == uptime);
        }
    }
}

TEST_CASE("a redundant equal sample changes nothing as long as gaps stay within the hold",
          "[functions][property]") {
    std::mt19937_64 random(5);
    for (int round = 0; round < 300; ++round) {
        Leaf leaf = random_leaf(random);
        leaf.hold_ns = kHoldForever;
        const StateTimeline before = leaf.timeline(random);
        const auto time_ns = static_cast<std::int64_t>(random() % kEnd);
        if (leaf.at(time_ns) == Truth::Unknown) continue;
        leaf.samples.emplace(time_ns, leaf.at(time_ns) == Truth::True);
        CHECK(leaf.timeline(random) == before);
    }
}

/// R7 written out nanosecond by nanosecond.
std::vector<TrueRun> naive_runs(const std::vector<Truth>& p, const std::vector<Truth>* q,
                                const RunOptions& options, std::int64_t as_of_ns) {
    std::vector<Truth> held;
    bool is_in_run = false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(as_of_ns); ++i) {
        if (p[i] == Truth::Unknown) is_in_run = false;
        if (p[i] == Truth::True) is_in_run = true;
        if (p[i] == Truth::False && (q == nullptr || (*q)[i] == Truth::True)) is_in_run = false;
        held.push_back(is_in_run ? Truth::True : p[i]);
    }
    std::vector<TrueRun> runs;
    std::int64_t unknown_ns = 0;
    for (std::int64_t i = 0; i < as_of_ns; ++i) {
        const Truth truth = held[static_cast<std::size_t>(i)];
        if (truth == Truth::Unknown) ++unknown_ns;
        if (truth != Truth::True) continue;
        const bool joins = !runs.empty() && i - runs.back().end_ns <= options.keep_ns;
        if (!joins) runs.push_back({i, i, 0, false});
        if (joins) runs.back().unknown_ns += unknown_ns;
        runs.back().end_ns = i + 1;
        unknown_ns = 0;
    }
    std::erase_if(runs, [&](auto& run) { return run.end_ns - run.begin_ns < options.for_ns; });
    for (TrueRun& run : runs) run.is_open = run.end_ns == as_of_ns;
    return runs;
}

TEST_CASE("runs follow R7's order in every nanosecond", "[functions][property]") {
    std::mt19937_64 random(6);
    for (int round = 0; round < 500; ++round) {
        INFO("round " << round);
        const Scenario p = random_scenario(random);
        const Scenario q = random_scenario(random);
        RunOptions options;
        options.for_ns = static_cast<std::int64_t>(random() % 3 * 10);
        options.keep_ns = static_cast<std::int64_t>(random() % 3 * 12);
        const bool has_clear = random() % 2 == 0;
        if (has_clear) options.clear = &q.predicate;
        const auto as_of_ns = static_cast<std::int64_t>(1 + random() % kEnd);
        std::vector<TrueRun> found = find_true_runs(p.predicate, options, as_of_ns).runs;
        // A constant is true before 0 too, where the naive evaluator does not look.
        if (p.predicate.at(-1) != Truth::Unknown) continue;
        CHECK(found == naive_runs(p.naive, has_clear ? &q.naive : nullptr, options, as_of_ns));
    }
}

TEST_CASE("when no history is asked for, none can change the runs", "[functions][property]") {
    std::mt19937_64 random(7);
    int settled = 0;
    for (int round = 0; round < 1000; ++round) {
        const Scenario p = random_scenario(random);
        const Scenario q = random_scenario(random);
        RunOptions options;
        options.for_ns = static_cast<std::int64_t>(random() % 3 * 10);
        options.keep_ns = static_cast<std::int64_t>(random() % 3 * 12);
        const bool has_clear = random() % 2 == 0;
        if (has_clear) options.clear = &q.predicate;
        const std::int64_t known_from_ns = 150;
        const std::int64_t begin_ns = 200;
        if (needs_earlier_history(p.predicate, options, begin_ns, known_from_ns, kEnd)) continue;
        ++settled;
        // Forget the past: the runs of the window must stay the same.
        const TimeRange past[] = {{0, known_from_ns}};
        const StateTimeline p_cut = p.predicate.with_unknown_in(past);
        const StateTimeline q_cut = q.predicate.with_unknown_in(past);
        RunOptions cut_options = options;
        if (has_clear) cut_options.clear = &q_cut;
        auto whole = find_true_runs(p.predicate, options, kEnd).runs;
        auto cut = find_true_runs(p_cut, cut_options, kEnd).runs;
        const auto is_over = [&](const TrueRun& run) { return run.end_ns <= begin_ns; };
        std::erase_if(whole, is_over);
        std::erase_if(cut, is_over);
        CHECK(whole == cut);
    }
    CHECK(settled > 100);
}

}  // namespace
}  // namespace tidemark::query

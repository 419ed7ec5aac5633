#include "query/functions/state_timeline.h"

#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "query/functions/state_window.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
constexpr Truth kT = Truth::True;
constexpr Truth kF = Truth::False;
constexpr Truth kU = Truth::Unknown;

std::vector<TruthChange> changes_of(const StateTimeline& timeline) {
    return {timeline.changes().begin(), timeline.changes().end()};
}

StateTimeline leaf(std::int64_t hold_ns, const std::vector<LeafRun>& runs) {
    LeafTimelineBuilder builder(hold_ns);
    builder.add(runs);
    return builder.finish();
}

StateTimeline steps_of(const std::vector<TruthChange>& changes) {
    StateTimeline timeline;
    for (const TruthChange& change : changes) timeline.append(change.at_ns, change.truth);
    return timeline;
}

PredicateStep step(PredicateStep::Kind kind, std::size_t leaf_index = 0) {
    return {kind, leaf_index, kU};
}

TEST_CASE("Kleene's tables", "[functions]") {
    CHECK(truth_or(kT, kU) == kT);
    CHECK(truth_and(kF, kU) == kF);
    CHECK(truth_and(kT, kU) == kU);
    CHECK(truth_or(kF, kU) == kU);
    CHECK(truth_not(kU) == kU);
    CHECK(truth_not(kT) == kF);
}

TEST_CASE("a sample holds until the next one, at most the hold limit", "[functions]") {
    const StateTimeline timeline = leaf(10, {{0, 5, 2, true}, {20, 20, 1, false}});
    CHECK(changes_of(timeline) == std::vector<TruthChange>{{0, kT}, {15, kU}, {20, kF}, {30, kU}});
    CHECK(timeline.at(-1) == kU);
    CHECK(timeline.at(14) == kT);
    CHECK(timeline.at(15) == kU);
    CHECK(timeline.at(29) == kF);
}

TEST_CASE("a run of no samples ends the hold before it", "[functions]") {
    const StateTimeline timeline =
        leaf(10, {{0, 0, 0, false}, {2, 5, 2, true}, {8, 8, 0, false}, {9, 9, 1, true}});
    CHECK(changes_of(timeline) == std::vector<TruthChange>{{2, kT}, {8, kU}, {9, kT}, {19, kU}});
    CHECK(changes_of(leaf(kHoldForever, {{2, 5, 2, true}, {80, 80, 0, false}})) ==
          std::vector<TruthChange>{{2, kT}, {80, kU}});
    // The hold was over before.
    CHECK(changes_of(leaf(10, {{2, 5, 2, true}, {80, 80, 0, false}})) ==
          std::vector<TruthChange>{{2, kT}, {15, kU}});
}

TEST_CASE("runs of equal truth that touch become one", "[functions]") {
    const StateTimeline timeline = leaf(10, {{0, 5, 2, true}, {15, 18, 2, true}});
    CHECK(changes_of(timeline) == std::vector<TruthChange>{{0, kT}, {28, kU}});
}

TEST_CASE("STALE NONE holds for ever, also before 1970", "[functions]") {
    const StateTimeline timeline = leaf(kHoldForever, {{-50, -50, 1, true}, {60, 60, 1, false}});
    CHECK(changes_of(timeline) == std::vector<TruthChange>{{-50, kT}, {60, kF}});
    CHECK(timeline.at(kLatest) == kF);
    CHECK(changes_of(leaf(kHoldForever, {{-50, -50, 1, true}})).size() == 1);
}

TEST_CASE("holds saturate at the end of time", "[functions]") {
    CHECK(hold_end_ns(kLatest - 5, 10) == kLatest);
    CHECK(hold_end_ns(kEarliest, 10) == kEarliest + 10);
    CHECK(hold_end_ns(kEarliest, kHoldForever) == kLatest);
}

TEST_CASE("a predicate over leaves is evaluated wherever one of them changes", "[functions]") {
    using Kind = PredicateStep::Kind;
    const StateTimeline leaves[] = {steps_of({{0, kT}, {20, kF}, {40, kU}}),
                                    steps_of({{10, kF}, {30, kT}})};
    const PredicateStep both[] = {step(Kind::Leaf, 0), step(Kind::Leaf, 1), step(Kind::And)};
    CHECK(changes_of(combine_leaves(both, leaves)) == std::vector<TruthChange>{{10, kF}, {40, kU}});
    const PredicateStep either[] = {step(Kind::Leaf, 0), step(Kind::Leaf, 1), step(Kind::Or)};
    CHECK(changes_of(combine_leaves(either, leaves)) ==
          std::vector<TruthChange>{{0, kT}, {20, kF}, {30, kT}});
    const PredicateStep neither[] = {step(Kind::Leaf, 0), step(Kind::Not)};
    CHECK(changes_of(combine_leaves(neither, leaves)) ==
          std::vector<TruthChange>{{0, kF}, {20, kT}, {40, kU}});
}

TEST_CASE("a constant is known for all time", "[functions]") {
    const PredicateStep always[] = {{PredicateStep::Kind::Constant, 0, kT}};
    CHECK(changes_of(combine_leaves(always, {})) == std::vector<TruthChange>{{kEarliest, kT}});
    CHECK(combine_truths(always, {}) == kT);
    // good OR unknown = good, wherever the leaf is unknown.
    const StateTimeline unknown[] = {StateTimeline()};
    const PredicateStep either[] = {{PredicateStep::Kind::Constant, 0, kT},
                                    {PredicateStep::Kind::Leaf, 0, kU},
                                    {PredicateStep::Kind::Or, 0, kU}};
    CHECK(combine_leaves(either, unknown) == StateTimeline::constant(kT));
}

TEST_CASE("UNKNOWN AS fills every unknown stretch", "[functions]") {
    const StateTimeline timeline = steps_of({{0, kT}, {10, kU}, {20, kF}});
    CHECK(changes_of(timeline.with_unknown_as(kF)) ==
          std::vector<TruthChange>{{kEarliest, kF}, {0, kT}, {10, kF}});
    CHECK(changes_of(timeline.with_unknown_as(kT)) ==
          std::vector<TruthChange>{{kEarliest, kT}, {20, kF}});
}

TEST_CASE("ranges can be cut out of a timeline", "[functions]") {
    const StateTimeline timeline = steps_of({{0, kT}, {20, kF}, {40, kT}});
    const TimeRange ranges[] = {{5, 10}, {15, 30}, {50, 60}};
    CHECK(changes_of(timeline.with_unknown_in(ranges)) ==
          std::vector<TruthChange>{
              {0, kT}, {5, kU}, {10, kT}, {15, kU}, {30, kF}, {40, kT}, {50, kU}, {60, kT}});
    CHECK(timeline.with_unknown_in({}) == timeline);
}

StateTotals totals_of(const StateTimeline& timeline, const TimeRange& window, std::int64_t as_of_ns,
                      const std::vector<TimeRange>& excluded = {}) {
    return StateWindows(timeline, as_of_ns, excluded).totals(window);
}

TEST_CASE("a window is split into good, bad, unknown and future", "[functions]") {
    const StateTimeline timeline = leaf(10, {{0, 5, 2, true}, {20, 20, 1, false}});
    CHECK(totals_of(timeline, {-5, 40}, 27) == StateTotals{15, 7, 10, 0, 13});
    CHECK(totals_of(timeline, {3, 22}, kLatest) == StateTotals{12, 2, 5, 0, 0});
    CHECK(totals_of(timeline, {100, 110}, 50) == StateTotals{0, 0, 0, 0, 10});
    CHECK(totals_of(timeline, {7, 7}, kLatest) == StateTotals{});
    CHECK(totals_of(StateTimeline(), {0, 10}, kLatest) == StateTotals{0, 0, 10, 0, 0});
}

TEST_CASE("exclusions are taken out before anything else", "[functions]") {
    const StateTimeline timeline = leaf(10, {{0, 5, 2, true}, {20, 20, 1, false}});
    CHECK(totals_of(timeline, {-5, 40}, 27, {{10, 22}, {25, 30}}) == StateTotals{10, 3, 5, 17, 10});
}

TEST_CASE("totals of all of time do not overflow", "[functions]") {
    const StateTotals totals = totals_of(StateTimeline::constant(kT), {kEarliest, kLatest}, 0);
    CHECK(totals.sum_ns() == (WideNs{1} << 64U) - 1);
    CHECK(totals.good_ns == WideNs{1} << 63U);
    const auto exact = duration_cell(totals.good_ns, 1);
    REQUIRE_FALSE(exact.has_value());
    CHECK(duration_cell(totals.good_ns, 1'000'000'000).value() == Cell(9223372036.854775808));
}

TEST_CASE("windows may be asked for in any order", "[functions]") {
    const StateTimeline timeline = leaf(10, {{0, 5, 2, true}, {20, 20, 1, false}});
    StateWindows windows(timeline, kLatest);
    const StateTotals late = windows.totals({20, 30});
    CHECK(windows.totals({0, 15}) == StateTotals{15, 0, 0, 0, 0});
    CHECK(windows.totals({20, 30}) == late);
}

Cell answer(FunctionId function, const StateGroup& group, std::int64_t unit_ns = 1) {
    auto cell = state_result(function, group, unit_ns);
    REQUIRE(cell.has_value());
    return std::move(cell).value();
}

TEST_CASE("ratios follow R5", "[functions]") {
    StateGroup group;
    group.totals = {60, 20, 20, 5, 100};
    CHECK(answer(FunctionId::Uptime, group) == Cell(0.75));
    CHECK(answer(FunctionId::Downtime, group) == Cell(0.25));
    CHECK(answer(FunctionId::Coverage, group) == Cell(0.8));
    CHECK(answer(FunctionId::UptimeLow, group) == Cell(0.6));
    CHECK(answer(FunctionId::UptimeHigh, group) == Cell(0.8));
    CHECK(answer(FunctionId::TimeIn, group) == Cell(std::int64_t{60}));
    CHECK(answer(FunctionId::TimeIn, group, 10) == Cell(6.0));
    CHECK(answer(FunctionId::Excluded, group) == Cell(std::int64_t{5}));
    CHECK(answer(FunctionId::Future, group, 1000) == Cell(0.1));
}

TEST_CASE("uptime is null when nothing is known, its bounds then say so", "[functions]") {
    StateGroup group;
    group.totals.unknown_ns = 10;
    CHECK(answer(FunctionId::Uptime, group) == Cell(std::monostate{}));
    CHECK(answer(FunctionId::Downtime, group) == Cell(std::monostate{}));
    CHECK(answer(FunctionId::Longest, group) == Cell(std::monostate{}));
    CHECK(answer(FunctionId::Coverage, group) == Cell(0.0));
    CHECK(answer(FunctionId::UptimeLow, group) == Cell(0.0));
    CHECK(answer(FunctionId::UptimeHigh, group) == Cell(1.0));
    CHECK(answer(FunctionId::Coverage, StateGroup{}) == Cell(std::monostate{}));
}

TEST_CASE("series of a group merge: sums, maxima, the earliest since", "[functions]") {
    StateGroup group{{10, 0, 0, 0, 0}, 10, 10, 50};
    group.merge({{0, 10, 0, 0, 0}, 0, 0, {}});
    group.merge({{0, 0, 10, 0, 0}, 0, {}, {}});
    group.merge({{10, 0, 0, 0, 0}, 4, 4, 30});
    CHECK(answer(FunctionId::Uptime, group) == Cell(20.0 / 30.0));
    CHECK(answer(FunctionId::Longest, group) == Cell(std::int64_t{10}));
    CHECK(answer(FunctionId::Current, group) == Cell(std::int64_t{10}));
    CHECK(answer(FunctionId::Since, group) == Cell(TimeCell{30}));
}

StateGroup runs_answer(const StateTimeline& timeline, const TimeRange& window,
                       std::int64_t as_of_ns) {
    StateGroup group;
    group.totals = totals_of(timeline, window, as_of_ns);
    add_runs_of_window(find_true_runs(timeline, {}, as_of_ns), timeline, window, as_of_ns, group);
    return group;
}

TEST_CASE("longest is clipped to the window, current and since reach back", "[functions]") {
    const StateTimeline timeline = steps_of({{0, kT}, {30, kF}, {40, kT}, {45, kF}, {60, kT}});
    const StateGroup all = runs_answer(timeline, {10, 70}, 100);
    CHECK(all.longest_ns == 20);
    CHECK(all.current_ns == 10);
    CHECK(all.since_ns == 60);
    const StateGroup first = runs_answer(timeline, {10, 20}, 100);
    CHECK(first.longest_ns == 10);
    CHECK(first.current_ns == 20);  // From 0 to the window's end.
    CHECK(first.since_ns == 0);
    const StateGroup present = runs_answer(timeline, {50, 200}, 65);
    CHECK(present.longest_ns == 5);
    CHECK(present.current_ns == 5);
}

TEST_CASE("current is 0 when false and null when unknown", "[functions]") {
    const StateTimeline timeline = steps_of({{0, kT}, {30, kF}, {40, kU}});
    CHECK(runs_answer(timeline, {0, 35}, 100).current_ns == 0);
    CHECK(runs_answer(timeline, {0, 35}, 100).since_ns == std::nullopt);
    CHECK(runs_answer(timeline, {0, 50}, 100).current_ns == std::nullopt);
    CHECK(runs_answer(timeline, {0, 30}, 100).current_ns == 30);
    CHECK(runs_answer(timeline, {200, 300}, 100).current_ns == std::nullopt);  // All future.
    CHECK(answer(FunctionId::Longest, runs_answer(timeline, {31, 35}, 100)) ==
          Cell(std::int64_t{0}));
}

}  // namespace
}  // namespace tidemark::query

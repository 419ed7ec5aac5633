#include "query/functions/true_runs.h"

#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "query/functions/function_table.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
constexpr Truth kT = Truth::True;
constexpr Truth kF = Truth::False;
constexpr Truth kU = Truth::Unknown;

StateTimeline steps_of(const std::vector<TruthChange>& changes) {
    StateTimeline timeline;
    for (const TruthChange& change : changes) timeline.append(change.at_ns, change.truth);
    return timeline;
}

using Runs = std::vector<TrueRun>;

Runs runs_of(const StateTimeline& predicate, const RunOptions& options,
             std::int64_t as_of_ns = 1000) {
    return find_true_runs(predicate, options, as_of_ns).runs;
}

TEST_CASE("without options every true stretch is a run", "[functions]") {
    const StateTimeline p = steps_of({{0, kT}, {10, kF}, {20, kT}, {30, kU}, {40, kT}});
    CHECK(runs_of(p, {}) == Runs{{0, 10, 0, false}, {20, 30, 0, false}, {40, 1000, 0, true}});
    CHECK(runs_of(p, {}, 25) == Runs{{0, 10, 0, false}, {20, 25, 0, true}});
    CHECK(runs_of(p, {}, 20) == Runs{{0, 10, 0, false}});
}

TEST_CASE("KEEP bridges false and unknown gaps up to its length", "[functions]") {
    const StateTimeline p =
        steps_of({{0, kT}, {10, kF}, {14, kU}, {16, kF}, {17, kT}, {20, kF}, {28, kT}, {30, kF}});
    CHECK(runs_of(p, {0, 7, nullptr}) == Runs{{0, 20, 2, false}, {28, 30, 0, false}});
    CHECK(runs_of(p, {0, 8, nullptr}) == Runs{{0, 30, 2, false}});
    CHECK(runs_of(p, {0, 6, nullptr}).size() == 3);
}

TEST_CASE("a gap is bridged only when a true run follows before as_of", "[functions]") {
    const StateTimeline p = steps_of({{0, kT}, {10, kF}, {14, kT}, {20, kF}});
    CHECK(runs_of(p, {0, 100, nullptr}, 14) == Runs{{0, 10, 0, false}});
    CHECK(runs_of(p, {0, 100, nullptr}, 15) == Runs{{0, 15, 0, true}});
    CHECK(runs_of(p, {0, 100, nullptr}, 50) == Runs{{0, 20, 0, false}});
}

TEST_CASE("FOR drops short runs after KEEP has joined them", "[functions]") {
    const StateTimeline p = steps_of({{0, kT}, {4, kF}, {6, kT}, {10, kF}, {50, kT}, {57, kF}});
    CHECK(runs_of(p, {8, 2, nullptr}) == Runs{{0, 10, 0, false}});
    CHECK(runs_of(p, {7, 0, nullptr}) == Runs{{50, 57, 0, false}});
    CHECK(runs_of(p, {8, 0, nullptr}).empty());
    // An open run has not lasted long enough yet, then it has.
    CHECK(runs_of(p, {7, 0, nullptr}, 56).empty());
}

TEST_CASE("with CLEAR a run lasts until Q is true", "[functions]") {
    // usage > 80, CLEAR usage < 75: 85, 78, 82, 74, 78, 90.
    const StateTimeline p = steps_of({{0, kT}, {10, kF}, {20, kT}, {30, kF}, {50, kT}, {60, kU}});
    const StateTimeline q = steps_of({{0, kF}, {30, kT}, {40, kF}, {60, kU}});
    CHECK(runs_of(p, {0, 0, &q}) == Runs{{0, 30, 0, false}, {50, 60, 0, false}});
}

TEST_CASE("where P and Q both hold P wins, and an unknown P ends the run", "[functions]") {
    const StateTimeline q = steps_of({{0, kT}});
    CHECK(runs_of(steps_of({{0, kT}, {10, kF}}), {0, 0, &q}) == Runs{{0, 10, 0, false}});
    const StateTimeline never = steps_of({{0, kF}});
    const StateTimeline p = steps_of({{0, kT}, {10, kF}, {20, kU}, {30, kF}, {40, kT}, {41, kF}});
    CHECK(runs_of(p, {0, 0, &never}, 100) == Runs{{0, 20, 0, false}, {40, 100, 0, true}});
    // An unknown Q does not clear.
    const StateTimeline unknown;
    CHECK(runs_of(steps_of({{0, kT}, {10, kF}, {30, kU}}), {0, 0, &unknown}) ==
          Runs{{0, 30, 0, false}});
    // Only P starts a run: Q false is not enough.
    CHECK(runs_of(steps_of({{0, kF}}), {0, 0, &never}).empty());
}

TEST_CASE("hysteresis comes before bridging, and FOR last", "[functions]") {
    const StateTimeline p = steps_of({{0, kT}, {5, kF}, {30, kT}, {32, kF}});
    const StateTimeline q = steps_of({{0, kF}, {20, kT}, {25, kF}, {40, kT}});
    // CLEAR alone: [0, 20) and [30, 40); KEEP 10 joins them; FOR 40 keeps the whole.
    CHECK(runs_of(p, {40, 10, &q}) == Runs{{0, 40, 0, false}});
    CHECK(runs_of(p, {40, 9, &q}).empty());
}

TEST_CASE("cut-out time ends a run like unknown time, and KEEP may bridge it", "[functions]") {
    const TimeRange maintenance[] = {{10, 15}};
    const StateTimeline p = steps_of({{0, kT}, {30, kF}}).with_unknown_in(maintenance);
    CHECK(runs_of(p, {}) == Runs{{0, 10, 0, false}, {15, 30, 0, false}});
    CHECK(runs_of(p, {0, 5, nullptr}) == Runs{{0, 30, 5, false}});
}

TEST_CASE("an episode keeps its true start and end, and says what is inside", "[functions]") {
    const StateTimeline p = steps_of({{0, kT}, {10, kF}, {20, kT}, {90, kF}});
    const TrueRuns runs = find_true_runs(p, {}, 80);
    const auto episodes = episodes_of_window(runs, {5, 50}, nullptr);
    REQUIRE(episodes.size() == 2);
    CHECK(episodes[0].begin_ns == 0);
    CHECK(episodes[0].end_ns == 10);
    CHECK(episodes[0].inside_ns == 5);
    CHECK_FALSE(episodes[0].is_open);
    CHECK(episodes[1].begin_ns == 20);
    CHECK(episodes[1].end_ns == 80);
    CHECK(episodes[1].inside_ns == 30);
    CHECK(episodes[1].is_open);
    CHECK_FALSE(episodes[1].peak.has_value());
    // Runs that only touch the window have no nanosecond in it.
    CHECK(episodes_of_window(runs, {10, 20}, nullptr).empty());
    CHECK(episodes_of_window(runs, {9, 20}, nullptr).size() == 1);
    CHECK(episodes_of_window(runs, {9, 21}, nullptr).size() == 2);
}

TEST_CASE("peak and mean are of the values in force during the episode", "[functions]") {
    const std::vector<std::int64_t> times = {0, 10, 20, 50};
    const std::vector<double> values = {81, 99, 90, 70};
    const HeldSamples samples{times, values, 15};
    const TrueRuns runs = find_true_runs(steps_of({{5, kT}, {40, kF}}), {}, 1000);
    const auto episodes = episodes_of_window(runs, {0, 1000}, &samples);
    REQUIRE(episodes.size() == 1);
    CHECK(episodes[0].peak == 99.0);
    // 81 for 5, 99 for 10, 90 for 15 (the hold ends at 35).
    CHECK(episodes[0].mean == (81.0 * 5 + 99 * 10 + 90 * 15) / 30);
    const auto cells = episode_cells(episodes[0], 5);
    REQUIRE(cells.has_value());
    const auto row = Result(cells).value();
    REQUIRE(row.size() == episode_columns().size());
    CHECK(row[0] == Cell(TimeCell{40}));
    CHECK(row[1] == Cell(7.0));
    CHECK(row[3] == Cell(false));
    CHECK(row[4] == Cell(99.0));
    CHECK(row[6] == Cell(0.0));
}

TEST_CASE("after a NaN no value is in force, though the episode goes on", "[functions]") {
    const std::vector<std::int64_t> times = {0, 10, 20};
    const std::vector<double> values = {81, std::numeric_limits<double>::quiet_NaN(), 90};
    const HeldSamples samples{times, values, 15};
    const TrueRuns runs =
        find_true_runs(steps_of({{0, kT}, {10, kU}, {20, kT}, {30, kF}}), {0, 10, nullptr}, 1000);
    const auto episodes = episodes_of_window(runs, {0, 1000}, &samples);
    REQUIRE(episodes.size() == 1);
    CHECK(episodes[0].unknown_ns == 10);
    CHECK(episodes[0].peak == 90.0);
    CHECK(episodes[0].mean == (81.0 * 10 + 90 * 10) / 20);
}

TEST_CASE("history is asked for exactly when it could change a run", "[functions]") {
    const StateTimeline under_way = steps_of({{0, kT}, {50, kF}});
    CHECK(needs_earlier_history(under_way, {}, 10, 0, 1000));
    CHECK_FALSE(needs_earlier_history(under_way, {}, 10, -1, 1000));  // Not true just before.
    CHECK_FALSE(needs_earlier_history(under_way, {}, 10, kEarliest, 1000));
    CHECK_FALSE(needs_earlier_history(steps_of({{0, kF}, {20, kT}}), {}, 10, 0, 1000));
    // KEEP 15 may join a run before 0 to the one from 20 on, KEEP 15 after 30 ns of false not.
    const StateTimeline later = steps_of({{0, kF}, {12, kT}});
    CHECK(needs_earlier_history(later, {0, 15, nullptr}, 10, 0, 1000));
    CHECK_FALSE(needs_earlier_history(later, {0, 15, nullptr}, 10, -10, 1000));
    // CLEAR: while neither P nor Q was seen the state is open.
    const StateTimeline quiet = steps_of({{0, kF}});
    const StateTimeline no_clear = steps_of({{0, kF}});
    const StateTimeline cleared = steps_of({{0, kF}, {5, kT}, {6, kF}});
    CHECK(needs_earlier_history(quiet, {0, 0, &no_clear}, 10, 0, 1000));
    CHECK_FALSE(needs_earlier_history(quiet, {0, 0, &cleared}, 10, 0, 1000));
    // FOR: the run's length decides whether there is one.
    CHECK(needs_earlier_history(steps_of({{0, kT}, {12, kF}}), {30, 0, nullptr}, 10, 0, 1000));
}

TEST_CASE("runs at the ends of time do not overflow", "[functions]") {
    const TrueRuns runs = find_true_runs(StateTimeline::constant(kT), {5, 5, nullptr}, kLatest);
    REQUIRE(runs.runs.size() == 1);
    const auto episodes = episodes_of_window(runs, {kEarliest, kLatest}, nullptr);
    CHECK(episodes[0].inside_ns == kLatest);
    CHECK(episode_cells(episodes[0], 1'000'000'000).has_value());
    CHECK_FALSE(episode_cells(episodes[0], 1).has_value());
    CHECK(runs_of(steps_of({{0, kU}}), {}).empty());
}

}  // namespace
}  // namespace tidemark::query

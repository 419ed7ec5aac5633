#include <catch2/catch.hpp>

#include "tests/oracle/hand_case.h"

namespace tidemark::oracle {
namespace {

Call run_call(const std::string& function, Life life = {}) {
    return call_of(function, above(5), function == "episode_count" ? 0 : kMinute, std::move(life));
}

Call in_minutes(std::string function) {
    Call call = call_on(std::move(function), "v");
    call.unit_ns = kMinute;
    return call;
}

const std::vector<Call> kRunCalls = {run_call("episode_count"), run_call("mttr"), run_call("mtbf")};

// Above 5 on [2,5), [8,9) and from 12 on.
const std::vector<Point> kOutages = samples({{0, 1}, {2, 9}, {5, 1}, {8, 9}, {9, 1}, {12, 9}});

}  // namespace

TEST_CASE("mttr is the mean of the runs that ended, mtbf the time between those that began",
          "[oracle]") {
    // The third run touches the present: not ended. Ended: (3 + 1) / 2. False for 1 + 3 + 3 min
    // between three runs that began.
    check(kOutages, query_of(kRunCalls, 1, 15, 0), {{count(3), number(2), number(7.0 / 3)}});
    // The first run began before the window, and counts with all of its 3 min when it ends in it.
    check(kOutages, query_of(kRunCalls, 4, 10, 0), {{count(2), number(2), number(4)}});
    // Nothing ended, nothing began.
    check(kOutages, query_of(kRunCalls, 3, 4, 0), {{count(1), kNull, kNull}});
    check(kOutages, query_of(kRunCalls, 10, 11, 0), {{count(0), kNull, kNull}});
}

TEST_CASE("a run that ends where a window begins ended in that window", "[oracle]") {
    check(kOutages, query_of(kRunCalls, 5, 10, 0), {{count(1), number(2), number(4)}});
    // [0,5): the run began there, after 2 min. [5,10): (3 + 1) / 2; 4 min false.
    check(kOutages, by_time(query_of(kRunCalls, 0, 10, 0), 5),
          {{count(1), kNull, number(2)}, {count(1), number(2), number(4)}});
}

TEST_CASE("unknown ends a run unless KEEP bridges it", "[oracle]") {
    // Above on [0,2) and [5,7), false on [7,9).
    const auto points = samples({{0, 9}, {5, 9}, {7, 1}});
    check(points, query_of(kRunCalls, 0, 10, 2), {{count(2), number(2), number(1)}});
    const Life keep{0, minutes(3), {}};
    check(
        points,
        query_of({run_call("episode_count", keep), run_call("mttr", keep), run_call("mtbf", keep)},
                 0, 10, 2),
        {{count(1), number(7), number(2)}});
    // With FOR neither lasts long enough.
    const Life lasting{minutes(3), 0, {}};
    check(points,
          query_of({run_call("episode_count", lasting), run_call("mttr", lasting)}, 0, 10, 2),
          {{count(0), kNull}});
}

TEST_CASE("counts and times of runs are summed over the series of a group", "[oracle]") {
    // a: one run of 3 min, false for 7; b: one of 1 min, false for 9.
    const auto points =
        joined(samples({{0, 1}, {2, 9}, {5, 1}}), samples({{0, 1}, {4, 9}, {5, 1}, {10, 1}}, "b"));
    check(points, query_of(kRunCalls, 0, 10, 0), {{count(2), number(2), number((7 + 9) / 2.0)}});
}

TEST_CASE("time_integral is the area under the held value", "[oracle]") {
    // The worked example: 5 + 2*3 + 10 + 4*8 + 12 = 65 value-minutes.
    check(samples({{18, 5}, {21, 3}, {23, 10}, {24, 8}, {29, 12}, {30, 14}}),
          query_of({in_minutes("time_integral"), call_on("time_integral", "v")}, 20, 30, 4),
          {{number(65), number(65 * 60)}});
    // Nothing known is not 0.
    check_series(samples({{0, 5}}), query_of({in_minutes("time_integral")}, 20, 30, 4), {});
}

TEST_CASE("a counter's drop counts as the value after it, and the first sample ever as 0",
          "[oracle]") {
    const auto points = samples({{0, 10}, {1, 12}, {2, 5}, {3, 7}, {20, 9}});
    const std::vector<Call> calls = {call_on("increase", "v"), call_on("resets", "v"),
                                     call_on("rate", "v")};
    // 2 + 5 + 2; known on [1,8).
    check(points, query_of(calls, 1, 10, 5), {{number(9), count(1), number(9.0 / 420)}});
    check(points, query_of(calls, 0, 1, 5), {{number(0), count(0), number(0)}});
    // 9 over the 7 of 17 min before: too far apart for a rate, which knows [20,25).
    check(points, query_of(calls, 10, 25, 5), {{number(2), count(0), number(0)}});
    // Without a sample there is no increase, but what is known did not grow.
    check(points, query_of(calls, 4, 10, 5), {{kNull, kNull, number(0)}});
    // Additive: [0,2) [2,4) .. [20,22).
    check(points, by_time(query_of({calls[0], calls[1]}, 0, 4, 5), 2),
          {{number(2), count(0)}, {number(7), count(1)}});
}

TEST_CASE("counters of several series are followed one by one", "[oracle]") {
    const auto points = joined(samples({{0, 10}, {1, 12}}), samples({{0, 100}, {1, 90}}, "b"));
    // 2, and 90 after a drop.
    check(points, query_of({call_on("increase", "v"), call_on("resets", "v")}, 0, 5, 0),
          {{number(92), count(1)}});
}

TEST_CASE("change_count counts from one known value to another", "[oracle]") {
    const auto points = samples({{0, 1}, {1, 1}, {2, 3}, {4, 1}});
    const Call changes = call_on("change_count", "v");
    check(points, query_of({changes}, 0, 5, 0), {{count(2)}});
    // A change at the very begin is one of the window's.
    check(points, query_of({changes}, 2, 5, 0), {{count(2)}});
    check(points, query_of({changes}, 3, 4, 0), {{count(0)}});
    // 3 is unknown before it becomes 1.
    check(points, query_of({changes}, 0, 5, 1), {{count(1)}});
    check(points, by_time(query_of({changes}, 0, 6, 0), 2), {{count(0)}, {count(1)}, {count(1)}});
}

TEST_CASE("changes are rows, the first of them what was carried in", "[oracle]") {
    const auto points = samples({{0, 1}, {1, 1}, {2, 3}, {4, 1}});
    const Query held = query_of({call_on("changes", "v")}, 1, 6, 0);
    check_table(points, held, {{1, {number(1)}}, {2, {number(3)}}, {4, {number(1)}}});
    const Query stale = query_of({call_on("changes", "v")}, 1, 6, 1);
    check_table(points, stale,
                {{1, {number(1)}}, {2, {number(3)}}, {3, {kNull}}, {4, {number(1)}}, {5, {kNull}}});
    // Unknown at first is no change.
    check_table(points, query_of({call_on("changes", "v")}, -3, 2, 0), {{0, {number(1)}}});
}

TEST_CASE("state_durations are the shares of the known time, unknown last", "[oracle]") {
    const auto points = samples({{0, 1}, {1, 1}, {2, 3}, {4, 1}});
    const std::vector<Call> calls = {in_minutes("state_durations")};
    // 1 on [0,2) and [4,10), 3 on [2,4).
    check_table(points, query_of(calls, 0, 10, 0),
                {{0, {number(1), number(8), number(0.8), count(2)}},
                 {0, {number(3), number(2), number(0.2), count(1)}},
                 {0, {kNull, number(0), kNull, count(0)}}});
    // What was in force at the begin is no entry.
    check_table(points, query_of(calls, 1, 10, 0),
                {{1, {number(1), number(7), number(7.0 / 9), count(1)}},
                 {1, {number(3), number(2), number(2.0 / 9), count(1)}},
                 {1, {kNull, number(0), kNull, count(0)}}});
    // Unknown on [3,4) and [5,6); the same value after it is a new run.
    check_table(points, query_of(calls, 0, 6, 1),
                {{0, {number(1), number(3), number(0.75), count(2)}},
                 {0, {number(3), number(1), number(0.25), count(1)}},
                 {0, {kNull, number(2), kNull, count(2)}}});
    // A hold that ends where the window begins: unknown begins in it.
    check_table(points, query_of(calls, 3, 5, 1),
                {{3, {number(1), number(1), number(1), count(1)}},
                 {3, {kNull, number(1), kNull, count(1)}}});
}

TEST_CASE("time_percentile weighs values by the time they are in force", "[oracle]") {
    // 10 for 6 min, 20 for 3, 30 for 1.
    const auto points = samples({{0, 10}, {6, 20}, {9, 30}});
    const auto percentile = [](std::int64_t thousandths) {
        return call_on("time_percentile", "v", thousandths);
    };
    check(points,
          query_of({percentile(1), percentile(60'000), percentile(60'001), percentile(90'000),
                    percentile(90'001), percentile(100'000)},
                   0, 10, 0),
          {{number(10), number(10), number(20), number(20), number(30), number(30)}});
    // 10 is carried in for 1 min of 5.
    check(points, query_of({percentile(20'000), percentile(50'000)}, 5, 10, 0),
          {{number(10), number(20)}});
    // Known for 2, 2 and 1 min.
    check(points, query_of({percentile(40'000), percentile(40'001)}, 0, 10, 2),
          {{number(10), number(20)}});
    // [2,6) and [6,8).
    check(points, by_time(query_of({percentile(70'000)}, 2, 8, 0), 6),
          {{number(10)}, {number(20)}});
}

}  // namespace tidemark::oracle

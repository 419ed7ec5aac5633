#include <limits>

#include <catch2/catch.hpp>

#include "tests/oracle/hand_case.h"

namespace tidemark::oracle {

TEST_CASE("the worked example of influxdb #7445", "[oracle]") {
    // [20,21) 5, [21,23) 3, [23,24) 10, [24,28) 8, then 8 is 4 min old: [28,29) unknown,
    // [29,30) 12. 5 + 2*3 + 10 + 4*8 + 12 = 65 over 1 + 2 + 1 + 4 + 1 = 9 minutes. 14 is at the
    // window's end.
    check(samples({{18, 5}, {21, 3}, {23, 10}, {24, 8}, {29, 12}, {30, 14}}),
          query_of({call_on("time_mean", "v"), call_of("unknown", above(0)),
                    call_of("time_in", above(7))},
                   20, 30, 4),
          // Above 7: [23,24), [24,28), [29,30).
          {{number(65.0 / 9), number(1), number(6)}});
}

TEST_CASE("the value in force at the start of a window counts, the sample at its end does not",
          "[oracle]") {
    // [4,6) 9, carried in; [6,8) 1; the 9 at 8 is outside.
    check(samples({{0, 9}, {6, 1}, {8, 9}}),
          query_of({call_of("time_in", above(5)), call_of("time_out", above(5)),
                    call_of("unknown", above(5)), call_on("count", "v")},
                   4, 8, 10),
          {{number(2), number(2), number(0), count(1)}});
}

TEST_CASE("a sample holds for STALE and no longer", "[oracle]") {
    // [0,3) true, [3,10) unknown: low = 3/10, high = 10/10, coverage = 3/10.
    check(samples({{0, 9}}),
          query_of({call_of("time_in", above(5)), call_of("unknown", above(5)),
                    call_of("uptime", above(5), 0), call_of("uptime_low", above(5), 0),
                    call_of("uptime_high", above(5), 0), call_of("coverage", above(5), 0)},
                   0, 10, 3),
          {{number(3), number(7), number(1), number(0.3), number(1), number(0.3)}});
}

TEST_CASE("a NaN ends a hold and is no sample", "[oracle]") {
    // STALE NONE: 9 on [0,2), nothing is known on [2,5), 1 on [5,6), nothing from then on.
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto points = samples({{0, 9}, {2, nan}, {3, nan}, {5, 1}, {6, nan}});
    check(points,
          query_of({call_of("time_in", above(5)), call_of("time_out", above(5)),
                    call_of("unknown", above(5)), call_of("longest", above(5)),
                    call_on("count", "v"), call_on("mean", "v"), call_on("time_mean", "v")},
                   0, 10, 0),
          {{number(2), number(1), number(7), number(2), count(2), number(5), number(19.0 / 3)}});
    // Nothing is carried in over it, however long a value holds.
    check(points, query_of({call_of("time_in", above(5)), call_of("unknown", above(5))}, 4, 10, 0),
          {{number(0), number(5)}});
    check_series(points, query_of({call_of("unknown", above(5))}, 3, 5, 0), {});
    // A counter falls from 9 to 1, which counts as 1; but of no known time.
    Query counter = query_of({call_on("increase", "v"), call_on("rate", "v")}, 0, 10, 0);
    check(points, counter, {{number(1), number(0)}});
}

TEST_CASE("a NaN written last is what counts", "[oracle]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Query query =
        query_of({call_of("time_in", above(5)), call_of("unknown", above(5))}, 0, 10, 0);
    // It takes the place of the 9 at 3, and the 9 that of the NaN.
    check(samples({{0, 9}, {3, 9}, {3, nan}}), query, {{number(3), number(7)}});
    check(samples({{0, 9}, {3, nan}, {3, 9}}), query, {{number(10), number(0)}});
}

TEST_CASE("a value is carried in while it holds, and not from the instant it ends", "[oracle]") {
    const auto points = samples({{0, 9}});
    // Holds on [0,5).
    check(points, query_of({call_of("time_in", above(5)), call_of("unknown", above(5))}, 4, 10, 5),
          {{number(1), number(5)}});
    // Neither a sample nor a carried-in value: no rows.
    check_series(points, query_of({call_of("time_in", above(5))}, 5, 10, 5), {});
}

TEST_CASE("STALE NONE carries a value in from any time ago", "[oracle]") {
    check(samples({{0, 9}}),
          query_of({call_of("time_in", above(5)), call_on("time_mean", "v")}, 50'000, 50'010, 0),
          {{number(10), number(9)}});
}

TEST_CASE("at one time the later arrival wins, field by field", "[oracle]") {
    std::vector<Point> points = samples({{0, 1}, {0, 9}});
    points.push_back({{{"host", "a"}}, at(0), {{"w", std::int64_t{4}}}});
    // One row: v = 9, w = 4.
    check(points,
          query_of({call_on("count", "v"), call_on("sum", "v"), call_on("sum", "w"),
                    call_of("time_in", above(5))},
                   0, 10, 0),
          {{count(1), number(9), count(4), number(10)}});
}

TEST_CASE("a late sample ends the hold of the one before it", "[oracle]") {
    // In order of time: 9 at 0, 1 at 5, 9 at 8. [0,5) and [8,10) above 5.
    check(samples({{0, 9}, {8, 9}, {5, 1}}),
          query_of({call_of("time_in", above(5)), call_of("time_out", above(5)),
                    call_of("longest", above(5)), call_on("last", "v")},
                   0, 10, 0),
          {{number(7), number(3), number(5), number(9)}});
}

TEST_CASE("time after the present is future", "[oracle]") {
    Query query = query_of(
        {call_of("time_in", above(5)), call_of("time_out", above(5)), call_of("unknown", above(5)),
         call_of("future", above(5)), call_of("uptime", above(5), 0), call_of("current", above(5))},
        0, 15, 0);
    query.now_ns = at(7);
    const auto points = samples({{0, 9}, {3, 1}, {4, 9}});
    // [0,3) and [4,7) true, [3,4) false, [7,15) future; 6 of 7; the run at 7 began at 4.
    check(points, query,
          {{number(6), number(1), number(0), number(8), number(6.0 / 7), number(3)}});
    // In buckets: [0,5) has 4 and 1; [5,10) has 2 and 3 to come; [10,15) is still to come.
    check(points, by_time(query, 5),
          {{number(4), number(1), number(0), number(0), number(0.8), number(1)},
           {number(2), number(0), number(0), number(3), number(1), number(3)},
           {number(0), number(0), number(0), number(5), kNull, kNull}});
}

TEST_CASE("UNKNOWN AS decides what unknown time counts for", "[oracle]") {
    // H = 2: [0,2) true, [2,3) unknown, [3,4) false, [4,5) false, [5,...) unknown until 6.
    const auto points = samples({{0, 9}, {3, 1}});
    Query query = query_of({call_of("uptime", above(5), 0), call_of("downtime", above(5), 0),
                            call_of("coverage", above(5), 0), call_of("unknown", above(5))},
                           0, 6, 2);
    // 2 good, 2 bad, 2 unknown. The ratios change; what is known does not.
    check(points, query, {{number(0.5), number(0.5), number(4.0 / 6), number(2)}});
    query.unknown_as = UnknownAs::Bad;
    check(points, query, {{number(2.0 / 6), number(4.0 / 6), number(4.0 / 6), number(2)}});
    query.unknown_as = UnknownAs::Good;
    check(points, query, {{number(4.0 / 6), number(2.0 / 6), number(4.0 / 6), number(2)}});
}

TEST_CASE("unknown goes through AND and OR as Kleene says", "[oracle]") {
    const TagSet tags{{"host", "a"}};
    const std::vector<Point> points = {
        {tags, at(0), {{"a", 9.0}}}, {tags, at(2), {{"b", 1.0}}}, {tags, at(4), {{"b", 9.0}}}};
    const Predicate a = compare("a", CompareOp::Greater, 5.0);
    const Predicate b = compare("b", CompareOp::Greater, 5.0);
    // H = 4. a: [0,4) true, then unknown. b: [0,2) unknown, [2,4) false, [4,8) true, then unknown.
    // a AND b: unknown [0,2), false [2,4), unknown [4,10).
    check(points,
          query_of({call_of("time_in", both(a, b)), call_of("time_out", both(a, b)),
                    call_of("unknown", both(a, b))},
                   0, 10, 4),
          {{number(0), number(2), number(8)}});
    // a OR b: true [0,8), unknown [8,10); its negation is false and unknown there.
    check(points,
          query_of({call_of("time_in", either(a, b)), call_of("unknown", either(a, b)),
                    call_of("time_out", negation(either(a, b))),
                    call_of("unknown", negation(either(a, b)))},
                   0, 10, 4),
          {{number(8), number(2), number(8), number(2)}});
}

TEST_CASE("longest is clipped to the window, current and since keep the true start", "[oracle]") {
    const auto points = samples({{0, 9}, {7, 1}, {8, 9}, {12, 1}});
    const std::vector<Call> calls = {call_of("longest", above(5)), call_of("current", above(5)),
                                     call_of("since", above(5), 0)};
    // [5,10): [5,7) and [8,10) are true. The run at 10 - 1 ns began at 8.
    check(points, query_of(calls, 5, 10, 0), {{number(2), number(2), TimeCell{at(8)}}});
    // [5,7): true throughout; the run began at 0.
    check(points, query_of(calls, 5, 7, 0), {{number(2), number(7), TimeCell{at(0)}}});
    // [5,8): false at the end.
    check(points, query_of(calls, 5, 8, 0), {{number(2), number(0), kNull}});
}

TEST_CASE("longest, current and since tell false from unknown", "[oracle]") {
    const std::vector<Call> calls = {call_of("longest", above(5)), call_of("current", above(5)),
                                     call_of("since", above(5), 0)};
    // H = 3: [0,3) true, [3,10) unknown.
    check(samples({{0, 9}}), query_of(calls, 0, 10, 3), {{number(3), kNull, kNull}});
    // Never true: 0. Nothing known in the second bucket: NULL.
    check(samples({{0, 1}}), by_time(query_of(calls, 0, 10, 5), 5),
          {{number(0), number(0), kNull}, {kNull, kNull, kNull}});
}

TEST_CASE("FOR drops runs that are shorter, judged before they are clipped", "[oracle]") {
    // True on [0,2) and [4,7).
    const auto points = samples({{0, 9}, {2, 1}, {4, 9}, {7, 1}});
    const auto longest = [](std::int64_t for_minutes) {
        return call_of("longest", above(5), kMinute, {minutes(for_minutes), 0, {}});
    };
    check(points, query_of({longest(2), longest(3), longest(4)}, 0, 10, 0),
          {{number(3), number(3), number(0)}});
    // Of the run [4,7) only [6,7) is inside, and it is 3 min long all the same.
    check(points, query_of({longest(3)}, 6, 10, 0), {{number(1)}});
    check(points, query_of({longest(2)}, 0, 4, 0), {{number(2)}});
    check(points, query_of({longest(3)}, 0, 4, 0), {{number(0)}});
}

TEST_CASE("KEEP bridges gaps before FOR judges the run", "[oracle]") {
    // True on [0,2), [3,5), [8,9).
    const auto points = samples({{0, 9}, {2, 1}, {3, 9}, {5, 1}, {8, 9}, {9, 1}});
    const auto longest = [](std::int64_t for_minutes, std::int64_t keep_minutes) {
        return call_of("longest", above(5), kMinute,
                       {minutes(for_minutes), minutes(keep_minutes), {}});
    };
    // KEEP 1: [0,5) and [8,9). KEEP 2: the gap of 3 stays. KEEP 3: [0,9). FOR 6 after KEEP 1: none.
    check(points,
          query_of({longest(0, 1), longest(5, 1), longest(6, 1), longest(0, 2), longest(0, 3),
                    longest(9, 3)},
                   0, 20, 0),
          {{number(5), number(5), number(0), number(5), number(9), number(9)}});
}

TEST_CASE("KEEP bridges unknown gaps too, but none that no true run follows", "[oracle]") {
    const Life keep_two{0, minutes(2), {}};
    // H = 2: true [0,2), unknown [2,4), true [4,6), false [6,7).
    const auto points = samples({{0, 9}, {4, 9}, {6, 1}});
    check(points,
          query_of({call_of("longest", above(5), kMinute, keep_two),
                    call_of("current", above(5), kMinute, keep_two)},
                   0, 7, 2),
          // The gap from 6 on stays open: false at the end.
          {{number(6), number(0)}});
}

TEST_CASE("a run goes on where a sample ends its hold at the window's start and the next begins",
          "[oracle]") {
    // H = 1 and a sample each minute: [1,2) and [2,3) touch at the window's start.
    const auto points = samples({{0, 1}, {1, 9}, {2, 9}, {3, 9}, {4, 7}, {5, 7}});
    const Life clear{0, 0, {compare("v", CompareOp::Less, 5.0)}};
    const Life two{minutes(2), 0, {}};
    check(points, query_of({call_of("since", above(5), 0), call_of("current", above(5))}, 2, 6, 1),
          {{TimeCell{at(1)}, number(5)}});
    // Begun at 1 by the 9, kept by the 7 of 4 and 5.
    check(points, query_of({call_of("current", above(8), kMinute, clear)}, 4, 6, 1), {{number(5)}});
    // [1,4) is 3 long, though only [3,4) is inside.
    check(points, query_of({call_of("longest", above(8), kMinute, two)}, 3, 6, 1), {{number(1)}});
    check_episodes(points, query_of({call_of("episodes", above(8))}, 3, 6, 1),
                   {{1, 4, 1, false, 9, 9, 0}});
}

TEST_CASE("CLEAR holds a run until its condition, and only P starts a new one", "[oracle]") {
    const Life clear{0, 0, {compare("v", CompareOp::Less, 5.0)}};
    const std::vector<Call> calls = {call_of("longest", above(8), kMinute, clear),
                                     call_of("current", above(8), kMinute, clear),
                                     call_of("since", above(8), 0, clear)};
    // 9 starts at 0; 7 keeps it; 4 at 3 clears; 7 at 4 starts nothing; 9 at 6; 6 keeps until 10.
    const auto points = samples({{0, 9}, {1, 7}, {3, 4}, {4, 7}, {6, 9}, {8, 6}});
    check(points, query_of(calls, 0, 10, 0), {{number(4), number(4), TimeCell{at(6)}}});
    check(points, query_of(calls, 0, 6, 0), {{number(3), number(0), kNull}});
    // H = 2: 9 on [0,2), unknown [2,3), 7 on [3,5): unknown has ended the run.
    check(samples({{0, 9}, {3, 7}}), query_of(calls, 0, 5, 2), {{number(2), number(0), kNull}});
}

TEST_CASE("where P and CLEAR both hold, P wins", "[oracle]") {
    const Life clear{0, 0, {compare("v", CompareOp::Less, 100.0)}};
    check(samples({{0, 9}, {2, 1}}),
          query_of({call_of("longest", above(5), kMinute, clear)}, 0, 10, 0), {{number(2)}});
}

TEST_CASE("an episode keeps its true start and is open when it touches the present", "[oracle]") {
    // True [0,4) and [7,10): 9 on [7,8), 12 on [8,10): (9 + 24) / 3 = 11.
    const auto points = samples({{0, 9}, {4, 1}, {7, 9}, {8, 12}});
    Query query = query_of({call_of("episodes", above(5), 0)}, 2, 20, 0);
    query.now_ns = at(10);
    query.calls.front().unit_ns = kMinute;
    check_episodes(points, query, {{0, 4, 2, false, 9, 9, 0}, {7, 10, 3, true, 12, 11, 0}});
}

TEST_CASE("an episode that ends where the window starts is not in it", "[oracle]") {
    const auto points = samples({{0, 9}, {4, 1}, {7, 9}, {9, 1}});
    check_episodes(points, query_of({call_of("episodes", above(5))}, 4, 20, 0),
                   {{7, 9, 2, false, 9, 9, 0}});
}

TEST_CASE("episodes bridge, keep and drop in R7's order and count the unknown inside", "[oracle]") {
    // H = 2: true [0,2), unknown [2,3), true [3,5), unknown [5,8), true [8,10) of which 9 8 is
    // true: [8,9), false [9,11). KEEP 1 bridges [2,3): [0,5), 5 long; [8,9) is too short for FOR 2.
    // Held on [0,5) without [2,3): 8 for 2 min, 10 for 2 min: mean 9.
    const auto points = samples({{0, 8}, {3, 10}, {8, 9}, {9, 1}});
    check_episodes(
        points,
        query_of({call_of("episodes", above(5), kMinute, {minutes(2), minutes(1), {}})}, 0, 20, 2),
        {{0, 5, 5, false, 10, 9, 1}});
}

}  // namespace tidemark::oracle

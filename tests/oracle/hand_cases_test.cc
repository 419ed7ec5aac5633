// Cases small enough to compute by hand. The arithmetic is in the comments; the naive evaluator and
// the engine, before and after a flush, must both arrive at it.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/oracle/naive_evaluator.h"
#include "tests/oracle/product.h"

namespace tidemark::oracle {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;
// The hand's clock starts at 2023-11-14T22:00:00Z, a multiple of an hour.
constexpr std::int64_t kStart = 1'699'999'200'000'000'000;
static_assert(kStart % (60 * kMinute) == 0);

std::int64_t at(std::int64_t minute) { return kStart + minute * kMinute; }
std::int64_t minutes(std::int64_t count) { return count * kMinute; }

/// Samples of field v of host a, as (minute, value), in order of arrival.
std::vector<Point> samples(const std::vector<std::pair<std::int64_t, double>>& values,
                           const std::string& host = "a") {
    std::vector<Point> points;
    for (const auto& [minute, value] : values) {
        points.push_back({{{"host", host}}, at(minute), {{"v", value}}});
    }
    return points;
}

std::vector<Point> joined(std::vector<Point> first, const std::vector<Point>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Predicate above(double limit) { return compare("v", CompareOp::Greater, limit); }

Call call_of(std::string function, Predicate predicate, std::int64_t unit_ns = kMinute,
             Life life = {}) {
    return {std::move(function), "", {std::move(predicate)}, std::move(life), 0, {}, unit_ns};
}
Call call_on(std::string function, std::string field, std::int64_t thousandths = 0) {
    return {std::move(function), std::move(field), {}, {}, thousandths, {}, 0};
}

/// Over minutes [begin, end), asked long after, with a hold of `hold` minutes (0: STALE NONE).
Query query_of(std::vector<Call> calls, std::int64_t begin, std::int64_t end, std::int64_t hold) {
    Query query;
    query.calls = std::move(calls);
    query.begin_ns = at(begin);
    query.end_ns = at(end);
    query.now_ns = at(1'000'000);
    query.hold_ns = hold == 0 ? kHoldForever : minutes(hold);
    return query;
}

Query by_time(Query query, std::int64_t bucket, std::int64_t window = 0) {
    query.bucket_ns = minutes(bucket);
    query.window_ns = minutes(window);
    return query;
}

using Row = std::vector<Cell>;
using Rows = std::vector<Row>;
struct HandSeries {
    TagSet tags;
    Rows rows;
};

const Cell kNull{};
Cell count(std::int64_t value) { return {value}; }
/// Cells need the exact alternative: a duration in minutes is a double.
Cell number(double value) { return {value}; }

Expected hand_cell(const Cell& cell) {
    const double* value = std::get_if<double>(&cell);
    return {cell, value == nullptr ? Exact(0) : static_cast<Exact>(*value), 0};
}

/// The hand's answer with the oracle's labels, which windows_of()'s own cases check.
std::vector<ExpectedSeries> hand_answer(const std::vector<HandSeries>& hand, const Query& query) {
    const auto windows = windows_of(query);
    std::vector<ExpectedSeries> answer;
    for (const HandSeries& series : hand) {
        REQUIRE(series.rows.size() == windows.size());
        answer.push_back({series.tags, {}});
        for (std::size_t r = 0; r < series.rows.size(); ++r) {
            answer.back().rows.push_back({windows[r].label_ns, {}});
            std::transform(series.rows[r].begin(), series.rows[r].end(),
                           std::back_inserter(answer.back().rows.back().cells), hand_cell);
        }
    }
    return answer;
}

/// The oracle's answer in the engine's shape.
StatementResult as_result(const std::vector<ExpectedSeries>& answer) {
    StatementResult result;
    for (const ExpectedSeries& series : answer) {
        result.series.push_back({"m", {}, {}, {}});
        for (const Tag& tag : series.tags)
            result.series.back().tags.emplace_back(tag.key, tag.value);
        for (const ExpectedRow& row : series.rows) {
            Row cells{TimeCell{row.time_ns}};
            for (const Expected& cell : row.cells) cells.push_back(cell.cell);
            result.series.back().rows.push_back(cells);
        }
    }
    return result;
}

void check_series(const std::vector<Point>& points, const Query& query,
                  const std::vector<HandSeries>& hand) {
    const std::string statement = text(query, "m");
    INFO(statement);
    const auto answer = hand_answer(hand, query);
    INFO("oracle:\n" << text(as_result(evaluate(points, query))));
    CHECK(differences(answer, query, as_result(evaluate(points, query))).empty());

    Product product;
    product.write(points);
    const StatementResult from_head = product.ask(statement, query.now_ns);
    INFO("from the head:\n" << text(from_head));
    CHECK(differences(answer, query, from_head).empty());
    product.flush();
    const StatementResult from_segments = product.ask(statement, query.now_ns);
    INFO("from segments:\n" << text(from_segments));
    CHECK(differences(answer, query, from_segments).empty());
}

void check(const std::vector<Point>& points, const Query& query, const Rows& rows) {
    check_series(points, query, {{{}, rows}});
}

struct HandEpisode {
    std::int64_t begin, end, inside;  ///< Minutes.
    bool is_open;
    double peak, mean;
    std::int64_t unknown;
};

/// Episodes of `call` on host a, whose first numeric field is v.
void check_episodes(const std::vector<Point>& points, const Query& query,
                    const std::vector<HandEpisode>& hand) {
    const std::string statement = text(query, "m");
    INFO(statement);
    std::vector<ExpectedSeries> answer{{{}, {}}};
    for (const HandEpisode& episode : hand) {
        answer.front().rows.push_back(
            {at(episode.begin),
             {hand_cell(TimeCell{at(episode.end)}),
              hand_cell(number(static_cast<double>(episode.end - episode.begin))),
              hand_cell(number(static_cast<double>(episode.inside))),
              hand_cell(Cell(episode.is_open)), hand_cell(number(episode.peak)),
              hand_cell(number(episode.mean)),
              hand_cell(number(static_cast<double>(episode.unknown))),
              hand_cell(Cell(std::string("a")))}});
    }
    const auto from_oracle =
        episodes_of(series_of(points).front(), query.calls.front(), "v", query);
    REQUIRE(from_oracle.size() == hand.size());
    for (std::size_t i = 0; i < hand.size(); ++i) {
        CHECK(from_oracle[i].begin_ns == at(hand[i].begin));
        CHECK(from_oracle[i].end_ns == at(hand[i].end));
        CHECK(from_oracle[i].inside_ns == minutes(hand[i].inside));
        CHECK(from_oracle[i].is_open == hand[i].is_open);
        CHECK(agrees(from_oracle[i].peak, number(hand[i].peak)));
        CHECK(agrees(from_oracle[i].mean, number(hand[i].mean)));
        CHECK(from_oracle[i].unknown_ns == minutes(hand[i].unknown));
    }

    // differences() names columns after the query's calls and checks times when there are buckets.
    Query table = query;
    table.bucket_ns = 1;
    table.calls.assign(8, query.calls.front());
    Product product;
    product.write(points);
    for (const bool is_flushed : {false, true}) {
        if (is_flushed) product.flush();
        const StatementResult got = product.ask(statement, query.now_ns);
        INFO((is_flushed ? "from segments:\n" : "from the head:\n") << text(got));
        CHECK(differences(answer, table, got).empty());
        REQUIRE(got.series.size() == 1);
        CHECK(got.series.front().columns == std::vector<std::string>{"time", "end", "duration",
                                                                     "inside", "open", "peak",
                                                                     "mean", "unknown", "host"});
    }
}

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

TEST_CASE("WINDOW widens buckets backwards and is cut before A and at B", "[oracle]") {
    // A = 5, B = 25, buckets of 10, windows of 15, least start 5 - (15 - 10) = 0:
    // label 0: [0,10), label 10: [5,20), label 20: [15,25).
    const Query query =
        by_time(query_of({call_on("count", "v"), call_on("sum", "v")}, 5, 25, 0), 10, 15);
    const auto windows = windows_of(query);
    REQUIRE(windows.size() == 3);
    CHECK((windows[0].label_ns == at(0) && windows[0].begin_ns == at(0)));
    CHECK((windows[1].label_ns == at(10) && windows[1].begin_ns == at(5)));
    CHECK((windows[2].label_ns == at(20) && windows[2].end_ns == at(25)));
    // -1 is before every window, 0 in the first, 6 in two, 19 in two, 24 in the last, 25 in none.
    check(samples({{-1, 1}, {0, 2}, {6, 4}, {19, 8}, {24, 16}, {25, 32}}), query,
          {{count(2), number(6)}, {count(2), number(12)}, {count(2), number(24)}});
}

TEST_CASE("a WINDOW narrower than its bucket looks at the bucket's end, never before A",
          "[oracle]") {
    // A = 8: label 0: [8,10) (not [6,10)), label 10: [16,20).
    check(samples({{7, 1}, {8, 2}, {15, 4}, {16, 8}, {19, 16}}),
          by_time(query_of({call_on("sum", "v"), call_of("future", above(5))}, 8, 20, 0), 10, 4),
          {{number(2), number(0)}, {number(24), number(0)}});
}

TEST_CASE("rolling state functions see each window's edges", "[oracle]") {
    // True [0,3), false [3,12). Windows of 6 by 3 from A = 3: [0,6), [3,9), [6,12).
    check(samples({{0, 9}, {3, 1}}),
          by_time(query_of({call_of("time_in", above(5)), call_of("time_out", above(5))}, 3, 12, 0),
                  3, 6),
          {{number(3), number(3)}, {number(0), number(6)}, {number(0), number(6)}});
}

TEST_CASE("the three percentiles", "[oracle]") {
    // 1 to 10, written in no order.
    const auto points =
        samples({{0, 7}, {1, 1}, {2, 10}, {3, 4}, {4, 2}, {5, 9}, {6, 3}, {7, 8}, {8, 5}, {9, 6}});
    // percentile: floor(10 * p / 100 + 0.5) - 1: 50 -> 4 (5), 95 -> 9 (10), 4 -> -1 (none).
    // disc: x[ceil(10 q)]: 0.5 -> 5, 0.95 -> 10, 0.001 -> 1.
    // cont: 9 * 0.5 = 4.5 -> 5.5; 9 * 0.95 = 8.55 -> 9.55.
    check(points,
          query_of({call_on("percentile", "v", 50'000), call_on("percentile", "v", 95'000),
                    call_on("percentile", "v", 4'000), call_on("percentile_disc", "v", 500),
                    call_on("percentile_disc", "v", 950), call_on("percentile_disc", "v", 1),
                    call_on("percentile_cont", "v", 500), call_on("percentile_cont", "v", 950)},
                   0, 10, 0),
          {{number(5), number(10), kNull, number(5), number(10), number(1), number(5.5),
            number(9.55)}});
}

TEST_CASE("q is the decimal as written", "[oracle]") {
    // 0.07 * 100 is 7.000000000000001 in doubles, and would round up to the 8th of 100.
    std::vector<std::pair<std::int64_t, double>> values;
    for (int i = 1; i <= 100; ++i) values.emplace_back(i, i);
    check(samples(values), query_of({call_on("percentile_disc", "v", 70)}, 0, 200, 0),
          {{number(7)}});
}

TEST_CASE("percentile_cont interpolates exactly", "[oracle]") {
    // 3 * 0.76 = 2.28: 0 + 100 * 0.28. In doubles 2.28 - 2 is 0.2799999999999998.
    check(samples({{0, 0}, {1, 0}, {2, 0}, {3, 100}}),
          query_of({call_on("percentile_cont", "v", 760)}, 0, 10, 0), {{number(28)}});
}

TEST_CASE("percentile_cont and median are exact where their neighbours cancel", "[oracle]") {
    // 0.76 of -7 .. 4: -7 + 11 * 0.76 = 1.36, where doubles lose three ulps. Of -0.3 and 14:
    // -0.3 + 14.3 / 2 = 6.85. 0.673 of -9 .. 5.3: -9 + 14.3 * 0.673 = 0.6239.
    check(samples({{0, -7}, {1, 4}}), query_of({call_on("percentile_cont", "v", 760)}, 0, 10, 0),
          {{number(1.36)}});
    check(samples({{0, -9}, {1, 5.3}}), query_of({call_on("percentile_cont", "v", 673)}, 0, 10, 0),
          {{number(0.6239)}});
    check(samples({{0, -0.3}, {1, 14}}), query_of({call_on("median", "v")}, 0, 10, 0),
          {{number(6.85)}});
}

TEST_CASE("InfluxQL's aggregates over one window", "[oracle]") {
    // 2 4 4 4 5 5 7 9: sum 40, mean 5, median 4.5, squares of deviations 32, 32 / 7 under the root.
    check(samples({{0, 2}, {1, 4}, {2, 4}, {3, 4}, {4, 5}, {5, 5}, {6, 7}, {7, 9}}),
          query_of({call_on("count", "v"), call_on("sum", "v"), call_on("mean", "v"),
                    call_on("min", "v"), call_on("max", "v"), call_on("spread", "v"),
                    call_on("first", "v"), call_on("last", "v"), call_on("median", "v"),
                    call_on("stddev", "v")},
                   0, 8, 0),
          {{count(8), number(40), number(5), number(2), number(9), number(7), number(2), number(9),
            number(4.5), number(2.1380899352993950774)}});
}

TEST_CASE("an empty bucket counts 0 and knows nothing else", "[oracle]") {
    // H = 2. Nothing in [5,10); one sample makes no deviation.
    check(samples({{1, 3}, {11, 4}}),
          by_time(query_of({call_on("count", "v"), call_on("sum", "v"), call_on("stddev", "v"),
                            call_on("time_mean", "v"), call_of("time_in", above(0)),
                            call_of("unknown", above(0)), call_of("uptime", above(0), 0)},
                           0, 15, 2),
                  5),
          {{count(1), number(3), kNull, number(3), number(2), number(3), number(1)},
           {count(0), kNull, kNull, kNull, number(0), number(5), kNull},
           {count(1), number(4), kNull, number(4), number(2), number(3), number(1)}});
}

TEST_CASE("series of one group are evaluated alone and summed", "[oracle]") {
    // a: true [0,2), false [2,10). b: from 4, true [4,7), false [7,8), true [8,10).
    // in 2 + 5, out 8 + 1, unknown 0 + 4; uptime 7/16; longest max(2, 3); current max(0, 2);
    // since 8. Samples: 9 1 9 1 9, sum 29.
    const auto points = joined(samples({{0, 9}, {2, 1}}), samples({{4, 9}, {7, 1}, {8, 9}}, "b"));
    Query query = query_of(
        {call_of("time_in", above(5)), call_of("time_out", above(5)), call_of("unknown", above(5)),
         call_of("uptime", above(5), 0), call_of("longest", above(5)), call_of("current", above(5)),
         call_of("since", above(5), 0), call_on("sum", "v")},
        0, 10, 0);
    check(points, query,
          {{number(7), number(9), number(4), number(7.0 / 16), number(3), number(2),
            TimeCell{at(8)}, number(29)}});
    query.group_tags = {"host"};
    check_series(points, query,
                 {{{{"host", "a"}},
                   {{number(2), number(8), number(0), number(0.2), number(2), number(0), kNull,
                     number(10)}}},
                  {{{"host", "b"}},
                   {{number(5), number(1), number(4), number(5.0 / 6), number(3), number(2),
                     TimeCell{at(8)}, number(19)}}}});
}

TEST_CASE("the mean of two series is the ratio of the sums", "[oracle]") {
    // a: 2 for 10 min; b: 8 for 5 min: (20 + 40) / 15.
    const auto points = joined(samples({{0, 2}}), samples({{5, 8}}, "b"));
    check(points, query_of({call_on("time_mean", "v"), call_on("mean", "v")}, 0, 10, 0),
          {{number(4), number(5)}});
}

TEST_CASE("of samples at one time first and last take the greater", "[oracle]") {
    const auto points = joined(samples({{0, 2}, {5, 7}}), samples({{0, 3}, {5, 4}}, "b"));
    check(points, query_of({call_on("first", "v"), call_on("last", "v")}, 0, 10, 0),
          {{number(3), number(7)}});
}

TEST_CASE("predicates compare every type, and tags are constants", "[oracle]") {
    const TagSet tags{{"host", "a"}};
    const std::vector<Point> points = {
        {tags,
         at(0),
         {{"b", true}, {"i", std::int64_t{-3}}, {"s", std::string("up")}, {"u", std::uint64_t{7}}}},
        {tags,
         at(4),
         {{"b", false},
          {"i", std::int64_t{3}},
          {"s", std::string("down")},
          {"u", std::uint64_t{8}}}}};
    const Predicate is_up = compare("s", CompareOp::Equal, std::string("up"));
    check(points,
          query_of({call_of("time_in", compare("b", CompareOp::Equal, true)),
                    call_of("time_in", compare("i", CompareOp::GreaterEqual, 2.5)),
                    call_of("time_in", is_up),
                    call_of("time_in", compare("u", CompareOp::Less, std::int64_t{8})),
                    call_of("time_in", both(is_up, compare_tag("host", CompareOp::Equal, "a"))),
                    call_of("time_in", both(is_up, compare_tag("host", CompareOp::Equal, "b"))),
                    call_on("sum", "i"), call_on("spread", "u"), call_on("last", "s")},
                   0, 10, 0),
          {{number(4), number(6), number(4), number(4), number(4), number(0), count(0),
            Cell(std::uint64_t{1}), Cell(std::string("down"))}});
}

TEST_CASE("-0.0 equals 0 in predicates", "[oracle]") {
    check(samples({{0, -0.0}, {5, 1}}),
          query_of({call_of("time_in", compare("v", CompareOp::Equal, 0.0)),
                    call_of("time_in", compare("v", CompareOp::Less, 0.0))},
                   0, 10, 0),
          {{number(5), number(0)}});
}

TEST_CASE("a share of points is not a share of time", "[oracle]") {
    // True for [0,8) of [0,10), but on one point of three.
    Call share_le = call_on("share_le", "v");
    share_le.limit = 5.0;
    check(samples({{0, 9}, {8, 1}, {9, 1}}),
          query_of({call_of("share", above(5), 0), share_le, call_of("uptime", above(5), 0)}, 0, 10,
                   0),
          {{number(1.0 / 3), number(2.0 / 3), number(0.8)}});
}

TEST_CASE("buckets before 1970 and with an offset are aligned downwards", "[oracle]") {
    Query query = query_of({call_on("count", "v"), call_of("time_in", above(5))}, 0, 1, 0);
    query.begin_ns = -minutes(12);
    query.end_ns = minutes(5);
    query.bucket_ns = minutes(10);
    query.offset_ns = minutes(2);
    // Buckets [-18,-8), [-8,2), [2,12), cut to [-12,-8), [-8,2), [2,5).
    const auto windows = windows_of(query);
    REQUIRE(windows.size() == 3);
    CHECK(windows[0].label_ns == -minutes(18));
    // 9 at -13 is carried in until -9; 1 until -1; 9 from then on.
    const std::vector<Point> points = {{{{"host", "a"}}, -minutes(13), {{"v", 9.0}}},
                                       {{{"host", "a"}}, -minutes(9), {{"v", 1.0}}},
                                       {{{"host", "a"}}, -minutes(1), {{"v", 9.0}}}};
    check(points, query, {{count(1), number(3)}, {count(1), number(3)}, {count(0), number(3)}});
}

}  // namespace
}  // namespace tidemark::oracle

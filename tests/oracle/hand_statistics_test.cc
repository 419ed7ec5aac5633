#include <catch2/catch.hpp>

#include "tests/oracle/hand_case.h"

namespace tidemark::oracle {
namespace {

Call sla_of(const std::string& objective) {
    Call call = call_of("sla", above(5));
    call.objective = objective;
    return call;
}

Cell verdict(const char* name) { return {std::string(name)}; }

// Above 5 on [0,6), not on [6,8), above from 8 on.
const std::vector<Point> kShortOutage = samples({{0, 9}, {6, 1}, {8, 9}, {12, 9}, {16, 9}});

}  // namespace

TEST_CASE("an objective is met up to its budget and breached beyond", "[oracle]") {
    check(
        kShortOutage, query_of({sla_of("0.9")}, 0, 20, 0),
        {{verdict("MET"), number(0.9), number(0.9), number(0.9), number(2), number(2), number(0)}});
    check(kShortOutage, query_of({sla_of("95%")}, 0, 20, 0),
          {{verdict("BREACHED"), number(0.9), number(0.9), number(0.9), number(1), number(2),
            number(-1)}});
}

TEST_CASE("a budget is of the whole window, and what is to come leaves it open", "[oracle]") {
    // 10 of 20 minutes have passed, 8 of them good.
    Query query = query_of({sla_of("0.9")}, 0, 20, 0);
    query.now_ns = at(10);
    check(kShortOutage, query,
          {{verdict("OPEN"), number(0.8), number(0.8), number(0.8), number(2), number(2),
            number(0)}});
    query.calls = {sla_of("0.95")};
    check(kShortOutage, query,
          {{verdict("BREACHED"), number(0.8), number(0.8), number(0.8), number(1), number(2),
            number(-1)}});
}

TEST_CASE("unknown time leaves a verdict undetermined unless the query decides", "[oracle]") {
    // Samples hold 4 minutes: [4,6) is unknown. 16 good, 2 bad, 2 unknown.
    Query query = query_of({sla_of("85%")}, 0, 20, 4);
    check(kShortOutage, query,
          {{verdict("UNDETERMINED"), number(16.0 / 18), number(0.8), number(0.9), number(3),
            number(2), number(1)}});
    query.unknown_as = UnknownAs::Bad;
    check(kShortOutage, query,
          {{verdict("BREACHED"), number(0.8), number(0.8), number(0.9), number(3), number(4),
            number(-1)}});
    query.unknown_as = UnknownAs::Good;
    check(
        kShortOutage, query,
        {{verdict("MET"), number(0.9), number(0.8), number(0.9), number(3), number(2), number(1)}});
    // All of the unknown time could have been bad, and the promise would stand.
    check(kShortOutage, query_of({sla_of("0.8")}, 0, 20, 4),
          {{verdict("MET"), number(16.0 / 18), number(0.8), number(0.9), number(4), number(2),
            number(2)}});
}

TEST_CASE("series of one group share one budget, windows have one each", "[oracle]") {
    const auto points = joined(kShortOutage, samples({{0, 9}}, "b"));
    check(points, query_of({sla_of("95%")}, 0, 20, 0),
          {{verdict("MET"), number(0.95), number(0.95), number(0.95), number(2), number(2),
            number(0)}});
    check(kShortOutage, by_time(query_of({sla_of("0.9")}, 0, 20, 0), 10),
          {{verdict("BREACHED"), number(0.8), number(0.8), number(0.8), number(1), number(2),
            number(-1)},
           {verdict("MET"), number(1), number(1), number(1), number(1), number(0), number(1)}});
}

TEST_CASE("apdex counts what is at most T, and half of what is at most 4T", "[oracle]") {
    // T = 2: 1 and 2 satisfy, 8 is tolerated, 9 is not: (2 + 1 / 2) / 4.
    Call apdex = call_on("apdex", "v");
    apdex.limit = 2.0;
    check(samples({{0, 1}, {1, 2}, {2, 8}, {3, 9}}), query_of({apdex}, 0, 4, 0), {{number(0.625)}});
    check(samples({{0, 1}, {1, 2}, {2, 8}, {3, 9}}), by_time(query_of({apdex}, 0, 4, 0), 2),
          {{number(1)}, {number(0.25)}});
}

TEST_CASE("nps is promoters less detractors among the answers", "[oracle]") {
    // 10 and 9 promote, 6 detracts, 8 is an answer, 11, 9.5 and -1 are none.
    const auto points = samples({{0, 10}, {1, 9}, {2, 6}, {3, 8}, {4, 11}, {5, 9.5}, {6, -1}});
    check(points, query_of({call_on("nps", "v")}, 0, 7, 0), {{number(25)}});
    check(points, by_time(query_of({call_on("nps", "v")}, 0, 8, 0), 4), {{number(25)}, {kNull}});
}

TEST_CASE("trend is the median slope per day, for each series by itself", "[oracle]") {
    // Rises by 1, 1, -3 a minute; over two minutes 1, -1; over three -1 / 3. A day has 1440: 1440 x
    // (1 - 1 / 3) / 2.
    const std::vector<Call> calls = {call_on("trend", "v")};
    const auto points = samples({{0, 1}, {1, 2}, {2, 3}, {3, 0}});
    check(points, query_of(calls, 0, 4, 0), {{number(480), kNull, count(4)}});
    // A second series has one pair, which rises by 10.
    const auto two = joined(points, samples({{0, 100}, {1, 110}}, "b"));
    check(two, query_of(calls, 0, 4, 0), {{number(1440), kNull, count(6)}});
    check(points, by_time(query_of(calls, 0, 4, 0), 3),
          {{number(1440), kNull, count(3)}, {kNull, kNull, count(1)}});
    // Level samples tell nothing: p is 1.
    std::vector<std::pair<std::int64_t, double>> level;
    for (std::int64_t minute = 0; minute < 10; ++minute) level.emplace_back(minute, 5);
    check(samples(level), query_of(calls, 0, 10, 0), {{number(0), number(1), count(10)}});
}

TEST_CASE("correlate pairs samples of one series, some time apart", "[oracle]") {
    std::vector<Point> points;
    const double v[] = {1, 2, 3, 5};
    const double w[] = {2, 1, 3, 4};
    for (int i = 0; i < 4; ++i) {
        points.push_back({{{"host", "a"}}, at(i), {{"v", v[i]}, {"w", w[i]}}});
    }
    Call same = call_on("correlate", "v");
    same.other_field = "w";
    Call later = same;
    later.lag_ns = minutes(1);
    // Minutes 0 to 2: deviations (-1, 0, 1) and (0, -1, 1). A minute before: (2, 3) and (2, 1).
    check(points, query_of({same, later}, 0, 3, 0), {{number(0.5), number(-1)}});
    // The pair of minute 1 has its second sample before the range.
    check(points, query_of({same, later}, 1, 3, 0), {{number(1), number(-1)}});
    check(points, query_of({same, later}, 2, 3, 0), {{kNull, kNull}});
}

}  // namespace tidemark::oracle

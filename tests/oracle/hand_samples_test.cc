#include <catch2/catch.hpp>

#include "tests/oracle/hand_case.h"

namespace tidemark::oracle {

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

}  // namespace tidemark::oracle

#include "bench/support/exact_answers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::bench {
namespace {

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kDay = 86'400;

using Values = std::vector<double>;

}  // namespace

TEST_CASE("a quantile lies between the neighbours of its rank", "[answers]") {
    CHECK(quantile_cont(Values{10}, 99) == 10);
    CHECK(quantile_cont(Values{1, 2, 3, 4}, 50) == 2.5);
    CHECK(quantile_cont(Values{1, 2}, 95) == 1.95);
    CHECK(quantile_cont(Values{3, 3, 3}, 99) == 3);
    Values to_a_hundred;
    for (int i = 0; i <= 100; ++i) to_a_hundred.push_back(i);
    CHECK(quantile_cont(to_a_hundred, 99) == 99);
    CHECK(quantile_cont(to_a_hundred, 50) == 50);
}

TEST_CASE("latency buckets are aligned to 1970, cut by the range, and left out when empty",
          "[answers]") {
    const Values values = {1, 2, 3, kGap, 5, kGap, kGap, kGap, 9, 9};
    const SeriesSamples series(100, 100, values);
    const auto buckets = latency_buckets(series, {200, 1100});
    REQUIRE(buckets.size() == 3);
    CHECK(buckets[0].begin_s == 0);  // The sample at 100 lies before the range.
    CHECK(buckets[0].p50 == 2);
    CHECK(buckets[1].begin_s == 300);
    CHECK(buckets[1].p50 == 4);
    CHECK(buckets[1].p95 == 4.9);
    CHECK(buckets[1].p99 == 4.98);
    CHECK(buckets[2].begin_s == 900);
    CHECK(buckets[2].p99 == 9);
}

TEST_CASE("a rolling hour has a row for each minute in which all of it lies in the data",
          "[answers]") {
    const Values values = {1, 2, 3, 10};
    const auto rows = rolling_hours(SeriesSamples(0, 1200, values));
    REQUIRE(rows.size() == 21);  // Ends from 3600 to 4800.
    CHECK(rows.front().label_s == 3540);
    CHECK(rows.front().p99 == 2.98);
    CHECK(rows[1].p99 == 9.86);  // [60, 3660): the sample at 0 has left, that at 3600 has come.
    CHECK(rows.back().label_s == 4740);

    const auto shifted = rolling_hours(SeriesSamples(30, 1200, values));
    CHECK(shifted.front().label_s == 3600);  // [60, 3660)
    CHECK(shifted.front().p99 == 9.86);
    CHECK(shifted.back().label_s == 4740);

    CHECK(rolling_hours(SeriesSamples(0, 1200, Values{1, 2})).empty());
}

TEST_CASE("rolling hours without samples are left out", "[answers]") {
    const Values values = {4, kGap, kGap, kGap, kGap, 6};
    const auto rows = rolling_hours(SeriesSamples(0, 1200, values));
    // [0, 3600) holds the first sample; windows that end after 6000 hold the last one.
    REQUIRE(rows.size() == 1 + 20);
    CHECK(rows[0].label_s == 3540);
    CHECK(rows[0].p99 == 4);
    CHECK(rows[1].label_s == 6000);
    CHECK(rows[1].p99 == 6);
}

TEST_CASE("rolling hours equal sorting each window anew", "[answers]") {
    const auto workload =
        Workload::generate({.tick_count = 700, .host_count = 2, .step_s = 17, .loss = 0.1});
    REQUIRE(workload.has_value());
    const WorkloadOptions& options = workload.value().options();
    const std::span<const double> values = workload.value().samples(LatencyMs, 1);
    const auto rows = rolling_hours(SeriesSamples(options.begin_s, options.step_s, values));
    CHECK(rows.size() == 139);  // 700 * 17 - 3600 seconds hold 138 steps of a minute.
    for (const RollingQuantile& row : rows) {
        Values window;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::int64_t time_s = workload.value().time_s(i);
            if (time_s < row.label_s - 3540 || time_s >= row.label_s + 60) continue;
            if (!std::isnan(values[i])) window.push_back(values[i]);
        }
        std::ranges::sort(window);
        CHECK(quantile_cont(window, 99) == row.p99);
    }
}

TEST_CASE("a state holds until the next sample, the last one to the end of the data", "[answers]") {
    const Values values = {kGap, 90, kGap, 70, 80, 81, kGap};
    const auto runs = runs_above(SeriesSamples(0, 10, values), 80);
    REQUIRE(runs.size() == 3);
    CHECK(runs[0].range == RangeSeconds{10, 30});
    CHECK(runs[0].is_true);
    CHECK(runs[1].range == RangeSeconds{30, 50});  // 80 is not above 80.
    CHECK_FALSE(runs[1].is_true);
    CHECK(runs[2].range == RangeSeconds{50, 70});
    CHECK(runs[2].is_true);

    CHECK(time_true(runs) == TimeAbove{40, 20});
    CHECK(open_run(runs, 20) == RangeSeconds{50, 70});
    CHECK_FALSE(open_run(runs, 21));
    CHECK(true_share(runs, {0, 70}) == 40.0 / 60);  // Before the first sample nothing is known.
    CHECK(true_share(runs, {20, 40}) == 0.5);
    CHECK_FALSE(true_share(runs, {0, 10}));
}

TEST_CASE("a run that ended is not open, and no time above is zero", "[answers]") {
    const auto ended = runs_above(SeriesSamples(0, 10, Values{90, 90, 10}), 80);
    CHECK_FALSE(open_run(ended, 0));
    CHECK(time_true(ended) == TimeAbove{20, 20});
    const auto never = runs_above(SeriesSamples(0, 10, Values{10, kGap}), 80);
    CHECK(time_true(never) == TimeAbove{0, 0});
    CHECK(true_share(never, {0, 20}) == 0.0);
}

TEST_CASE("a series without samples has no states", "[answers]") {
    const auto runs = runs_above(SeriesSamples(0, 10, Values{kGap, kGap}), 80);
    CHECK(runs.empty());
    CHECK_FALSE(time_true(runs));
    CHECK_FALSE(open_run(runs, 0));
    CHECK_FALSE(true_share(runs, {0, 20}));
    CHECK(true_share_of_days(runs).empty());
}

TEST_CASE("days are those of UTC, clipped to what is known", "[answers]") {
    // 10 s of a day of 1969 with its outage, the first day of 1970 up, an outage across midnight.
    const Values values = {0, 1, 1, 0, 0, 1};
    const auto runs = runs_above(SeriesSamples(-kDay / 2, kDay / 2, values), 0.5);
    const auto days = true_share_of_days(runs);
    REQUIRE(days.size() == 4);
    CHECK(days[0].day_s == -kDay);
    CHECK(days[0].share == 0);
    CHECK(days[1].day_s == 0);
    CHECK(days[1].share == 1);
    CHECK(days[2].share == 0);
    CHECK(days[3].day_s == 2 * kDay);
    CHECK(days[3].share == 1);

    const Values late = {kGap, kGap, kGap, 1, 0, 1};
    const auto late_days = true_share_of_days(runs_above(SeriesSamples(0, kDay / 2, late), 0.5));
    REQUIRE(late_days.size() == 2);  // Nothing is known of the first day.
    CHECK(late_days[0].day_s == kDay);
    CHECK(late_days[0].share == 1);
    CHECK(late_days[1].share == 0.5);
}

TEST_CASE("hours have the mean and the greatest of their samples", "[answers]") {
    const Values values = {1, 2, 6, kGap, kGap, 0.1, 0.2, 0.3};
    const auto hours = hours_of_values(SeriesSamples(1800, 1800, values));
    // At 1800 the first; 3600 and 5400 the second; none in the third; 10800 + 1800 on the rest.
    REQUIRE(hours.size() == 4);
    CHECK(hours[0].hour_s == 0);
    CHECK(hours[0].mean == 1);
    CHECK(hours[1].hour_s == 3600);
    CHECK(hours[1].mean == 4);
    CHECK(hours[1].max == 6);
    CHECK(hours[2].hour_s == 10'800);
    CHECK(hours[2].mean == (0.1 + 0.2) / 2);
    CHECK(hours[3].hour_s == 14'400);
    CHECK(hours[3].max == 0.3);
}

TEST_CASE("samples of a range leave out gaps and its end", "[answers]") {
    const Values values = {1, 2, kGap, 4, 5};
    const auto samples = samples_in(SeriesSamples(0, 10, values), {5, 40});
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].time_s == 10);
    CHECK(samples[0].value == 2);
    CHECK(samples[1].time_s == 30);
    CHECK(samples[1].value == 4);
}

TEST_CASE("a host that sent nothing has no rows, and no state in the file of answers",
          "[answers]") {
    const auto workload =
        Workload::generate({.tick_count = 3, .host_count = 1, .begin_s = 0, .loss = 1});
    REQUIRE(workload.has_value());
    std::string text;
    REQUIRE(write_exact_answers(workload.value(), append_to(text)).has_value());
    CHECK(text == R"({"begin_s":0,"end_s":30,"Q1":{"h000":[]},"Q2a":{"h000":[]},"Q2b":{"h000":[]},)"
                  R"("Q3":{},"Q3d":{"h000":[]},"Q4":{},"Q5":{},"Q6":{"h000":[]},"Q7":{"h000":[]}})"
                  "\n");
}

// The numbers are those that numpy computes from the columns.
TEST_CASE("the file of answers holds what is true of the smallest workload", "[answers]") {
    const auto workload = Workload::generate({});
    REQUIRE(workload.has_value());
    std::string text;
    REQUIRE(write_exact_answers(workload.value(), append_to(text)).has_value());
    const std::vector<std::string> parts = {
        R"({"begin_s":1767571200,"end_s":1767581200,)",
        R"("Q1":{"h000":[[1767571200,67.7555,163.03355000000002,274.98751000000004],)",
        R"("Q2a":{"h000":[[1767574740,257.86894],[1767574800,257.86894],)",
        R"("h006":1,"h007":0.978,)",
        R"("Q4":{"h000":[0,0],"h001":[0,0],"h002":[0,0],"h003":[1490,1490],)",
        R"("Q5":{"h021":[74.5,1767576730],"h037":[56.166666666666664,1767577830],)"
        R"("h067":[60.333333333333336,1767577580],"h076":[76.16666666666667,1767576630],)"
        R"("h090":[46.666666666666664,1767578400],"h092":[63.5,1767577390]},)",
        R"("Q6":{"h000":[[1767571200,48.40139275766017,55.99],)",
        R"("Q7":{"h000":[[1767571200,155.223],[1767571210,52.059],)",
    };
    for (const std::string& part : parts) {
        INFO(part);
        CHECK(text.find(part) != std::string::npos);
    }
}

}  // namespace tidemark::bench

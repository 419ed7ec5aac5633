#include "query/functions/time_integral.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/functions/sample_columns.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;
constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

TEST_CASE("the worked example of influxdb #7445 gives 65/9", "[functions]") {
    // 5@10:18 is carried in; 3@10:21, 10@10:23, 8@10:24, 12@10:29; STALE 4m; [10:20, 10:30).
    const TimeRange windows[] = {{20 * kMinute, 30 * kMinute}};
    const FloatColumn column({21 * kMinute, 23 * kMinute, 24 * kMinute, 29 * kMinute},
                             {3.0, 10.0, 8.0, 12.0});
    TimeIntegral integral(windows, 4 * kMinute, 30 * kMinute);
    integral.begin_series(CarriedValue{18 * kMinute, 5.0});
    integral.add_values(column.times(), column.view(), 0, 4);
    integral.end_series();
    CHECK(integral.mean(0) == Cell(65.0 / 9.0));
    CHECK(integral.window(0).known_ns == static_cast<WideUnsigned>(9 * kMinute));
}

TEST_CASE("a carried value counts up to its hold limit, and not beyond", "[functions]") {
    const TimeRange windows[] = {{0, 10}, {10, 20}, {20, 30}};
    TimeIntegral integral(windows, 18, 30);
    integral.begin_series(CarriedValue{-4, std::int64_t{7}});
    integral.end_series();
    CHECK(integral.mean(0) == Cell(7.0));
    CHECK(integral.window(1).known_ns == 4);
    CHECK(integral.mean(2) == Cell(std::monostate{}));
}

TEST_CASE("time after as_of is not known", "[functions]") {
    const TimeRange windows[] = {{0, 100}};
    const FloatColumn column({10, 40}, {1.0, 3.0});
    TimeIntegral integral(windows, kHoldForever, 60);
    integral.begin_series({});
    integral.add_values(column.times(), column.view(), 0, 2);
    integral.end_series();
    CHECK(integral.window(0).known_ns == 50);
    CHECK(integral.mean(0) == Cell((30.0 + 60.0) / 50.0));
}

TEST_CASE("time after a NaN is not known", "[functions]") {
    const TimeRange windows[] = {{0, 100}};
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const FloatColumn column({10, 40, 45, 90, 95}, {1.0, nan, nan, 3.0, nan});
    TimeIntegral integral(windows, kHoldForever, 100);
    integral.begin_series(CarriedValue{-5, 2.0});
    integral.add_values(column.times(), column.view(), 0, 5);
    const auto seen = integral.end_series();
    CHECK(seen.sample_count == 3);
    CHECK(seen.last_ns == 90);
    // 2 on [0,10), 1 on [10,40), 3 on [90,95).
    CHECK(integral.window(0).known_ns == 45);
    CHECK(integral.mean(0) == Cell((20.0 + 30.0 + 15.0) / 45.0));
}

TEST_CASE("several series are a ratio of sums", "[functions]") {
    const TimeRange windows[] = {{0, 100}};
    const FloatColumn one({0}, {1.0});
    const IntegerColumn two({75}, {5});
    TimeIntegral integral(windows, kHoldForever, kForever);
    integral.begin_series({});
    integral.add_values(one.times(), one.view(), 0, 1);
    integral.end_series();
    integral.begin_series({});
    integral.add_values(two.times(), two.view(), 0, 1);
    integral.end_series();
    CHECK(integral.mean(0) == Cell(225.0 / 125.0));
}

TEST_CASE("a summary with a gap beyond the hold limit cannot be used", "[functions]") {
    const TimeRange windows[] = {{0, 100}};
    const FloatColumn column({0, 30}, {1.0, 3.0});
    CHECK_FALSE(TimeIntegral(windows, 29, 100).can_use(column.summary()));
    CHECK(TimeIntegral(windows, 30, 100).can_use(column.summary()));
}

TEST_CASE("samples outside all windows do no harm", "[functions]") {
    const TimeRange windows[] = {{50, 60}};
    const FloatColumn column({0, 10, 55, 70, 90}, {1.0, 2.0, 4.0, 8.0, 16.0});
    TimeIntegral integral(windows, kHoldForever, 100);
    integral.begin_series({});
    integral.add_values(column.times(), column.view(), 0, 5);
    integral.end_series();
    CHECK(integral.mean(0) == Cell(3.0));
    TimeIntegral empty({}, 10, 100);
    empty.begin_series({});
    empty.add_values(column.times(), column.view(), 0, 5);
    empty.end_series();
    CHECK(empty.edges().empty());
}

TEST_CASE("summaries and values give what looking at every nanosecond gives",
          "[functions][property]") {
    std::mt19937_64 random(9);
    for (int round = 0; round < 200; ++round) {
        INFO("round " << round);
        const std::int64_t hold_ns =
            random() % 3 == 0 ? kHoldForever : 5 + static_cast<std::int64_t>(random() % 30);
        const std::int64_t as_of_ns = 250 + static_cast<std::int64_t>(random() % 100);
        // Overlapping windows: width 60, step 20.
        std::vector<TimeRange> windows;
        for (std::int64_t end = 60; end <= 320; end += 20) windows.push_back({end - 60, end});
        TimeIntegral from_values(windows, hold_ns, as_of_ns);
        TimeIntegral from_summaries(windows, hold_ns, as_of_ns);

        std::vector<std::int64_t> times;
        std::vector<std::optional<double>> cells;
        for (std::int64_t t = 0; t < as_of_ns; ++t) {
            if (random() % 12 != 0) continue;
            times.push_back(t);
            cells.emplace_back(static_cast<double>(random() % 1000) / 8);
        }
        const FloatColumn column(times, cells);
        from_values.begin_series({});
        from_values.add_values(column.times(), column.view(), 0, column.row_count());
        from_values.end_series();

        from_summaries.begin_series({});
        const auto edges = from_summaries.edges();
        for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
            const auto first = std::ranges::lower_bound(times, edges[i]) - times.begin();
            const auto last = std::ranges::lower_bound(times, edges[i + 1]) - times.begin();
            const FloatColumn piece({times.begin() + first, times.begin() + last},
                                    {cells.begin() + first, cells.begin() + last});
            if (from_summaries.can_use(piece.summary())) {
                from_summaries.add_summary(piece.summary());
            } else {
                from_summaries.add_values(piece.times(), piece.view(), 0, piece.row_count());
            }
        }
        from_summaries.end_series();

        for (std::size_t w = 0; w < windows.size(); ++w) {
            double sum = 0;
            std::int64_t known_ns = 0;
            for (std::int64_t t = windows[w].begin_ns; t < windows[w].end_ns; ++t) {
                const auto after = std::ranges::upper_bound(times, t) - times.begin();
                if (after == 0 || t >= as_of_ns) continue;
                const auto sample = static_cast<std::size_t>(after - 1);
                if (hold_ns != kHoldForever && t >= times[sample] + hold_ns) continue;
                sum += *cells[sample];  // Eighths: exact.
                ++known_ns;
            }
            const Cell expected =
                known_ns == 0 ? Cell(std::monostate{}) : Cell(sum / static_cast<double>(known_ns));
            CHECK(from_values.mean(w) == expected);
            CHECK(from_summaries.mean(w) == expected);
        }
    }
}

}  // namespace
}  // namespace tidemark::query

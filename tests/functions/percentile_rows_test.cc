#include "query/functions/percentile_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/functions/sample_columns.h"

namespace tidemark::query {
namespace {

PercentileRequest request(FunctionId function, std::string_view text) {
    auto made = PercentileRequest::make(function, text);
    REQUIRE(made.has_value());
    return made.value();
}

FloatColumn column_of(const std::vector<double>& values) {
    std::vector<std::int64_t> times;
    std::vector<std::optional<double>> cells;
    for (const double value : values) {
        times.push_back(static_cast<std::int64_t>(times.size()) * 10);
        cells.emplace_back(value);
    }
    return {times, cells};
}

FoldResult percentile_of(const std::vector<double>& values, FunctionId function,
                         std::string_view text) {
    const FloatColumn column = column_of(values);
    PercentileRows rows(FieldType::Float);
    rows.add_values(column.times(), column.view(), 0, column.row_count());
    const TimeRange all[] = {TimeRange{}};
    const PercentileRequest requests[] = {request(function, text)};
    return rows.evaluate(all, requests).front();
}

Cell null_cell() { return std::monostate{}; }

TEST_CASE("percentile is InfluxDB's: sorted index floor(n p / 100 + 0.5) - 1", "[functions]") {
    const std::vector<double> four = {40, 10, 20, 30};
    CHECK(percentile_of(four, FunctionId::Percentile, "50").cell == Cell(20.0));
    CHECK(percentile_of(four, FunctionId::Percentile, "75").cell == Cell(30.0));
    CHECK(percentile_of(four, FunctionId::Percentile, "100").cell == Cell(40.0));
    CHECK(percentile_of(four, FunctionId::Percentile, "50").time_ns == 20);
    // Out of range on either side.
    CHECK(percentile_of(four, FunctionId::Percentile, "5").cell == null_cell());
    CHECK(percentile_of(four, FunctionId::Percentile, "0").cell == null_cell());
    CHECK(percentile_of(four, FunctionId::Percentile, "120").cell == null_cell());
}

TEST_CASE("median is the middle, or half of the two in the middle", "[functions]") {
    CHECK(percentile_of({3, 1, 2}, FunctionId::Median, "").cell == Cell(2.0));
    CHECK(percentile_of({4, 1, 2, 3}, FunctionId::Median, "").cell == Cell(2.5));
    CHECK(percentile_of({}, FunctionId::Median, "").cell == null_cell());
    CHECK(percentile_of({1e308, -1e308}, FunctionId::Median, "").cell == Cell(0.0));
}

TEST_CASE("the median of integers is a float and does not overflow", "[functions]") {
    const std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
    const IntegerColumn column({1, 2}, {smallest, std::numeric_limits<std::int64_t>::max()});
    PercentileRows rows(FieldType::Integer);
    rows.add_values(column.times(), column.view(), 0, 2);
    const TimeRange all[] = {TimeRange{}};
    const PercentileRequest requests[] = {request(FunctionId::Median, ""),
                                          request(FunctionId::Percentile, "50")};
    const auto results = rows.evaluate(all, requests);
    CHECK(results[0].cell == Cell(-0.5));
    CHECK(results[1].cell == Cell(smallest));
}

TEST_CASE("percentile_disc takes decimals as written", "[functions]") {
    std::vector<double> hundred;
    for (int i = 1; i <= 100; ++i) hundred.push_back(i);
    CHECK(percentile_of(hundred, FunctionId::PercentileDisc, "0.07").cell == Cell(7.0));
    CHECK(percentile_of(hundred, FunctionId::PercentileDisc, "0.071").cell == Cell(8.0));
    CHECK(percentile_of(hundred, FunctionId::PercentileDisc, "1").cell == Cell(100.0));
    CHECK(percentile_of(hundred, FunctionId::PercentileDisc, "0.0001").cell == Cell(1.0));
    CHECK_FALSE(percentile_of(hundred, FunctionId::PercentileDisc, "0.5").time_ns.has_value());
}

TEST_CASE("percentile_cont is numpy's linear", "[functions]") {
    // Between x[1] and x[2] with the position 0.4 * 4 = 1.6, and so on.
    const std::vector<double> five = {15, 20, 35, 40, 50};
    CHECK(percentile_of(five, FunctionId::PercentileCont, "0.4").cell == Cell(29.0));
    CHECK(percentile_of(five, FunctionId::PercentileCont, "0.25").cell == Cell(20.0));
    CHECK(percentile_of(five, FunctionId::PercentileCont, "1").cell == Cell(50.0));
    CHECK(std::get<double>(percentile_of(five, FunctionId::PercentileCont, "0.95").cell) ==
          Approx(48.0).epsilon(1e-15));
    CHECK(percentile_of({7}, FunctionId::PercentileCont, "0.3").cell == Cell(7.0));
    CHECK(percentile_of({-1.5e308, 1.5e308}, FunctionId::PercentileCont, "0.5").cell == Cell(0.0));
}

TEST_CASE("a fraction outside (0, 1] is refused", "[functions]") {
    for (const char* text : {"0", "0.000", "1.01", "99"}) {
        INFO(text);
        CHECK_FALSE(PercentileRequest::make(FunctionId::PercentileDisc, text).has_value());
    }
    CHECK(PercentileRequest::make(FunctionId::PercentileCont, "99").error().message() ==
          "percentile_cont() expects a fraction above 0 and at most 1, like 0.99; found 99");
}

TEST_CASE("equal values are ordered by time, then by series", "[functions]") {
    const FloatColumn late({5, 20}, {1.0, 1.0});
    const FloatColumn early({5, 10}, {1.0, 1.0});
    PercentileRows rows(FieldType::Float);
    rows.begin_series(3);
    rows.add_values(late.times(), late.view(), 0, 2);
    rows.begin_series(8);
    rows.add_values(early.times(), early.view(), 0, 2);
    const TimeRange all[] = {TimeRange{}};
    const PercentileRequest requests[] = {request(FunctionId::Percentile, "25"),
                                          request(FunctionId::Percentile, "50"),
                                          request(FunctionId::Percentile, "75")};
    const auto results = rows.evaluate(all, requests);
    CHECK(results[0].series_rank == 3U);
    CHECK(results[1].series_rank == 8U);
    CHECK(results[1].time_ns == 5);
    CHECK(results[2].time_ns == 10);
}

/// 113 bits: enough to round the answer once.
__extension__ using Wide = __float128;

/// Sorts each window and looks the answer up.
Cell naive_answer(const std::vector<std::int64_t>& times, const std::vector<double>& values,
                  const TimeRange& window, const PercentileRequest& wanted) {
    std::vector<double> inside;
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (window.contains(times[i])) inside.push_back(values[i]);
    }
    std::ranges::sort(inside);
    const auto position = wanted.position(inside.size());
    if (!position.has_value) return null_cell();
    const double low = inside[position.low];
    if (position.fraction == 0) return low;
    const double high = inside[position.low + 1];
    const auto fraction = Wide{position.fraction} + Wide{position.fraction_error};
    return static_cast<double>(low + (Wide{high} - low) * fraction);
}

/// R17. Exact ties between two doubles are common here: 0.74 of fifty units in the last place.
bool is_within_one_ulp(const Cell& answer, const Cell& expected) {
    if (answer == expected) return true;
    const double* left = std::get_if<double>(&answer);
    const double* right = std::get_if<double>(&expected);
    return left != nullptr && right != nullptr && std::nextafter(*left, *right) == *right;
}

/// Values that are hard on rank structures in different ways.
std::vector<double> hard_values(int shape, std::size_t count, std::mt19937_64& random) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        const auto noise = static_cast<double>(random() % 100'000) / 1000;
        switch (shape) {
            case 0:
                values.push_back(noise);
                break;
            case 1:
                values.push_back(5.5);
                break;  // All equal.
            case 2:
                values.push_back(i / 50 % 2 == 0 ? 1.0 : 1e9);
                break;  // Square wave.
            case 3:
                values.push_back(static_cast<double>(i));
                break;  // Monotone.
            case 4:
                values.push_back(noise * 1e-300 * (i % 2 == 0 ? 1 : -1));
                break;
            // One outlier makes all others share their top bits.
            default:
                values.push_back(i == 0 ? 1e300 : 1 + noise * 1e-9);
                break;
        }
    }
    return values;
}

TEST_CASE("rolling percentiles equal sorting every window", "[functions][property]") {
    std::mt19937_64 random(5);
    const PercentileRequest requests[] = {
        request(FunctionId::Median, ""), request(FunctionId::Percentile, "95"),
        request(FunctionId::PercentileDisc, "0.99"), request(FunctionId::PercentileCont, "0.37"),
        request(FunctionId::PercentileCont, "0.999")};
    for (int shape = 0; shape < 6; ++shape) {
        for (const std::int64_t width : {3, 40, 700}) {
            const std::vector<double> values = hard_values(shape, 6000, random);
            std::vector<std::int64_t> times;
            std::vector<std::optional<double>> cells(values.begin(), values.end());
            std::int64_t time_ns = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                time_ns += random() % 500 == 0 ? 2000 : static_cast<std::int64_t>(random() % 3);
                times.push_back(time_ns);
            }
            std::vector<TimeRange> windows;
            // Now and then one begins before the one in front of it, as where the clock goes back.
            for (std::int64_t end = 0; end < time_ns + width; end += 1 + width / 20) {
                const std::int64_t back = random() % 50 == 0 ? width / 2 : 0;
                windows.push_back({end - width - back, end});
            }
            const FloatColumn column(times, cells);
            PercentileRows rows(FieldType::Float);
            rows.add_values(column.times(), column.view(), 0, column.row_count());
            const auto results = rows.evaluate(windows, requests);
            std::size_t wrong = 0;
            for (std::size_t w = 0; w < windows.size(); w += 1 + random() % 7) {
                for (std::size_t r = 0; r < std::size(requests); ++r) {
                    const Cell expected = naive_answer(times, values, windows[w], requests[r]);
                    if (!is_within_one_ulp(results[w * std::size(requests) + r].cell, expected))
                        ++wrong;
                }
            }
            INFO("shape " << shape << ", width " << width);
            CHECK(wrong == 0);
        }
    }
}

TEST_CASE("sliding and selecting give the same samples", "[functions][property]") {
    std::mt19937_64 random(17);
    const std::vector<double> values = hard_values(0, 3000, random);
    const FloatColumn column = column_of(values);
    const PercentileRequest requests[] = {request(FunctionId::Percentile, "90")};
    std::vector<TimeRange> windows;
    for (std::int64_t end = 0; end < 30'000; end += 100) windows.push_back({end - 5000, end});
    PercentileRows rows(FieldType::Float);
    rows.add_values(column.times(), column.view(), 0, column.row_count());
    const auto sliding = rows.evaluate(windows, requests);
    for (std::size_t w = 0; w < windows.size(); w += 13) {
        const auto alone = rows.evaluate(std::span(windows).subspan(w, 1), requests);
        CHECK(alone[0].cell == sliding[w].cell);
        CHECK(alone[0].time_ns == sliding[w].time_ns);
    }
}

TEST_CASE("percentile_disc is at most L exactly when share_le is at least q",
          "[functions][property]") {
    std::mt19937_64 random(23);
    for (int round = 0; round < 300; ++round) {
        std::vector<double> values;
        const auto count = 1 + random() % 120;
        for (std::size_t i = 0; i < count; ++i) {
            values.push_back(static_cast<double>(random() % 30));
        }
        const auto hundredths = 1 + random() % 100;
        const std::string q =
            hundredths == 100 ? "1" : (hundredths < 10 ? "0.0" : "0.") + std::to_string(hundredths);
        const double limit = static_cast<double>(random() % 32) - 1;
        const auto at_most = static_cast<std::uint64_t>(
            std::ranges::count_if(values, [&](double value) { return value <= limit; }));
        const Cell share = ShareFold{at_most, count}.finish();
        const Cell percentile = percentile_of(values, FunctionId::PercentileDisc, q).cell;
        INFO("q " << q << ", limit " << limit << ", " << count << " values");
        CHECK((std::get<double>(percentile) <= limit) ==
              (std::get<double>(share) >= Decimal::parse(q).value().to_double()));
    }
}

}  // namespace
}  // namespace tidemark::query

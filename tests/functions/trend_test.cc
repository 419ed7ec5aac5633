#include "query/functions/trend.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "query/functions/double_double.h"
#include "query/functions/slope_order.h"

namespace tidemark::query {
namespace {

__extension__ using Wide = __float128;

constexpr std::int64_t kDayNs = 86'400'000'000'000;

/// A sample a day.
std::vector<TrendSample> daily(const std::vector<double>& values, std::size_t series_rank = 0) {
    std::vector<TrendSample> samples;
    for (const double value : values) {
        const auto day = static_cast<std::int64_t>(samples.size());
        samples.push_back({series_rank, day * kDayNs, value, 0});
    }
    return samples;
}

Wide exact_value(const TrendSample& sample) {
    return static_cast<Wide>(sample.value) + static_cast<Wide>(sample.rest);
}

/// Of all pairs of a series that differ in time, per day, ascending.
std::vector<Wide> all_slopes(const std::vector<TrendSample>& samples) {
    std::vector<Wide> slopes;
    for (const TrendSample& a : samples) {
        for (const TrendSample& b : samples) {
            if (a.series_rank != b.series_rank || a.time_ns >= b.time_ns) continue;
            const Wide passed_ns = static_cast<Wide>(b.time_ns) - static_cast<Wide>(a.time_ns);
            slopes.push_back((exact_value(b) - exact_value(a)) * kDayNs / passed_ns);
        }
    }
    std::sort(slopes.begin(), slopes.end());
    return slopes;
}

/// The median slope of the definition and whether `trend` is within an ulp of it.
bool has_median_slope(const Trend& trend, const std::vector<Wide>& slopes) {
    if (slopes.empty()) return !trend.slope_per_day;
    if (!trend.slope_per_day) return false;
    const Wide median = (slopes[(slopes.size() - 1) / 2] + slopes[slopes.size() / 2]) / 2;
    const double nearest = static_cast<double>(median);
    const double ulp = std::nextafter(std::fabs(nearest), std::numeric_limits<double>::infinity()) -
                       std::fabs(nearest);
    const Wide distance = static_cast<Wide>(*trend.slope_per_day) - median;
    return (distance < 0 ? -distance : distance) <= static_cast<Wide>(ulp);
}

/// Shapes of data, each with what makes it hard.
std::vector<double> hard_values(unsigned shape, std::size_t count, std::mt19937_64& random) {
    std::uniform_real_distribution<double> uniform(-1, 1);
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        const auto x = static_cast<double>(i);
        switch (shape) {
            case 0:  // All slopes differ.
                values.push_back(uniform(random));
                break;
            case 1:  // Many are equal.
                values.push_back(static_cast<double>(random() % 3));
                break;
            case 2:  // All are equal up to rounding.
                values.push_back(x / 3);
                break;
            case 3:  // All but a few are 0.
                values.push_back(random() % 20 == 0 ? 1 : 0);
                break;
            case 4:  // Far from 0, and close together.
                values.push_back(1e15 + static_cast<double>(random() % 5) / 8);
                break;
            case 5:  // Of all magnitudes.
                values.push_back(std::ldexp(uniform(random), static_cast<int>(random() % 600)));
                break;
            case 6:  // Half of the slopes are 0, the others are not: the median lies between.
                values.push_back(i < count / 2 ? 5 : x);
                break;
            default:  // Falling.
                values.push_back(-x * x);
        }
    }
    return values;
}

}  // namespace

TEST_CASE("a straight line has its own slope, up or down or level", "[functions]") {
    for (const double slope : {2.5, -0.125, 0.0}) {
        std::vector<double> values;
        for (int day = 0; day < 12; ++day) values.push_back(3 + slope * day);
        const Trend trend = trend_of(daily(values));
        CHECK(trend.slope_per_day == slope);
        CHECK(trend.count == 12);
        REQUIRE(trend.p);
        // S is 66 or -66, its variance 12 * 11 * 29 / 18; of level samples both are 0.
        const double p = slope == 0 ? 1 : std::erfc(65 / std::sqrt(2 * 3828 / 18.0));
        CHECK(*trend.p == Approx(p).epsilon(1e-14));
    }
}

TEST_CASE("one outlier does not turn a trend round", "[functions]") {
    // Of ten pairs the one before and after the outlier are steep; the median is 1.
    CHECK(trend_of(daily({0, 1, 2, 3, -1000, 5, 6, 7})).slope_per_day == 1.0);
}

TEST_CASE("p follows from the score and from its variance with ties", "[functions]") {
    // Two swaps in an ascending row of 10: S = 45 - 4 = 41, variance 10 * 9 * 25 / 18 = 125.
    const Trend swapped = trend_of(daily({2, 1, 3, 4, 5, 6, 7, 8, 10, 9}));
    REQUIRE(swapped.p);
    CHECK(*swapped.p == Approx(std::erfc(40 / std::sqrt(2 * 125.0))).epsilon(1e-14));
    // Ties: three 1s and two 4s of 10. 45 - 3 - 1 pairs rise; 18 variance = 2250 - 66 - 18.
    const Trend tied = trend_of(daily({1, 1, 1, 2, 3, 4, 4, 5, 6, 7}));
    REQUIRE(tied.p);
    CHECK(*tied.p == Approx(std::erfc(40 / std::sqrt(2 * 2166 / 18.0))).epsilon(1e-14));
}

TEST_CASE("few samples have a slope but no p, one has neither", "[functions]") {
    CHECK_FALSE(trend_of({}).slope_per_day);
    const Trend one = trend_of(daily({1}));
    CHECK(one.count == 1);
    CHECK_FALSE(one.slope_per_day);
    CHECK_FALSE(one.p);
    const Trend nine = trend_of(daily({1, 2, 3, 4, 5, 6, 7, 8, 9}));
    CHECK(nine.slope_per_day == 1.0);
    CHECK_FALSE(nine.p);
    CHECK(trend_of(daily({1, 2, 3, 4, 5, 6, 7, 8, 9, 10})).p);
}

TEST_CASE("samples of one time make no pair", "[functions]") {
    // Rows of a subquery may share their times.
    const std::vector<TrendSample> together = {{0, 5, 1, 0}, {0, 5, 2, 0}, {0, 5, 9, 0}};
    CHECK_FALSE(trend_of(together).slope_per_day);
    std::vector<TrendSample> doubled = daily({1, 2, 4, 8, 16, 32, 64});
    const std::vector<TrendSample> others = daily({2, 1, 5, 7, 16, 33, 60});
    doubled.insert(doubled.end(), others.begin(), others.end());
    const Trend trend = trend_of(doubled, 8);
    CHECK(has_median_slope(trend, all_slopes(doubled)));
    CHECK(trend.p);
}

TEST_CASE("only samples of one series make pairs", "[functions]") {
    // Both rise by 1 a day, one of them a thousand above the other.
    std::vector<TrendSample> samples = daily({1, 2, 3, 4, 5});
    const std::vector<TrendSample> above = daily({1001, 1002, 1003, 1004, 1005}, 1);
    samples.insert(samples.end(), above.begin(), above.end());
    const Trend trend = trend_of(samples);
    CHECK(trend.slope_per_day == 1.0);
    // S = 10 + 10, variance 2 * 5 * 4 * 15 / 18.
    REQUIRE(trend.p);
    CHECK(*trend.p == Approx(std::erfc(19 / std::sqrt(2 * 600 / 18.0))).epsilon(1e-14));
}

TEST_CASE("integers of 64 bits are exact", "[functions]") {
    std::vector<TrendSample> samples;
    for (std::int64_t day = 0; day < 20; ++day) {
        const DoubleDouble value = to_double_double(WideInteger{INT64_MAX} - 100 + 3 * day);
        samples.push_back({0, day * kDayNs, value.high, value.low});
    }
    CHECK(trend_of(samples).slope_per_day == 3.0);
    CHECK(trend_of(samples, 8).slope_per_day == 3.0);
}

TEST_CASE("the median slope is exact, listed or selected, whatever the data", "[functions]") {
    std::mt19937_64 random(7);
    for (int round = 0; round < 400; ++round) {
        for (unsigned shape = 0; shape < 8; ++shape) {
            const std::size_t count = 2 + random() % (round < 380 ? 40U : 300U);
            std::vector<TrendSample> samples = daily(hard_values(shape, count, random));
            std::int64_t time_ns = 1'700'000'000'000'000'000;
            for (TrendSample& sample : samples) {
                const auto gap_ns = static_cast<std::int64_t>(random() % 1'000'000'000);
                time_ns += round % 2 == 0 ? 60'000'000'000 : 1 + gap_ns;
                sample.time_ns = time_ns;
                if (round % 5 == 0) sample.series_rank = random() % 3;
            }
            const std::vector<Wide> slopes = all_slopes(samples);
            std::shuffle(samples.begin(), samples.end(), random);
            INFO("round " << round << ", shape " << shape << ", " << count << " samples");
            CHECK(has_median_slope(trend_of(samples), slopes));
            CHECK(has_median_slope(trend_of(samples, 1), slopes));
            CHECK(has_median_slope(trend_of(samples, 1 + count / 2), slopes));
        }
    }
}

TEST_CASE("values at the ends of the doubles' range are no exception", "[functions]") {
    const double greatest = std::numeric_limits<double>::max();
    CHECK(trend_of(daily({greatest, greatest / 2, 0})).slope_per_day == -greatest / 2);
    const double least = std::numeric_limits<double>::denorm_min();
    CHECK(trend_of(daily({0, 2 * least, 4 * least})).slope_per_day == 2 * least);
    // 2 x the greatest double in a day.
    const Trend beyond = trend_of(daily({-greatest, greatest}));
    CHECK(beyond.is_out_of_range);
    CHECK_FALSE(beyond.slope_per_day);
}

TEST_CASE("the number of slopes below a threshold is exact where keys are rounded", "[functions]") {
    std::mt19937_64 random(11);
    for (int round = 0; round < 200; ++round) {
        std::vector<TrendSample> samples;
        std::int64_t time_ns = 0;
        for (int i = 0; i < 30; ++i) {
            time_ns += 1 + static_cast<std::int64_t>(random() % 1'000'000'007);
            samples.push_back({0, time_ns, static_cast<double>(random() % 100) / 10, 0});
        }
        SlopeOrder order(samples);
        // The slope of a pair, rounded: others lie within an ulp of it.
        const double slope = order.slope_of({3, 17}).rounded();
        std::uint64_t expected = 0;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            for (std::size_t j = i + 1; j < samples.size(); ++j) {
                const Wide rise = exact_value(samples[j]) - exact_value(samples[i]);
                const auto passed_ns =
                    static_cast<Wide>(samples[j].time_ns) - static_cast<Wide>(samples[i].time_ns);
                if (rise < static_cast<Wide>(slope) * passed_ns) ++expected;
            }
        }
        CHECK(order.count_below(slope) == expected);
    }
}

TEST_CASE("a great many samples are a matter of seconds", "[functions]") {
    std::mt19937_64 random(3);
    std::vector<double> values;
    for (int i = 0; i < 100'000; ++i) {
        values.push_back(0.001 * i + static_cast<double>(random() % 1'000) - 499.5);
    }
    const Trend trend = trend_of(daily(values));
    REQUIRE(trend.slope_per_day);
    CHECK(*trend.slope_per_day == Approx(0.001).epsilon(0.1));
}

}  // namespace tidemark::query

#include "query/functions/transformation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "query/functions/double_double.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kMinInteger = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();

TransformationStep step_of(FunctionId function, std::int64_t unit_ns = 1) {
    TransformationStep step;
    step.function = function;
    step.unit_ns = unit_ns;
    return step;
}

TransformationStep average_of(std::uint64_t rows) {
    TransformationStep step = step_of(FunctionId::MovingAverage);
    step.window_rows = rows;
    return step;
}

TransformationStep integral_by(std::optional<std::int64_t> bucket_ns) {
    TransformationStep step = step_of(FunctionId::Integral);
    if (bucket_ns) step.buckets.step = BucketStep{*bucket_ns, StepUnit::Nanosecond};
    return step;
}

using Points = std::vector<std::pair<std::int64_t, Cell>>;

Points transformed(const std::vector<TransformationStep>& steps, const Points& points) {
    std::vector<TimedCell> values;
    for (const auto& [time_ns, cell] : points) values.push_back({time_ns, cell});
    auto results = transform(steps, std::move(values));
    REQUIRE(results.has_value());
    Points found;
    for (const TimedCell& result : results.value().values)
        found.emplace_back(result.time_ns, result.cell);
    return found;
}

std::string error_of(const TransformationStep& step, const Points& points) {
    std::vector<TimedCell> values;
    for (const auto& [time_ns, cell] : points) values.push_back({time_ns, cell});
    const auto results = transform({&step, 1}, std::move(values));
    REQUIRE_FALSE(results.has_value());
    return results.error().message();
}

Cell integer(std::int64_t value) { return value; }

TEST_CASE("a derivative is the change per unit of time", "[functions]") {
    const Points points = {{0, 1.0}, {10, 2.0}, {40, 8.0}, {50, 3.0}};
    CHECK(transformed({step_of(FunctionId::Derivative, 10)}, points) ==
          Points{{10, 1.0}, {40, 2.0}, {50, -5.0}});
    CHECK(transformed({step_of(FunctionId::NonNegativeDerivative, 10)}, points) ==
          Points{{10, 1.0}, {40, 2.0}});
}

TEST_CASE("a difference keeps integers, and skips nulls", "[functions]") {
    const Points points = {{0, integer(5)}, {1, Cell()}, {2, integer(3)}, {3, integer(9)}};
    CHECK(transformed({step_of(FunctionId::Difference)}, points) ==
          Points{{2, integer(-2)}, {3, integer(6)}});
    CHECK(transformed({step_of(FunctionId::NonNegativeDifference)}, points) ==
          Points{{3, integer(6)}});
    CHECK(transformed({step_of(FunctionId::Derivative, 2)}, points) ==
          Points{{2, -2.0}, {3, 12.0}});
}

TEST_CASE("of values at one time derivative and difference see the first", "[functions]") {
    const Points points = {{0, 1.0}, {1, 2.0}, {1, 7.0}, {2, 4.0}};
    CHECK(transformed({step_of(FunctionId::Difference)}, points) == Points{{1, 1.0}, {2, 2.0}});
    CHECK(transformed({step_of(FunctionId::Derivative)}, points) == Points{{1, 1.0}, {2, 2.0}});
}

TEST_CASE("differences of integers do not wrap around", "[functions]") {
    const Points extremes = {{0, integer(kMinInteger)}, {1, integer(kMaxInteger)}};
    CHECK(error_of(step_of(FunctionId::Difference), extremes) ==
          "difference() does not fit into 64 bits; use a narrower time range");
    CHECK(transformed({step_of(FunctionId::Derivative)}, extremes) == Points{{1, 0x1p64}});
    const Points counter = {{0, std::uint64_t{7}}, {1, std::uint64_t{5}}};
    CHECK(error_of(step_of(FunctionId::Difference), counter) ==
          "difference() of unsigned integers is below zero; use non_negative_difference() or "
          "derivative()");
    CHECK(transformed({step_of(FunctionId::NonNegativeDifference)}, counter).empty());
    CHECK(transformed({step_of(FunctionId::Derivative)}, counter) == Points{{1, -2.0}});
}

TEST_CASE("backwards, a derivative is that towards the past", "[functions]") {
    CHECK(transformed({step_of(FunctionId::Derivative)}, {{10, 5.0}, {8, 1.0}}) ==
          Points{{8, -2.0}});
    CHECK(transformed({step_of(FunctionId::Elapsed)}, {{10, 5.0}, {8, 1.0}}) ==
          Points{{8, integer(-2)}});
}

TEST_CASE("elapsed takes values of any type and cuts to whole units", "[functions]") {
    CHECK(transformed({step_of(FunctionId::Elapsed, 10)},
                      {{0, Cell(true)}, {19, Cell(std::string("x"))}, {19, Cell(1.0)}}) ==
          Points{{19, integer(1)}, {19, integer(0)}});
}

TEST_CASE("a cumulative sum keeps integers and refuses what does not fit", "[functions]") {
    const TransformationStep sum = step_of(FunctionId::CumulativeSum);
    CHECK(transformed({sum}, {{0, integer(2)}, {0, integer(3)}, {4, integer(-9)}}) ==
          Points{{0, integer(2)}, {0, integer(5)}, {4, integer(-4)}});
    CHECK(transformed({sum}, {{0, 0.1}, {1, 0.2}, {2, -0.3}}) ==
          Points{{0, 0.1}, {1, 0.1 + 0.2}, {2, 2.7755575615628914e-17}});
    CHECK(error_of(sum, {{0, integer(kMaxInteger)}, {1, integer(1)}}) ==
          "cumulative_sum() does not fit into 64 bits; use a narrower time range");
}

TEST_CASE("a moving average forgets what has left its window, to the last bit", "[functions]") {
    CHECK(transformed({average_of(2)}, {{0, integer(1)}, {1, integer(2)}, {2, integer(5)}}) ==
          Points{{1, 1.5}, {2, 3.5}});
    CHECK(transformed({average_of(3)}, {{0, 1.0}, {1, 2.0}}).empty());
    const Points steep = {{0, 1e300}, {1, 1.0}, {2, 2.0}, {3, 4.0}, {4, 6.0}};
    const Points averages = transformed({average_of(2)}, steep);
    CHECK(Points(averages.begin() + 1, averages.end()) == Points{{2, 1.5}, {3, 3.0}, {4, 5.0}});
}

TEST_CASE("moving averages are those of the sums of their windows", "[functions]") {
    const std::uint32_t seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> value_of(-1000, 1000);
    for (const std::size_t width : {2U, 3U, 7U, 50U}) {
        Points points;
        for (std::int64_t i = 0; i < 160; ++i) {
            points.emplace_back(i, std::ldexp(static_cast<double>(value_of(random)), -3));
        }
        const Points averages = transformed({average_of(width)}, points);
        REQUIRE(averages.size() == points.size() - width + 1);
        for (std::size_t i = 0; i < averages.size(); ++i) {
            double sum = 0;  // Exact: eighths.
            for (std::size_t j = i; j < i + width; ++j) sum += std::get<double>(points[j].second);
            CHECK(averages[i].second == Cell(sum / static_cast<double>(width)));
            CHECK(averages[i].first == points[i + width - 1].first);
        }
    }
}

TEST_CASE("an integral is the area below the lines between the values", "[functions]") {
    const Points points = {{0, 1.0}, {4, 3.0}, {4, 5.0}, {10, 5.0}};
    CHECK(transformed({integral_by(std::nullopt)}, points) == Points{{0, 38.0}});
    TransformationStep by_ten = integral_by(std::nullopt);
    by_ten.unit_ns = 10;
    CHECK(transformed({by_ten}, points) == Points{{0, 3.8}});
    CHECK(transformed({integral_by(std::nullopt)}, {{5, 1.0}}) == Points{{0, 0.0}});
    CHECK(transformed({integral_by(std::nullopt)}, {}).empty());
}

TEST_CASE("an integral is cut at the ends of buckets", "[functions]") {
    CHECK(transformed({integral_by(10)}, {{0, 0.0}, {20, 20.0}}) == Points{{0, 50.0}});
    CHECK(transformed({integral_by(10)}, {{0, 0.0}, {15, 15.0}}) == Points{{0, 50.0}, {10, 62.5}});
    // What lies in a bucket without a value counts with the next value.
    CHECK(transformed({integral_by(10)}, {{0, 1.0}, {35, 1.0}}) == Points{{0, 10.0}, {30, 25.0}});
}

TEST_CASE("what leaves the range of a double is left out, and told", "[functions]") {
    const TransformationStep step = step_of(FunctionId::Difference);
    const auto transformed_values = transform({&step, 1}, {{0, -1e308}, {1, 1e308}, {2, 1e308}});
    REQUIRE(transformed_values.has_value());
    CHECK(transformed_values.value().is_out_of_range);
    REQUIRE(transformed_values.value().values.size() == 1);
    CHECK(transformed_values.value().values.front().cell == Cell(0.0));
}

TEST_CASE("transformations of transformations run one after the other", "[functions]") {
    const Points squares = {{0, integer(0)}, {1, integer(1)}, {2, integer(4)}, {3, integer(9)}};
    const TransformationStep difference = step_of(FunctionId::Difference);
    CHECK(transformed({difference, difference}, squares) ==
          Points{{2, integer(2)}, {3, integer(2)}});
    CHECK(transformed({difference, step_of(FunctionId::CumulativeSum)}, squares) ==
          Points{{1, integer(1)}, {2, integer(4)}, {3, integer(9)}});
}

TEST_CASE("a transformation of text is refused", "[functions]") {
    for (const FunctionInfo& info : function_table()) {
        if (info.function_class != FunctionClass::Transformation) continue;
        if (info.id == FunctionId::Elapsed) continue;
        CHECK(error_of(step_of(info.id), {{0, Cell(std::string("x"))}}) ==
              std::string(info.name) + "() takes numbers");
    }
}

}  // namespace
}  // namespace tidemark::query

#include "query/functions/kernels/span_folds.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "query/functions/double_double.h"

namespace tidemark::query {
namespace {

// All lengths around whole rows of lanes and blocks.
const std::vector<std::size_t> kCounts = {1,  2,  3,  4,   5,   7,    8,    9,    15,   16,   17,
                                          31, 63, 64, 100, 360, 1023, 1024, 1025, 1032, 2047, 5000};

enum class Shape { Decimals, Wild, Zeros, Cancelling };

std::vector<double> random_values(std::mt19937_64& random, std::size_t count, Shape shape) {
    std::vector<double> values(count);
    for (double& value : values) {
        const auto number = static_cast<std::int64_t>(random() % 2'000'001) - 1'000'000;
        switch (shape) {
            case Shape::Decimals:
                value = static_cast<double>(number) / 100;
                break;
            case Shape::Wild:
                value = std::ldexp(static_cast<double>(number), static_cast<int>(random() % 120));
                break;
            case Shape::Zeros:
                value = random() % 2 == 0 ? 0.0 : -0.0;
                break;
            case Shape::Cancelling:
                value = random() % 2 == 0 ? 1e16 + 2 : -1e16;
                break;
        }
    }
    return values;
}

// Each sum carried on in double-double: nothing is lost but what 104 bits do not hold.
DoubleDouble naive_sum(const std::vector<double>& values) {
    DoubleDouble sum;
    for (const double value : values) sum = add(sum, value);
    return sum;
}

}  // namespace

TEST_CASE("all tables add up doubles alike, and nearly exactly", "[kernels]") {
    std::mt19937_64 random(1);
    for (const std::size_t count : kCounts) {
        for (const Shape shape : {Shape::Decimals, Shape::Wild, Shape::Zeros, Shape::Cancelling}) {
            const std::vector<double> values = random_values(random, count, shape);
            const DoubleDouble expected = supported_span_folds().front()->sum(values);
            double magnitude = 0;
            for (const double value : values) magnitude += std::abs(value);
            const DoubleDouble naive = naive_sum(values);
            const DoubleDouble error = add(expected, negate(naive));
            CAPTURE(count, static_cast<int>(shape));
            CHECK(std::abs(error.rounded()) <= std::ldexp(magnitude, -80));
            for (const SpanFolds* folds : supported_span_folds()) {
                CAPTURE(folds->name);
                const DoubleDouble sum = folds->sum(values);
                CHECK(sum.high == expected.high);
                CHECK(sum.low == expected.low);
            }
        }
    }
}

TEST_CASE("all tables find the extremes, wherever they are", "[kernels]") {
    std::mt19937_64 random(2);
    for (const std::size_t count : kCounts) {
        std::vector<double> values = random_values(random, count, Shape::Decimals);
        const std::size_t place = random() % count;
        for (const double outlier : {1e9, -1e9, 0.0}) {
            values[place] = outlier;
            const auto [least, greatest] = std::ranges::minmax(values);
            for (const SpanFolds* folds : supported_span_folds()) {
                CAPTURE(folds->name, count, place, outlier);
                CHECK(folds->min(values) == least);
                CHECK(folds->max(values) == greatest);
            }
        }
    }
}

TEST_CASE("the sum of nothing is zero", "[kernels]") {
    for (const SpanFolds* folds : supported_span_folds()) {
        CHECK(folds->sum({}).rounded() == 0.0);
    }
}

}  // namespace tidemark::query

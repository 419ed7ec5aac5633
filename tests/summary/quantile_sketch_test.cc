#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include <tidemark/quantile_sketch.h>

using namespace tidemark;

namespace {

QuantileSketch sketch_of(const std::vector<double>& values) {
    QuantileSketch sketch;
    sketch.add(values);
    return sketch;
}

// All orders of magnitude, both signs, and values that lie close together.
std::vector<double> random_values(std::mt19937_64& random) {
    std::vector<double> values(random() % 3000 + 1);
    const double scale = std::pow(10, static_cast<double>(random() % 600) - 300);
    const bool is_wide = random() % 2 == 0;
    for (double& value : values) {
        value = scale * (1 + static_cast<double>(random() % 100'000) / 1000);
        if (is_wide) value = std::ldexp(value, static_cast<int>(random() % 200) - 100);
        if (random() % 3 == 0) value = -value;
        if (random() % 50 == 0) value = 0;
        if (!std::isfinite(value)) value = std::numeric_limits<double>::max();
        if (std::fabs(value) < std::numeric_limits<double>::min()) value = 0;
    }
    return values;
}

}  // namespace

TEST_CASE("every rank is answered within the error", "[quantile_sketch]") {
    std::mt19937_64 random(42);
    for (int round = 0; round < 200; ++round) {
        std::vector<double> values = random_values(random);
        const QuantileSketch sketch = sketch_of(values);
        std::ranges::sort(values);
        REQUIRE(sketch.count() == values.size());
        for (std::size_t rank = 0; rank < values.size(); rank += random() % 20 + 1) {
            const double found = sketch.value_at(rank);
            const double error = std::fabs(found - values[rank]);
            if (error > std::fabs(values[rank]) * QuantileSketch::kRelativeError) {
                FAIL("rank " << rank << ": " << found << " instead of " << values[rank]);
            }
        }
    }
}

TEST_CASE("a sketch does not depend on order, splits and merges", "[quantile_sketch]") {
    std::mt19937_64 random(43);
    for (int round = 0; round < 200; ++round) {
        std::vector<double> values = random_values(random);
        const QuantileSketch whole = sketch_of(values);
        std::ranges::shuffle(values, random);
        std::vector<QuantileSketch> parts(random() % 5 + 1);
        for (const double value : values) parts[random() % parts.size()].add(value);
        QuantileSketch merged;
        for (const QuantileSketch& part : parts) merged.merge(part);
        REQUIRE(merged == whole);

        // What was merged can be taken out again, part by part.
        while (!parts.empty()) {
            REQUIRE(merged.subtract(parts.back()));
            parts.pop_back();
            QuantileSketch rest;
            for (const QuantileSketch& part : parts) rest.merge(part);
            REQUIRE(merged == rest);
        }
        REQUIRE(merged.count() == 0);
    }
}

TEST_CASE("what was never counted cannot be taken out", "[quantile_sketch]") {
    const QuantileSketch before = sketch_of({1, 2, 2, 4});
    for (const std::vector<double>& others :
         {std::vector<double>{3}, {2, 2, 2}, {1, 2, 2, 4, 5}, {0.5, 1}}) {
        QuantileSketch sketch = before;
        CHECK_FALSE(sketch.subtract(sketch_of(others)));
        CHECK(sketch == before);
    }
}

TEST_CASE("the ends of the doubles have buckets", "[quantile_sketch]") {
    const double greatest = std::numeric_limits<double>::max();
    const double least_normal = std::numeric_limits<double>::min();
    const QuantileSketch sketch =
        sketch_of({greatest, -greatest, least_normal, -least_normal, 0.0, -0.0});
    CHECK(sketch.value_at(0) == Approx(-greatest).epsilon(0.008));
    CHECK(sketch.value_at(1) == Approx(-least_normal).epsilon(0.008));
    CHECK(sketch.value_at(2) == 0);
    CHECK(sketch.value_at(3) == 0);
    CHECK(sketch.value_at(4) == Approx(least_normal).epsilon(0.008));
    CHECK(sketch.value_at(5) == Approx(greatest).epsilon(0.008));
    CHECK(std::isfinite(sketch.value_at(5)));
}

TEST_CASE("a cleared sketch is a new one", "[quantile_sketch]") {
    QuantileSketch sketch = sketch_of({1, 2, 3});
    sketch.clear();
    CHECK(sketch == QuantileSketch());
    sketch.add(7);
    CHECK(sketch == sketch_of({7}));
}

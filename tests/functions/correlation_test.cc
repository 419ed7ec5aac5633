#include "query/functions/correlation.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::query {
namespace {

__extension__ using Wide = __float128;
using Pairs = std::vector<std::pair<double, double>>;

Correlation correlation_of(const Pairs& pairs, std::size_t begin, std::size_t end) {
    Correlation correlation;
    for (std::size_t i = begin; i < end; ++i) {
        correlation.add({pairs[i].first, 0}, {pairs[i].second, 0});
    }
    return correlation;
}

Cell cell_of(const Pairs& pairs) { return correlation_of(pairs, 0, pairs.size()).finish().cell; }

/// The definition, in two passes with 113 bits.
double pearson(const Pairs& pairs) {
    Wide x_mean = 0;
    Wide y_mean = 0;
    for (const auto& [x, y] : pairs) {
        x_mean += static_cast<Wide>(x) / static_cast<Wide>(pairs.size());
        y_mean += static_cast<Wide>(y) / static_cast<Wide>(pairs.size());
    }
    Wide xx = 0;
    Wide yy = 0;
    Wide xy = 0;
    for (const auto& [x, y] : pairs) {
        const Wide dx = static_cast<Wide>(x) - x_mean;
        const Wide dy = static_cast<Wide>(y) - y_mean;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    return static_cast<double>(static_cast<long double>(xy) /
                               std::sqrt(static_cast<long double>(xx)) /
                               std::sqrt(static_cast<long double>(yy)));
}

}  // namespace

TEST_CASE("pairs on a line correlate fully, up or down", "[functions]") {
    CHECK(cell_of({{1, 10}, {2, 20}, {3, 30}}) == Cell(1.0));
    CHECK(cell_of({{1, 0.1}, {2, 0.2}, {4, 0.4}, {1e6, 1e5}}) == Cell(1.0));
    CHECK(cell_of({{1, 5}, {2, 3}}) == Cell(-1.0));
    CHECK(cell_of({{-1, 1}, {0, 0}, {1, 1}}) == Cell(0.0));
    // Deviations (-1, 0, 1) and (0, -1, 1).
    CHECK(cell_of({{1, 2}, {2, 1}, {3, 3}}) == Cell(0.5));
}

TEST_CASE("without two pairs, or where a side does not vary, there is no correlation",
          "[functions]") {
    CHECK(cell_of({}) == Cell());
    CHECK(cell_of({{1, 1}}) == Cell());
    CHECK(cell_of({{0.1, 1}, {0.1, 2}, {0.1, 3}}) == Cell());
    CHECK(cell_of({{1, 1e17}, {2, 1e17}}) == Cell());
    CHECK_FALSE(correlation_of({{1, 1}, {1, 1}}, 0, 2).finish().is_out_of_range);
}

TEST_CASE("a correlation is rounded once", "[functions]") {
    // The roots of 3 / 28 and of 0.8838432122..: the root of the rounded square is off by an ulp.
    CHECK(cell_of({{4, 1}, {8, 2}, {6, 4}}) == Cell(0.3273268353539886));
    CHECK(cell_of({{78, 200}, {88, 800}, {92, 1400}, {93, 2000}, {97, 2600}}) ==
          Cell(0.940129359310246));
}

TEST_CASE("values far from zero keep their correlation", "[functions]") {
    std::mt19937_64 random(5);
    Pairs pairs;
    for (int i = 0; i < 200; ++i) {
        const auto x = static_cast<double>(random() % 1'000);
        pairs.emplace_back(1e12 + x / 1024, -1e9 + x + static_cast<double>(random() % 2'000));
    }
    CHECK(std::get<double>(cell_of(pairs)) == Approx(pearson(pairs)).epsilon(1e-15));
}

TEST_CASE("correlations of parts merge to that of the whole", "[functions]") {
    std::mt19937_64 random(6);
    std::uniform_real_distribution<double> number(-3, 40);
    Pairs pairs;
    for (int i = 0; i < 60; ++i) pairs.emplace_back(number(random), number(random));
    const double whole = pearson(pairs);
    for (std::size_t cut = 0; cut <= pairs.size(); cut += 5) {
        Correlation first = correlation_of(pairs, 0, cut);
        first.merge(correlation_of(pairs, cut, pairs.size()));
        CHECK(first.pair_count() == 60);
        CHECK(std::get<double>(first.finish().cell) == Approx(whole).epsilon(4e-16));
    }
    // Each part is constant, the whole is not.
    Correlation low = correlation_of({{1, 1}, {1, 1}}, 0, 2);
    low.merge(correlation_of({{2, 2}}, 0, 1));
    CHECK(low.finish().cell == Cell(1.0));
}

TEST_CASE("a correlation whose squares are no doubles is out of range, never NaN", "[functions]") {
    const double greatest = std::numeric_limits<double>::max();
    for (const Pairs& pairs : {Pairs{{1e200, 1}, {-1e200, 2}}, Pairs{{1e-200, 1}, {2e-200, 2}},
                               Pairs{{greatest, 1}, {-greatest, 2}, {0, 5}}}) {
        const FoldResult result = correlation_of(pairs, 0, pairs.size()).finish();
        CHECK(result.cell == Cell());
        CHECK(result.is_out_of_range);
    }
}

}  // namespace tidemark::query

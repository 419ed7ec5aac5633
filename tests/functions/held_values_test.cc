#include "query/functions/held_values.h"

#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/functions/sample_columns.h"

namespace tidemark::query {
namespace {

Cell text(const char* value) { return std::string(value); }

std::vector<HeldChange> changes_of(const std::vector<std::pair<std::int64_t, Value>>& samples,
                                   std::int64_t hold_ns) {
    HeldValuesBuilder builder(hold_ns);
    for (const auto& [time_ns, value] : samples) builder.add_sample(time_ns, value);
    return builder.finish().changes;
}

TEST_CASE("equal samples make no change, and the end of a hold makes one", "[functions]") {
    const std::vector<std::pair<std::int64_t, Value>> samples = {{0, std::string("up")},
                                                                 {5, std::string("up")},
                                                                 {10, std::string("down")},
                                                                 {30, std::string("down")}};
    CHECK(changes_of(samples, 10) ==
          std::vector<HeldChange>{
              {0, text("up")}, {10, text("down")}, {20, Cell()}, {30, text("down")}, {40, Cell()}});
    CHECK(changes_of(samples, kHoldForever) ==
          std::vector<HeldChange>{{0, text("up")}, {10, text("down")}});
}

TEST_CASE("a summary of one value is a run of it", "[functions]") {
    ColumnSummary summary;
    summary.non_null_count = 4;
    summary.first_ns = 10;
    summary.last_ns = 40;
    summary.largest_gap_ns = 10;
    summary.has_values = true;
    summary.min = summary.max = summary.first = summary.last = Value(2.0);
    HeldValuesBuilder builder(10);
    builder.add_sample(5, 2.0);
    REQUIRE(builder.can_use(summary));
    builder.add_summary(summary);
    builder.add_sample(50, 3.0);
    const HeldField field = builder.finish();
    CHECK(field.sample_count == 6);
    CHECK(field.changes == std::vector<HeldChange>{{5, Cell(2.0)}, {50, Cell(3.0)}, {60, Cell()}});

    summary.largest_gap_ns = 11;
    CHECK_FALSE(builder.can_use(summary));
    summary.largest_gap_ns = 10;
    summary.max = Value(3.0);
    CHECK_FALSE(builder.can_use(summary));
}

TEST_CASE("a NaN ends the hold of the value before it and is no sample", "[functions]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const FloatColumn column({0, 5, 6, 8, 20, 29, 30, 40},
                             {nan, 1.0, nan, nan, 1.0, 1.0, 2.0, nan});
    HeldValuesBuilder builder(10);
    builder.add_values(column.times(), column.view());
    const HeldField field = builder.finish();
    CHECK(field.sample_count == 4);
    CHECK(field.first_ns == 5);
    CHECK(field.last_ns == 30);
    // The hold of the 2 ends where the last NaN stands.
    CHECK(field.changes ==
          std::vector<HeldChange>{
              {5, Cell(1.0)}, {6, Cell()}, {20, Cell(1.0)}, {30, Cell(2.0)}, {40, Cell()}});
    // A carried value ends as well.
    HeldValuesBuilder carried(kHoldForever);
    carried.add_sample(-7, 3.0);
    carried.add_values(column.times(), column.view());
    CHECK(carried.finish().changes == std::vector<HeldChange>{{-7, Cell(3.0)},
                                                              {0, Cell()},
                                                              {5, Cell(1.0)},
                                                              {6, Cell()},
                                                              {20, Cell(1.0)},
                                                              {30, Cell(2.0)},
                                                              {40, Cell()}});
}

TEST_CASE("-0.0 and 0.0 are one value over time", "[functions]") {
    CHECK(changes_of({{0, -0.0}, {1, 0.0}, {2, -0.0}}, kHoldForever).size() == 1);
}

TEST_CASE("a time percentile needs its share of the time exactly", "[functions]") {
    const auto changes = changes_of({{0, std::int64_t{1}}, {7, std::int64_t{2}}}, kHoldForever);
    const auto percentile = [&](const char* percent) {
        HeldWeights weights;
        weights.add(changes, {0, 100});
        return weights.percentile(Decimal::parse(percent).value());
    };
    CHECK(percentile("0") == Cell(std::int64_t{1}));
    CHECK(percentile("7") == Cell(std::int64_t{1}));
    CHECK(percentile("7.000000000000001") == Cell(std::int64_t{2}));
    CHECK(percentile("100") == Cell(std::int64_t{2}));
    CHECK(HeldWeights().percentile(Decimal::parse("50").value()) == Cell());
}

}  // namespace
}  // namespace tidemark::query

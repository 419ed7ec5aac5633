#include "query/functions/counter_fold.h"

#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/functions/sample_columns.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max();

ColumnValues integers(const std::vector<std::int64_t>& values) {
    ColumnValues column;
    column.type = FieldType::Integer;
    column.integers = values;
    return column;
}

CounterPart part_of(const std::vector<std::int64_t>& values) {
    std::vector<std::int64_t> times;
    for (std::size_t i = 0; i < values.size(); ++i) times.push_back(static_cast<std::int64_t>(i));
    CounterFold fold(FieldType::Integer, kHoldForever, kEver);
    fold.begin_series(std::nullopt);
    CounterPart part;
    fold.add_values(times, integers(values), 0, values.size(), part);
    return part;
}

TEST_CASE("an increase beyond 64 bits is an error, not another number", "[functions]") {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    CHECK(increase_cell(part_of({0, kMax}), FieldType::Integer).value() == Cell(kMax));
    const auto too_much = increase_cell(part_of({kMin, kMax}), FieldType::Integer);
    REQUIRE_FALSE(too_much);
    CHECK(too_much.error().code() == ErrorCode::InvalidArgument);
}

TEST_CASE("a summary of a counter that never drops stands for its samples", "[functions]") {
    ColumnSummary summary;
    summary.type = FieldType::Integer;
    summary.non_null_count = 3;
    summary.first_ns = 10;
    summary.last_ns = 30;
    summary.largest_gap_ns = 10;
    summary.has_values = true;
    summary.is_non_decreasing = true;
    summary.first = std::int64_t{5};
    summary.last = std::int64_t{9};
    CounterFold fold(FieldType::Integer, 10, kEver);
    fold.begin_series(CarriedValue{0, std::int64_t{7}});
    CHECK(fold.can_use(summary, true));
    CounterPart part;
    fold.add_summary(summary, part);
    // 5 after a drop from 7, then 4.
    CHECK(part.sample_count == 3);
    CHECK(part.reset_count == 1);
    CHECK(increase_cell(part, FieldType::Integer).value() == Cell(std::int64_t{9}));
    CHECK(rate_cell(part, FieldType::Integer, 3'000'000'000) == Cell(3.0));

    summary.largest_gap_ns = 11;
    CHECK_FALSE(fold.can_use(summary, true));
    CHECK(fold.can_use(summary, false));
    summary.is_non_decreasing = false;
    CHECK_FALSE(fold.can_use(summary, false));
}

TEST_CASE("across a NaN a counter goes on, but no time is known in which it did", "[functions]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const FloatColumn column({0, 1, 2, 3, 4}, {5.0, 7.0, nan, 10.0, 11.0});
    CounterFold fold(FieldType::Float, kHoldForever, kEver);
    fold.begin_series(CarriedValue{-1, 3.0, true});
    CounterPart part;
    fold.add_values(column.times(), column.view(), 0, 5, part);
    CHECK(part.sample_count == 4);
    // 3 to 5 and 7 to 10 lie over time that nobody knows.
    CHECK(part.increase.number.rounded() == 8);
    CHECK(part.near.number.rounded() == 3);
}

TEST_CASE("parts of a counter merge to the whole", "[functions]") {
    const std::vector<std::int64_t> values = {3, 5, 1, 1, 8};
    const std::vector<std::int64_t> times = {0, 1, 2, 3, 4};
    for (std::size_t cut = 0; cut <= values.size(); ++cut) {
        CounterFold fold(FieldType::Integer, kHoldForever, kEver);
        fold.begin_series(std::nullopt);
        CounterPart first;
        CounterPart second;
        fold.add_values(times, integers(values), 0, cut, first);
        fold.add_values(times, integers(values), cut, values.size(), second);
        first.merge(second);
        INFO("cut at " << cut);
        // 2 + 1 + 0 + 7, one reset.
        CHECK(increase_cell(first, FieldType::Integer).value() == Cell(std::int64_t{10}));
        CHECK(first.reset_count == 1);
        CHECK(first.sample_count == 5);
    }
}

}  // namespace
}  // namespace tidemark::query

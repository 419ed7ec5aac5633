#include "query/functions/distinct_fold.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/functions/sample_columns.h"

namespace tidemark::query {
namespace {

template <typename T>
std::unique_ptr<DistinctFold> fold_of(FunctionId function, const SampleColumn<T>& column) {
    auto fold = make_distinct_fold(function, column.view().type);
    fold->add_values(column.times(), column.view(), 0, column.row_count());
    return fold;
}

template <typename T>
Cell mode_of(const SampleColumn<T>& column) {
    const auto result = fold_of(FunctionId::Mode, column)->finish();
    REQUIRE(result.has_value());
    return result.value().cell;
}

TEST_CASE("the mode is the most frequent value", "[functions]") {
    CHECK(mode_of(FloatColumn({1, 2, 3, 4}, {5.0, 2.0, std::nullopt, 2.0})) == Cell(2.0));
    const SampleColumn<std::string_view> texts({1, 2, 3}, {"b", "a", "b"});
    CHECK(mode_of(texts) == Cell(std::string("b")));
    const SampleColumn<std::uint8_t> truths({1, 2, 3}, {1, 0, 1});
    CHECK(mode_of(truths) == Cell(true));
    CHECK(mode_of(FloatColumn({1}, {std::nullopt})) == Cell());
}

TEST_CASE("of several modes the one that was there first counts", "[functions]") {
    CHECK(mode_of(FloatColumn({1, 2, 3, 4}, {9.0, 2.0, 2.0, 9.0})) == Cell(9.0));
    // InfluxDB's answer when nothing occurs twice.
    CHECK(mode_of(FloatColumn({1, 2, 3}, {9.0, 2.0, 4.0})) == Cell(2.0));
}

TEST_CASE("both zeros are one value", "[functions]") {
    const auto fold = fold_of(FunctionId::CountDistinct, FloatColumn({1, 2, 3}, {0.0, -0.0, 1.0}));
    CHECK(fold->value_count() == 2);
    const auto result = fold->finish();
    REQUIRE(result.has_value());
    CHECK(result.value().cell == Cell(std::int64_t{2}));
}

TEST_CASE("distinct values know when they were there", "[functions]") {
    const auto fold = fold_of(FunctionId::Distinct, FloatColumn({1, 2, 5}, {7.0, 3.0, 7.0}));
    const auto other = fold_of(FunctionId::Distinct, FloatColumn({0, 9}, {3.0, 4.0}));
    fold->merge(*other);
    std::vector<DistinctValue> values = fold->distinct_values();
    std::ranges::sort(values, {}, &DistinctValue::first_ns);
    REQUIRE(values.size() == 3);
    CHECK(values[0].value == Cell(3.0));
    CHECK(values[0].count == 2);
    CHECK(values[0].first_ns == 0);
    CHECK(values[0].last_ns == 2);
    CHECK(values[1].value == Cell(7.0));
    CHECK(values[1].last_ns == 5);
    CHECK(values[2].value == Cell(4.0));
}

}  // namespace
}  // namespace tidemark::query

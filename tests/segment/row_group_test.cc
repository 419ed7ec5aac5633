#include "storage/segment/row_group.h"

#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/segment/validity.h"
#include "tests/segment/random_rows.h"

namespace tidemark::tests {
namespace {

using storage::DecodedColumn;
using storage::DecodedRows;

}  // namespace

TEST_CASE("rows that ascend already come back as they are", "[segment]") {
    RandomRows random(1);
    const DecodedRows rows = random.rows(100, 0, 5);
    CHECK(describe_rows(storage::sort_and_merge(rows)) == describe_rows(rows));
}

TEST_CASE("of rows at one time the later arrival wins field by field", "[segment]") {
    DecodedRows rows;
    rows.column("a", FieldType::Integer);
    rows.column("b", FieldType::String);
    const auto arrive = [&rows](std::int64_t time_ns, std::optional<std::int64_t> a,
                                std::optional<std::string> b) {
        rows.times.push_back(time_ns);
        a ? rows.columns[0].append(*a) : rows.columns[0].append_null();
        b ? rows.columns[1].append(*b) : rows.columns[1].append_null();
    };
    arrive(20, 1, "one");
    arrive(10, 2, std::nullopt);
    arrive(20, 3, std::nullopt);
    arrive(10, std::nullopt, "four");
    arrive(15, std::nullopt, "five");

    const DecodedRows merged = storage::sort_and_merge(rows);
    CHECK(describe_rows(merged) ==
          "10: a=2 b=\"four\"\n"
          "15: b=\"five\"\n"
          "20: a=3 b=\"one\"\n");
}

TEST_CASE("sorting agrees with a map of maps", "[segment]") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        RandomRows random(seed);
        DecodedRows rows = random.rows(150, 0, 1);
        std::map<std::int64_t, std::map<std::string, Value>> model;
        for (std::size_t row = 0; row < rows.row_count(); ++row) {
            rows.times[row] = random.number(0, 80);
            for (const DecodedColumn& column : rows.columns) {
                if (column.is_valid(row)) model[rows.times[row]][column.name] = column.value(row);
            }
        }
        DecodedRows expected;
        for (const FieldType type : kAllTypes) expected.column(field_type_name(type), type);
        for (const auto& [time_ns, fields] : model) {
            expected.times.push_back(time_ns);
            for (DecodedColumn& column : expected.columns) {
                const auto field = fields.find(column.name);
                field == fields.end() ? column.append_null() : column.append(field->second);
            }
        }
        INFO("seed " << seed);
        CHECK(describe_rows(storage::sort_and_merge(rows)) == describe_rows(expected));
    }
}

TEST_CASE("an encoded row group holds the rows it was made from", "[segment]") {
    for (const std::size_t row_count :
         {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{65}, std::size_t{1024}}) {
        RandomRows random(row_count);
        const DecodedRows rows = random.rows(row_count, -1'000, 1'000'000);
        const auto group = storage::make_encoded_row_group(rows, 0, row_count, 3, 9);
        CHECK(group->info().row_count == row_count);
        CHECK(group->info().first_ns == rows.times.front());
        CHECK(group->info().last_ns == rows.times.back());
        CHECK(group->info().first_sequence == 3);
        CHECK(group->info().last_sequence == 9);
        const auto decoded = storage::decode_row_group(*group);
        REQUIRE(decoded.has_value());
        CHECK(describe_rows(decoded.value()) == describe_rows(rows));
    }
}

TEST_CASE("both forms of a row group have the same columns and summaries", "[segment]") {
    RandomRows random(5);
    const DecodedRows rows = random.rows(300, 0, 100);
    const auto encoded = storage::make_encoded_row_group(rows, 0, 300, 1, 1);
    const auto decoded = storage::make_decoded_row_group(rows, 1, 1);
    CHECK(encoded->decoded_rows() == nullptr);
    CHECK(decoded->decoded_rows() != nullptr);
    CHECK_FALSE(decoded->encoded_times().has_value());
    REQUIRE(encoded->columns().size() == decoded->columns().size());
    for (std::size_t column = 0; column < encoded->columns().size(); ++column) {
        CHECK(encoded->columns()[column].name == decoded->columns()[column].name);
        CHECK(encoded->columns()[column].non_null_count ==
              decoded->columns()[column].non_null_count);
        const auto left = encoded->summary(column);
        const auto right = decoded->summary(column);
        REQUIRE((left.has_value() && right.has_value()));
        CHECK(left.value().row_count == 300);
        CHECK(left.value().non_null_count == encoded->columns()[column].non_null_count);
        CHECK(left.value().min == right.value().min);
        CHECK(left.value().last == right.value().last);
        CHECK(left.value().last_ns == right.value().last_ns);
        CHECK(left.value().largest_gap_ns == right.value().largest_gap_ns);
    }
}

TEST_CASE("a slice of rows becomes a group without the columns that are null there", "[segment]") {
    DecodedRows rows;
    rows.times = {1, 2, 3, 4};
    DecodedColumn& early = rows.column("early", FieldType::Float);
    early.validity.clear();
    early.floats = {1, 2, 0, 0};
    early.validity = {0b0011};
    DecodedColumn& late = rows.column("late", FieldType::Boolean);
    late.booleans = {0, 0, 1, 0};
    late.validity = {0b1100};

    const auto group = storage::make_encoded_row_group(rows, 2, 2, 1, 1);
    REQUIRE(group->columns().size() == 1);
    CHECK(group->columns()[0].name == "late");
    CHECK(group->find_column("late") == 0);
    CHECK_FALSE(group->find_column("early").has_value());
    const auto column = group->encoded_column(0);
    REQUIRE(column.has_value());
    CHECK(column.value().validity.empty());
}

TEST_CASE("a group that ends at the end of time has a saturated range", "[segment]") {
    DecodedRows rows;
    rows.times = {5, INT64_MAX};
    rows.columns.emplace_back().name = "x";
    rows.columns.back().floats = {1, 2};
    const auto group = storage::make_decoded_row_group(rows, 1, 1);
    CHECK(group->time_range() == TimeRange{5, INT64_MAX});
}

TEST_CASE("validity that contradicts itself is corruption", "[segment]") {
    const std::vector<std::byte> nine_rows{std::byte{0xff}, std::byte{0x01}};
    CHECK(storage::read_validity(nine_rows, 9, 9).has_value());
    CHECK_FALSE(storage::read_validity(nine_rows, 9, 8).has_value());
    CHECK_FALSE(storage::read_validity(nine_rows, 8, 8).has_value());
    CHECK_FALSE(storage::read_validity(nine_rows, 17, 9).has_value());
    const std::vector<std::byte> behind_last{std::byte{0xff}, std::byte{0x03}};
    CHECK_FALSE(storage::read_validity(behind_last, 9, 10).has_value());
}

}  // namespace tidemark::tests

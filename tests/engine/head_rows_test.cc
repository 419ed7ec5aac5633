#include "storage/engine/head_rows.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

using storage::DecodedColumn;
using storage::DecodedRows;
using storage::FieldIndex;
using storage::HeadColumns;
using storage::HeadColumnSets;
using storage::HeadField;
using storage::HeadRows;

std::string name_of(FieldIndex index) { return "field" + std::to_string(index); }

FieldType type_of(FieldIndex index) { return static_cast<FieldType>(1 + index % 5); }

/// A row as it was given: the number of each field's value, which says the value.
using PlainRow = std::map<FieldIndex, std::uint64_t>;

void append(HeadRows& rows, std::size_t row_number, const PlainRow& row, std::mt19937_64& random,
            HeadColumnSets& sets) {
    std::vector<std::string> names;
    std::vector<std::string> texts;
    names.reserve(row.size());
    texts.reserve(row.size());
    std::vector<HeadField> fields;
    for (const auto& [index, number] : row) {
        const std::uint64_t bits = type_of(index) == FieldType::Boolean ? number % 2 : number;
        fields.push_back({index, type_of(index), bits, texts.emplace_back(std::to_string(number)),
                          names.emplace_back(name_of(index))});
    }
    if (random() % 4 == 0) std::ranges::shuffle(fields, random);
    rows.append(row_number / 3 + 1, static_cast<std::int64_t>(row_number) * 10, fields, sets);
}

Value value_of(FieldIndex index, std::uint64_t number) {
    switch (type_of(index)) {
        case FieldType::Float:
            return std::bit_cast<double>(number);
        case FieldType::Integer:
            return static_cast<std::int64_t>(number);
        case FieldType::Unsigned:
            return number;
        case FieldType::Boolean:
            return number % 2 != 0;
        case FieldType::String:
            break;
    }
    return std::to_string(number);
}

void check(const DecodedRows& decoded, const std::vector<PlainRow>& rows, std::size_t count) {
    REQUIRE(decoded.row_count() == count);
    for (std::size_t row = 0; row < count; ++row) {
        REQUIRE(decoded.times[row] == static_cast<std::int64_t>(row) * 10);
        std::size_t value_count = 0;
        for (const DecodedColumn& column : decoded.columns) value_count += column.is_valid(row);
        REQUIRE(value_count == rows[row].size());
        for (const auto& [index, number] : rows[row]) {
            const DecodedColumn* column = decoded.find_column(name_of(index));
            REQUIRE(column != nullptr);
            REQUIRE(column->row_count() == count);
            REQUIRE(column->is_valid(row));
            REQUIRE(column->value(row) == value_of(index, number));
        }
    }
}

}  // namespace

TEST_CASE("rows of the head come back, whatever fields they have", "[engine]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    HeadColumnSets sets;
    for (unsigned round = 0; round < 200; ++round) {
        const std::size_t field_count = 1 + random() % 12;
        const std::uint64_t gap = random() % 3 == 0 ? ~std::uint64_t{0} : 1 + random() % 20;
        std::vector<PlainRow> plain;
        HeadRows rows;
        for (std::size_t row = 0; row < 1 + random() % 100; ++row) {
            PlainRow& given = plain.emplace_back();
            // Fields that come later than others, and values that are missing.
            const std::size_t so_far = std::min(field_count, 1 + row / 4);
            for (FieldIndex index = 0; index < so_far; ++index) {
                if (given.empty() || random() % gap != 0) given[index] = random() >> 12;
            }
            append(rows, row, given, random, sets);
        }
        REQUIRE(rows.row_count() == plain.size());
        check(rows.decoded(), plain, plain.size());
        const std::size_t count = rows.visible_count(plain.size() / 6);
        REQUIRE(count == std::min(plain.size(), plain.size() / 6 * 3));
        check(rows.first(count).decoded(), plain, count);
    }
}

TEST_CASE("a series of ever more fields keeps its rows", "[engine]") {
    std::mt19937_64 random(1);
    HeadColumnSets sets;
    HeadRows rows;
    std::vector<PlainRow> plain;
    for (FieldIndex index = 0; index < 1500; ++index) {
        plain.push_back({{index, index}});
        append(rows, index, plain.back(), random, sets);
    }
    check(rows.decoded(), plain, plain.size());
}

TEST_CASE("equal columns are there once, and go when nobody has them", "[engine]") {
    HeadColumnSets sets;
    const HeadColumns usage = {{0, FieldType::Float, "usage"}};
    const auto first = sets.share(usage);
    CHECK(sets.share(usage) == first);
    CHECK(sets.share({{0, FieldType::Float, "other"}}) != first);
    std::weak_ptr<const HeadColumns> unused;
    for (FieldIndex index = 0; index < 5000; ++index) {
        const auto columns = sets.share({{index, FieldType::Float, "x"}});
        if (index == 0) unused = columns;
    }
    CHECK(unused.expired());
    CHECK(sets.share(usage) == first);
}

}  // namespace tidemark::tests

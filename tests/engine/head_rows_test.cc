#include "storage/engine/head_rows.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

using storage::DecodedColumn;
using storage::DecodedRows;
using storage::FieldIndex;
using storage::HeadColumnSets;
using storage::HeadField;
using storage::HeadRows;

std::string name_of(FieldIndex index) { return "field" + std::to_string(index); }

FieldType type_of(FieldIndex index) { return static_cast<FieldType>(1 + index % 5); }

/// A row as it was given: the number of each field's value, which says the value.
struct PlainRow {
    std::int64_t time_ns = 0;
    std::map<FieldIndex, std::uint64_t> values;
};

/// Three rows of one sequence each.
Sequence sequence_of(std::size_t row_number) { return row_number / 3 * 100 + 1; }

void append(HeadRows& rows, std::size_t row_number, const PlainRow& row, std::mt19937_64& random,
            HeadColumnSets& sets) {
    std::vector<std::string> names;
    std::vector<std::string> texts;
    names.reserve(row.values.size());
    texts.reserve(row.values.size());
    std::vector<HeadField> fields;
    for (const auto& [index, number] : row.values) {
        const std::uint64_t bits = type_of(index) == FieldType::Boolean ? number % 2 : number;
        fields.push_back({index, type_of(index), bits, texts.emplace_back(std::to_string(number)),
                          names.emplace_back(name_of(index))});
    }
    if (random() % 4 == 0) std::ranges::shuffle(fields, random);
    rows.append(sequence_of(row_number), row.time_ns, fields, sets);
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
        REQUIRE(decoded.times[row] == rows[row].time_ns);
        std::size_t value_count = 0;
        for (const DecodedColumn& column : decoded.columns) value_count += column.is_valid(row);
        REQUIRE(value_count == rows[row].values.size());
        for (const auto& [index, number] : rows[row].values) {
            const DecodedColumn* column = decoded.find_column(name_of(index));
            REQUIRE(column != nullptr);
            REQUIRE(column->row_count() == count);
            REQUIRE(column->is_valid(row));
            REQUIRE(column->value(row) == value_of(index, number));
        }
    }
}

/// Regular, with jitter, all over the place, or the ends of time.
std::int64_t time_of(std::size_t row, unsigned kind, std::mt19937_64& random) {
    const auto regular = static_cast<std::int64_t>(row) * 10'000'000'000;
    switch (kind % 4) {
        case 0:
            return regular;
        case 1:
            return regular + static_cast<std::int64_t>(random() % 1'000'000);
        case 2:
            return static_cast<std::int64_t>(random());
        default:
            return random() % 2 == 0 ? std::numeric_limits<std::int64_t>::min()
                                     : std::numeric_limits<std::int64_t>::max();
    }
}

}  // namespace

TEST_CASE("rows of the head come back, whatever fields and times they have", "[engine]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    HeadColumnSets sets;
    for (unsigned round = 0; round < 200; ++round) {
        const std::size_t row_count = 1 + random() % 150;
        const std::size_t field_count = 1 + random() % 12;
        const std::uint64_t gap = random() % 3 == 0 ? ~std::uint64_t{0} : 1 + random() % 20;
        std::vector<PlainRow> plain;
        HeadRows rows;
        for (std::size_t row = 0; row < row_count; ++row) {
            PlainRow& given = plain.emplace_back();
            given.time_ns = time_of(row, round, random);
            // Fields that come later than others, and values that are missing.
            const std::size_t so_far = std::min(field_count, 1 + row / 4);
            for (FieldIndex index = 0; index < so_far; ++index) {
                if (given.values.empty() || random() % gap != 0) {
                    // No double that is a NaN, which equals nothing.
                    given.values[index] = random() >> (2 + random() % 62);
                }
            }
            append(rows, row, given, random, sets);
        }
        REQUIRE(rows.row_count() == row_count);
        REQUIRE(rows.first_sequence() == 1);
        REQUIRE(rows.last_sequence() == sequence_of(row_count - 1));
        check(rows.decoded(), plain, row_count);
        const std::size_t last = random() % row_count;
        const std::size_t count = rows.visible_count(sequence_of(last));
        REQUIRE(count == std::min(row_count, last / 3 * 3 + 3));
        REQUIRE(rows.visible_count(sequence_of(last) - 1) == last / 3 * 3);
        check(rows.decoded(count), plain, count);
        const auto group = rows.decoded_group(count);
        REQUIRE(group->info().first_sequence == 1);
        REQUIRE(group->info().last_sequence == sequence_of(last));
    }
}

TEST_CASE("a copy of rows is on its own", "[engine]") {
    std::mt19937_64 random(1);
    HeadColumnSets sets;
    HeadRows rows;
    std::vector<PlainRow> plain;
    for (std::size_t row = 0; row < 20; ++row) {
        plain.push_back({static_cast<std::int64_t>(row), {{0, row}, {4, row}}});
        append(rows, row, plain.back(), random, sets);
        HeadRows copy = rows;
        const PlainRow other{7, {{1, 7}}};
        append(copy, row + 1, other, random, sets);
        check(rows.decoded(), plain, row + 1);
        REQUIRE(copy.row_count() == row + 2);
    }
}

TEST_CASE("equal fields are kept once, in each order that they have", "[engine]") {
    HeadColumnSets sets;
    const HeadField usage{0, FieldType::Float, 0, {}, "usage"};
    const HeadField load{1, FieldType::Float, 0, {}, "load"};
    const HeadField other{0, FieldType::Float, 0, {}, "other"};
    const auto share = [&sets](const std::vector<HeadField>& fields) { return sets.share(fields); };
    const auto* first = share({usage, load});
    CHECK(share({usage, load}) == first);
    CHECK(share({load, usage}) != first);
    CHECK(share({usage}) != first);
    CHECK(share({other, load}) != first);
    CHECK(share({load, usage})->front() == first->back());
    for (FieldIndex index = 0; index < 5000; ++index) {
        share({{index, FieldType::Integer, 0, {}, name_of(index)}});
    }
    CHECK(share({usage, load}) == first);
    CHECK(first->front()->name == "usage");
}

}  // namespace tidemark::tests

#include "storage/engine/row_group_merge.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

using storage::decode_row_group;
using storage::DecodedColumn;
using storage::DecodedRows;
using storage::make_encoded_row_group;
using storage::merge_row_groups;
using storage::RowGroup;

using RowGroupPointer = std::shared_ptr<const RowGroup>;
constexpr std::uint32_t kRowsPerVector = 8;

/// Rows at begin, begin + step, ..: field `i` counts from `value` on.
RowGroupPointer group(std::int64_t begin_ns, std::size_t row_count, Sequence sequence,
                      std::int64_t value = 0, const std::string& field = "i") {
    DecodedRows rows;
    for (std::size_t row = 0; row < row_count; ++row) {
        rows.times.push_back(begin_ns + static_cast<std::int64_t>(row));
    }
    DecodedColumn column;
    column.name = field;
    column.type = FieldType::Integer;
    for (std::size_t row = 0; row < row_count; ++row) {
        column.append(value + static_cast<std::int64_t>(row));
    }
    rows.columns.push_back(std::move(column));
    return make_encoded_row_group(rows, 0, row_count, sequence, sequence);
}

using Cells = std::map<std::pair<std::int64_t, std::string>, Value>;

void add_cells(const RowGroup& source, Cells& cells) {
    const auto rows = decode_row_group(source);
    REQUIRE(rows);
    for (const DecodedColumn& column : rows.value().columns) {
        for (std::size_t row = 0; row < rows.value().row_count(); ++row) {
            if (!column.is_valid(row)) continue;
            cells[{rows.value().times[row], column.name}] = column.value(row);
        }
    }
}

std::vector<RowGroupPointer> merge(std::vector<RowGroupPointer> groups) {
    std::vector<RowGroupPointer> merged;
    const auto take = [&merged](const RowGroupPointer& group) {
        merged.push_back(group);
        return success();
    };
    REQUIRE(merge_row_groups(std::move(groups), kRowsPerVector, take));
    return merged;
}

std::vector<std::uint32_t> row_counts(const std::vector<RowGroupPointer>& groups) {
    std::vector<std::uint32_t> counts;
    for (const auto& one : groups) counts.push_back(one->info().row_count);
    return counts;
}

}  // namespace

TEST_CASE("full row groups that overlap nothing come back as they are", "[compaction]") {
    const std::vector<RowGroupPointer> groups = {group(0, 8, 1), group(100, 8, 2),
                                                 group(200, 3, 3)};
    CHECK(merge({groups[2], groups[0], groups[1]}) == groups);
}

TEST_CASE("short row groups become full ones", "[compaction]") {
    std::vector<RowGroupPointer> groups;
    for (int index = 0; index < 9; ++index) groups.push_back(group(index * 10, 3, 1));
    CHECK(row_counts(merge(groups)) == std::vector<std::uint32_t>{8, 8, 8, 3});
}

TEST_CASE("rows in front of a full row group leave those behind it alone", "[compaction]") {
    const auto full = group(100, 8, 2);
    const auto behind = group(200, 8, 2);
    SECTION("few of them share its rows") {
        const auto merged = merge({group(0, 3, 1), full, behind});
        CHECK(row_counts(merged) == std::vector<std::uint32_t>{5, 6, 8});
        CHECK(merged.back() == behind);
    }
    SECTION("many stay alone") {
        const auto merged = merge({group(0, 2, 1), group(10, 3, 1), full, behind});
        CHECK(row_counts(merged) == std::vector<std::uint32_t>{5, 8, 8});
        CHECK(merged[1] == full);
    }
}

TEST_CASE("of overlapping rows the later sequence wins, field by field", "[compaction]") {
    const auto merged = merge({group(0, 4, 7, 70), group(2, 4, 5, 50), group(0, 2, 6, 60, "j")});
    REQUIRE(merged.size() == 1);
    Cells cells;
    add_cells(*merged.front(), cells);
    const Cells expected = {{{0, "i"}, std::int64_t{70}}, {{1, "i"}, std::int64_t{71}},
                            {{2, "i"}, std::int64_t{72}}, {{3, "i"}, std::int64_t{73}},
                            {{4, "i"}, std::int64_t{52}}, {{5, "i"}, std::int64_t{53}},
                            {{0, "j"}, std::int64_t{60}}, {{1, "j"}, std::int64_t{61}}};
    CHECK(cells == expected);
    CHECK(merged.front()->info().first_sequence == 5);
    CHECK(merged.front()->info().last_sequence == 7);
}

TEST_CASE("a field of two types is corruption", "[compaction]") {
    DecodedRows rows;
    rows.times = {5};
    rows.column("i", FieldType::Float);
    rows.columns.front().floats = {1.5};
    rows.columns.front().validity.clear();
    const auto other = make_encoded_row_group(rows, 0, 1, 1, 1);
    const Status merged = merge_row_groups({group(0, 3, 1), other}, kRowsPerVector,
                                           [](const RowGroupPointer&) { return success(); });
    REQUIRE_FALSE(merged);
    CHECK(merged.error().code() == ErrorCode::Corruption);
}

TEST_CASE("row groups that overlap without end are written piece by piece", "[compaction]") {
    // Three generations; each row group overlaps two of each of the others.
    std::vector<RowGroupPointer> groups;
    Cells expected;
    for (Sequence sequence = 1; sequence <= 3; ++sequence) {
        for (std::int64_t index = 0; index < 200; ++index) {
            const auto begin_ns = index * 8 + 3 * static_cast<std::int64_t>(sequence);
            groups.push_back(
                group(begin_ns, 8, sequence, 1000 * begin_ns,
                      (index + static_cast<std::int64_t>(sequence)) % 3 == 0 ? "j" : "i"));
            add_cells(*groups.back(), expected);
        }
    }
    std::size_t decoded_count = 0;
    Cells cells;
    std::int64_t last_ns = -1;
    REQUIRE(merge_row_groups(groups, kRowsPerVector, [&](const RowGroupPointer& merged) {
        if (decoded_count++ == 0) CHECK(merged->info().row_count == kRowsPerVector);
        CHECK(last_ns < merged->info().first_ns);
        last_ns = merged->info().last_ns;
        add_cells(*merged, cells);
        return success();
    }));
    CHECK(cells == expected);
    CHECK(decoded_count == (200 * 8 + 6 + kRowsPerVector - 1) / kRowsPerVector);
    // An error of whoever takes them ends it before all of them were made.
    std::size_t taken_count = 0;
    const Status full = merge_row_groups(groups, kRowsPerVector, [&](const RowGroupPointer&) {
        ++taken_count;
        return Status(Error(ErrorCode::StorageFull, "no space left"));
    });
    CHECK(full.error().code() == ErrorCode::StorageFull);
    CHECK(taken_count == 1);
}

TEST_CASE("merged row groups hold the same rows, in order, without overlap", "[compaction]") {
    for (int round = 0; round < 200; ++round) {
        const unsigned seed = std::random_device{}();
        INFO("seed " << seed);
        std::mt19937 random(seed);
        std::vector<RowGroupPointer> groups;
        Cells expected;
        const std::size_t spread = 1 + random() % 400;
        for (Sequence sequence = 1; sequence <= 12; ++sequence) {
            groups.push_back(group(static_cast<std::int64_t>(random() % spread), 1 + random() % 12,
                                   sequence, static_cast<std::int64_t>(random() % 1000),
                                   random() % 3 == 0 ? "j" : "i"));
            add_cells(*groups.back(), expected);
        }
        std::shuffle(groups.begin(), groups.end(), random);
        const auto merged = merge(groups);
        Cells cells;
        for (std::size_t index = 0; index < merged.size(); ++index) {
            add_cells(*merged[index], cells);
            if (index == 0) continue;
            CHECK(merged[index - 1]->info().last_ns < merged[index]->info().first_ns);
        }
        CHECK(cells == expected);
    }
}

}  // namespace tidemark::tests

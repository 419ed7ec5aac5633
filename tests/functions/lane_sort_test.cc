#include "query/functions/kernels/lane_sort.h"

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::query {
namespace {

using Columns = std::array<std::vector<std::uint64_t>, kSortLanes>;

Columns sorted(const LaneSort& table, const Columns& columns) {
    const std::size_t row_count = columns.front().size();
    std::vector<std::uint64_t> keys(row_count * kSortLanes);
    for (std::size_t lane = 0; lane < kSortLanes; ++lane) {
        for (std::size_t row = 0; row < row_count; ++row) {
            keys[row * kSortLanes + lane] = columns[lane][row];
        }
    }
    table.sort(keys);
    Columns result = columns;
    for (std::size_t lane = 0; lane < kSortLanes; ++lane) {
        for (std::size_t row = 0; row < row_count; ++row) {
            result[lane][row] = keys[row * kSortLanes + lane];
        }
    }
    return result;
}

void check(const Columns& columns) {
    Columns expected = columns;
    for (auto& column : expected) std::ranges::sort(column);
    for (const LaneSort* table : supported_lane_sorts()) {
        CAPTURE(table->name, columns.front().size());
        REQUIRE(sorted(*table, columns) == expected);
    }
}

}  // namespace

// A network that sorts all columns of zeros and ones sorts all columns (Knuth, TAOCP 5.3.4).
TEST_CASE("every column of up to 12 zeros and ones is sorted", "[functions]") {
    for (std::size_t row_count = 0; row_count <= 12; ++row_count) {
        for (std::uint64_t pattern = 0; pattern < std::uint64_t{1} << row_count;) {
            Columns columns;
            for (auto& column : columns) {
                column.resize(row_count);
                for (std::size_t row = 0; row < row_count; ++row) column[row] = pattern >> row & 1U;
                ++pattern;
            }
            check(columns);
        }
    }
}

TEST_CASE("columns of all lengths are sorted, the ends of the range included", "[functions]") {
    std::mt19937_64 random(7);
    constexpr std::array<std::uint64_t, 4> kEnds = {0, 1, std::uint64_t{1} << 63,
                                                    std::numeric_limits<std::uint64_t>::max()};
    for (std::size_t row_count = 1; row_count <= kSortRows; ++row_count) {
        for (int round = 0; round < 20; ++round) {
            Columns columns;
            for (auto& column : columns) {
                column.resize(row_count);
                for (std::uint64_t& key : column) {
                    key = random() % 3 == 0 ? kEnds[random() % kEnds.size()] : random();
                }
            }
            check(columns);
        }
    }
}

}  // namespace tidemark::query

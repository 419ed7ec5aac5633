#include <algorithm>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <tidemark/rows.h>

namespace tidemark::tests {
namespace {

using Plain = std::vector<std::vector<Cell>>;

Plain plain(const RowTable& rows) {
    Plain copied;
    for (const ConstRow row : rows) copied.emplace_back(row.begin(), row.end());
    return copied;
}

Cell number(std::int64_t value) { return {value}; }

// The second cell tells rows of one key apart, the third has memory of its own.
std::vector<Cell> random_row(std::mt19937_64& random, std::int64_t index) {
    return {number(static_cast<std::int64_t>(random() % 5)), number(index),
            std::string(random() % 40, 'x')};
}

std::int64_t key_of(const Cell& cell) { return std::get<std::int64_t>(cell); }

TEST_CASE("a table of rows holds what a vector of rows does, whatever is done to both") {
    std::mt19937_64 random(7);
    for (int round = 0; round < 300; ++round) {
        RowTable rows;
        Plain expected;
        const auto size = static_cast<std::int64_t>(random() % 30);
        for (std::int64_t i = 0; i < size; ++i) {
            expected.push_back(random_row(random, i));
            rows.push_back(expected.back());
        }
        for (int step = 0; step < 4; ++step) {
            const std::int64_t key = static_cast<std::int64_t>(random() % 5);
            const std::size_t first = random() % 12;
            const std::size_t count = random() % 30;
            switch (random() % 4) {
                case 0: {
                    const auto is_key = [&](const auto& row) { return key_of(row[0]) == key; };
                    CHECK(rows.erase_if(is_key) == std::erase_if(expected, is_key));
                    break;
                }
                case 1: {
                    const auto by_key = [](const auto& left, const auto& right) {
                        return key_of(left[0]) < key_of(right[0]);
                    };
                    rows.stable_sort(by_key);
                    std::stable_sort(expected.begin(), expected.end(), by_key);
                    break;
                }
                case 2: {
                    rows.keep(first, count);
                    Plain kept;
                    for (std::size_t i = first; i < expected.size() && i - first < count; ++i) {
                        kept.push_back(expected[i]);
                    }
                    expected = kept;
                    break;
                }
                default: {
                    RowTable more;
                    for (std::int64_t i = 0; i < key; ++i) {
                        expected.push_back(random_row(random, 100 + i));
                        more.push_back(expected.back());
                    }
                    rows.append(std::move(more));
                }
            }
            REQUIRE(rows.size() == expected.size());
            REQUIRE(rows.empty() == expected.empty());
            REQUIRE(plain(rows) == expected);
        }
    }
}

TEST_CASE("a row that is appended is of nulls and can be filled in") {
    RowTable rows;
    rows.reserve(2, 2);
    const Row row = rows.append(2);
    CHECK(row[0] == Cell());
    row[1] = 0.5;
    rows.append(2)[0] = true;
    CHECK(rows == RowTable{{Cell(), 0.5}, {true, Cell()}});
    CHECK(rows.width() == 2);
    rows.pop_back();
    CHECK(plain(rows) == Plain{{Cell(), 0.5}});
}

TEST_CASE("rows can be taken in another order") {
    RowTable rows{{number(0)}, {number(1)}, {number(2)}};
    rows.select(std::vector<std::size_t>{2, 0});
    CHECK(rows == RowTable{{number(2)}, {number(0)}});
}

TEST_CASE("an empty table takes rows of any width") {
    RowTable rows{{number(1)}};
    rows.clear();
    rows.push_back({number(1), number(2)});
    CHECK(rows.width() == 2);
    CHECK(rows.size() == 1);
}

TEST_CASE("what is not there is out of range") {
    const RowTable rows{{number(1), number(2)}};
    CHECK(rows.at(0).at(1) == number(2));
    CHECK_THROWS_AS(rows.at(1), std::out_of_range);
    CHECK_THROWS_AS(rows.at(0).at(2), std::out_of_range);
    CHECK_THROWS_AS(RowTable().at(0), std::out_of_range);
}

TEST_CASE("tables of different widths differ, empty ones do not") {
    CHECK_FALSE(RowTable{{number(1), number(2)}} == RowTable{{number(1)}, {number(2)}});
    RowTable emptied{{number(1)}};
    emptied.clear();
    CHECK(emptied == RowTable());
}

}  // namespace
}  // namespace tidemark::tests

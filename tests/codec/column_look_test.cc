#include "storage/codec/column_look.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/codec/integer_column.h"

namespace tidemark::storage {
namespace {

std::vector<std::uint64_t> random_walk(std::size_t count, std::mt19937_64& random) {
    std::vector<std::uint64_t> values(count);
    std::uint64_t value = random();
    for (std::uint64_t& next : values) next = value += random() % 64;
    return values;
}

}  // namespace

TEST_CASE("A look has differences of the column where it says", "[codec]") {
    std::mt19937_64 random(1);
    for (std::size_t count = ColumnLook::kShortCount + 1; count < 1200; count += 7) {
        const auto values = random_walk(count, random);
        const ColumnLook look(values);
        REQUIRE(look.deltas().size() == look.values().size());
        for (std::size_t i = 0; i < look.deltas().size(); ++i) {
            const std::size_t index = look.delta_index(i);
            REQUIRE(index + 1 < count);
            REQUIRE(look.values()[i] == values[index]);
            REQUIRE(look.deltas()[i] == values[index + 1] - values[index]);
        }
    }
}

TEST_CASE("What is guessed of a short column is what it takes", "[codec]") {
    std::mt19937_64 random(2);
    for (std::size_t count = 2; count <= ColumnLook::kShortCount; ++count) {
        const auto values = random_walk(count, random);
        const IntegerColumn column(values, IntegerOrder::Signed);
        REQUIRE(column.guess().patched_size_bytes == column.patched().packed_size_bytes);
        REQUIRE(column.guess().centred_size_bytes == column.centred().packed_size_bytes);
        REQUIRE(column.delta_guess().smallest() ==
                std::min(column.deltas().patched().packed_size_bytes,
                         column.deltas().centred().packed_size_bytes));
        REQUIRE(column.change_count_guess() == column.change_count());
    }
}

TEST_CASE("What is guessed of a long column is near what it takes", "[codec]") {
    std::mt19937_64 random(3);
    for (int round = 0; round < 200; ++round) {
        const auto values = random_walk(1024, random);
        const IntegerColumn column(values, IntegerOrder::Signed);
        const std::size_t exact = column.deltas().patched().packed_size_bytes;
        REQUIRE(column.delta_guess().patched_size_bytes > exact - exact / 8);
        REQUIRE(column.delta_guess().patched_size_bytes < exact + exact / 8);
    }
}

TEST_CASE("Narrow integers are the column that they were narrowed from", "[codec]") {
    std::mt19937_64 random(4);
    for (int round = 0; round < 300; ++round) {
        const std::size_t count = 32 + random() % 1100;
        std::vector<std::uint64_t> values(count);
        const std::uint64_t base = random();
        const std::uint64_t range = std::uint64_t{1} << (random() % 31);
        for (std::uint64_t& value : values) value = base + random() % range;
        for (const IntegerOrder order : {IntegerOrder::Signed, IntegerOrder::Unsigned}) {
            const IntegerColumn column(values, order);
            if (!column.narrow()) {
                // Some straddle the place where the order begins anew.
                REQUIRE(column.max() - column.min() >= kNarrowRange);
                continue;
            }
            const IntegerColumn narrow(*column.narrow(), order);
            REQUIRE(std::ranges::equal(narrow.values(), values));
            REQUIRE(narrow.front() == values.front());
            REQUIRE(narrow.min() == column.min());
            REQUIRE(narrow.max() == column.max());
            REQUIRE(narrow.common_factor() == column.common_factor());
            REQUIRE(narrow.centre() == column.centre());
            REQUIRE(narrow.change_count() == column.change_count());
            std::vector<std::uint64_t> differences(count - 1);
            for (std::size_t i = 0; i + 1 < count; ++i) {
                differences[i] = values[i + 1] - values[i];
            }
            REQUIRE(std::ranges::equal(narrow.deltas().values(), differences));
            const auto as_signed = [](std::uint64_t value) {
                return static_cast<std::int64_t>(value);
            };
            REQUIRE(narrow.deltas().min() == std::ranges::min(differences, {}, as_signed));
            REQUIRE(narrow.deltas().max() == std::ranges::max(differences, {}, as_signed));
        }
    }
}

}  // namespace tidemark::storage

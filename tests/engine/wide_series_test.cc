#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/head_rows.h"
#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"
#include "tests/support/failing_allocations.h"

// Series that get ever more fields. What a row costs is counted in allocated bytes.

namespace tidemark::tests {
namespace {

std::string name_of(std::size_t field) { return "field" + std::to_string(field); }

/// One row for each field, which no row before has.
PlainPoint point_of(std::size_t field) {
    return {"wide",
            {{"host", "a"}},
            static_cast<std::int64_t>(field),
            {{name_of(field), static_cast<double>(field)}}};
}

/// Bytes that `append(row)` allocates for so many rows.
template <typename Append>
std::size_t allocated_by(std::size_t row_count, const Append& append) {
    const std::size_t before = allocated_size_bytes();
    for (std::size_t row = 0; row < row_count; ++row) append(row);
    return allocated_size_bytes() - before;
}

/// Whether four times the rows take about four times the bytes; if each row cost what all before it
/// cost together, they would take sixteen times as many.
bool is_proportional(std::size_t of_some, std::size_t of_four_times_as_many) {
    return of_four_times_as_many < of_some * 8;
}

}  // namespace

TEST_CASE("what a row of a fresh field takes does not grow with the fields before it", "[engine]") {
    const auto append_all = [](std::size_t row_count) {
        storage::HeadColumnSets sets;
        storage::HeadRows rows;
        return allocated_by(row_count, [&](std::size_t row) {
            const std::string name = name_of(row);
            const storage::HeadField field{
                static_cast<storage::FieldIndex>(row), FieldType::Float, row, {}, name};
            rows.append(row + 1, static_cast<std::int64_t>(row), {&field, 1}, sets);
        });
    };
    const std::size_t of_some = append_all(1000);
    const std::size_t of_more = append_all(4000);
    INFO(of_some << " bytes for 1000 rows, " << of_more << " for 4000");
    CHECK(is_proportional(of_some, of_more));
}

TEST_CASE("a series that gains 2000 fields one by one keeps them all, at the same cost each",
          "[engine]") {
    constexpr std::size_t kFieldCount = 2000;
    CrashingFileSystem files;
    StoreOptions options = small_options();
    // Sealing looks at all rows of a vector: not what a row costs when it comes.
    options.rows_per_vector = 2 * kFieldCount;
    Samples expected;
    for (std::size_t field = 0; field < kFieldCount; ++field) {
        apply_point(expected, point_of(field));
    }
    {
        const auto store = open_small(files, options);
        REQUIRE(store->create_database("ops"));
        const auto append = [&](std::size_t field) {
            write_points(*store, "ops", {point_of(field)});
        };
        const std::size_t of_some = allocated_by(kFieldCount / 4, append);
        const std::size_t of_all =
            of_some + allocated_by(kFieldCount * 3 / 4,
                                   [&](std::size_t row) { append(kFieldCount / 4 + row); });
        INFO(of_some << " bytes for a quarter of the rows, " << of_all << " for all");
        CHECK(is_proportional(of_some, of_all));
        write_durably(*store, "ops", {point_of(0)});
        CHECK(read_all(*store, "ops") == expected);
    }
    const auto store = open_small(files, options);
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->flush());
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("a series that gains fields is sealed with each of them", "[engine]") {
    constexpr std::size_t kFieldCount = 200;
    CrashingFileSystem files;
    StoreOptions options = small_options();
    options.rows_per_vector = 16;
    const auto store = open_small(files, options);
    REQUIRE(store->create_database("ops"));
    Samples expected;
    for (std::size_t field = 0; field < kFieldCount; ++field) {
        PlainPoint point = point_of(field);
        point.fields.push_back({name_of(field / 2), -1.0});
        if (field == 0) point.fields.pop_back();
        apply_point(expected, point);
        write_durably(*store, "ops", {point});
    }
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->flush());
    CHECK(read_all(*store, "ops") == expected);
}

}  // namespace tidemark::tests

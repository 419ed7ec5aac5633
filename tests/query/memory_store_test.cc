#include "tests/support/memory_store.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "tests/support/memory_scan.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Every `step` seconds from 0: 10, 11, 12, ...
void write_ramp(MemoryStore& store, std::size_t row_count, std::int64_t step) {
    REQUIRE(store.create_database("db"));
    WriteBatch batch;
    for (std::size_t i = 0; i < row_count; ++i) {
        batch.begin_point("m");
        batch.add_tag("host", "a");
        batch.add_float("v", 10 + static_cast<double>(i));
        batch.end_point(static_cast<std::int64_t>(i) * step * kSecond);
    }
    REQUIRE(store.write("db", "", batch).value().accepted_count == row_count);
}

ScanRequest request_of_v() {
    ScanRequest request;
    request.database = "db";
    request.measurement = "m";
    request.columns = {{"v", Need::Summary}};
    request.leaves = {{"v", CompareOp::Greater, Value(std::int64_t{12}), {}}};
    return request;
}

}  // namespace

TEST_CASE("numbers of different types compare by their exact value", "[memory_store]") {
    const auto less = std::partial_ordering::less;
    const auto greater = std::partial_ordering::greater;
    const auto equal = std::partial_ordering::equivalent;
    const std::int64_t big = (std::int64_t{1} << 53) + 1;
    CHECK(compare_values(Value(0x1p53), Value(big)) == less);
    CHECK(compare_values(Value(big), Value(0x1p53)) == greater);
    CHECK(compare_values(Value(0x1p63), Value(std::numeric_limits<std::int64_t>::max())) ==
          greater);
    CHECK(compare_values(Value(-0x1p63), Value(std::numeric_limits<std::int64_t>::min())) == equal);
    CHECK(compare_values(Value(std::int64_t{-1}), Value(std::uint64_t{0})) == less);
    CHECK(compare_values(Value(0x1p64), Value(std::numeric_limits<std::uint64_t>::max())) ==
          greater);
    CHECK(compare_values(Value(-0.5), Value(std::uint64_t{0})) == less);
    CHECK(compare_values(Value(0.5), Value(std::int64_t{0})) == greater);
    CHECK(compare_values(Value(-0.5), Value(std::int64_t{0})) == less);
    CHECK(compare_values(Value(-0.0), Value(0.0)) == equal);
    CHECK(compare_values(Value(true), Value(1.0)) == std::partial_ordering::unordered);
}

TEST_CASE("later arrival wins per field and fields of one time merge", "[memory_store]") {
    MemoryStore store;
    REQUIRE(store.create_database("db"));
    const auto write = [&](std::string_view field, std::int64_t value) {
        WriteBatch batch;
        batch.begin_point("m");
        batch.add_integer(field, value);
        batch.end_point(5);
        REQUIRE(store.write("db", "", batch).value().accepted_count == 1);
    };
    write("a", 1);
    write("b", 2);
    write("a", 3);
    ScanRequest request;
    request.database = "db";
    request.measurement = "m";
    request.columns = {{"a", Need::Values}, {"b", Need::Values}};
    const auto scan = store.scan(request, nullptr).value();
    const auto cursor = scan->open(0).value();
    const ScanPiece* piece = cursor->next().value();
    REQUIRE(piece != nullptr);
    REQUIRE(piece->row_count == 1);
    CHECK(piece->columns[0].values.integers[0] == 3);
    CHECK(piece->columns[1].values.integers[0] == 2);
    CHECK(cursor->next().value() == nullptr);
}

TEST_CASE("a point with a field of another type is refused and says so", "[memory_store]") {
    MemoryStore store;
    write_ramp(store, 1, 1);
    WriteBatch batch;
    batch.begin_point("m");
    batch.add_string("v", "x");
    batch.end_point(0);
    auto written = store.write("db", "", batch);
    REQUIRE(written.value().rejected.size() == 1);
    CHECK(written.value().rejected[0].reason == "field v is a float in m, got a string");
    CHECK(written.value().rejected_count == 1);
}

TEST_CASE("pieces end at cuts and at the row limit", "[memory_store]") {
    MemoryStore store({.rows_per_piece = 3});
    write_ramp(store, 10, 1);
    ScanRequest request = request_of_v();
    request.cuts = {5 * kSecond};
    const auto scan = store.scan(request, nullptr).value();
    const auto cursor = scan->open(0).value();
    std::vector<std::size_t> row_counts;
    while (const ScanPiece* piece = cursor->next().value()) row_counts.push_back(piece->row_count);
    CHECK(row_counts == std::vector<std::size_t>{3, 2, 3, 2});
}

TEST_CASE("summaries stand for the same rows as values do", "[memory_store]") {
    MemoryStore store({.gives_summaries = true});
    write_ramp(store, 4, 10);
    const auto scan = store.scan(request_of_v(), nullptr).value();
    const auto cursor = scan->open(0).value();
    const ScanPiece* piece = cursor->next().value();
    REQUIRE(piece->columns[0].summary != nullptr);
    const ColumnSummary& summary = *piece->columns[0].summary;
    CHECK(summary.sum.rounded() == 46);
    CHECK(summary.largest_gap_ns == 10 * kSecond);
    CHECK(summary.integral.rounded() == 33e10);
    CHECK(std::get<double>(summary.last) == 13);
    CHECK(piece->leaves[0].size() == 2);
}

TEST_CASE("the run carried in starts where it truly began", "[memory_store]") {
    MemoryStore store;
    write_ramp(store, 10, 10);
    ScanRequest request = request_of_v();
    request.range.begin_ns = 75 * kSecond;
    request.hold_ns = 10 * kSecond;
    request.carry_in = CarryIn::RunStart;
    const auto run_start = store.scan(request, nullptr).value()->open(0).value()->carried();
    CHECK(run_start.leaves[0] == LeafRun{30 * kSecond, 70 * kSecond, 5, true});
    request.hold_ns = 5 * kSecond;
    const auto expired = store.scan(request, nullptr).value()->open(0).value()->carried();
    CHECK_FALSE(expired.columns[0].has_value());
    request.carry_in = CarryIn::LastValue;
    const auto last = store.scan(request, nullptr).value()->open(0).value()->carried();
    CHECK(last.columns[0]->time_ns == 70 * kSecond);
}

TEST_CASE("a snapshot does not see what is written later", "[memory_store]") {
    MemoryStore store;
    write_ramp(store, 1, 1);
    const auto snapshot = store.snapshot();
    WriteBatch batch;
    batch.begin_point("m");
    batch.add_tag("host", "b");
    batch.add_float("v", 1);
    batch.end_point(7);
    REQUIRE(store.write("db", "", batch));
    CHECK(store.scan(request_of_v(), snapshot).value()->series().size() == 1);
    CHECK(store.scan(request_of_v(), nullptr).value()->series().size() == 2);
}

}  // namespace tidemark::tests

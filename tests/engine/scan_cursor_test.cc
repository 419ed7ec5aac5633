#include "storage/engine/scan_cursor.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/engine/scan_check.h"
#include "tests/engine/scan_model.h"
#include "tests/segment/random_rows.h"

namespace tidemark::tests {
namespace {

using storage::DecodedRows;
using storage::RowGroup;
using Groups = std::vector<std::shared_ptr<const RowGroup>>;

// ---- random scans

void put_nans(RandomRows& random, DecodedRows& rows) {
    for (double& value : rows.column("float", FieldType::Float).floats) {
        if (random.chance(15)) value = std::numeric_limits<double>::quiet_NaN();
    }
}

/// Row groups of some of the fields, most of which overlap, in random order of arrival and of the
/// list; both forms.
ScannedSeries random_series(RandomRows& random) {
    ScannedSeries series;
    const std::int64_t group_count = random.number(0, 6);
    const std::int64_t most_rows = random.chance(20) ? 200 : 8;
    const std::int64_t spread_ns = random.chance(50) ? 60 : 600;
    for (std::int64_t arrival = 0; arrival < group_count; ++arrival) {
        const auto row_count = static_cast<std::size_t>(random.number(1, most_rows));
        const std::int64_t step_ns = random.chance(10) ? 100 : random.number(1, 6);
        DecodedRows rows = random.rows(row_count, random.number(0, spread_ns), step_ns);
        if (random.chance(25)) put_nans(random, rows);
        const std::int64_t fields_left = random.number(1, 31);
        for (std::size_t column = rows.columns.size(); column-- > 0;) {
            if (((fields_left >> column) & 1) != 0) continue;
            rows.columns.erase(rows.columns.begin() + static_cast<std::ptrdiff_t>(column));
        }
        series.model.add(rows);
        const auto sequence = static_cast<Sequence>(arrival * 10);
        series.groups.push_back(
            random.chance(30)
                ? storage::make_decoded_row_group(rows, sequence, sequence + 5)
                : storage::make_encoded_row_group(rows, 0, row_count, sequence, sequence + 5));
        const auto place = static_cast<std::size_t>(random.number(0, arrival));
        std::swap(series.groups[place], series.groups.back());
    }
    return series;
}

// ---- series made by hand

DecodedRows float_rows(std::int64_t begin_ns, std::int64_t step_ns, std::vector<double> values) {
    DecodedRows rows;
    for (std::size_t row = 0; row < values.size(); ++row) {
        rows.times.push_back(begin_ns + static_cast<std::int64_t>(row) * step_ns);
    }
    storage::DecodedColumn& column = rows.columns.emplace_back();
    column.name = "float";
    column.floats = std::move(values);
    return rows;
}

std::shared_ptr<const RowGroup> encoded(const DecodedRows& rows, Sequence sequence) {
    return storage::make_encoded_row_group(rows, 0, rows.row_count(), sequence, sequence);
}

ScanRequest float_above(double limit) {
    ScanRequest request;
    request.leaves.push_back({"float", CompareOp::Greater, limit, {}});
    return request;
}

/// Row counts of the pieces and the statistics.
struct Outcome {
    std::vector<std::size_t> piece_row_counts;
    std::vector<LeafRun> runs;
    ScanStatistics statistics;
};

void run_scan(const ScanRequest& request, const Groups& groups, Outcome& outcome) {
    auto cursor = storage::make_series_cursor(compile(request), groups, outcome.statistics);
    REQUIRE(cursor.has_value());
    while (true) {
        const auto piece = cursor.value()->next();
        REQUIRE(piece.has_value());
        if (piece.value() == nullptr) break;
        outcome.piece_row_counts.push_back(piece.value()->row_count);
        if (piece.value()->leaves.empty()) continue;
        const auto runs = piece.value()->leaves[0];
        outcome.runs.insert(outcome.runs.end(), runs.begin(), runs.end());
    }
}

}  // namespace

TEST_CASE("a scan says what a map of maps says, on every path", "[scan]") {
    std::uint64_t summary_row_count = 0;
    std::uint64_t encoded_row_count = 0;
    std::uint64_t decoded_row_count = 0;
    for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
        RandomRows random(seed);
        const ScannedSeries series = random_series(random);
        for (int scan = 0; scan < 3; ++scan) {
            ScanRequest request = random_request(random);
            for (const ScanPath path :
                 {ScanPath::Cheapest, ScanPath::NoSummaries, ScanPath::Decoded}) {
                request.path = path;
                INFO("seed " << seed << " scan " << scan << " path " << static_cast<int>(path));
                ScanStatistics statistics;
                check_scan(request, series, statistics);
                REQUIRE(statistics.series_scanned == 1);
                if (path != ScanPath::Cheapest) REQUIRE(statistics.rows_from_summaries == 0);
                if (path == ScanPath::Decoded) REQUIRE(statistics.rows_from_encoded == 0);
                summary_row_count += statistics.rows_from_summaries;
                encoded_row_count += statistics.rows_from_encoded;
                decoded_row_count += statistics.rows_decoded;
            }
        }
    }
    CHECK(summary_row_count > 0);
    CHECK(encoded_row_count > 0);
    CHECK(decoded_row_count > 0);
}

TEST_CASE("a row group on one side of a threshold is answered by its summary", "[scan]") {
    const Groups groups = {encoded(float_rows(0, 10, {1, 2, 3}), 1),
                           encoded(float_rows(100, 10, {7, 8, 9}), 2)};
    Outcome outcome;
    run_scan(float_above(5), groups, outcome);
    CHECK(outcome.piece_row_counts == std::vector<std::size_t>{3, 3});
    CHECK(outcome.runs == std::vector<LeafRun>{{0, 20, 3, false}, {100, 120, 3, true}});
    CHECK(outcome.statistics.rows_from_summaries == 6);
    CHECK(outcome.statistics.bytes_read == 0);
}

TEST_CASE("a row group that straddles a threshold is answered from its encoded values", "[scan]") {
    const Groups groups = {encoded(float_rows(0, 10, {1, 7, 8, 3}), 1)};
    Outcome outcome;
    run_scan(float_above(5), groups, outcome);
    CHECK(outcome.runs ==
          std::vector<LeafRun>{{0, 0, 1, false}, {10, 20, 2, true}, {30, 30, 1, false}});
    CHECK(outcome.statistics.rows_from_encoded == 4);
    CHECK(outcome.statistics.rows_decoded == 0);
    CHECK(outcome.statistics.bytes_read > 0);
}

TEST_CASE("a NaN ends a run, and what is carried in", "[scan]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Groups groups = {encoded(float_rows(0, 10, {7, 8, nan, 9, nan}), 1),
                           encoded(float_rows(100, 10, {7, 8, 9}), 2)};
    Outcome outcome;
    ScanRequest request = float_above(5);
    run_scan(request, groups, outcome);
    CHECK(outcome.runs == std::vector<LeafRun>{{0, 10, 2, true},
                                               {20, 20, 0, false},
                                               {30, 30, 1, true},
                                               {40, 40, 0, false},
                                               {100, 120, 3, true}});
    CHECK(outcome.statistics.rows_from_summaries == 3);

    ScanStatistics statistics;
    const auto carried_at = [&](std::int64_t begin_ns, CarryIn carry_in) {
        ScanRequest later = request;
        later.columns = {{"float", Need::Summary}};
        later.range.begin_ns = begin_ns;
        later.carry_in = carry_in;
        const auto cursor = storage::make_series_cursor(compile(later), groups, statistics);
        REQUIRE(cursor.has_value());
        return cursor.value()->carried();
    };
    for (const CarryIn carry_in : {CarryIn::WithinHold, CarryIn::RunStart}) {
        CHECK_FALSE(carried_at(50, carry_in).columns[0]);
        CHECK_FALSE(carried_at(50, carry_in).leaves[0]);
    }
    CHECK(carried_at(115, CarryIn::RunStart).leaves[0] == LeafRun{100, 110, 2, true});
    const CarriedValues last = carried_at(50, CarryIn::LastValue);
    REQUIRE(last.columns[0]);
    CHECK(last.columns[0]->time_ns == 30);
    CHECK(last.columns[0]->is_ended);
    CHECK_FALSE(last.leaves[0]);
}

TEST_CASE("a summary with a gap beyond the hold limit is not believed", "[scan]") {
    DecodedRows rows = float_rows(0, 10, {7, 8, 9});
    rows.times[2] = 1'000;
    ScanRequest request = float_above(5);
    request.hold_ns = 100;
    Outcome outcome;
    run_scan(request, {encoded(rows, 1)}, outcome);
    CHECK(outcome.runs == std::vector<LeafRun>{{0, 10, 2, true}, {1'000, 1'000, 1, true}});
    CHECK(outcome.statistics.rows_from_encoded == 3);
}

TEST_CASE("rows that back-fill one field leave another field's summaries alone", "[scan]") {
    DecodedRows other = float_rows(5, 10, {1, 2, 3});
    other.columns[0].name = "integer";
    other.columns[0].type = FieldType::Integer;
    other.columns[0].integers = {1, 2, 3};
    other.columns[0].floats.clear();
    const Groups groups = {encoded(float_rows(0, 10, {7, 8, 9}), 1), encoded(other, 2)};
    Outcome outcome;
    run_scan(float_above(5), groups, outcome);
    CHECK(outcome.statistics.rows_from_summaries == 3);
    CHECK(outcome.statistics.bytes_read == 0);
}

TEST_CASE("a group with two rows far apart opens none of the groups between them", "[scan]") {
    Groups groups = {encoded(float_rows(5, 10'000, {7, 8}), 99)};
    for (std::int64_t index = 0; index < 10; ++index) {
        groups.push_back(encoded(float_rows(100 + index * 100, 10, {7, 8, 9}),
                                 static_cast<Sequence>(index + 1)));
    }
    Outcome outcome;
    run_scan(float_above(5), groups, outcome);
    CHECK(outcome.statistics.rows_from_summaries == 30);
    CHECK(outcome.statistics.rows_from_encoded == 2);
}

TEST_CASE("a late row costs the values around it only", "[scan]") {
    const std::vector<double> many(1'000, 7.0);
    ScanRequest request;
    request.columns.push_back({"float", Need::Values});
    const Groups groups = {encoded(float_rows(0, 10, many), 1),
                           encoded(float_rows(5'000, 10, {1}), 2)};
    Outcome outcome;
    run_scan(request, groups, outcome);
    REQUIRE(outcome.piece_row_counts.size() == 3);
    CHECK(outcome.piece_row_counts == std::vector<std::size_t>{500, 1, 499});
}

TEST_CASE("of two groups with the same sequences the later in the list wins", "[scan]") {
    ScanRequest request;
    request.columns.push_back({"float", Need::Values});
    ScanStatistics statistics;
    auto cursor = storage::make_series_cursor(
        compile(request), {encoded(float_rows(0, 1, {1}), 5), encoded(float_rows(0, 1, {2}), 5)},
        statistics);
    REQUIRE(cursor.has_value());
    const auto piece = cursor.value()->next();
    REQUIRE((piece.has_value() && piece.value() != nullptr));
    CHECK(piece.value()->row_count == 1);
    CHECK(piece.value()->columns[0].values.floats[0] == 2);
}

TEST_CASE("the start of a run is found in summaries however far back", "[scan]") {
    Groups groups = {encoded(float_rows(0, 10, {1, 7, 8}), 1)};
    for (std::int64_t index = 1; index < 100; ++index) {
        groups.push_back(
            encoded(float_rows(index * 100, 10, {7, 8, 9}), static_cast<Sequence>(index + 1)));
    }
    ScanRequest request = float_above(5);
    request.range.begin_ns = 20'000;
    request.carry_in = CarryIn::RunStart;
    ScanStatistics statistics;
    const auto cursor = storage::make_series_cursor(compile(request), groups, statistics);
    REQUIRE(cursor.has_value());
    CHECK(cursor.value()->carried().leaves[0] == LeafRun{10, 9'920, 299, true});
    const std::uint64_t first_group_size_bytes = groups[0]->payload().value().size();
    CHECK(statistics.bytes_read <= first_group_size_bytes);
}

TEST_CASE("the start of a run is not looked for behind unknown time inside a row group", "[scan]") {
    // Every value is above 5, but 30 to 100 is longer than a sample holds.
    const Groups groups = {encoded(float_rows(0, 10, {7, 8, 9, 7}), 1),
                           encoded(float_rows(100, 10, {7, 8, 9}), 2)};
    DecodedRows torn = float_rows(200, 10, {7, 8, 9, 7});
    torn.times[0] = 130;
    Groups with_gap_inside = groups;
    with_gap_inside.push_back(encoded(torn, 3));

    ScanRequest request = float_above(5);
    request.range.begin_ns = 235;
    request.hold_ns = 20;
    request.carry_in = CarryIn::RunStart;
    ScanStatistics statistics;
    const auto cursor = storage::make_series_cursor(compile(request), with_gap_inside, statistics);
    REQUIRE(cursor.has_value());
    CHECK(cursor.value()->carried().leaves[0] == LeafRun{210, 230, 3, true});
    request.range.begin_ns = 121;
    const auto earlier = storage::make_series_cursor(compile(request), groups, statistics);
    REQUIRE(earlier.has_value());
    CHECK(earlier.value()->carried().leaves[0] == LeafRun{100, 120, 3, true});
}

TEST_CASE("a cancelled scan ends at the next piece", "[scan]") {
    std::atomic<bool> cancelled = false;
    const CancelSignal stop(cancelled);
    ScanRequest request = float_above(5);
    request.stop = &stop;
    ScanStatistics statistics;
    const auto cursor = storage::make_series_cursor(
        compile(request), {encoded(float_rows(0, 1, {1}), 1), encoded(float_rows(10, 1, {1}), 2)},
        statistics);
    REQUIRE(cursor.has_value());
    CHECK(cursor.value()->next().has_value());
    cancelled = true;
    const auto piece = cursor.value()->next();
    REQUIRE_FALSE(piece.has_value());
    CHECK(piece.error().code() == ErrorCode::Cancelled);
}

TEST_CASE("a condition that does not fit its field's type is refused by name", "[scan]") {
    ScanRequest request;
    request.leaves.push_back({"boolean", CompareOp::Equal, std::string("up"), {}});
    const auto compiled = storage::compile_scan(request, type_of_field);
    REQUIRE_FALSE(compiled.has_value());
    CHECK(compiled.error().code() == ErrorCode::InvalidArgument);
    const std::string& message = compiled.error().message();
    CHECK(message.find("field boolean is of type boolean") != std::string::npos);
    CHECK(message.find("of type string") != std::string::npos);
}

TEST_CASE("cuts out of order and negative hold limits are refused", "[scan]") {
    ScanRequest cut;
    cut.cuts = {2, 1};
    CHECK_FALSE(storage::compile_scan(cut, type_of_field).has_value());
    ScanRequest hold;
    hold.hold_ns = -1;
    CHECK_FALSE(storage::compile_scan(hold, type_of_field).has_value());
}

TEST_CASE("a column stored with another type than the catalogue's is corruption", "[scan]") {
    DecodedRows rows = float_rows(0, 1, {1});
    rows.columns[0].name = "integer";
    ScanRequest request;
    request.columns.push_back({"integer", Need::Values});
    ScanStatistics statistics;
    const auto cursor =
        storage::make_series_cursor(compile(request), {encoded(rows, 1)}, statistics);
    REQUIRE_FALSE(cursor.has_value());
    CHECK(cursor.error().code() == ErrorCode::Corruption);
}

}  // namespace tidemark::tests

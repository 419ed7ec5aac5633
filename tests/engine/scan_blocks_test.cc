// Scans of segments with blocks: what a block answers is what its row groups would.

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/scan_cursor.h"
#include "storage/segment/segment_reader.h"
#include "tests/engine/scan_check.h"
#include "tests/segment/random_rows.h"
#include "tests/segment/segment_file.h"

namespace tidemark::tests {
namespace {

using storage::DecodedRows;
using storage::RowGroup;
using storage::SegmentReader;
using storage::SegmentWriter;
using Groups = std::vector<std::shared_ptr<const RowGroup>>;

constexpr SeriesId kSeries = 7;

std::shared_ptr<const SegmentReader> segment_of(std::span<const DecodedRows> parts,
                                                Sequence first_sequence) {
    auto bytes = segment_bytes([&](SegmentWriter& writer) {
        REQUIRE(writer.begin_series(kSeries, "cpu").has_value());
        Sequence sequence = first_sequence;
        for (const DecodedRows& rows : parts) {
            const auto group =
                storage::make_encoded_row_group(rows, 0, rows.row_count(), sequence, sequence + 5);
            REQUIRE(writer.add_row_group(*group).has_value());
            sequence += 10;
        }
    });
    const auto reader =
        SegmentReader::open(std::make_shared<MappedBytes>(std::move(bytes)), "test");
    REQUIRE(reader.has_value());
    return reader.value();
}

/// Rows of some of the fields, mostly one after the other.
std::vector<DecodedRows> random_parts(RandomRows& random, std::int64_t begin_ns) {
    std::vector<DecodedRows> parts;
    const std::int64_t part_count =
        random.chance(40) ? random.number(60, 200) : random.number(1, 9);
    const bool has_overlaps = random.chance(15);
    const std::int64_t fields_left = random.number(1, 31);
    for (std::int64_t part = 0; part < part_count; ++part) {
        const auto row_count = static_cast<std::size_t>(random.number(1, 3));
        DecodedRows rows = random.rows(row_count, begin_ns, random.chance(3) ? 40 : 3);
        begin_ns = has_overlaps && random.chance(20) ? rows.times.front() : rows.times.back();
        const std::int64_t left = random.chance(5) ? random.number(1, 31) : fields_left;
        for (std::size_t column = rows.columns.size(); column-- > 0;) {
            if (((left >> column) & 1) != 0) continue;
            rows.columns.erase(rows.columns.begin() + static_cast<std::ptrdiff_t>(column));
        }
        parts.push_back(std::move(rows));
    }
    return parts;
}

/// The same rows, as a scan of the store would get them, and row group by row group.
struct SegmentedSeries {
    ScannedSeries blocks;
    Groups row_groups;
};

/// Some segments of one series, and sometimes late rows that never left the head.
SegmentedSeries random_segments(RandomRows& random) {
    SegmentedSeries series;
    Sequence sequence = 1;
    const std::int64_t segment_count = random.number(1, 3);
    for (std::int64_t index = 0; index < segment_count; ++index) {
        const std::int64_t begin_ns = random.chance(70) ? index * 400 : random.number(0, 600);
        const auto parts = random_parts(random, begin_ns);
        for (const DecodedRows& rows : parts) series.blocks.model.add(rows);
        const auto segment = segment_of(parts, sequence);
        sequence += 10 * parts.size();
        const auto blocks = segment->blocks(kSeries);
        REQUIRE(blocks.has_value());
        std::ranges::copy(blocks.value(), std::back_inserter(series.blocks.groups));
        const auto groups = segment->row_groups(kSeries);
        REQUIRE(groups.has_value());
        std::ranges::copy(groups.value(), std::back_inserter(series.row_groups));
    }
    if (random.chance(60)) return series;
    const DecodedRows late = random.rows(static_cast<std::size_t>(random.number(1, 9)),
                                         random.number(0, 700), random.chance(50) ? 100 : 2);
    series.blocks.model.add(late);
    for (Groups* groups : {&series.blocks.groups, &series.row_groups}) {
        groups->push_back(storage::make_decoded_row_group(late, sequence, sequence));
    }
    return series;
}

struct Outcome {
    std::size_t piece_count = 0;
    ScanStatistics statistics;
};

void run_scan(const ScanRequest& request, const Groups& groups, Outcome& outcome) {
    const auto cursor = storage::make_series_cursor(compile(request), groups, outcome.statistics);
    REQUIRE(cursor.has_value());
    while (true) {
        const auto piece = cursor.value()->next();
        REQUIRE(piece.has_value());
        if (piece.value() == nullptr) return;
        ++outcome.piece_count;
    }
}

std::size_t count_pieces(const ScanRequest& request, const Groups& groups) {
    Outcome outcome;
    run_scan(request, groups, outcome);
    return outcome.piece_count;
}

/// `part_count` parts of ten rows each, a row every 10 ns; all values are above 7 but one.
std::vector<DecodedRows> high_parts(std::int64_t part_count, std::int64_t dip_ns) {
    std::vector<DecodedRows> parts;
    parts.reserve(static_cast<std::size_t>(part_count));
    for (std::int64_t part = 0; part < part_count; ++part) {
        DecodedRows& rows = parts.emplace_back();
        storage::DecodedColumn& column = rows.column("float", FieldType::Float);
        for (std::int64_t row = 0; row < 10; ++row) {
            const std::int64_t time_ns = part * 100 + row * 10;
            rows.times.push_back(time_ns);
            column.append(time_ns == dip_ns ? 1.0 : 7.0 + static_cast<double>(row));
        }
    }
    return parts;
}

/// As many, of a thousand rows each, of 7 but for one value.
std::vector<DecodedRows> flat_parts(std::int64_t part_count, std::int64_t dip_ns) {
    std::vector<DecodedRows> parts;
    parts.reserve(static_cast<std::size_t>(part_count));
    for (std::int64_t part = 0; part < part_count; ++part) {
        DecodedRows& rows = parts.emplace_back();
        storage::DecodedColumn& column = rows.column("float", FieldType::Float);
        for (std::int64_t row = 0; row < 1'000; ++row) {
            const std::int64_t time_ns = part * 10'000 + row * 10;
            rows.times.push_back(time_ns);
            column.append(time_ns == dip_ns ? 1.0 : 7.0);
        }
    }
    return parts;
}

/// Rows of one column of each type, none of which changes often; many row groups.
std::vector<DecodedRows> state_parts(RandomRows& random) {
    std::vector<DecodedRows> parts;
    std::vector<Value> current;
    for (const FieldType type : kAllTypes) current.push_back(random.value(type));
    std::int64_t time_ns = 0;
    const std::int64_t part_count = random.number(20, 70);
    const bool has_nulls = random.chance(30);
    for (std::int64_t part = 0; part < part_count; ++part) {
        DecodedRows& rows = parts.emplace_back();
        for (const FieldType type : kAllTypes) rows.column(field_type_name(type), type);
        for (int row = 0; row < 100; ++row) {
            time_ns += random.chance(1) ? 50 : random.number(1, 2);
            rows.times.push_back(time_ns);
            for (std::size_t index = 0; index < current.size(); ++index) {
                storage::DecodedColumn& column = rows.columns[index];
                if (random.number(0, 1'999) < 1) current[index] = random.value(column.type);
                if (has_nulls && random.chance(2)) {
                    column.append_null();
                } else {
                    column.append(current[index]);
                }
            }
        }
    }
    return parts;
}

ScanRequest float_above_five() {
    ScanRequest request;
    request.leaves.push_back({"float", CompareOp::Greater, 5.0, {}});
    return request;
}

}  // namespace

TEST_CASE("a scan of blocks says what a map of maps says, on every path", "[scan]") {
    std::size_t block_piece_count = 0;
    std::size_t row_group_piece_count = 0;
    std::uint64_t bytes_read_with_blocks = 0;
    std::uint64_t bytes_read_without_blocks = 0;
    for (std::uint64_t seed = 0; seed < 120; ++seed) {
        RandomRows random(seed);
        const SegmentedSeries series = random_segments(random);
        const ScannedSeries unblocked{series.row_groups, series.blocks.model};
        for (int scan = 0; scan < 4; ++scan) {
            ScanRequest request = random_request(random);
            // Conditions that hold far and wide, so that blocks are decided too.
            for (PredicateLeaf& leaf : request.leaves) {
                if (leaf.field == "float" && random.chance(50)) leaf.constant = -1e301;
            }
            for (const ScanPath path :
                 {ScanPath::Cheapest, ScanPath::NoSummaries, ScanPath::Decoded}) {
                request.path = path;
                INFO("seed " << seed << " scan " << scan << " path " << static_cast<int>(path));
                ScanStatistics with_blocks;
                check_scan(request, series.blocks, with_blocks);
                bytes_read_with_blocks += with_blocks.bytes_read;
                ScanStatistics without_blocks;
                check_scan(request, unblocked, without_blocks);
                bytes_read_without_blocks += without_blocks.bytes_read;
            }
            request.path = ScanPath::Cheapest;
            block_piece_count += count_pieces(request, series.blocks.groups);
            row_group_piece_count += count_pieces(request, series.row_groups);
        }
    }
    CHECK(block_piece_count < row_group_piece_count);
    CHECK(bytes_read_with_blocks < bytes_read_without_blocks * 101 / 100);
}

TEST_CASE("a scan of columns that rarely change says what a map of maps says", "[scan]") {
    std::uint64_t summary_row_count = 0;
    std::uint64_t unblocked_row_count = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        RandomRows random(seed);
        const auto parts = state_parts(random);
        ScannedSeries series;
        for (const DecodedRows& rows : parts) series.model.add(rows);
        const auto segment = segment_of(parts, 1);
        const ScannedSeries unblocked{segment->row_groups(kSeries).value(), series.model};
        series.groups = segment->blocks(kSeries).value();
        for (int scan = 0; scan < 8; ++scan) {
            ScanRequest request = random_request(random);
            request.columns.clear();
            if (random.chance(60)) request.range = ScanRequest().range;
            if (random.chance(60)) request.hold_ns = kHoldForever;
            INFO("seed " << seed << " scan " << scan);
            ScanStatistics with_blocks;
            check_scan(request, series, with_blocks);
            summary_row_count += with_blocks.rows_from_summaries;
            ScanStatistics without_blocks;
            check_scan(request, unblocked, without_blocks);
            unblocked_row_count += without_blocks.rows_from_summaries;
        }
    }
    CHECK(summary_row_count > unblocked_row_count);
}

TEST_CASE("a block tells when which value of a state was there", "[scan]") {
    const auto segment = segment_of(flat_parts(64 * 4, 64 * 2 * 10'000 + 50), 1);
    Outcome outcome;
    run_scan(float_above_five(), segment->blocks(kSeries).value(), outcome);
    CHECK(outcome.piece_count == 4);
    CHECK(outcome.statistics.bytes_read == 0);
    ScanRequest brief = float_above_five();
    brief.hold_ns = 5;
    CHECK(count_pieces(brief, segment->blocks(kSeries).value()) == 64 * 4);
}

TEST_CASE("summaries come as small as they must be to be accepted", "[scan]") {
    const auto segment = segment_of(flat_parts(64 * 4, 64 * 2 * 10'000 + 50), 1);
    ScanRequest request;
    request.columns.push_back({"float", Need::Summary, [](const ColumnSummary& summary) {
                                   return summary.min == summary.max;
                               }});
    Outcome outcome;
    run_scan(request, segment->blocks(kSeries).value(), outcome);
    CHECK(outcome.piece_count == 3 + 64);
    CHECK(outcome.statistics.rows_decoded == 1'000);
    request.columns[0].accepts = nullptr;
    CHECK(count_pieces(request, segment->blocks(kSeries).value()) == 1);
}

TEST_CASE("a block is opened only where its summary does not decide", "[scan]") {
    const auto segment = segment_of(high_parts(64 * 4, 64 * 2 * 100 + 50), 1);
    const Groups groups = segment->blocks(kSeries).value();
    REQUIRE(groups.size() == 1);
    // Three blocks; of the fourth 63 row groups and one that is opened.
    CHECK(count_pieces(float_above_five(), groups) == 3 + 64);

    ScanRequest all_above = float_above_five();
    all_above.leaves[0].constant = 0.5;
    CHECK(count_pieces(all_above, groups) == 1);

    // The cut lies in the second block; row groups do not cross it.
    ScanRequest cut = all_above;
    cut.cuts = {64 * 100 + 300};
    CHECK(count_pieces(cut, groups) == 3 + 64);

    ScanRequest half = all_above;
    half.range = {64 * 100, 64 * 300};
    CHECK(count_pieces(half, groups) == 2);

    ScanRequest brief = all_above;
    brief.hold_ns = 5;
    CHECK(count_pieces(brief, groups) == 64 * 4);
}

TEST_CASE("a late row opens the block around it, not the others", "[scan]") {
    const auto segment = segment_of(high_parts(64 * 4, -1), 1);
    Groups groups = segment->blocks(kSeries).value();
    DecodedRows late;
    late.column("float", FieldType::Float).append(1.0);
    late.times = {64 * 100 + 1'234};
    groups.push_back(storage::make_decoded_row_group(late, 10'000, 10'000));
    // The row group around the late row comes in two parts.
    CHECK(count_pieces(float_above_five(), groups) == 3 + 64 + 2);
}

TEST_CASE("the start of a run is found in blocks however far back", "[scan]") {
    const auto segment = segment_of(high_parts(64 * 4, 50), 1);
    ScanRequest request = float_above_five();
    request.range.begin_ns = 1'000'000;
    request.carry_in = CarryIn::RunStart;
    ScanStatistics statistics;
    const auto cursor =
        storage::make_series_cursor(compile(request), segment->blocks(kSeries).value(), statistics);
    REQUIRE(cursor.has_value());
    CHECK(cursor.value()->carried().leaves[0] == LeafRun{60, 64 * 400 - 10, 64 * 40 - 6, true});
    const auto one_group = segment->row_groups(kSeries).value()[0];
    CHECK(statistics.bytes_read == one_group->payload().value().size());
}

}  // namespace tidemark::tests

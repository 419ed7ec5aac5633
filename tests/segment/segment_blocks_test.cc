// Blocks of row groups: that they say what their row groups say, and what becomes of damaged ones.

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/segment/segment_format.h"
#include "storage/segment/segment_reader.h"
#include "storage/segment/segment_writer.h"
#include "storage/summary/summary.h"
#include "tests/segment/random_rows.h"
#include "tests/segment/segment_file.h"
#include "tests/support/format_example.h"

namespace tidemark::tests {
namespace {

using storage::DecodedRows;
using storage::RowGroup;
using storage::SegmentReader;
using storage::SegmentWriter;
using storage::segment_format::checksum_at;
using storage::segment_format::IndexEntry;
using storage::segment_format::Trailer;
using Groups = std::vector<std::shared_ptr<const RowGroup>>;

constexpr SeriesId kSeries = 7;

Result<std::shared_ptr<const SegmentReader>> open_bytes(std::vector<std::byte> bytes) {
    return SegmentReader::open(std::make_shared<MappedBytes>(std::move(bytes)), "000042.seg");
}

/// A segment of one series, a row group for each of the parts.
std::vector<std::byte> bytes_of(std::span<const DecodedRows> parts) {
    return segment_bytes([&](SegmentWriter& writer) {
        REQUIRE(writer.begin_series(kSeries, "cpu").has_value());
        Sequence sequence = 5;
        for (const DecodedRows& rows : parts) {
            const auto group =
                storage::make_encoded_row_group(rows, 0, rows.row_count(), sequence, sequence + 1);
            REQUIRE(writer.add_row_group(*group).has_value());
            sequence += 2;
        }
    });
}

Groups blocks_of(std::span<const DecodedRows> parts) {
    const auto reader = open_bytes(bytes_of(parts));
    REQUIRE(reader.has_value());
    REQUIRE(reader.value()->verify().has_value());
    const auto blocks = reader.value()->blocks(kSeries);
    REQUIRE(blocks.has_value());
    return blocks.value();
}

/// Parts of random sizes, one after the other; some lack a field.
std::vector<DecodedRows> random_parts(RandomRows& random, std::size_t part_count) {
    std::vector<DecodedRows> parts;
    parts.reserve(part_count);
    std::int64_t begin_ns = random.number(-500, 500);
    while (parts.size() < part_count) {
        const auto row_count = static_cast<std::size_t>(random.number(1, 6));
        parts.push_back(random.rows(row_count, begin_ns, random.chance(5) ? 5'000 : 20));
        begin_ns = parts.back().times.back();
        if (random.chance(80)) continue;
        std::vector<storage::DecodedColumn>& columns = parts.back().columns;
        columns.erase(columns.begin() + random.number(1, 4));
    }
    return parts;
}

/// The rows below a block, in order; checks the blocks below on the way.
void append_rows_below(const RowGroup& group, Groups& row_groups) {
    if (!group.is_block()) return;
    const auto members = group.members();
    REQUIRE(members.has_value());
    for (const auto& member : members.value()) {
        if (member->is_block()) {
            append_rows_below(*member, row_groups);
        } else {
            row_groups.push_back(member);
        }
    }
}

ColumnSummary merged_summary(const Groups& row_groups, const storage::RowGroupColumn& column) {
    ColumnSummary merged = storage::empty_summary(column.type);
    for (const auto& group : row_groups) {
        ColumnSummary next = storage::empty_summary(column.type);
        next.row_count = group->info().row_count;
        if (const auto index = group->find_column(column.name)) {
            next = group->summary(*index).value();
        }
        merged = storage::merge(merged, next);
    }
    return merged;
}

/// Everything of a summary as it would be stored: the same bits, the same bytes.
std::vector<std::byte> stored(const ColumnSummary& summary) {
    std::vector<std::byte> bytes;
    storage::write_summary(summary, {summary.row_count, summary.first_ns, summary.last_ns}, bytes);
    return bytes;
}

/// A float sum or integral merged in another order may differ in its last bits.
void round_sums(ColumnSummary& summary) {
    for (DoubleDouble* sum : {&summary.sum, &summary.integral}) *sum = {sum->rounded(), 0};
}

void check_block(const RowGroup& block) {
    REQUIRE(block.is_block());
    Groups row_groups;
    append_rows_below(block, row_groups);
    REQUIRE_FALSE(row_groups.empty());
    std::uint64_t row_count = 0;
    for (const auto& group : row_groups) row_count += group->info().row_count;
    CHECK(block.info().row_count == row_count);
    CHECK(block.info().first_ns == row_groups.front()->info().first_ns);
    CHECK(block.info().last_ns == row_groups.back()->info().last_ns);
    CHECK(block.info().first_sequence == row_groups.front()->info().first_sequence);
    CHECK(block.info().last_sequence == row_groups.back()->info().last_sequence);
    for (std::size_t column = 0; column < block.columns().size(); ++column) {
        INFO("field " << block.columns()[column].name);
        auto found = block.summary(column).value();
        auto expected = merged_summary(row_groups, block.columns()[column]);
        CHECK(found.row_count == row_count);
        round_sums(found);
        round_sums(expected);
        CHECK(hex_of(stored(found)) == hex_of(stored(expected)));
    }
    CHECK_FALSE(block.payload().has_value());
}

/// Changes the directory of the only series, and makes all checksums fit again.
std::vector<std::byte> with_directory(std::vector<std::byte> bytes,
                                      const std::function<void(std::span<std::byte>)>& change) {
    const std::size_t trailer_offset = bytes.size() - sizeof(Trailer);
    Trailer trailer;
    std::memcpy(&trailer, bytes.data() + trailer_offset, sizeof trailer);
    const auto index_offset = static_cast<std::size_t>(trailer.index_offset);
    const auto data_end = static_cast<std::size_t>(trailer.data_end_offset);
    IndexEntry entry;
    std::memcpy(&entry, bytes.data() + index_offset, sizeof entry);
    const auto directory = std::span(bytes).subspan(static_cast<std::size_t>(entry.block_offset),
                                                    entry.block_size_bytes);
    change(directory);
    entry.block_checksum = checksum_at(directory, 42, entry.block_offset);
    std::memcpy(bytes.data() + index_offset, &entry, sizeof entry);
    const auto index = std::span(bytes).subspan(data_end, trailer_offset - data_end);
    trailer.index_checksum = checksum_at(index, 42, data_end);
    std::memcpy(bytes.data() + trailer_offset, &trailer, sizeof trailer);
    trailer.checksum = checksum_at(
        std::span(bytes).subspan(trailer_offset, offsetof(Trailer, checksum)), 42, trailer_offset);
    std::memcpy(bytes.data() + trailer_offset, &trailer, sizeof trailer);
    return bytes;
}

/// Reads everything of all blocks: an error, or the number of rows.
Result<std::uint64_t> read_blocks(const SegmentReader& reader) {
    std::uint64_t row_count = 0;
    TIDEMARK_ASSIGN_OR_RETURN(Groups unread, reader.blocks(kSeries));
    while (!unread.empty()) {
        const auto group = unread.back();
        unread.pop_back();
        for (std::size_t column = 0; column < group->columns().size(); ++column) {
            TIDEMARK_RETURN_IF_ERROR(group->summary(column));
        }
        if (group->is_block()) {
            TIDEMARK_ASSIGN_OR_RETURN(const Groups members, group->members());
            std::uint64_t member_rows = 0;
            for (const auto& member : members) member_rows += member->info().row_count;
            CHECK(member_rows == group->info().row_count);
            unread.insert(unread.end(), members.begin(), members.end());
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const auto rows, decode_row_group(*group));
        row_count += rows.row_count();
    }
    return row_count;
}

std::vector<DecodedRows> example_parts() {
    std::vector<DecodedRows> parts;
    parts.reserve(4);
    for (const std::int64_t load : {3, 5, 4, 4}) {
        DecodedRows& rows = parts.emplace_back();
        rows.column("load", FieldType::Integer).append(load);
        rows.times.push_back(1'000 * static_cast<std::int64_t>(parts.size()));
    }
    return parts;
}

}  // namespace

TEST_CASE("blocks say what their row groups say, however the rows are split", "[segment]") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        INFO("seed " << seed);
        RandomRows random(seed);
        const auto part_count = static_cast<std::size_t>(
            random.chance(50) ? random.number(4, 64) : random.number(65, 300));
        const auto parts = random_parts(random, part_count);
        const Groups blocks = blocks_of(parts);
        REQUIRE(blocks.size() == 1);
        check_block(*blocks[0]);
        Groups row_groups;
        append_rows_below(*blocks[0], row_groups);
        REQUIRE(row_groups.size() == part_count);
        std::string found;
        std::string expected;
        for (std::size_t index = 0; index < part_count; ++index) {
            found += describe_rows(decode_row_group(*row_groups[index]).value());
            expected += describe_rows(parts[index]);
        }
        CHECK(found == expected);
        if (part_count <= 64) continue;
        const Groups below = blocks[0]->members().value();
        CHECK(below.size() == (part_count + 63) / 64);
        for (const auto& block : below) check_block(*block);
    }
}

TEST_CASE("few row groups form no block", "[segment]") {
    RandomRows random(1);
    for (std::size_t part_count = 1; part_count <= 3; ++part_count) {
        const Groups groups = blocks_of(random_parts(random, part_count));
        CHECK(groups.size() == part_count);
        CHECK(std::ranges::none_of(groups, [](const auto& group) { return group->is_block(); }));
    }
}

TEST_CASE("row groups that overlap in time have no common summary", "[segment]") {
    RandomRows random(1);
    std::vector<DecodedRows> parts = random_parts(random, 64 * 3);
    parts[100].times.front() = parts[99].times.back();
    const Groups groups = blocks_of(parts);
    REQUIRE(groups.size() == 1 + 64 + 1);
    check_block(*groups.front());
    check_block(*groups.back());
    CHECK_FALSE(groups[1]->is_block());
}

TEST_CASE("blocks that overlap have no summary of all", "[segment]") {
    RandomRows random(1);
    std::vector<DecodedRows> parts = random_parts(random, 64 * 2);
    parts[64].times.front() = parts[63].times.back();
    const Groups groups = blocks_of(parts);
    REQUIRE(groups.size() == 2);
    check_block(*groups[0]);
    check_block(*groups[1]);
}

TEST_CASE("a block tells the values of a column that rarely changes", "[segment]") {
    std::vector<DecodedRows> parts;
    std::vector<storage::ValueRun> expected;
    parts.reserve(64);
    for (std::int64_t part = 0; part < 64; ++part) {
        DecodedRows& rows = parts.emplace_back();
        rows.column("state", FieldType::String);
        rows.column("noise", FieldType::Integer);
        for (std::int64_t row = 0; row < 100; ++row) {
            const std::int64_t time_ns = part * 1'000 + row * 10;
            rows.times.push_back(time_ns);
            rows.columns[1].append((time_ns * 7919) % 1'009);
            if (row % 10 == 3) {
                rows.columns[0].append_null();
                continue;
            }
            const std::string state = time_ns < 15'555 || time_ns >= 40'000 ? "up" : "down";
            rows.columns[0].append(state);
            const bool goes_on = !expected.empty() && expected.back().value == Value(state);
            if (!goes_on) expected.push_back({time_ns, time_ns, 0, state});
            expected.back().last_ns = time_ns;
            ++expected.back().sample_count;
        }
    }
    const Groups blocks = blocks_of(parts);
    REQUIRE(blocks.size() == 1);
    REQUIRE(expected.size() == 3);
    CHECK(blocks[0]->value_runs(*blocks[0]->find_column("state")).value() == expected);
    CHECK(blocks[0]->value_runs(*blocks[0]->find_column("noise")).value().empty());
    CHECK(blocks[0]->members().value()[0]->value_runs(0).value().empty());
}

TEST_CASE("every flipped bit of a segment with blocks is noticed", "[segment]") {
    RandomRows random(2);
    std::vector<DecodedRows> parts;
    parts.reserve(66);
    for (int part = 0; part < 66; ++part) {
        DecodedRows& rows = parts.emplace_back();
        rows.column("x", FieldType::Boolean).append(random.chance(50));
        rows.times.push_back(part);
    }
    const auto bytes = bytes_of(parts);
    std::size_t unnoticed_count = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto damaged = bytes;
        damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        const auto reader = open_bytes(std::move(damaged));
        const bool is_noticed = !reader || !reader.value()->verify();
        if (!is_noticed) ++unnoticed_count;
    }
    CHECK(unnoticed_count == 0);
}

TEST_CASE("records that lie under right checksums are corruption, or have all rows", "[segment]") {
    RandomRows random(3);
    const auto parts = random_parts(random, 70);
    std::uint64_t row_count = 0;
    for (const DecodedRows& rows : parts) row_count += rows.row_count();
    const auto bytes = bytes_of(parts);
    std::size_t corruption_count = 0;
    // The records stand in the first quarter of the directory.
    for (std::size_t bit = 0; bit < 1'200 * 8; bit += 3) {
        const auto reader = open_bytes(with_directory(bytes, [&](std::span<std::byte> directory) {
            directory[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        }));
        REQUIRE(reader.has_value());
        const auto found = read_blocks(*reader.value());
        INFO("bit " << bit);
        if (found) CHECK(found.value() == row_count);
        if (found) continue;
        CHECK(found.error().code() == ErrorCode::Corruption);
        ++corruption_count;
    }
    CHECK(corruption_count > 1'000);
}

TEST_CASE("the directory of FORMAT.md with a block is what the segment writer writes",
          "[segment]") {
    const auto reader = open_bytes(bytes_of(example_parts()));
    REQUIRE(reader.has_value());
    const auto layout = reader.value()->series_layout(0);
    REQUIRE(layout.has_value());
    const auto bytes = bytes_of(example_parts());
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(layout.value().block_offset);
    const std::vector<std::byte> directory(
        begin, begin + static_cast<std::ptrdiff_t>(layout.value().block_size_bytes));
    CHECK(hex_of(directory) == hex_of(format_example("### 3.1 Blocks")));
    const Groups groups = reader.value()->blocks(kSeries).value();
    REQUIRE(groups.size() == 1);
    const auto summary = groups[0]->summary(0).value();
    CHECK((summary.integer_sum == 16));
    CHECK(summary.max == Value(std::int64_t{5}));
}

}  // namespace tidemark::tests

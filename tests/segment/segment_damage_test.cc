// What bad disks do to a segment: flipped bits anywhere in a large one; blocks that are swapped,
// zeroed, or of an older file. Whatever is read is what was written, or Corruption.

#include <algorithm>
#include <bit>
#include <optional>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/segment/segment_reader.h"
#include "storage/segment/segment_writer.h"
#include "tests/segment/segment_file.h"

namespace tidemark::tests {
namespace {

using storage::DecodedRows;
using storage::SegmentReader;
using storage::SegmentWriter;

constexpr std::size_t kBlockSizeBytes = 4'096;
constexpr std::size_t kRowsPerGroup = 1'024;

/// Bytes that a test changes under the reader's eyes.
class BadDisk final : public storage::MappedFile {
public:
    explicit BadDisk(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    std::span<const std::byte> bytes() const override { return bytes_; }
    std::vector<std::byte>& changeable() { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

/// Doubles without pattern, 8 bytes each on disk.
DecodedRows noise(std::mt19937_64& random) {
    DecodedRows rows;
    storage::DecodedColumn& column = rows.column("noise", FieldType::Float);
    for (std::size_t row = 0; row < kRowsPerGroup; ++row) {
        rows.times.push_back(static_cast<std::int64_t>(row) * 1'000);
        constexpr std::uint64_t kFinite = 0xbfff'ffff'ffff'ffff;
        column.append(std::bit_cast<double>(random() & kFinite));
    }
    return rows;
}

std::vector<std::byte> noise_segment(std::size_t size_bytes, std::uint64_t seed) {
    constexpr std::size_t kGroupsPerSeries = 32;
    return segment_bytes([&](SegmentWriter& writer) {
        std::mt19937_64 random(seed);
        for (SeriesId id = 1; writer.size_bytes() < size_bytes; ++id) {
            REQUIRE(writer.begin_series(id, "noise,series=" + std::to_string(id)));
            for (std::size_t group = 0; group < kGroupsPerSeries; ++group) {
                const auto encoded =
                    make_encoded_row_group(noise(random), 0, kRowsPerGroup, group, group);
                REQUIRE(writer.add_row_group(*encoded));
            }
        }
    });
}

/// Bytes [begin, end) and the series that must be read to touch them.
struct Part {
    std::uint64_t begin;
    std::uint64_t end;
    std::size_t series_index;
};

std::vector<Part> parts_of(const SegmentReader& reader) {
    std::vector<Part> parts;
    for (std::size_t index = 0; index < reader.info().series_count; ++index) {
        const auto layout = reader.series_layout(index);
        REQUIRE(layout);
        const std::uint64_t block = layout.value().block_offset;
        parts.push_back({block, block + layout.value().block_size_bytes, index});
        for (const auto& group : layout.value().row_groups) {
            parts.push_back(
                {group.payload_offset, group.payload_offset + group.payload_size_bytes, index});
        }
    }
    std::ranges::sort(parts, {}, &Part::begin);
    return parts;
}

/// The part that holds a byte; nothing for what is verified when the segment is opened.
std::optional<Part> part_at(const std::vector<Part>& parts, std::uint64_t offset) {
    const auto behind = std::ranges::upper_bound(parts, offset, {}, &Part::begin);
    if (behind == parts.begin() || offset >= std::prev(behind)->end) return std::nullopt;
    return *std::prev(behind);
}

/// Everything of a series, or the first error.
Result<std::vector<DecodedRows>> read_series(const SegmentReader& reader,
                                             std::size_t series_index) {
    std::vector<DecodedRows> all;
    TIDEMARK_ASSIGN_OR_RETURN(const auto groups, reader.row_groups(reader.series_id(series_index)));
    for (const auto& group : groups) {
        for (std::size_t column = 0; column < group->columns().size(); ++column) {
            TIDEMARK_RETURN_IF_ERROR(group->summary(column));
        }
        TIDEMARK_ASSIGN_OR_RETURN(DecodedRows rows, decode_row_group(*group));
        all.push_back(std::move(rows));
    }
    return all;
}

bool are_same(const std::vector<DecodedRows>& left, const std::vector<DecodedRows>& right) {
    return std::ranges::equal(left, right, [](const DecodedRows& one, const DecodedRows& other) {
        const auto bits = [](double value) { return std::bit_cast<std::uint64_t>(value); };
        return one.times == other.times && one.columns.size() == 1 && other.columns.size() == 1 &&
               std::ranges::equal(one.columns[0].floats, other.columns[0].floats, {}, bits, bits);
    });
}

bool is_corruption(const Error& error) { return error.code() == ErrorCode::Corruption; }

}  // namespace

TEST_CASE("ten thousand flipped bits of a large segment are noticed, each", "[segment]") {
    const auto disk = std::make_shared<BadDisk>(noise_segment(std::size_t{64} << 20, 1));
    std::vector<std::byte>& bytes = disk->changeable();
    REQUIRE(bytes.size() >= std::size_t{64} << 20);
    const auto sound = SegmentReader::open(disk, "large.seg");
    REQUIRE(sound);
    const std::vector<Part> parts = parts_of(*sound.value());

    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::size_t unnoticed_count = 0;
    for (int flip = 0; flip < 10'000; ++flip) {
        // A tenth at the end, where directory and trailer are.
        const std::size_t size = flip % 10 == 0 ? std::size_t{65'536} : bytes.size();
        const std::size_t offset = bytes.size() - 1 - random() % size;
        const auto bit = std::byte{1} << (random() % 8);
        bytes[offset] ^= bit;
        const auto reader = SegmentReader::open(disk, "large.seg");
        bool is_noticed = !reader && is_corruption(reader.error());
        if (const auto part = part_at(parts, offset); reader && part) {
            const auto rows = read_series(*reader.value(), part->series_index);
            is_noticed = !rows && is_corruption(rows.error());
        }
        bytes[offset] ^= bit;
        if (is_noticed) continue;
        ++unnoticed_count;
        UNSCOPED_INFO("a bit of byte " << offset);
    }
    CHECK(unnoticed_count == 0);
    CHECK(sound.value()->verify());
}

TEST_CASE("bytes that rot after they were read are not written anew", "[segment]") {
    const auto disk = std::make_shared<BadDisk>(noise_segment(std::size_t{1} << 16, 1));
    const auto reader = SegmentReader::open(disk, "rotten.seg");
    REQUIRE(reader);
    REQUIRE(reader.value()->verify());
    const auto groups = reader.value()->row_groups_verified_again(0);
    REQUIRE(groups);
    const auto layout = reader.value()->series_layout(0);
    REQUIRE(layout);
    const auto payload_offset =
        static_cast<std::size_t>(layout.value().row_groups.front().payload_offset);
    const auto directory_offset = static_cast<std::size_t>(layout.value().block_offset);
    disk->changeable()[payload_offset + 100] ^= std::byte{1};
    const auto payload = groups.value().front()->payload();
    REQUIRE_FALSE(payload);
    CHECK(is_corruption(payload.error()));
    CHECK(groups.value().back()->payload());
    // Of what is said in the directory too.
    disk->changeable()[directory_offset + layout.value().block_size_bytes - 1] ^= std::byte{1};
    const auto again = reader.value()->row_groups_verified_again(0);
    REQUIRE_FALSE(again);
    CHECK(is_corruption(again.error()));
}

TEST_CASE("swapped, zeroed and stale blocks of a segment are noticed or do no harm", "[segment]") {
    const auto original = noise_segment(std::size_t{1} << 20, 1);
    const auto older = noise_segment(std::size_t{1} << 20, 2);
    std::vector<std::vector<DecodedRows>> expected;
    {
        const auto reader = SegmentReader::open(std::make_shared<BadDisk>(original), "a.seg");
        REQUIRE(reader);
        for (std::size_t index = 0; index < reader.value()->info().series_count; ++index) {
            expected.push_back(read_series(*reader.value(), index).value());
        }
    }
    const std::size_t block_count = std::min(original.size(), older.size()) / kBlockSizeBytes;
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::size_t noticed_count = 0;
    for (int round = 0; round < 300; ++round) {
        auto bytes = original;
        const auto block = [&](std::size_t number) {
            return bytes.begin() + static_cast<std::ptrdiff_t>(number * kBlockSizeBytes);
        };
        const std::size_t first = random() % block_count;
        const std::size_t second = random() % block_count;
        if (round % 3 == 0)
            std::swap_ranges(block(first), block(first) + kBlockSizeBytes, block(second));
        if (round % 3 == 1) std::fill_n(block(first), kBlockSizeBytes, std::byte{0});
        if (round % 3 == 2) {
            std::copy_n(older.begin() + (block(first) - bytes.begin()), kBlockSizeBytes,
                        block(first));
        }
        INFO("round " << round << ", blocks " << first << " and " << second);
        const bool is_changed = bytes != original;
        const auto reader =
            SegmentReader::open(std::make_shared<BadDisk>(std::move(bytes)), "a.seg");
        bool is_noticed = !reader;
        if (!reader) CHECK(is_corruption(reader.error()));
        for (std::size_t index = 0; reader && index < expected.size(); ++index) {
            const auto rows = read_series(*reader.value(), index);
            if (!rows) is_noticed = true;
            if (!rows) CHECK(is_corruption(rows.error()));
            if (rows) CHECK(are_same(rows.value(), expected[index]));
        }
        CHECK(is_noticed == is_changed);
        if (is_noticed) ++noticed_count;
    }
    CHECK(noticed_count > 250);
}

}  // namespace tidemark::tests

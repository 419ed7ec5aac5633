#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/segment/segment_format.h"
#include "storage/segment/segment_reader.h"
#include "storage/segment/segment_writer.h"
#include "tests/segment/random_rows.h"
#include "tests/segment/segment_file.h"

namespace tidemark::tests {
namespace {

using storage::DecodedRows;
using storage::SegmentReader;
using storage::SegmentWriter;
using storage::segment_format::checksum_at;
using storage::segment_format::IndexEntry;
using storage::segment_format::Trailer;

Result<std::shared_ptr<const SegmentReader>> open_bytes(std::vector<std::byte> bytes) {
    return SegmentReader::open(std::make_shared<MappedBytes>(std::move(bytes)), "000042.seg");
}

void add_rows(SegmentWriter& writer, const DecodedRows& rows, std::size_t rows_per_group) {
    for (std::size_t row = 0; row < rows.row_count(); row += rows_per_group) {
        const std::size_t count = std::min(rows_per_group, rows.row_count() - row);
        const auto group = storage::make_encoded_row_group(rows, row, count, 10 + row, 11 + row);
        REQUIRE(writer.add_row_group(*group).has_value());
    }
}

// Two series of few rows: short enough to damage every bit of it.
std::vector<std::byte> small_segment() {
    return segment_bytes([](SegmentWriter& writer) {
        RandomRows random(3);
        REQUIRE(writer.begin_series(7, "cpu,host=a").has_value());
        add_rows(writer, random.rows(12, 0, 10), 8);
        REQUIRE(writer.begin_series(9, "cpu,host=b").has_value());
        add_rows(writer, random.rows(3, 1'000, 10), 8);
    });
}

/// Everything a segment says, or the first error.
Result<std::string> dump(const SegmentReader& reader) {
    std::string text;
    for (std::size_t index = 0; index < reader.info().series_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto series, reader.series(index));
        text += std::to_string(series.id) + " " + std::string(series.series_key) + "\n";
        TIDEMARK_ASSIGN_OR_RETURN(const auto groups, reader.row_groups(series.id));
        for (const auto& group : groups) {
            text += std::to_string(group->info().first_sequence) + " " +
                    std::to_string(group->info().last_sequence) + "\n";
            for (std::size_t column = 0; column < group->columns().size(); ++column) {
                TIDEMARK_ASSIGN_OR_RETURN(const auto summary, group->summary(column));
                text += std::to_string(summary.first_ns) + " " + std::to_string(summary.last_ns) +
                        " " + std::to_string(summary.non_null_count) + "\n";
            }
            TIDEMARK_ASSIGN_OR_RETURN(const auto rows, decode_row_group(*group));
            text += describe_rows(rows);
        }
    }
    return text;
}

/// Opens, verifies and reads; the first error of all that.
Result<std::string> read_all(std::vector<std::byte> bytes) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto reader, open_bytes(std::move(bytes)));
    TIDEMARK_ASSIGN_OR_RETURN(auto text, dump(*reader));
    TIDEMARK_RETURN_IF_ERROR(reader->verify());
    return text;
}

// Makes a trailer with another content look intact.
void rewrite_trailer(std::vector<std::byte>& bytes, const std::function<void(Trailer&)>& change) {
    const std::size_t offset = bytes.size() - sizeof(Trailer);
    Trailer trailer;
    std::memcpy(&trailer, bytes.data() + offset, sizeof trailer);
    change(trailer);
    std::memcpy(bytes.data() + offset, &trailer, sizeof trailer);
    trailer.checksum = storage::segment_format::checksum_at(
        std::span(bytes).subspan(offset, offsetof(Trailer, checksum)), trailer.segment_id, offset);
    std::memcpy(bytes.data() + offset, &trailer, sizeof trailer);
}

}  // namespace

TEST_CASE("a segment gives back the series that were written", "[segment]") {
    std::map<SeriesId, DecodedRows> written;
    std::uint64_t sample_count = 0;
    const auto bytes = segment_bytes([&](SegmentWriter& writer) {
        RandomRows random(1);
        for (SeriesId id = 5; id < 3'000; id += 1 + id % 7) {
            const auto row_count = static_cast<std::size_t>(random.number(1, 40));
            const DecodedRows rows = random.rows(row_count, random.number(-5'000, 5'000), 1'000);
            REQUIRE(writer.begin_series(id, "key" + std::to_string(id)).has_value());
            add_rows(writer, rows, 16);
            for (const auto& column : rows.columns) sample_count += column.non_null_count();
            written[id] = rows;
        }
    });
    const auto opened = open_bytes(bytes);
    REQUIRE(opened.has_value());
    const SegmentReader& reader = *opened.value();
    CHECK(reader.info().segment_id == 42);
    CHECK(reader.info().series_count == written.size());
    CHECK(reader.info().sample_count == sample_count);
    CHECK(reader.info().first_sequence == 10);
    CHECK(reader.info().size_bytes == bytes.size());
    CHECK(reader.verify().has_value());

    std::size_t series_index = 0;
    std::int64_t first_ns = INT64_MAX;
    for (const auto& [id, rows] : written) {
        INFO("series " << id);
        CHECK(reader.has_series(id));
        const auto series = reader.series(series_index++);
        REQUIRE(series.has_value());
        CHECK(series.value().id == id);
        CHECK(series.value().series_key == "key" + std::to_string(id));

        const auto groups = reader.row_groups(id);
        REQUIRE(groups.has_value());
        CHECK(groups.value().size() == (rows.row_count() + 15) / 16);
        std::string text;
        for (const auto& group : groups.value()) {
            const auto decoded = decode_row_group(*group);
            REQUIRE(decoded.has_value());
            text += describe_rows(decoded.value());
        }
        CHECK(text == describe_rows(rows));
        first_ns = std::min(first_ns, rows.times.front());
    }
    CHECK(reader.info().first_ns == first_ns);
    CHECK_FALSE(reader.has_series(4));
    CHECK_FALSE(reader.has_series(4'000));
    const auto missing = reader.row_groups(4'000);
    REQUIRE(missing.has_value());
    CHECK(missing.value().empty());
}

TEST_CASE("a row group of a segment can be copied into another one", "[segment]") {
    const auto first = open_bytes(small_segment());
    REQUIRE(first.has_value());
    const auto bytes = segment_bytes([&](SegmentWriter& writer) {
        for (const SeriesId id : {SeriesId{7}, SeriesId{9}}) {
            REQUIRE(writer.begin_series(id, id == 7 ? "cpu,host=a" : "cpu,host=b").has_value());
            const auto groups = first.value()->row_groups(id);
            REQUIRE(groups.has_value());
            for (const auto& group : groups.value()) {
                REQUIRE(writer.add_row_group(*group).has_value());
            }
        }
    });
    CHECK(bytes == small_segment());
}

TEST_CASE("a segment without series is a segment", "[segment]") {
    const auto reader = open_bytes(segment_bytes([](SegmentWriter&) {}));
    REQUIRE(reader.has_value());
    CHECK(reader.value()->info().series_count == 0);
    CHECK_FALSE(reader.value()->has_series(0));
    CHECK(reader.value()->verify().has_value());
}

TEST_CASE("times and sequences may be as far apart as they can", "[segment]") {
    DecodedRows rows;
    rows.times = {INT64_MIN, INT64_MAX};
    rows.column("x", FieldType::Integer).append_nulls(0);
    rows.columns[0].validity.clear();
    rows.columns[0].integers = {INT64_MIN, INT64_MAX};
    const auto bytes = segment_bytes([&](SegmentWriter& writer) {
        REQUIRE(writer.begin_series(UINT32_MAX, "").has_value());
        const auto group = storage::make_encoded_row_group(rows, 0, 2, 0, UINT64_MAX);
        REQUIRE(writer.add_row_group(*group).has_value());
        REQUIRE(writer.add_row_group(*group).has_value());
    });
    const auto reader = open_bytes(bytes);
    REQUIRE(reader.has_value());
    CHECK(reader.value()->info().last_sequence == UINT64_MAX);
    const auto groups = reader.value()->row_groups(UINT32_MAX);
    REQUIRE(groups.has_value());
    REQUIRE(groups.value().size() == 2);
    CHECK(groups.value()[1]->info().first_ns == INT64_MIN);
    CHECK(groups.value()[1]->info().last_ns == INT64_MAX);
    CHECK(groups.value()[1]->info().last_sequence == UINT64_MAX);
}

TEST_CASE("every flipped bit of a segment is noticed", "[segment]") {
    const auto bytes = small_segment();
    REQUIRE(read_all(bytes).has_value());
    std::size_t unnoticed_count = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto damaged = bytes;
        damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        const auto text = read_all(std::move(damaged));
        const bool is_noticed = !text && text.error().code() == ErrorCode::Corruption &&
                                text.error().message().find("000042.seg") != std::string::npos;
        if (!is_noticed) {
            ++unnoticed_count;
            UNSCOPED_INFO("bit " << bit << ": " << (text ? "read" : text.error().message()));
        }
    }
    CHECK(unnoticed_count == 0);
}

TEST_CASE("a segment cut at any byte is no segment", "[segment]") {
    const auto bytes = small_segment();
    for (std::size_t size_bytes = 0; size_bytes < bytes.size(); ++size_bytes) {
        const auto reader =
            open_bytes({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size_bytes)});
        INFO("cut at " << size_bytes);
        REQUIRE_FALSE(reader.has_value());
        CHECK(reader.error().code() == ErrorCode::Corruption);
    }
}

TEST_CASE("the sound series of a damaged segment can be read", "[segment]") {
    auto bytes = small_segment();
    bytes[sizeof(storage::segment_format::Header)] ^= std::byte{1};
    const auto reader = open_bytes(bytes);
    REQUIRE(reader.has_value());
    const auto damaged = reader.value()->row_groups(7);
    REQUIRE(damaged.has_value());
    const auto rows = decode_row_group(*damaged.value()[0]);
    REQUIRE_FALSE(rows.has_value());
    CHECK(rows.error().message() == "segment 000042.seg: row group at 64: checksum mismatch");
    const auto sound = reader.value()->row_groups(9);
    REQUIRE(sound.has_value());
    CHECK(decode_row_group(*sound.value()[0]).has_value());
}

TEST_CASE("a segment of a newer format is refused as unsupported", "[segment]") {
    auto newer = small_segment();
    rewrite_trailer(newer, [](Trailer& trailer) { trailer.version = 1; });
    const auto by_version = open_bytes(newer);
    REQUIRE_FALSE(by_version.has_value());
    CHECK(by_version.error().code() == ErrorCode::Unsupported);

    auto featured = small_segment();
    rewrite_trailer(featured, [](Trailer& trailer) { trailer.required_features = 2; });
    const auto by_feature = open_bytes(featured);
    REQUIRE_FALSE(by_feature.has_value());
    CHECK(by_feature.error().code() == ErrorCode::Unsupported);

    auto optional = small_segment();
    rewrite_trailer(optional, [](Trailer& trailer) { trailer.optional_features = 2; });
    CHECK(read_all(optional).has_value());
}

TEST_CASE("a trailer that lies about offsets is corruption", "[segment]") {
    const std::vector<std::function<void(Trailer&)>> lies = {
        [](Trailer& trailer) { trailer.data_end_offset = 0; },
        [](Trailer& trailer) { trailer.data_end_offset = UINT64_MAX; },
        [](Trailer& trailer) { trailer.index_offset = UINT64_MAX; },
        [](Trailer& trailer) { trailer.index_offset = 0; },
        [](Trailer& trailer) { trailer.series_count = UINT64_MAX; },
        [](Trailer& trailer) { trailer.row_group_count = UINT64_MAX; },
        [](Trailer& trailer) { trailer.segment_id = 41; },
    };
    for (std::size_t index = 0; index < lies.size(); ++index) {
        auto bytes = small_segment();
        rewrite_trailer(bytes, lies[index]);
        const auto reader = open_bytes(bytes);
        INFO("lie " << index);
        REQUIRE_FALSE(reader.has_value());
        CHECK(reader.error().code() == ErrorCode::Corruption);
    }
}

TEST_CASE("an index whose ids do not ascend is corruption", "[segment]") {
    for (const std::uint32_t second_id : {7U, 6U}) {
        auto bytes = small_segment();
        rewrite_trailer(bytes, [&](Trailer& trailer) {
            const auto data_end = static_cast<std::size_t>(trailer.data_end_offset);
            const auto index = static_cast<std::size_t>(trailer.index_offset);
            std::memcpy(bytes.data() + index + sizeof(IndexEntry), &second_id, sizeof second_id);
            const auto section = std::span<const std::byte>(bytes).subspan(
                data_end, index + 2 * sizeof(IndexEntry) - data_end);
            trailer.index_checksum = checksum_at(section, trailer.segment_id, data_end);
        });
        const auto reader = open_bytes(bytes);
        REQUIRE_FALSE(reader.has_value());
        CHECK(reader.error().message().find("ids that do not ascend") != std::string::npos);
    }
}

}  // namespace tidemark::tests

#include <bit>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/catalogue.h"
#include "storage/engine/document_log.h"
#include "storage/engine/manifest.h"
#include "storage/engine/row_batch_reader.h"
#include "storage/engine/row_batch_writer.h"
#include "storage/engine/segment_set.h"
#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"
#include "tests/support/format_example.h"

// The examples of FORMAT.md: what is written has exactly these bytes, and they are read back.

namespace tidemark::tests {
namespace {

using storage::BatchRow;
using storage::Catalogue;
using storage::DocumentLog;
using storage::HeadField;
using storage::Manifest;
using storage::ManifestSegment;
using storage::RowBatchReader;
using storage::RowBatchWriter;
using storage::Tombstone;

const std::string kQuarantine = "/quarantine";

std::string written(CrashingFileSystem& files, const std::string& path) {
    const auto bytes = files.read_file(path);
    REQUIRE(bytes);
    return hex_of(bytes.value());
}

ManifestSegment example_segment() {
    ManifestSegment segment;
    segment.info.segment_id = 3;
    segment.info.first_ns = -1;
    segment.info.last_ns = 300;
    segment.info.first_sequence = 5;
    segment.info.last_sequence = 8;
    segment.info.series_count = 1;
    segment.info.row_count = 2;
    segment.info.sample_count = 4;
    segment.info.size_bytes = 4096;
    segment.database = 1;
    return segment;
}

ManifestSegment rewritten_segment() {
    ManifestSegment segment = example_segment();
    segment.info.segment_id = 4;
    segment.rewrite_count = 1;
    return segment;
}

std::vector<Tombstone> example_tombstones() {
    return {{1, 1, 8, 100, 200, {7, 9}}, {2, 1, 8, -1, 300, {7}}};
}

}  // namespace

TEST_CASE("the format file is as in FORMAT.md, and the directory too", "[engine][format]") {
    CrashingFileSystem files;
    {
        const auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        write_durably(*store, "ops", {{"cpu", {}, 1, {{"usage", 1.0}}}});
        REQUIRE(store->flush());
        write_durably(*store, "ops", {{"cpu", {}, 2, {{"usage", 1.0}}}});
    }
    CHECK(written(files, kStorePath + "/format") == hex_of(format_example("## 1 Store directory")));
    std::vector<std::string> paths;
    for (const auto& [path, contents] : files.contents()) paths.push_back(path);
    CHECK(paths == std::vector<std::string>{"/store/catalogue", "/store/format", "/store/manifest",
                                            "/store/segments/segment-0000000000000001.seg",
                                            "/store/wal/wal-0000000000000002.wal"});
}

TEST_CASE("the example of a manifest is written and read", "[engine][format]") {
    const auto example = format_example("## 5 Manifest");
    CrashingFileSystem files;
    std::vector<std::string> messages;
    {
        const auto manifest = Manifest::open(files, "/manifest", kQuarantine, {}, false, messages);
        REQUIRE(manifest);
        ManifestSegment removed = example_segment();
        removed.info.segment_id = 2;
        const std::vector<ManifestSegment> added = {removed, example_segment()};
        REQUIRE(manifest.value()->record_flush(8, 4, added));
        const std::vector<std::uint64_t> removed_ids = {2};
        REQUIRE(manifest.value()->record_removal(removed_ids));
        const std::vector<std::uint64_t> merged_ids = {3};
        const std::vector<ManifestSegment> merged = {rewritten_segment()};
        REQUIRE(manifest.value()->record_exchange(5, merged_ids, merged));
        REQUIRE(manifest.value()->record_tombstones(example_tombstones()));
        const std::vector<std::uint64_t> cleared_ids = {1};
        REQUIRE(manifest.value()->record_cleared_tombstones(cleared_ids));
    }
    CHECK(written(files, "/manifest") == hex_of(example));

    files.replace_contents("/manifest", example);
    const auto manifest = Manifest::open(files, "/manifest", kQuarantine, {}, false, messages);
    REQUIRE(manifest);
    CHECK(messages.empty());
    CHECK(manifest.value()->recovered().segments ==
          std::vector<ManifestSegment>{rewritten_segment()});
    CHECK(manifest.value()->recovered().flushed_sequence == 8);
    CHECK(manifest.value()->recovered().next_segment_id == 5);
    CHECK(manifest.value()->recovered().next_tombstone_id == 3);
    REQUIRE(manifest.value()->recovered().tombstones.size() == 1);
    CHECK(*manifest.value()->recovered().tombstones.front() == example_tombstones().back());
    CHECK_FALSE(manifest.value()->recovered().is_damaged);
}

TEST_CASE("a manifest with many outdated records is written anew", "[engine]") {
    CrashingFileSystem files;
    std::vector<std::string> messages;
    const std::vector<ManifestSegment> added = {example_segment()};
    {
        const auto manifest = Manifest::open(files, "/manifest", kQuarantine, {}, false, messages);
        REQUIRE(manifest);
        for (Sequence sequence = 1; sequence <= 300; ++sequence) {
            REQUIRE(manifest.value()->record_flush(sequence, 4, added));
        }
    }
    const auto before = files.file_size_bytes("/manifest");
    for (int round = 0; round < 2; ++round) {
        const auto manifest = Manifest::open(files, "/manifest", kQuarantine, {}, false, messages);
        REQUIRE(manifest);
        CHECK(manifest.value()->recovered().segments == added);
        CHECK(manifest.value()->recovered().flushed_sequence == 300);
        REQUIRE(manifest.value()->record_removal({}));
    }
    const auto after = files.file_size_bytes("/manifest");
    REQUIRE(before);
    REQUIRE(after);
    CHECK(after.value() < before.value() / 100);
    CHECK(messages.empty());
}

TEST_CASE("a manifest that is written anew says the same of rewrites, deletions and files",
          "[engine]") {
    CrashingFileSystem files;
    std::vector<std::string> messages;
    const std::vector<ManifestSegment> flushed = {example_segment()};
    ManifestSegment clean = rewritten_segment();
    clean.last_tombstone_id = 1;
    {
        const auto manifest = Manifest::open(files, "/manifest", kQuarantine, {}, false, messages);
        REQUIRE(manifest);
        REQUIRE(manifest.value()->record_flush(8, 4, flushed));
        REQUIRE(manifest.value()->record_tombstones(example_tombstones()));
        const std::vector<ManifestSegment> added = {clean};
        const std::vector<std::uint64_t> removed = {1, 2};
        REQUIRE(manifest.value()->record_exchange(5, removed, added));
        for (Sequence sequence = 9; sequence <= 300; ++sequence) {
            REQUIRE(manifest.value()->record_flush(sequence, 5, {}));
        }
    }
    for (int round = 0; round < 3; ++round) {
        // The file of segment 2 could not be removed so far.
        const auto manifest =
            Manifest::open(files, "/manifest", kQuarantine, {2, 3, 4}, false, messages);
        REQUIRE(manifest);
        const storage::ManifestContents& contents = manifest.value()->recovered();
        CHECK(contents.segments == std::vector<ManifestSegment>{example_segment(), clean});
        CHECK(contents.tombstones.size() == 2);
        CHECK(contents.next_tombstone_id == 3);
        CHECK(contents.removed_segment_ids == std::set<std::uint64_t>{2});
        CHECK_FALSE(contents.is_damaged);
    }
    CHECK(messages.empty());
}

TEST_CASE("the example of a catalogue is written and read", "[engine][format]") {
    const auto example = format_example("## 6 Catalogue");
    CrashingFileSystem files;
    std::vector<std::string> messages;
    {
        const auto catalogue = Catalogue::open(files, "/catalogue", kQuarantine, false, messages);
        REQUIRE(catalogue);
        const auto ops = catalogue.value()->create_database("ops");
        REQUIRE(ops);
        const auto cpu = catalogue.value()->add_measurement(ops.value(), "cpu");
        catalogue.value()->add_field(cpu, "usage", FieldType::Float);
        catalogue.value()->add_series(cpu, {{"host", "a"}});
        REQUIRE(catalogue.value()->make_durable());
        REQUIRE(catalogue.value()->create_database("x"));
        REQUIRE(catalogue.value()->drop_database("x"));
        RetentionPolicy day;
        day.name = "day";
        day.duration_ns = 86'400'000'000'000;
        day.past_limit_ns = 200;
        day.is_default = true;
        REQUIRE(catalogue.value()->create_policy("ops", day));
        REQUIRE(catalogue.value()->drop_policy("ops", "autogen"));
        REQUIRE(catalogue.value()->set_stale("ops", "cpu", 300));
        REQUIRE(catalogue.value()->set_nan_accepted("ops", true));
        const auto disk = catalogue.value()->add_measurement(3, "disk");
        const SeriesId dropped = catalogue.value()->add_series(disk, {{"host", "b"}});
        catalogue.value()->add_series(disk, {{"host", "c"}});
        REQUIRE(catalogue.value()->drop_series({dropped}));
        REQUIRE(catalogue.value()->drop_measurement(disk));
    }
    CHECK(written(files, "/catalogue") == hex_of(example));

    files.replace_contents("/catalogue", example);
    const auto catalogue = Catalogue::open(files, "/catalogue", kQuarantine, false, messages);
    REQUIRE(catalogue);
    CHECK(messages.empty());
    CHECK(catalogue.value()->databases() == std::vector<std::string>{"ops"});
    CHECK(catalogue.value()->was_series(1));
    REQUIRE(catalogue.value()->policies("ops").size() == 1);
    CHECK(catalogue.value()->policies("ops").front().past_limit_ns == 200);
    CHECK(catalogue.value()->stale_ns("ops", "cpu") == 300);
    CHECK(catalogue.value()->accepts_nan("ops"));
    CHECK(catalogue.value()->measurements("ops").empty());
    CHECK(catalogue.value()->series_count() == 0);
    CHECK(catalogue.value()->was_series(3));
}

TEST_CASE("the example of the rows of a write is written and read", "[engine][format]") {
    const auto example = format_example("## 7 Rows of a write");
    const auto row = [](double number, std::int64_t integer) -> std::vector<HeadField> {
        return {{0, FieldType::Float, std::bit_cast<std::uint64_t>(number), {}, {}},
                {1, FieldType::Integer, static_cast<std::uint64_t>(integer), {}, {}}};
    };
    struct Row {
        SeriesId id;
        std::int64_t time_ns;
        std::vector<HeadField> fields;
    };
    const std::vector<Row> rows = {
        {7, 5'000'000, row(2000.25, -3)},
        {8, 5'000'000, row(1500.5, 4)},
        {7, 6'000'000, row(2000.5, -3)},
        {7, 6'000'000, {{2, FieldType::String, 0, "up", {}}, {3, FieldType::Boolean, 1, {}, {}}}},
        {8, 6'000'000, row(-0.0, 5)},
    };
    RowBatchWriter writer;
    for (const Row& given : rows) writer.add_row(1, given.id, given.time_ns, given.fields);
    CHECK(hex_of(writer.take()) == hex_of(example));

    RowBatchReader reader(example);
    BatchRow read;
    for (const Row& given : rows) {
        const auto is_row = reader.next(read);
        REQUIRE(is_row);
        REQUIRE(is_row.value());
        CHECK(read.id == given.id);
        CHECK(read.time_ns == given.time_ns);
        REQUIRE(read.fields.size() == given.fields.size());
        CHECK(read.fields[0].bits == given.fields[0].bits);
        CHECK(read.fields[0].text == given.fields[0].text);
        CHECK(read.fields[1].bits == given.fields[1].bits);
    }
    const auto is_row = reader.next(read);
    REQUIRE(is_row);
    CHECK_FALSE(is_row.value());
}

TEST_CASE("the example of documents is written and read", "[engine][format]") {
    const auto example = format_example("## 11 Documents");
    Document version{"calendar", "office", 1, false, "Mon", "ann", "", 1000, 5};
    Document removal{"calendar", "office", 2, true, "", "bob", "moved", 2000, 7};
    CrashingFileSystem files;
    std::vector<std::string> messages;
    {
        const auto log = DocumentLog::open(files, "/documents", kQuarantine, false, messages);
        REQUIRE(log);
        CHECK_FALSE(files.exists("/documents").value());
        REQUIRE(log.value()->record(1, version, 0));
        REQUIRE(log.value()->record(1, removal, 1));
        CHECK(hex_of(log.value()->copy()) == hex_of(example));
    }
    CHECK(written(files, "/documents") == hex_of(example));

    files.replace_contents("/documents", example);
    const auto log = DocumentLog::open(files, "/documents", kQuarantine, false, messages);
    REQUIRE(log);
    CHECK(messages.empty());
    CHECK_FALSE(log.value()->newest({1, "calendar", "office"}));
    CHECK(log.value()->history({1, "calendar", "office"}) ==
          std::vector<Document>{version, removal});
}

TEST_CASE("names of segments are told from others", "[engine]") {
    CHECK(storage::segment_file_name(0x1f) == "segment-000000000000001f.seg");
    CHECK(storage::segment_id_of("segment-000000000000001f.seg") == 0x1f);
    for (const char* name : {"", "segment-", "segment-1f.seg", "LOCK",
                             "segment-000000000000001f.seg.tmp", "segment-000000000000001F.seg"}) {
        INFO(name);
        CHECK_FALSE(storage::segment_id_of(name).has_value());
    }
}

}  // namespace tidemark::tests

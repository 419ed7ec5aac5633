#include "storage/engine/catalogue.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

using storage::Catalogue;
using storage::DatabaseId;
using storage::MeasurementId;

const std::string kPath = "/catalogue";

std::unique_ptr<Catalogue> open_catalogue(CrashingFileSystem& files,
                                          std::vector<std::string>& messages,
                                          bool read_only = false) {
    auto catalogue = Catalogue::open(files, kPath, "/quarantine", read_only, messages);
    REQUIRE(catalogue);
    return std::move(catalogue).value();
}

std::unique_ptr<Catalogue> open_sound_catalogue(CrashingFileSystem& files) {
    std::vector<std::string> messages;
    auto catalogue = open_catalogue(files, messages);
    CHECK(messages.empty());
    return catalogue;
}

// Database "ops" with cpu{host} and its field usage.
SeriesId fill(Catalogue& catalogue, const std::string& host = "a") {
    const auto database = catalogue.create_database("ops");
    REQUIRE(database);
    const MeasurementId cpu = catalogue.add_measurement(database.value(), "cpu");
    catalogue.add_field(cpu, "usage", FieldType::Float);
    const SeriesId id = catalogue.add_series(cpu, {{"host", host}});
    REQUIRE(catalogue.make_durable());
    return id;
}

std::vector<SeriesId> ids_of(const std::vector<ScanSeries>& series) {
    std::vector<SeriesId> ids;
    for (const ScanSeries& one : series) ids.push_back(one.id);
    return ids;
}

}  // namespace

TEST_CASE("a catalogue is the same after it was opened again", "[engine]") {
    CrashingFileSystem files;
    const SeriesId id = fill(*open_sound_catalogue(files));
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    const auto catalogue = open_sound_catalogue(*disk);

    CHECK(catalogue->databases() == std::vector<std::string>{"ops"});
    CHECK(catalogue->measurements("ops") == std::vector<std::string>{"cpu"});
    CHECK(catalogue->field_keys("ops", "cpu") ==
          std::vector<FieldKey>{{"usage", FieldType::Float}});
    CHECK(catalogue->tag_keys("ops", "cpu") == std::vector<std::string>{"host"});
    CHECK(catalogue->tag_values("ops", "cpu", "host") == std::vector<std::string>{"a"});
    CHECK(catalogue->series_key(id) == "cpu,host=a");
    CHECK(catalogue->series_count() == 1);
    const auto database = catalogue->find_database("ops");
    REQUIRE(database);
    CHECK(ids_of(catalogue->select(*database, "cpu", {})) == std::vector<SeriesId>{id});
}

TEST_CASE("series come in the order of their keys", "[engine]") {
    CrashingFileSystem files;
    const auto catalogue = open_sound_catalogue(files);
    const auto database = catalogue->create_database("ops");
    REQUIRE(database);
    const MeasurementId cpu = catalogue->add_measurement(database.value(), "cpu");
    const SeriesId c = catalogue->add_series(cpu, {{"host", "c"}});
    const SeriesId a = catalogue->add_series(cpu, {{"host", "a"}});
    const SeriesId none = catalogue->add_series(cpu, {});
    CHECK(ids_of(catalogue->select(database.value(), "cpu", {})) ==
          std::vector<SeriesId>{none, a, c});
    // The order that is kept for large selections notices what came later.
    const SeriesId b = catalogue->add_series(cpu, {{"host", "b"}});
    CHECK(ids_of(catalogue->select(database.value(), "cpu", {})) ==
          std::vector<SeriesId>{none, a, b, c});
    CHECK(catalogue->select(database.value(), "unknown", {}).empty());
}

TEST_CASE("a dropped database takes its series along and ids are never reused", "[engine]") {
    CrashingFileSystem files;
    SeriesId first = 0;
    {
        const auto catalogue = open_sound_catalogue(files);
        first = fill(*catalogue);
        const auto old_database = catalogue->find_database("ops");
        REQUIRE(old_database);
        REQUIRE(catalogue->drop_database("ops"));
        REQUIRE(catalogue->drop_database("ops"));
        CHECK(catalogue->databases().empty());
        CHECK(catalogue->series_count() == 0);
        CHECK_FALSE(catalogue->home_of(first));
        CHECK(catalogue->was_series(first));
        CHECK_FALSE(catalogue->is_live(*old_database));
        CHECK(catalogue->select(*old_database, "cpu", {}).empty());
    }
    const auto catalogue = open_sound_catalogue(files);
    CHECK(catalogue->databases().empty());
    CHECK_FALSE(catalogue->home_of(first));
    CHECK(catalogue->was_series(first));
    CHECK(fill(*catalogue) == first + 1);
    CHECK(catalogue->series_count() == 1);
    CHECK(catalogue->tag_values("ops", "cpu", "host") == std::vector<std::string>{"a"});
}

TEST_CASE("a read-only catalogue writes nothing", "[engine]") {
    CrashingFileSystem files;
    std::vector<std::string> messages;
    open_catalogue(files, messages, true);
    CHECK(files.contents().empty());
}

TEST_CASE("bad names of databases are refused", "[engine]") {
    CrashingFileSystem files;
    const auto catalogue = open_sound_catalogue(files);
    for (const std::string_view name : {"", "a/b", "a\tb"}) {
        const auto id = catalogue->create_database(name);
        REQUIRE_FALSE(id);
        CHECK(id.error().code() == ErrorCode::InvalidArgument);
    }
}

TEST_CASE("a catalogue with any bit flipped opens, tells it, and goes on", "[engine]") {
    CrashingFileSystem files;
    {
        const auto catalogue = open_sound_catalogue(files);
        fill(*catalogue);
        const auto other = catalogue->create_database("other");
        REQUIRE(other);
        REQUIRE(catalogue->drop_database("other"));
        RetentionPolicy raw;
        raw.name = "raw";
        REQUIRE(catalogue->create_policy("ops", raw));
        REQUIRE(catalogue->set_stale("ops", "cpu", 60));
        REQUIRE(catalogue->drop_policy("ops", "raw"));
    }
    const auto sound = files.read_file(kPath);
    REQUIRE(sound);
    for (std::size_t bit = 0; bit < sound.value().size() * 8; ++bit) {
        auto bytes = sound.value();
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        files.replace_contents(kPath, bytes);
        INFO("bit " << bit);
        std::vector<std::string> messages;
        const auto catalogue = open_catalogue(files, messages);
        CHECK_FALSE(messages.empty());
        const auto database = catalogue->create_database("later");
        REQUIRE(database);
        const MeasurementId measurement = catalogue->add_measurement(database.value(), "m");
        catalogue->add_field(measurement, "f", FieldType::Integer);
        catalogue->add_series(measurement, {});
        REQUIRE(catalogue->make_durable());
        CHECK(catalogue->measurements("later") == std::vector<std::string>{"m"});
    }
}

TEST_CASE("a database that a full disk kept from the log is there when made again", "[engine]") {
    CrashingFileSystem files;
    const auto catalogue = open_sound_catalogue(files);
    files.set_full(true);
    const auto refused = catalogue->create_database("ops");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::StorageFull);
    files.set_full(false);
    REQUIRE(catalogue->create_database("ops"));
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    CHECK(open_sound_catalogue(*disk)->databases() == std::vector<std::string>{"ops"});
}

TEST_CASE("a catalogue that gives out ids twice is read without them", "[engine]") {
    using namespace storage;
    const TagSet long_tags = {{"host", std::string(200, 'x')}};
    const std::vector<CatalogueRecord> records = {
        DatabaseCreated{1, "ops"},
        MeasurementAdded{1, 1, "cpu"},
        FieldAdded{1, 0, FieldType::Float, "usage"},
        SeriesAdded{1, 1, {{"host", std::string(100, 'a')}}},
        // None of these makes sense.
        DatabaseCreated{1, "again"},
        MeasurementAdded{1, 1, "again"},
        MeasurementAdded{2, 1, "cpu"},
        FieldAdded{1, 0, FieldType::String, "again"},
        SeriesAdded{1, 1, long_tags},
        SeriesAdded{2, 1, {{"host", std::string(100, 'a')}}},
        FieldAdded{1, 0x7fff'ffff, FieldType::Float, "far"},
    };
    std::vector<std::vector<std::byte>> payloads;
    payloads.reserve(records.size());
    for (const CatalogueRecord& record : records) {
        payloads.push_back(encode_catalogue_record(record));
    }
    CrashingFileSystem files;
    files.replace_contents(kPath, encode_record_log({"catalogue", 0x4143'4d54}, payloads));
    std::vector<std::string> messages;
    const auto catalogue = open_catalogue(files, messages);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].starts_with("catalogue: 7 records make no sense"));
    CHECK(catalogue->damage() == messages);
    CHECK(catalogue->databases() == std::vector<std::string>{"ops"});
    CHECK(catalogue->measurements("ops") == std::vector<std::string>{"cpu"});
    CHECK(catalogue->field_keys("ops", "cpu") ==
          std::vector<FieldKey>{{"usage", FieldType::Float}});
    CHECK(catalogue->find_series(1, {{"host", std::string(100, 'a')}}) == SeriesId{1});
    CHECK_FALSE(catalogue->find_series(1, long_tags));
}

TEST_CASE("a database whose record of having been dropped was lost gives way to its namesake",
          "[engine]") {
    using namespace storage;
    const std::vector<std::vector<std::byte>> payloads = {
        encode_catalogue_record(DatabaseCreated{1, "ops"}),
        encode_catalogue_record(MeasurementAdded{1, 1, "cpu"}),
        encode_catalogue_record(SeriesAdded{1, 1, {}}),
        encode_catalogue_record(DatabaseCreated{2, "ops"})};
    CrashingFileSystem files;
    files.replace_contents(kPath, encode_record_log({"catalogue", 0x4143'4d54}, payloads));
    const auto catalogue = open_sound_catalogue(files);
    CHECK(catalogue->find_database("ops") == DatabaseId{2});
    CHECK(catalogue->was_dropped(1));
    CHECK_FALSE(catalogue->home_of(1));
    CHECK(catalogue->measurements("ops").empty());
}

TEST_CASE("ids in front of a gap belong to nobody, and ids that were reserved come back",
          "[engine]") {
    using namespace storage;
    CrashingFileSystem files;
    const DatabaseId lost_database = 40;
    const SeriesId lost_series = 5000;
    SeriesId first = 0;
    {
        const auto catalogue = open_sound_catalogue(files);
        catalogue->reserve_database_id(lost_database);
        catalogue->reserve_series_id(lost_series);
        CHECK_FALSE(catalogue->was_series(lost_series));
        CHECK_FALSE(catalogue->was_dropped(lost_database));
        first = fill(*catalogue);
    }
    CHECK(first == lost_series + 1);
    // Much more than so small a log could have given out by itself.
    const auto catalogue = open_sound_catalogue(files);
    CHECK(catalogue->find_database("ops") == lost_database + 1);
    CHECK(catalogue->home_of(first));
    CHECK_FALSE(catalogue->was_series(lost_series));
    CHECK_FALSE(catalogue->was_dropped(lost_database));
}

TEST_CASE("a catalogue of many series is the same after it was opened again",
          "[engine][concurrency]") {
    constexpr std::size_t kCount = 20'000;  // More than are taken from the log at a time.
    CrashingFileSystem files;
    const auto written = open_sound_catalogue(files);
    const auto database = written->create_database("ops");
    REQUIRE(database);
    const MeasurementId cpu = written->add_measurement(database.value(), "cpu");
    const MeasurementId disk = written->add_measurement(database.value(), "disk");
    std::vector<SeriesId> dropped;
    for (std::size_t index = 0; index < kCount; ++index) {
        const TagSet tags = {{"host", std::to_string(index)},
                             {"site", "s" + std::to_string(index % 7)}};
        const SeriesId id = written->add_series(index % 3 == 0 ? disk : cpu, tags);
        if (index % 5 == 0 && index < 5000) dropped.push_back(id);
        if (index == kCount / 2) REQUIRE(written->drop_series(dropped));
    }
    const TagSet again = {{"host", "0"}, {"site", "s0"}};  // Of one that was dropped.
    const SeriesId made_anew = written->add_series(disk, again);
    REQUIRE(written->make_durable());

    const auto image = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    const auto read = open_sound_catalogue(*image);
    CHECK(read->series_count() == kCount - dropped.size() + 1);
    CHECK(read->find_series(disk, again) == made_anew);
    const std::vector<std::vector<TagMatcher>> selections = {
        {}, {{"site", CompareOp::Equal, "s3", {}}}, {{"host", CompareOp::Equal, "19999", {}}}};
    for (const auto& matchers : selections) {
        for (const char* const name : {"cpu", "disk"}) {
            const auto expected = ids_of(written->select(database.value(), name, matchers));
            CHECK(ids_of(read->select(database.value(), name, matchers)) == expected);
        }
    }
}

}  // namespace tidemark::tests

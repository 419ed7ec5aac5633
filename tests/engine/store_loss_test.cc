#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/manifest.h"
#include "storage/engine/store_impl.h"
#include "tests/engine/store_damage.h"

namespace tidemark::tests {

TEST_CASE("segments of a database that the catalogue lost are kept, told and never mixed up",
          "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
        REQUIRE(store->flush());
    }
    const auto segments = files_in(files, "segments");
    SECTION("missing") { REQUIRE(files.remove(kCatalogue)); }
    SECTION("empty") { files.replace_contents(kCatalogue, {}); }
    SECTION("its first record damaged") { flip_bit(files, kCatalogue, 20 * 8); }
    for (int round = 0; round < 3; ++round) {
        const auto store = open_small(files);
        CHECK(files_in(files, "segments").front() == segments.front());
        const auto messages = store->recovery_messages();
        CHECK(std::ranges::count(messages,
                                 "segment segment-0000000000000001.seg is of a database that the "
                                 "catalogue lost, its 1 rows from 1970-01-01T00:00:00.000000001Z "
                                 "to 1970-01-01T00:00:00.000000001Z are missing") == 1);
        // Another database and its series get ids of their own, which are there the next time.
        REQUIRE(store->create_database("ops"));
        CHECK(read_all(*store, "ops").size() == static_cast<std::size_t>(round));
        REQUIRE(write_and_wait(*store, point_at(2 + round)));
        CHECK(read_all(*store, "ops").size() == static_cast<std::size_t>(round) + 1);
        CHECK_FALSE(store->scan(scan_of_everything(), nullptr).value()->messages().empty());
        REQUIRE(store->flush());
    }
}

TEST_CASE("rows of a measurement that the catalogue lost are told and kept", "[engine]") {
    CrashingFileSystem files;
    std::size_t measurement_record = 0;
    {
        const auto store = store_with_ops(files);
        measurement_record = files.file_size_bytes(kCatalogue).value();
        REQUIRE(write_and_wait(*store, point_at(1)));
        REQUIRE(write_and_wait(*store, {"memory", {}, 2, {{"usage", 2.0}}}));
        REQUIRE(write_and_wait(*store, {"cpu", {{"host", "b"}}, 3, {{"usage", 3.0}}}));
    }
    // The record of cpu; that of memory behind it leaves a gap in front of its id.
    flip_bit(files, kCatalogue, measurement_record * 8);
    const auto store = open_small(files);
    const auto messages = store->recovery_messages();
    CHECK(std::ranges::count(messages,
                             "log: 2 rows are of series or fields that the catalogue lost") == 1);
    CHECK(files_in(files, "quarantine") ==
          std::vector<std::string>{kStorePath + "/quarantine/sequence-1.1",
                                   kStorePath + "/quarantine/sequence-3.1"});
    // A scan says so too, and what the catalogue itself says of its damage.
    const auto told = store->scan(scan_of_everything(), nullptr).value()->messages();
    REQUIRE(told.size() >= 2);
    CHECK(told[0].starts_with("catalogue: bytes "));
    CHECK(read_all(*store, "ops").size() == 1);
}

TEST_CASE("series that the catalogue lost are told when segments have them", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
        REQUIRE(write_and_wait(*store, {"cpu", {{"host", "b"}}, 2, {{"usage", 2.0}}}));
        REQUIRE(store->flush());
    }
    tear_last_record(files, kCatalogue);  // That of host b, whose id is the last one.
    SECTION("the segment is sound") {}
    SECTION("the series' part of the segment is damaged too") {
        flip_series_block(files, files_in(files, "segments").front(), 1);
    }
    for (int round = 0; round < 2; ++round) {
        const auto store = open_small(files);
        const auto told = store->scan(scan_of_everything(), nullptr).value()->messages();
        CHECK(told == std::vector<std::string>{
                          "segment segment-0000000000000001.seg: the catalogue lost 1 of its 2 "
                          "series, their rows are missing"});
        // Nor does another series take its place.
        REQUIRE(write_and_wait(*store, {"cpu", {{"host", "c"}}, 3 + round, {{"usage", 3.0}}}));
        const Samples samples = read_all(*store, "ops");
        CHECK(samples.size() == static_cast<std::size_t>(2 + round));
        CHECK(samples.count({"cpu,host=c", "usage", 2}) == 0);
    }
}

TEST_CASE("a missing manifest costs nothing", "[engine]") {
    CrashingFileSystem files;
    Samples expected;
    {
        const auto store = store_with_ops(files);
        for (std::int64_t time = 0; time < 3; ++time) {
            apply_point(expected, point_at(time));
            REQUIRE(write_and_wait(*store, point_at(time)));
            if (time != 2) REQUIRE(store->flush());
        }
    }
    REQUIRE(files.remove(kManifest));
    // The power fails at any sync of the recovery; the next one begins with what that left.
    std::uint64_t sync_count = 1;
    for (std::uint64_t cut = 0; cut <= sync_count; ++cut) {
        INFO("power cut after sync " << cut << " of the recovery");
        const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Keep);
        disk->cut_power_before_sync(cut + 1);
        static_cast<void>(storage::open_store(*disk, kStorePath, small_options()));
        sync_count = std::max(sync_count, disk->sync_count());
        const auto powered = disk->recover_image(CrashingFileSystem::Unsynced::Drop);
        for (int round = 0; round < 2; ++round) {
            const auto store = open_small(*powered);
            CHECK(read_all(*store, "ops") == expected);
            // Nothing is said to be missing.
            CHECK(store->scan(scan_of_everything(), nullptr).value()->messages().empty());
            CHECK(files_in(*powered, "segments").size() == 2);
        }
    }
}

TEST_CASE("a manifest that lost its end costs nothing, whenever the power fails", "[engine]") {
    CrashingFileSystem files;
    Samples expected;
    {
        const auto store = store_with_ops(files);
        for (std::int64_t time = 0; time < 2; ++time) {
            apply_point(expected, point_at(time));
            REQUIRE(write_and_wait(*store, point_at(time)));
            REQUIRE(store->flush());
        }
    }
    tear_last_record(files, kManifest);
    for (std::uint64_t cut = 1; cut < 20; ++cut) {
        INFO("power cut before sync " << cut << " of the recovery");
        const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Keep);
        disk->cut_power_before_sync(cut);
        static_cast<void>(storage::open_store(*disk, kStorePath, small_options()));
        const auto powered = disk->recover_image(CrashingFileSystem::Unsynced::Drop);
        const auto store = open_small(*powered);
        CHECK(read_all(*store, "ops") == expected);
        CHECK(store->scan(scan_of_everything(), nullptr).value()->messages().empty());
        // Sequences go on where they were: what is written then is not taken for lost.
        REQUIRE(write_and_wait(*store, point_at(5)));
        REQUIRE(write_and_wait(*store, point_at(6)));
        const auto later = powered->recover_image(CrashingFileSystem::Unsynced::Drop);
        CHECK(open_small(*later)->recovery_messages().empty());
    }
}

TEST_CASE("a complete segment that the manifest does not name goes to the quarantine", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
    }
    const auto before = files.recover_image(CrashingFileSystem::Unsynced::Keep);
    {
        const auto store = open_small(files);
        REQUIRE(store->flush());
    }
    const auto segment = files_in(files, "segments").front();
    const auto bytes = files.read_file(segment);
    REQUIRE(bytes);

    SECTION("the log has its rows still") {
        before->replace_contents(segment, bytes.value());
        const auto store = open_small(*before);
        CHECK(store->recovery_messages().empty());
        CHECK(files_in(*before, "segments").empty());
        CHECK(read_all(*store, "ops").size() == 1);
    }
    SECTION("it may be the only place where its rows are") {
        REQUIRE(files.remove(kManifest));
        {
            std::vector<std::string> messages;
            const auto manifest =
                storage::Manifest::open(files, kManifest, "/q", {}, false, messages);
            REQUIRE(manifest);
            REQUIRE(manifest.value()->record_flush(1, 2, {}));
        }
        const std::string kept = kStorePath + "/quarantine/segment-0000000000000001.seg";
        {
            const auto store = open_small(files);
            CHECK(store->recovery_messages() ==
                  std::vector<std::string>{
                      "segment segment-0000000000000001.seg is not in the manifest, although the "
                      "log does not have its rows any more (kept as " +
                      kept + ")"});
            CHECK(store->scan(scan_of_everything(), nullptr).value()->messages() ==
                  store->recovery_messages());
        }
        CHECK(files_in(files, "segments").empty());
        CHECK(files.read_file(kept).value() == bytes.value());
        CHECK(open_small(files)->recovery_messages().empty());
    }
}

TEST_CASE("what is left of removed segments is removed without a word", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
        REQUIRE(store->flush());
    }
    const auto segment = files_in(files, "segments").front();
    const auto bytes = files.read_file(segment);
    REQUIRE(bytes);
    {
        const auto store = open_small(files);
        REQUIRE(store->drop_database("ops"));
    }
    files.replace_contents(segment, bytes.value());
    const auto store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(files_in(files, "segments").empty());
}

}  // namespace tidemark::tests

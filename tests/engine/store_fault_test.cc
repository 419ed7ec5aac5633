#include <algorithm>
#include <cstring>
#include <functional>
#include <future>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/engine/store_impl.h"
#include "storage/segment/segment_format.h"
#include "tests/engine/store_damage.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {

TEST_CASE("a full disk refuses writes, serves reads, and writing resumes by itself", "[engine]") {
    CrashingFileSystem files;
    auto store = store_with_ops(files);
    REQUIRE(write_and_wait(*store, point_at(1)));
    files.set_full(true);
    CHECK(code_of(write_and_wait(*store, point_at(2))) == ErrorCode::StorageFull);
    const auto refused = store->write("ops", "", batch_of({point_at(3)}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::StorageFull);
    CHECK(read_all(*store, "ops").size() == 1);
    CHECK(code_of(store->flush()) == ErrorCode::StorageFull);
    CHECK(read_all(*store, "ops").size() == 1);

    files.set_full(false);
    Status status = write_and_wait(*store, point_at(4));
    while (!status) status = write_and_wait(*store, point_at(4));
    // The point that waited became durable before the one behind it.
    const Samples samples = read_all(*store, "ops");
    CHECK(samples.size() == 3);
    REQUIRE(store->flush());
    CHECK(read_all(*store, "ops") == samples);
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(read_all(*store, "ops") == samples);
}

TEST_CASE("a store closed while the disk is full says what it could not keep", "[engine]") {
    CrashingFileSystem files;
    auto store = store_with_ops(files);
    REQUIRE(write_and_wait(*store, point_at(1)));
    files.set_full(true);
    CHECK(code_of(write_and_wait(*store, point_at(2))) == ErrorCode::StorageFull);
    CHECK(code_of(store->close()) == ErrorCode::StorageFull);
    files.set_full(false);
    store = open_small(files);
    CHECK(read_all(*store, "ops").size() == 1);
    REQUIRE(write_and_wait(*store, point_at(3)));
    CHECK(read_all(*store, "ops").size() == 2);
}

TEST_CASE("a flush that meets a full disk loses nothing and can be tried again", "[engine]") {
    // The disk fills up before each operation of a flush in turn.
    bool has_failed = true;
    for (std::uint64_t step = 1; has_failed; ++step) {
        INFO("operation " << step << " of the flush fails");
        CrashingFileSystem files;
        auto store = store_with_ops(files);
        Samples expected;
        for (std::int64_t time = 0; time < 20; ++time) {
            apply_point(expected, point_at(time));
            REQUIRE(write_and_wait(*store, point_at(time)));
        }
        const std::uint64_t failing_operation = files.operation_count() + step;
        files.fail_operation(failing_operation,
                             Error(ErrorCode::StorageFull, "no space left on device"));
        const Status status = store->flush();
        has_failed = files.operation_count() >= failing_operation;
        if (!has_failed) break;
        CHECK(read_all(*store, "ops") == expected);
        if (!status && status.error().code() == ErrorCode::IoError) {
            // A sync of the manifest that fails is final, whatever the reason.
            CHECK_FALSE(store->flush());
            CHECK_FALSE(store->close());
        } else {
            REQUIRE(store->flush());
            CHECK(read_all(*store, "ops") == expected);
            CHECK(store->statistics().head_row_count == 0);
            REQUIRE(store->close());
        }
        store = open_small(files);
        CHECK(store->recovery_messages().empty());
        CHECK(read_all(*store, "ops") == expected);
    }
}

TEST_CASE("a failed sync is final: every later write and wait returns it", "[engine]") {
    CrashingFileSystem files;
    auto store = store_with_ops(files);
    REQUIRE(write_and_wait(*store, point_at(1)));
    files.fail_next_sync();
    CHECK(code_of(write_and_wait(*store, point_at(2))) == ErrorCode::IoError);
    const auto refused = store->write("ops", "", batch_of({point_at(3)}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::IoError);
    CHECK(code_of(store->wait_durable(2)) == ErrorCode::IoError);
    CHECK(store->wait_durable(1));
    CHECK(read_all(*store, "ops").size() == 1);
    CHECK_FALSE(store->flush());
    CHECK(code_of(store->close()) == ErrorCode::IoError);
    store.reset();
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    CHECK(read_all(*open_small(*disk), "ops").count({"cpu,host=a", "usage", 1}) == 1);
}

TEST_CASE("what a failed sync left in memory is not taken for durable by the next open",
          "[engine]") {
    // The machine goes on: its page cache shows what the disk does not have.
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
        SECTION("of the log") {
            files.fail_next_sync();
            CHECK_FALSE(write_and_wait(*store, point_at(2)));
        }
        SECTION("of the catalogue") {
            files.fail_next_sync();
            CHECK_FALSE(store->create_database("more"));
        }
        SECTION("of the manifest") {
            files.set_sync_hook([](const std::string& path) -> Status {
                if (path != kManifest) return success();
                return Error(ErrorCode::IoError, "Input/output error");
            });
            CHECK_FALSE(store->flush());
            files.set_sync_hook(nullptr);
        }
    }
    const auto store = open_small(files);
    const Samples samples = read_all(*store, "ops");
    REQUIRE(store->create_database("more"));
    write_durably(*store, "more", {point_at(7)});
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    const auto recovered = open_small(*disk);
    CHECK(recovered->recovery_messages().empty());
    CHECK(read_all(*recovered, "ops") == samples);
    REQUIRE(recovered->has_database("more"));
    CHECK(read_all(*recovered, "more").size() == 1);
}

TEST_CASE("a damaged segment is left out and named, the others are served", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
        REQUIRE(store->flush());
        REQUIRE(write_and_wait(*store, point_at(2)));
        REQUIRE(store->flush());
    }
    const auto segments = files_in(files, "segments");
    REQUIRE(segments.size() == 2);
    const auto bytes = files.read_file(segments[0]);
    REQUIRE(bytes);
    files.replace_contents(segments[0], std::span(bytes.value()).first(bytes.value().size() / 2));
    for (int round = 0; round < 2; ++round) {
        const auto store = open_small(files);
        REQUIRE(store->recovery_messages().size() == 1);
        CHECK(store->recovery_messages()[0].find("segment-0000000000000001.seg cannot be read, its "
                                                 "1 rows from 1970-01-01T00:00:00.000000001Z to "
                                                 "1970-01-01T00:00:00.000000001Z are missing") !=
              std::string::npos);
        CHECK(read_all(*store, "ops").size() == 1);
        ScanRequest request;
        request.database = "ops";
        request.measurement = "cpu";
        request.range = {0, 2};
        const auto touched = store->scan(request, nullptr);
        REQUIRE(touched);
        CHECK(touched.value()->messages() == store->recovery_messages());
        request.range = {2, 10};
        const auto untouched = store->scan(request, nullptr);
        REQUIRE(untouched);
        CHECK(untouched.value()->messages().empty());
        request.carry_in = CarryIn::LastValue;
        const auto carried = store->scan(request, nullptr);
        REQUIRE(carried);
        CHECK(carried.value()->messages() == store->recovery_messages());
    }
}

TEST_CASE("damage in a segment that a scan does not touch is no matter", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        for (const std::int64_t time_ns : {10, 20, 30}) {
            REQUIRE(write_and_wait(*store, point_at(time_ns)));
            REQUIRE(store->flush());
        }
    }
    const auto segments = files_in(files, "segments");
    flip_series_block(files, segments[0], 0);
    flip_series_block(files, segments[2], 0);
    const auto store = open_small(files);
    ScanRequest request = scan_of_everything();
    request.columns = {{"usage", Need::Values}};
    const auto can_read = [&] {
        const auto scan = store->scan(request, nullptr);
        REQUIRE(scan);
        const auto cursor = scan.value()->open(0);
        return cursor && cursor.value()->next();
    };
    CHECK_FALSE(can_read());
    request.range = {11, 30};
    CHECK(can_read());
    request.carry_in = CarryIn::LastValue;
    CHECK_FALSE(can_read());
    request.carry_in = CarryIn::RunStart;
    CHECK_FALSE(can_read());
    request.carry_in = CarryIn::WithinHold;
    CHECK_FALSE(can_read());
    request.range = {15, 30};
    request.hold_ns = 5;
    CHECK_FALSE(can_read());
    request.hold_ns = 4;
    CHECK(can_read());
    request.range = {15, 31};
    CHECK_FALSE(can_read());
}

TEST_CASE("a manifest with any bit flipped never loses a segment or stops the start", "[engine]") {
    CrashingFileSystem files;
    Samples expected;
    {
        const auto store = store_with_ops(files);
        for (std::int64_t time = 0; time < 3; ++time) {
            apply_point(expected, point_at(time));
            REQUIRE(write_and_wait(*store, point_at(time)));
            REQUIRE(store->flush());
        }
    }
    for_each_flipped_bit(files, kStorePath + "/manifest", [&](CrashingFileSystem& disk) {
        for (int round = 0; round < 2; ++round) {
            const auto store = open_small(disk);
            if (round == 0) CHECK_FALSE(store->recovery_messages().empty());
            REQUIRE(read_all(*store, "ops") == expected);
        }
    });
}

TEST_CASE("a catalogue with any bit flipped never stops the start or invents samples", "[engine]") {
    CrashingFileSystem files;
    Samples expected;
    {
        const auto store = store_with_ops(files);
        for (std::int64_t time = 0; time < 3; ++time) {
            apply_point(expected, point_at(time));
            REQUIRE(write_and_wait(*store, point_at(time)));
            if (time == 1) REQUIRE(store->flush());
        }
    }
    const auto segments = files_in(files, "segments");
    REQUIRE(segments.size() == 1);
    const auto segment = files.read_file(segments[0]);
    REQUIRE(segment);
    for_each_flipped_bit(files, kCatalogue, [&](CrashingFileSystem& disk) {
        auto store = open_small(disk);
        CHECK_FALSE(store->recovery_messages().empty());
        const Samples found = store->has_database("ops") ? read_all(*store, "ops") : Samples();
        CHECK(std::includes(expected.begin(), expected.end(), found.begin(), found.end()));
        // Whatever was lost can still be had from where it is.
        CHECK(files_in(disk, "segments") == segments);
        CHECK(disk.read_file(segments[0]).value() == segment.value());
        // What comes later is not mistaken for what was lost.
        REQUIRE(store->create_database("later"));
        write_durably(*store, "later", {point_at(7)});
        REQUIRE(store->close());
        store = open_small(disk);
        CHECK(read_all(*store, "later").size() == 1);
        CHECK(files_in(disk, "segments") == segments);
    });
}

TEST_CASE("rows whose series the catalogue lost never turn up under another series", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
        REQUIRE(write_and_wait(*store, {"cpu", {{"host", "b"}}, 2, {{"usage", 2.0}}}));
    }
    // The last record of the catalogue is that of host b.
    tear_last_record(files, kCatalogue);
    {
        const auto store = open_small(files);
        REQUIRE(store->recovery_messages().size() == 2);
        CHECK(store->recovery_messages()[1] ==
              "log: 1 rows are of series or fields that the catalogue lost");
        write_durably(*store, "ops", {{"cpu", {{"host", "c"}}, 3, {{"usage", 3.0}}}});
        CHECK(read_all(*store, "ops").size() == 2);
    }
    CHECK(files_in(files, "quarantine") ==
          std::vector<std::string>{kStorePath + "/quarantine/catalogue.1",
                                   kStorePath + "/quarantine/sequence-2.1"});
    const auto store = open_small(files);
    CHECK(store->recovery_messages().empty());
    const Samples samples = read_all(*store, "ops");
    CHECK(samples.size() == 2);
    CHECK(samples.count({"cpu,host=a", "usage", 1}) == 1);
    CHECK(samples.count({"cpu,host=c", "usage", 3}) == 1);
}

TEST_CASE("values whose field the catalogue lost never turn up under another field", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
        REQUIRE(write_and_wait(*store, {"cpu", {{"host", "a"}}, 2, {{"lost", 2.0}}}));
    }
    // The last record of the catalogue is that of the field "lost".
    tear_last_record(files, kCatalogue);
    for (int round = 0; round < 2; ++round) {
        const auto store = open_small(files);
        write_durably(*store, "ops", {{"cpu", {{"host", "a"}}, 3, {{"other", 3.0}}}});
        const Samples samples = read_all(*store, "ops");
        CHECK(samples.size() == 2);
        CHECK(samples.count({"cpu,host=a", "other", 3}) == 1);
    }
}

TEST_CASE("a durable frame that is damaged is told as missing, what follows is served",
          "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        for (std::int64_t time = 0; time < 5; ++time) {
            REQUIRE(write_and_wait(*store, point_at(time)));
        }
    }
    const auto logs = files_in(files, "wal");
    REQUIRE(logs.size() == 1);
    const auto size_bytes = files.file_size_bytes(logs[0]);
    REQUIRE(size_bytes);
    flip_bit(files, logs[0], size_bytes.value() / 2 * 8);
    const auto store = open_small(files);
    REQUIRE_FALSE(store->recovery_messages().empty());
    CHECK(store->recovery_messages()[0].find("durable sequences") != std::string::npos);
    CHECK(read_all(*store, "ops").size() == 4);
    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    const auto scan = store->scan(request, nullptr);
    REQUIRE(scan);
    CHECK_FALSE(scan.value()->messages().empty());
    CHECK_FALSE(files_in(files, "quarantine").empty());
}

TEST_CASE("a store of a newer format is refused and left as it is", "[engine]") {
    CrashingFileSystem files;
    { store_with_ops(files); }
    const std::string path = kStorePath + "/format";
    auto header = files.read_file(path);
    REQUIRE(header);
    header.value()[4] = std::byte{1};  // The version; then its checksum.
    const auto checked = std::span<const std::byte>(header.value()).first(8);
    const std::uint64_t checksum = storage::xxh3_64(checked, 0x5453'4d54);
    std::memcpy(header.value().data() + 8, &checksum, sizeof checksum);
    files.replace_contents(path, header.value());
    const auto before = files.contents();
    const auto store = storage::open_store(files, kStorePath, small_options());
    REQUIRE_FALSE(store);
    CHECK(store.error().code() == ErrorCode::Unsupported);
    CHECK(files.contents() == before);
}

TEST_CASE("nothing is written before what was recovered is in segments", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        for (std::int64_t time = 0; time < 3; ++time) {
            REQUIRE(write_and_wait(*store, point_at(time)));
        }
    }
    // The rows of the second write are of a field that the catalogue lost.
    {
        const auto store = open_small(files);
        REQUIRE(write_and_wait(*store, {"cpu", {{"host", "a"}}, 5, {{"lost", 2.0}}}));
    }
    tear_last_record(files, kCatalogue);
    files.set_sync_hook([](const std::string& path) -> Status {
        if (!path.ends_with(".seg.tmp")) return success();
        return Error(ErrorCode::StorageFull, "no space left on device");
    });
    StoreOptions options = small_options();
    options.idle_flush_ns = 4'000'000;  // It is tried again every millisecond.
    const auto store = open_small(files, options);
    CHECK(code_of(write_and_wait(*store, point_at(7))) == ErrorCode::StorageFull);
    CHECK(read_all(*store, "ops").size() == 3);
    files.set_sync_hook(nullptr);
    Status status = write_and_wait(*store, point_at(7));
    while (!status) status = write_and_wait(*store, point_at(7));
    CHECK(read_all(*store, "ops").size() == 4);
    CHECK(store->statistics().segment_count >= 1);
}

TEST_CASE("a damaged or missing format file is told and written anew", "[engine]") {
    CrashingFileSystem files;
    {
        const auto store = store_with_ops(files);
        REQUIRE(write_and_wait(*store, point_at(1)));
    }
    const std::string path = kStorePath + "/format";
    SECTION("damaged") { flip_bit(files, path, 70); }
    SECTION("missing") { REQUIRE(files.remove(path)); }
    for (const std::size_t expected_message_count : {1U, 0U}) {
        const auto store = open_small(files);
        CHECK(store->recovery_messages().size() == expected_message_count);
        CHECK(read_all(*store, "ops").size() == 1);
    }
}

TEST_CASE("what a killed process left in memory is durable before anything is built on it",
          "[engine]") {
    // The process dies at each operation in turn: nothing that it did is lost, as long as the power
    // stays on.
    bool has_died = true;
    for (std::uint64_t operation = 1; has_died; ++operation) {
        INFO("the process dies at operation " << operation);
        CrashingFileSystem files;
        files.fail_operation(operation, Error(ErrorCode::IoError, "killed"));
        if (const auto first = storage::open_store(files, kStorePath, small_options())) {
            static_cast<void>(first.value()->create_database("ops"));
            static_cast<void>(first.value()->write("ops", "", batch_of({point_at(1)})));
            static_cast<void>(first.value()->flush());
        }
        has_died = files.operation_count() >= operation;
        if (!has_died) break;
        {
            const auto second = open_small(files);
            REQUIRE(second->create_database("ops"));
            REQUIRE(write_and_wait(*second, point_at(2)));
            REQUIRE(second->flush());
            REQUIRE(write_and_wait(*second, point_at(3)));
        }
        const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
        const Samples samples = read_all(*open_small(*disk), "ops");
        CHECK(samples.count({"cpu,host=a", "usage", 2}) == 1);
        CHECK(samples.count({"cpu,host=a", "usage", 3}) == 1);
    }
}

TEST_CASE("no frame is durable before the catalogue's records that it depends on", "[engine]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories("/wal"));
    std::vector<std::string> messages;
    const auto opened =
        storage::Catalogue::open(files, "/catalogue", "/quarantine", false, messages);
    REQUIRE(opened);
    storage::Catalogue& catalogue = *opened.value();
    const auto database = catalogue.create_database("ops");
    REQUIRE(database);
    storage::WalFiles wal_files(files, "/wal");
    storage::Committer committer(files, wal_files, catalogue,
                                 std::make_shared<storage::Visibility>(), {}, [] {});

    // Another client's database takes the record of a fresh series along to the disk, which fails
    // after the series' frame was enqueued.
    catalogue.add_series(catalogue.add_measurement(database.value(), "cpu"), {});
    std::promise<void> is_syncing;
    std::promise<void> is_enqueued;
    files.set_sync_hook([&](const std::string& path) -> Status {
        if (path != "/catalogue") return success();
        is_syncing.set_value();
        is_enqueued.get_future().wait();
        return Error(ErrorCode::IoError, "no longer there");
    });
    bool was_created = true;
    std::thread client(
        [&] { was_created = static_cast<bool>(catalogue.create_database("other")); });
    is_syncing.get_future().wait();
    committer.enqueue(1, std::vector<std::byte>(8));
    is_enqueued.set_value();
    client.join();
    CHECK_FALSE(was_created);
    CHECK_FALSE(committer.wait_durable(1));
}

TEST_CASE("memory of a large write is not kept for small ones", "[engine]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories("/wal"));
    std::vector<std::string> messages;
    const auto catalogue =
        storage::Catalogue::open(files, "/catalogue", "/quarantine", false, messages);
    REQUIRE(catalogue);
    storage::WalFiles wal_files(files, "/wal");
    storage::Committer committer(files, wal_files, *catalogue.value(),
                                 std::make_shared<storage::Visibility>(), {}, [] {});
    committer.enqueue(1, std::vector<std::byte>(std::size_t{2} << 20));
    committer.enqueue(2, std::vector<std::byte>(100));
    REQUIRE(committer.wait_durable(2));
    CHECK(committer.spare_buffer().capacity() == 100);
    CHECK(committer.spare_buffer().capacity() == 0);
}

}  // namespace tidemark::tests

#include "storage/engine/backup.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/store_impl.h"
#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

const std::string kBackup = "/backup/one";
const DocumentName kOffice{"ops", "calendar", "office"};

PlainPoint point(const std::string& host, std::int64_t time_ns, double value) {
    return {"cpu", {{"host", host}}, time_ns, {{"usage", value}}};
}

/// Segments, deleted rows and rows in the head.
Samples fill(Store& store) {
    REQUIRE(store.create_database("ops"));
    REQUIRE(store.set_stale("ops", "cpu", 77));
    REQUIRE(store.put_document(kOffice, "Mon", {"ann", "", 5, {}}));
    Samples samples;
    for (int round = 0; round < 3; ++round) {
        std::vector<PlainPoint> points;
        for (int index = 0; index < 20; ++index) points.push_back(point("a", index, round));
        for (const PlainPoint& one : points) apply_point(samples, one);
        write_durably(store, "ops", points);
        if (round == 0) {
            REQUIRE(store.delete_rows("ops", "", {{"cpu", {}, nullptr}}, {3, 6}));
            std::erase_if(samples, [](const auto& sample) {
                return std::get<2>(sample.first) >= 3 && std::get<2>(sample.first) < 6;
            });
        }
    }
    return samples;
}

std::unique_ptr<Store> open_at(CrashingFileSystem& files, const std::string& path) {
    auto store = storage::open_store(files, path, small_options());
    if (!store) FAIL(store.error().message());
    return std::move(store).value();
}

}  // namespace

TEST_CASE("a backup is a store of its own, and restored one again", "[engine][backup]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    const Samples expected = fill(*store);
    REQUIRE(store->backup(kBackup));
    // What comes later is not in it, and it needs nothing of the store.
    write_durably(*store, "ops", {point("b", 1, 1)});
    REQUIRE(store->flush());
    REQUIRE(store->compact());
    CHECK(read_all(*store, "ops").size() == expected.size() + 1);
    {
        const auto copy = open_at(files, kBackup);
        CHECK(copy->recovery_messages().empty());
        CHECK(read_all(*copy, "ops") == expected);
        CHECK(copy->stale_ns("ops", "cpu") == 77);
        CHECK(copy->document_history(kOffice) == store->document_history(kOffice));
    }
    REQUIRE(storage::restore_store(files, kBackup, "/restored"));
    const auto restored = open_at(files, "/restored");
    CHECK(restored->recovery_messages().empty());
    CHECK(read_all(*restored, "ops") == expected);
    CHECK(restored->document_history(kOffice) == store->document_history(kOffice));
    CHECK(restored->document_history(kOffice).size() == 1);
    write_durably(*restored, "ops", {point("c", 1, 1)});
    CHECK(read_all(*restored, "ops").size() == expected.size() + 1);
}

TEST_CASE("a backup goes to a new or empty directory only", "[engine][backup]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    static_cast<void>(fill(*store));
    CHECK(store->backup(kStorePath).error().code() == ErrorCode::InvalidArgument);
    REQUIRE(files.create_directories("/empty"));
    REQUIRE(store->backup("/empty"));
    const Status again = store->backup("/empty");
    CHECK(again.error().code() == ErrorCode::InvalidArgument);
    CHECK(storage::restore_store(files, "/empty", kStorePath).error().code() ==
          ErrorCode::InvalidArgument);
    CHECK(storage::restore_store(files, "/nothing", "/new").error().code() == ErrorCode::NotFound);
    CHECK_FALSE(files.exists("/new").value());
}

TEST_CASE("a damaged backup is not restored", "[engine][backup]") {
    CrashingFileSystem files;
    {
        auto store = open_small(files);
        static_cast<void>(fill(*store));
        REQUIRE(store->backup(kBackup));
    }
    for (const auto& [path, contents] : files.contents()) {
        if (path.rfind(kBackup, 0) != 0 || contents.empty()) continue;
        if (path.find("LOCK") != std::string::npos) continue;
        INFO(path);
        std::vector<std::byte> bytes;
        bytes.reserve(contents.size());
        for (const char one : contents) bytes.push_back(static_cast<std::byte>(one));
        const std::vector<std::byte> sound = bytes;
        bytes[bytes.size() / 2] ^= std::byte{4};
        files.replace_contents(path, bytes);
        CHECK_FALSE(storage::restore_store(files, kBackup, "/restored"));
        CHECK_FALSE(files.exists("/restored").value());
        files.replace_contents(path, sound);
    }
    CHECK(storage::restore_store(files, kBackup, "/restored"));
}

TEST_CASE("a store in use is no backup", "[engine][backup]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    static_cast<void>(fill(*store));
    CHECK(storage::restore_store(files, kStorePath, "/other").error().code() == ErrorCode::Busy);
    REQUIRE(store->close());
    // Rows wait in its log.
    CHECK(storage::restore_store(files, kStorePath, "/other").error().code() ==
          ErrorCode::InvalidArgument);
}

TEST_CASE("a backup that fails says so, and the store goes on", "[engine][backup]") {
    for (std::uint64_t number = 1; number < 30; ++number) {
        INFO("operation " << number);
        CrashingFileSystem files;
        auto store = open_small(files);
        const Samples expected = fill(*store);
        REQUIRE(store->flush());
        files.fail_operation(files.operation_count() + number,
                             {ErrorCode::StorageFull, "no space left"});
        const Status status = store->backup(kBackup);
        if (status) {
            CHECK(read_all(*open_at(files, kBackup), "ops") == expected);
        } else {
            CHECK(status.error().code() == ErrorCode::StorageFull);
            // Only its name may have been in doubt.
            if (storage::restore_store(files, kBackup, "/restored")) {
                CHECK(read_all(*open_at(files, "/restored"), "ops") == expected);
            }
        }
        CHECK(read_all(*store, "ops") == expected);
    }
}

}  // namespace tidemark::tests

#include "tests/support/crashing_file_system.h"

#include <set>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::tests::CrashingFileSystem;
using Unsynced = CrashingFileSystem::Unsynced;

namespace {

const std::string kDirectory = "/store";

std::string path_of(const std::string& name) { return kDirectory + '/' + name; }

std::unique_ptr<WritableFile> create(FileSystem& files, const std::string& name,
                                     std::string_view text) {
    auto file = files.create_file(path_of(name));
    REQUIRE(file);
    REQUIRE(file.value()->append(as_bytes(text)));
    return std::move(file).value();
}

std::string text_of(FileSystem& files, const std::string& name) {
    const auto bytes = files.read_file(path_of(name));
    return bytes ? std::string(as_text(bytes.value())) : "no file";
}

/// Each file durable with its name.
void put(FileSystem& files, const std::string& name, std::string_view text) {
    REQUIRE(create(files, name, text)->sync());
    REQUIRE(files.sync_directory(kDirectory));
}

std::string text_after_cut(const CrashingFileSystem& files, const std::string& name,
                           Unsynced unsynced) {
    return text_of(*files.recover_image(unsynced), name);
}

}  // namespace

TEST_CASE("contents survive a power cut as far as they were synced", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    auto file = create(files, "log", "durable");
    REQUIRE(file->sync());
    REQUIRE(files.sync_directory(kDirectory));
    REQUIRE(file->append(as_bytes(" and not")));
    REQUIRE(file->write_at(0, as_bytes("D")));
    CHECK(text_of(files, "log") == "Durable and not");
    CHECK(text_after_cut(files, "log", Unsynced::Drop) == "durable");
    CHECK(text_after_cut(files, "log", Unsynced::Keep) == "Durable and not");
    REQUIRE(file->sync());
    CHECK(text_after_cut(files, "log", Unsynced::Drop) == "Durable and not");
}

TEST_CASE("names survive a power cut when their directory was synced", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    REQUIRE(create(files, "new", "n")->sync());
    CHECK(text_after_cut(files, "new", Unsynced::Drop) == "no file");
    CHECK(text_after_cut(files, "new", Unsynced::Keep) == "n");
    REQUIRE(files.sync_directory(kDirectory));
    CHECK(text_after_cut(files, "new", Unsynced::Drop) == "n");

    REQUIRE(files.rename(path_of("new"), path_of("renamed")));
    CHECK(text_of(files, "new") == "no file");
    CHECK(text_after_cut(files, "new", Unsynced::Drop) == "n");
    CHECK(text_after_cut(files, "renamed", Unsynced::Drop) == "no file");
    REQUIRE(files.sync_directory(kDirectory));
    CHECK(text_after_cut(files, "new", Unsynced::Drop) == "no file");
    CHECK(text_after_cut(files, "renamed", Unsynced::Drop) == "n");

    REQUIRE(files.remove(path_of("renamed")));
    CHECK(text_after_cut(files, "renamed", Unsynced::Drop) == "n");
    REQUIRE(files.sync_directory(kDirectory));
    CHECK(text_after_cut(files, "renamed", Unsynced::Drop) == "no file");
}

TEST_CASE("a synced name without synced contents is an empty file", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    create(files, "hasty", "lost");
    REQUIRE(files.sync_directory(kDirectory));
    CHECK(text_after_cut(files, "hasty", Unsynced::Drop).empty());
}

TEST_CASE("an unsynced rename is either done or not, never half", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    put(files, "manifest", "old");
    put(files, "manifest.tmp", "new");
    REQUIRE(files.rename(path_of("manifest.tmp"), path_of("manifest")));
    std::set<std::pair<std::string, std::string>> seen;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto disk = files.recover_image(Unsynced::Mix, seed);
        seen.emplace(text_of(*disk, "manifest"), text_of(*disk, "manifest.tmp"));
    }
    CHECK(seen ==
          std::set<std::pair<std::string, std::string>>{{"old", "new"}, {"new", "no file"}});
}

TEST_CASE("a rename into another directory takes the name along", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory + "/quarantine"));
    REQUIRE(create(files, "segment", "s")->sync());
    REQUIRE(files.rename(path_of("segment"), path_of("quarantine/segment")));
    REQUIRE(files.sync_directory(kDirectory + "/quarantine"));
    for (const Unsynced unsynced : {Unsynced::Drop, Unsynced::Keep, Unsynced::Mix}) {
        CHECK(text_after_cut(files, "segment", unsynced) == "no file");
        CHECK(text_after_cut(files, "quarantine/segment", unsynced) == "s");
    }
}

TEST_CASE("a directory is renamed with all that is in it, or not at all", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory + "/new.tmp/inner"));
    REQUIRE(create(files, "new.tmp/inner/synced", "s")->sync());
    REQUIRE(files.sync_directory(path_of("new.tmp/inner")));
    REQUIRE(create(files, "new.tmp/inner/hasty", "h")->sync());
    REQUIRE(files.rename(path_of("new.tmp"), path_of("new")));
    CHECK(text_of(files, "new/inner/synced") == "s");
    CHECK(text_of(files, "new.tmp/inner/synced") == "no file");
    CHECK(text_after_cut(files, "new.tmp/inner/synced", Unsynced::Drop) == "s");
    CHECK(text_after_cut(files, "new/inner/synced", Unsynced::Drop) == "no file");
    REQUIRE(files.sync_directory(kDirectory));
    CHECK(text_after_cut(files, "new/inner/synced", Unsynced::Drop) == "s");
    CHECK(text_after_cut(files, "new.tmp/inner/synced", Unsynced::Drop) == "no file");
    // A name needs a sync of the directory that it is in.
    CHECK(text_after_cut(files, "new/inner/hasty", Unsynced::Drop) == "no file");
    REQUIRE(files.sync_directory(path_of("new/inner")));
    CHECK(text_after_cut(files, "new/inner/hasty", Unsynced::Drop) == "h");

    REQUIRE(files.create_directories(kDirectory + "/other/inner"));
    CHECK_FALSE(files.rename(path_of("new"), path_of("other")));
    REQUIRE(files.remove(path_of("other/inner")));
    CHECK(files.rename(path_of("new"), path_of("other")));
    CHECK(text_of(files, "other/inner/hasty") == "h");
}

TEST_CASE("a mixed image keeps some sectors and not others", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    const std::string durable(600, 'd');
    put(files, "log", durable);
    auto file = files.open_file(path_of("log"));
    REQUIRE(file);
    REQUIRE(file.value()->append(as_bytes(std::string(1400, 'n'))));
    std::set<std::string> seen;
    std::set<std::size_t> sizes;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const std::string text = text_of(*files.recover_image(Unsynced::Mix, seed), "log");
        seen.insert(text);
        sizes.insert(text.size());
        REQUIRE(text.substr(0, 600) == durable);
        for (std::size_t index = 600; index < text.size(); ++index) {
            REQUIRE((text[index] == 'n' || text[index] == '\0'));
            // A sector is kept or lost as a whole.
            if (index % 512 != 0 && index > 600) REQUIRE(text[index] == text[index - 1]);
        }
    }
    CHECK(*sizes.begin() == 600);
    CHECK(*sizes.rbegin() == 2000);
    CHECK(sizes.size() > 10);
    CHECK(seen.size() > sizes.size());
    CHECK(text_of(*files.recover_image(Unsynced::Mix, 3), "log") ==
          text_of(*files.recover_image(Unsynced::Mix, 3), "log"));
}

TEST_CASE("after a cut behind a sync all is durable to there, and nothing works any more",
          "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    REQUIRE(files.sync_count() == 1);
    auto file = create(files, "log", "one");
    files.cut_power_after_sync(3);
    REQUIRE(files.sync_directory(kDirectory));
    REQUIRE(file->sync());
    CHECK(files.is_power_cut());
    const Status status = file->append(as_bytes("two"));
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == ErrorCode::IoError);
    CHECK(status.error().message() == "write /store/log: the power is cut");
    CHECK_FALSE(file->sync());
    CHECK_FALSE(file->close());
    CHECK_FALSE(files.read_file(path_of("log")));
    CHECK_FALSE(files.list(kDirectory));
    CHECK_FALSE(files.exists(kDirectory));
    CHECK_FALSE(files.create_directories(kDirectory));
    CHECK_FALSE(files.lock_directory(kDirectory, LockMode::Shared));
    const auto disk = files.recover_image(Unsynced::Keep);
    CHECK(text_of(*disk, "log") == "one");
    CHECK(disk->sync_count() == 0);
}

TEST_CASE("a cut before a sync or an operation prevents it", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    put(files, "log", "one");
    auto file = files.open_file(path_of("log"));
    REQUIRE(file);

    SECTION("sync") {
        files.cut_power_before_sync(files.sync_count() + 1);
        REQUIRE(file.value()->append(as_bytes("two")));
        CHECK_FALSE(file.value()->sync());
        CHECK(text_after_cut(files, "log", Unsynced::Drop) == "one");
        CHECK(text_after_cut(files, "log", Unsynced::Keep) == "onetwo");
    }
    SECTION("operation") {
        files.cut_power_before_operation(files.operation_count() + 2);
        REQUIRE(file.value()->append(as_bytes("two")));
        CHECK_FALSE(file.value()->append(as_bytes("three")));
        CHECK(text_after_cut(files, "log", Unsynced::Keep) == "onetwo");
    }
}

TEST_CASE("what a failed sync should have made durable never will be", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    auto file = create(files, "log", "one");
    REQUIRE(files.sync_directory(kDirectory));
    files.fail_next_sync();
    CHECK(file->sync().error().code() == ErrorCode::IoError);
    CHECK(file->sync());
    CHECK(text_of(files, "log") == "one");
    CHECK(text_after_cut(files, "log", Unsynced::Drop) == std::string(3, '\0'));
}

TEST_CASE("a full disk refuses what needs space until there is some", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    auto file = create(files, "log", "one");
    files.set_full(true);
    CHECK(file->append(as_bytes("two")).error().code() == ErrorCode::StorageFull);
    CHECK(files.create_file(path_of("x")).error().code() == ErrorCode::StorageFull);
    CHECK(file->sync());
    CHECK(text_of(files, "log") == "onet");
    files.set_full(false);
    CHECK(file->append(as_bytes("two")));
    CHECK(text_of(files, "log") == "onettwo");
}

TEST_CASE("a chosen operation fails once", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    auto file = create(files, "log", "one");
    files.fail_operation(files.operation_count() + 2, Error(ErrorCode::IoError, "bad sector"));
    CHECK(file->append(as_bytes("2")));
    CHECK(file->append(as_bytes("3")).error().message() == "bad sector");
    CHECK(file->append(as_bytes("4")));
    CHECK(text_of(files, "log") == "one24");
}

TEST_CASE("from a chosen operation on all fail", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    auto file = create(files, "log", "one");
    files.fail_operations_from(files.operation_count() + 2, Error(ErrorCode::IoError, "gone"));
    CHECK(file->append(as_bytes("2")));
    CHECK_FALSE(file->append(as_bytes("3")));
    CHECK_FALSE(file->sync());
    CHECK_FALSE(files.sync_directory(kDirectory));
    CHECK(text_of(files, "log") == "one2");
}

TEST_CASE("a misdirected write succeeds and lands elsewhere", "[crashing]") {
    std::size_t misplaced_count = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CrashingFileSystem files;
        REQUIRE(files.create_directories(kDirectory));
        const auto other = create(files, "other", std::string(100, 'o'));
        const auto file = create(files, "log", std::string(100, 'l'));
        files.misdirect_operation(files.operation_count() + 1, seed);
        CHECK(file->append(as_bytes("mine")));
        CHECK(file->sync());
        const std::string both = text_of(files, "log") + text_of(files, "other");
        CHECK(both.find("mine") != std::string::npos);
        if (text_of(files, "log") != std::string(100, 'l') + "mine") ++misplaced_count;
    }
    CHECK(misplaced_count > 15);
}

TEST_CASE("a chosen read fails, once or for ever", "[crashing]") {
    for (const bool is_for_ever : {false, true}) {
        CrashingFileSystem files;
        REQUIRE(files.create_directories(kDirectory));
        create(files, "log", "one");
        files.fail_read(2, is_for_ever);
        CHECK(files.read_file(path_of("log")));
        CHECK(files.map(path_of("log")).error().code() == ErrorCode::IoError);
        CHECK(static_cast<bool>(files.map(path_of("log"))) != is_for_ever);
        CHECK(files.read_count() == 3);
    }
}

TEST_CASE("the double refuses what the operating system refuses", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory + "/sub"));
    put(files, "log", "one");
    CHECK(files.create_file(path_of("log")).error().code() == ErrorCode::IoError);
    CHECK(files.create_file("/nowhere/log").error().code() == ErrorCode::NotFound);
    CHECK(files.open_file(path_of("none")).error().code() == ErrorCode::NotFound);
    CHECK(files.map(path_of("none")).error().code() == ErrorCode::NotFound);
    CHECK(files.remove(path_of("none")).error().code() == ErrorCode::NotFound);
    CHECK(files.remove(kDirectory).error().code() == ErrorCode::IoError);
    CHECK(files.create_directories(path_of("log/below")).error().code() == ErrorCode::IoError);
    CHECK(files.create_directories(path_of("log")).error().code() == ErrorCode::IoError);
    CHECK(files.truncate(path_of("log"), 4).error().code() == ErrorCode::InvalidArgument);
    CHECK(files.list(kDirectory + "/").value() == std::vector<std::string>{"log", "sub"});
    CHECK(files.file_size_bytes(path_of("log")).value() == 3);
    REQUIRE(files.truncate(path_of("log"), 1));
    CHECK(text_after_cut(files, "log", Unsynced::Drop) == "o");
    CHECK(files.remove(path_of("sub")));
    CHECK(files.contents() == std::map<std::string, std::string>{{path_of("log"), "o"}});
}

TEST_CASE("locks die with the process that held them", "[crashing]") {
    CrashingFileSystem files;
    REQUIRE(files.create_directories(kDirectory));
    auto writer = files.lock_directory(kDirectory, LockMode::Exclusive);
    REQUIRE(writer);
    CHECK(files.lock_directory(kDirectory, LockMode::Shared).error().code() == ErrorCode::Busy);
    const auto disk = files.recover_image(Unsynced::Drop);
    CHECK(disk->lock_directory(kDirectory, LockMode::Exclusive));
    writer = Error(ErrorCode::Cancelled, "released");
    const auto reader = files.lock_directory(kDirectory, LockMode::Shared);
    REQUIRE(reader);
    CHECK(files.lock_directory(kDirectory, LockMode::Shared));
    CHECK(files.lock_directory(kDirectory, LockMode::Exclusive).error().code() == ErrorCode::Busy);
}

#include "storage/base/file_system.h"

#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "storage/base/bytes.h"
#include "tests/support/temporary_directory.h"

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::tests::TemporaryDirectory;

namespace {

std::string text_of(FileSystem& file_system, const std::string& path) {
    const auto bytes = file_system.read_file(path);
    REQUIRE(bytes.has_value());
    return std::string(as_text(bytes.value()));
}

void put(FileSystem& file_system, const std::string& path, std::string_view text) {
    auto file = file_system.create_file(path);
    REQUIRE(file.has_value());
    REQUIRE(file.value()->append(as_bytes(text)).has_value());
    REQUIRE(file.value()->sync().has_value());
    REQUIRE(file.value()->close().has_value());
}

}  // namespace

TEST_CASE("a file holds what was appended and written at offsets", "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    const std::string path = directory.path_of("data");
    auto file = files.create_file(path);
    REQUIRE(file.has_value());
    REQUIRE(file.value()->append(as_bytes("hello")).has_value());
    REQUIRE(file.value()->append({}).has_value());
    REQUIRE(file.value()->append(as_bytes(" world")).has_value());
    REQUIRE(file.value()->write_at(0, as_bytes("J")).has_value());
    CHECK(file.value()->size_bytes() == 11);
    REQUIRE(file.value()->write_at(13, as_bytes("!")).has_value());
    CHECK(file.value()->size_bytes() == 14);
    REQUIRE(file.value()->sync().has_value());
    REQUIRE(file.value()->close().has_value());
    CHECK(text_of(files, path) == std::string("Jello world\0\0!", 14));
    CHECK(files.file_size_bytes(path).value() == 14);

    auto again = files.open_file(path);
    REQUIRE(again.has_value());
    REQUIRE(again.value()->append(as_bytes("?")).has_value());
    CHECK(text_of(files, path).back() == '?');
}

TEST_CASE("a mapping survives the removal of its file, and an empty file maps to nothing",
          "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    put(files, directory.path_of("full"), "segment");
    put(files, directory.path_of("empty"), "");
    const auto full = files.map(directory.path_of("full"));
    const auto empty = files.map(directory.path_of("empty"));
    REQUIRE(full.has_value());
    REQUIRE(empty.has_value());
    REQUIRE(files.remove(directory.path_of("full")).has_value());
    CHECK(as_text(full.value()->bytes()) == "segment");
    CHECK(empty.value()->bytes().empty());
}

TEST_CASE("what is not there is NotFound, with operation and path in the message",
          "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    const std::string path = directory.path_of("nothing");
    CHECK(files.exists(path).value() == false);
    CHECK(files.open_file(path).error().code() == ErrorCode::NotFound);
    CHECK(files.map(path).error().code() == ErrorCode::NotFound);
    CHECK(files.file_size_bytes(path).error().code() == ErrorCode::NotFound);
    CHECK(files.remove(path).error().code() == ErrorCode::NotFound);
    CHECK(files.rename(path, path + "2").error().code() == ErrorCode::NotFound);
    CHECK(files.list(path).error().code() == ErrorCode::NotFound);
    CHECK(files.truncate(path, 0).error().code() == ErrorCode::NotFound);
    CHECK(files.sync_directory(path).error().code() == ErrorCode::NotFound);
    CHECK(files.lock_directory(path, LockMode::Shared).error().code() == ErrorCode::NotFound);
    const auto bytes = files.read_file(path);
    REQUIRE(bytes.error().code() == ErrorCode::NotFound);
    CHECK(bytes.error().message() == "open " + path + ": No such file or directory");
}

TEST_CASE("a file is never created over another one", "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    put(files, directory.path_of("wal"), "precious");
    const auto second = files.create_file(directory.path_of("wal"));
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code() == ErrorCode::IoError);
    CHECK(text_of(files, directory.path_of("wal")) == "precious");
}

TEST_CASE("directories are made with those above them, listed sorted, files replaced by rename",
          "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    const std::string deep = directory.path_of("a/b/c");
    REQUIRE(files.create_directories(deep).has_value());
    REQUIRE(files.create_directories(deep).has_value());
    put(files, deep + "/z", "z");
    put(files, deep + "/m", "m");
    REQUIRE(files.create_directories(deep + "/d").has_value());
    CHECK(files.list(deep).value() == std::vector<std::string>{"d", "m", "z"});
    REQUIRE(files.rename(deep + "/z", deep + "/m").has_value());
    REQUIRE(files.sync_directory(deep).has_value());
    CHECK(files.list(deep).value() == std::vector<std::string>{"d", "m"});
    CHECK(text_of(files, deep + "/m") == "z");
    CHECK_FALSE(files.create_directories(deep + "/m/x").has_value());

    const std::string moved = directory.path_of("a/moved");
    REQUIRE(files.create_directories(moved + "/x").has_value());
    CHECK_FALSE(files.rename(deep, moved).has_value());
    REQUIRE(files.remove(moved + "/x").has_value());
    REQUIRE(files.rename(deep, moved).has_value());
    CHECK(files.list(moved).value() == std::vector<std::string>{"d", "m"});
    CHECK(text_of(files, moved + "/m") == "z");
}

TEST_CASE("truncating shortens and never lengthens", "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    put(files, directory.path_of("wal"), "frame torn");
    CHECK(files.truncate(directory.path_of("wal"), 11).error().code() ==
          ErrorCode::InvalidArgument);
    REQUIRE(files.truncate(directory.path_of("wal"), 5).has_value());
    CHECK(text_of(files, directory.path_of("wal")) == "frame");
}

TEST_CASE("a full disk is StorageFull", "[file_system]") {
    if (::access("/dev/full", W_OK) != 0) {
        WARN("skipped: there is no /dev/full here");
        return;
    }
    auto file = posix_file_system().open_file("/dev/full");
    REQUIRE(file.has_value());
    const Status status = file.value()->append(as_bytes("x"));
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().code() == ErrorCode::StorageFull);
    CHECK(status.error().message() == "write /dev/full: No space left on device");
}

TEST_CASE("a directory locked for writing is busy for everybody, this process included",
          "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    auto writer = files.lock_directory(directory.path(), LockMode::Exclusive);
    REQUIRE(writer.has_value());
    for (const LockMode mode : {LockMode::Exclusive, LockMode::Shared}) {
        const auto second = files.lock_directory(directory.path(), mode);
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().code() == ErrorCode::Busy);
        CHECK(second.error().message() ==
              directory.path() + " is in use: another process, or this one, has it open");
    }
    writer = Error(ErrorCode::Cancelled, "released");
    CHECK(files.lock_directory(directory.path(), LockMode::Exclusive).has_value());
}

TEST_CASE("readers share a lock that keeps writers out", "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    const auto first = files.lock_directory(directory.path(), LockMode::Shared);
    const auto second = files.lock_directory(directory.path(), LockMode::Shared);
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK(first.value()->warning().empty());
    CHECK(files.lock_directory(directory.path(), LockMode::Exclusive).error().code() ==
          ErrorCode::Busy);
}

// Nobody can make a file in /proc, whatever the user.
TEST_CASE("a reader of a directory that cannot be written is told that it has no lock",
          "[file_system]") {
    FileSystem& files = posix_file_system();
    const auto reader = files.lock_directory("/proc", LockMode::Shared);
    REQUIRE(reader.has_value());
    CHECK(reader.value()->warning().starts_with("cannot lock /proc against writers: "));
    CHECK_FALSE(files.lock_directory("/proc", LockMode::Exclusive).has_value());
}

TEST_CASE("an atomic write replaces the file and takes over what a crash left", "[file_system]") {
    const TemporaryDirectory directory;
    FileSystem& files = posix_file_system();
    const std::string path = directory.path_of("manifest");
    put(files, path + ".tmp", "half writ");
    REQUIRE(write_file_atomically(files, path, as_bytes("one")).has_value());
    REQUIRE(write_file_atomically(files, path, as_bytes("two")).has_value());
    CHECK(text_of(files, path) == "two");
    CHECK(files.list(directory.path()).value() == std::vector<std::string>{"manifest"});
}

TEST_CASE("paths are joined and split", "[file_system]") {
    CHECK(join_path("a", "b") == "a/b");
    CHECK(join_path("a/", "b") == "a/b");
    CHECK(join_path("", "b") == "b");
    CHECK(parent_path("a/b") == "a");
    CHECK(parent_path("b") == ".");
    CHECK(parent_path("/b") == "/");
}

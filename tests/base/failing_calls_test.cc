// The operating system's calls as they may behave at any time, although they hardly ever do.

#include "tests/support/failing_calls.h"

#include <string>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/base/file_system.h"
#include "tests/support/temporary_directory.h"

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::tests::call_faults;
using tidemark::tests::TemporaryDirectory;

namespace {

/// No fault survives its test.
struct FaultsEnd {
    ~FaultsEnd() {
        call_faults().is_interrupting = 0;
        call_faults().transfer_limit_bytes = 0;
        call_faults().is_full = 0;
        call_faults().failing_sync_count = 0;
    }
};

}  // namespace

TEST_CASE("short transfers and interrupted calls are nobody's business", "[file_system]") {
    const TemporaryDirectory directory;
    const FaultsEnd end;
    FileSystem& files = posix_file_system();
    const std::string path = directory.path_of("data");
    std::string text;
    for (int number = 0; number < 1000; ++number) text += std::to_string(number);

    call_faults().is_interrupting = 1;
    call_faults().transfer_limit_bytes = 7;
    const std::uint32_t fault_count = call_faults().fault_count;
    auto file = files.create_file(path);
    REQUIRE(file);
    REQUIRE(file.value()->append(as_bytes(text)));
    REQUIRE(file.value()->sync());
    REQUIRE(file.value()->write_at(3, as_bytes("three")));
    REQUIRE(file.value()->close());
    text.replace(3, 5, "three");
    REQUIRE(files.sync_directory(directory.path()));
    CHECK(as_text(files.read_file(path).value()) == text);
    CHECK(as_text(files.map(path).value()->bytes()) == text);
    REQUIRE(files.truncate(path, 100));
    REQUIRE(write_file_atomically(files, directory.path_of("atomic"), as_bytes(text)));
    REQUIRE(files.lock_directory(directory.path(), LockMode::Exclusive));
    CHECK(call_faults().fault_count > fault_count + text.size() / 7);
    CHECK(files.file_size_bytes(path).value() == 100);
    CHECK(as_text(files.read_file(directory.path_of("atomic")).value()) == text);
}

TEST_CASE("a disk that fills up in the middle of a write is StorageFull", "[file_system]") {
    const TemporaryDirectory directory;
    const FaultsEnd end;
    FileSystem& files = posix_file_system();
    auto file = files.create_file(directory.path_of("data"));
    REQUIRE(file);
    call_faults().is_full = 1;
    const Status refused = file.value()->append(as_bytes(std::string(250, 'x')));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::StorageFull);
    CHECK(file.value()->size_bytes() == 200);  // What still fitted.
}

TEST_CASE("a failed fdatasync is IoError with path and reason", "[file_system]") {
    const TemporaryDirectory directory;
    const FaultsEnd end;
    FileSystem& files = posix_file_system();
    auto file = files.create_file(directory.path_of("data"));
    REQUIRE(file);
    call_faults().failing_sync_count = 2;
    const Status failed = file.value()->sync();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code() == ErrorCode::IoError);
    CHECK(failed.error().message() == "sync " + directory.path_of("data") + ": Input/output error");
    CHECK_FALSE(files.sync_directory(directory.path()));
    CHECK(files.sync_directory(directory.path()));
}

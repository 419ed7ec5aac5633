#include "storage/base/mapping_guard.h"

#include <csignal>
#include <string>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/base/bytes.h"
#include "storage/base/file_system.h"
#include "tests/support/temporary_directory.h"

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::tests::TemporaryDirectory;

namespace {

constexpr std::size_t kPageSizeBytes = 4096;

/// Files of `page_count` pages of 'x'.
std::unique_ptr<MappedFile> map_pages(const std::string& path, std::size_t page_count) {
    FileSystem& files = posix_file_system();
    auto file = files.create_file(path);
    REQUIRE(file);
    const std::string text(page_count * kPageSizeBytes, 'x');
    REQUIRE(file.value()->append(as_bytes(text)));
    auto mapped = files.map(path);
    REQUIRE(mapped);
    return std::move(mapped).value();
}

}  // namespace

TEST_CASE("a guarded mapping of a file that was shortened reads as zeros and says so",
          "[mapping_guard]") {
    install_mapping_guard();
    const TemporaryDirectory directory;
    const auto shortened = map_pages(directory.path_of("shortened"), 8);
    const auto other = map_pages(directory.path_of("other"), 8);
    const std::uint64_t count = damaged_mapping_count();
    REQUIRE(posix_file_system().truncate(directory.path_of("shortened"), 3 * kPageSizeBytes));
    CHECK(shortened->is_intact());  // Nobody has looked.

    const std::string_view text = as_text(shortened->bytes());
    CHECK(text.substr(0, 3 * kPageSizeBytes).find_first_not_of('x') == std::string_view::npos);
    CHECK(damaged_mapping_count() == count);
    CHECK(text[5 * kPageSizeBytes + 17] == '\0');
    CHECK_FALSE(shortened->is_intact());
    CHECK(damaged_mapping_count() == count + 1);
    CHECK(text.substr(3 * kPageSizeBytes).find_first_not_of('\0') == std::string_view::npos);
    CHECK(text.substr(0, 3 * kPageSizeBytes).find_first_not_of('x') == std::string_view::npos);
    CHECK(damaged_mapping_count() == count + 1);
    CHECK(other->is_intact());
    CHECK(as_text(other->bytes()).find_first_not_of('x') == std::string_view::npos);
}

TEST_CASE("a thousand mappings are told apart, and places are used again", "[mapping_guard]") {
    install_mapping_guard();
    const TemporaryDirectory directory;
    std::vector<std::unique_ptr<MappedFile>> mapped;
    for (int number = 0; number < 1000; ++number) {
        mapped.push_back(map_pages(directory.path_of(std::to_string(number)), 2));
        if (number % 3 == 0) mapped.erase(mapped.begin());
    }
    const std::string path = directory.path_of("last");
    mapped.push_back(map_pages(path, 2));
    REQUIRE(posix_file_system().truncate(path, 0));
    CHECK(as_text(mapped.back()->bytes())[0] == '\0');
    CHECK_FALSE(mapped.back()->is_intact());
    mapped.pop_back();
    for (const auto& file : mapped) {
        CHECK(as_text(file->bytes())[kPageSizeBytes] == 'x');
        CHECK(file->is_intact());
    }
}

TEST_CASE("a bus error that is not of a mapping still ends the process", "[mapping_guard]") {
    install_mapping_guard();
    const pid_t child = ::fork();
    if (child == 0) {
        ::raise(SIGBUS);
        // The handler gave the signal back: a second one is final.
        ::raise(SIGBUS);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGBUS);
}

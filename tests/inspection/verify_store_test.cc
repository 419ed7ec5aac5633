#include "storage/inspection/verify_store.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include <tidemark/store.h>

#include "storage/inspection/file_description.h"
#include "storage/inspection/store_file.h"
#include "tests/support/temporary_directory.h"

namespace tidemark::storage {
namespace {

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

void write_points(Store& store, int first, int count) {
    WriteBatch batch;
    for (int i = first; i < first + count; ++i) {
        batch.begin_point("cpu");
        batch.add_tag("host", i % 2 == 0 ? "a" : "b");
        batch.add_float("usage", i * 0.5);
        if (i % 3 == 0) batch.add_string("note", "n" + std::to_string(i % 5));
        batch.end_point(1'700'000'000'000'000'000 + i * std::int64_t{1'000'000'000});
    }
    const auto written = store.write("ops", "", batch);
    REQUIRE(written.has_value());
    CHECK(written.value().rejected.empty());
    REQUIRE(store.wait_durable(written.value().sequence).has_value());
}

// Every kind of file: a segment, and rows that only the log has.
void make_store(const std::string& directory) {
    auto store = Store::open(directory, {});
    REQUIRE(store.has_value());
    REQUIRE(store.value()->create_database("ops").has_value());
    REQUIRE(store.value()->put_document({"ops", "calendar", "office"}, "Mon", {}).has_value());
    write_points(*store.value(), 0, 40);
    REQUIRE(store.value()->flush().has_value());
    write_points(*store.value(), 40, 5);
    write_points(*store.value(), 45, 5);
    REQUIRE(store.value()->close().has_value());
}

VerifyReport verified(const std::string& directory) {
    const auto report =
        verify_store(posix_file_system(), directory, [](const std::string&) { return true; });
    INFO((report ? "" : report.error().message()));
    REQUIRE(report.has_value());
    return report.value();
}

}  // namespace

TEST_CASE("a sound store has no findings, open or closed", "[inspection]") {
    const tests::TemporaryDirectory directory;
    const std::string path = directory.path_of("store");
    make_store(path);
    CHECK(verified(path).findings.empty());
    CHECK_FALSE(verified(path).is_in_use);
    CHECK(verified(path).file_count >= 5);
    const auto store = Store::open(path, {});
    REQUIRE(store.has_value());
    write_points(*store.value(), 100, 5);
    const VerifyReport report = verified(path);
    CHECK(report.is_in_use);
    CHECK_FALSE(report.has_damage());
}

TEST_CASE("every flipped byte of every file is found at its place", "[inspection]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    make_store(store);
    const auto files = list_store_files(posix_file_system(), store);
    REQUIRE(files.has_value());
    for (const StoreFile& file : files.value()) {
        const std::string path = join_path(store, file.name);
        const std::string bytes = bytes_of(path);
        for (std::size_t offset = 0; offset < bytes.size(); ++offset) {
            std::string damaged = bytes;
            damaged[offset] = static_cast<char>(damaged[offset] ^ (1 << (offset % 8)));
            write_bytes(path, damaged);
            INFO(file.name << " flipped at " << offset);
            const VerifyReport report = verified(store);
            REQUIRE_FALSE(report.findings.empty());
            for (const Finding& finding : report.findings) {
                CHECK_FALSE(finding.what.empty());
                CHECK_FALSE(finding.meaning.empty());
                CHECK(finding.offset.value_or(0) <= offset + sizeof(std::uint64_t));
                // The end of a log may be the trace of a crash; nothing else may.
                const bool may_be_note =
                    file.kind != StoreFileKind::Segment && file.kind != StoreFileKind::Format;
                CHECK((finding.kind == Finding::Kind::Damage || may_be_note));
            }
            // Whatever the bytes, describing them ends well.
            const auto described =
                describe_path(posix_file_system(), path, DescriptionDetail::Full);
            const bool is_told = !described || !described.value().remarks.empty();
            CHECK((is_told || file.kind == StoreFileKind::Wal ||
                   file.kind == StoreFileKind::Catalogue || file.kind == StoreFileKind::Manifest));
        }
        write_bytes(path, bytes);
    }
    CHECK(verified(store).findings.empty());
}

TEST_CASE("a missing segment is found, a file that is not known is a note", "[inspection]") {
    const tests::TemporaryDirectory directory;
    const std::string store = directory.path_of("store");
    make_store(store);
    write_bytes(store + "/segments/notes.txt", "x");
    std::filesystem::create_directories(store + "/quarantine");
    write_bytes(store + "/quarantine/manifest.1", "x");
    CHECK(verified(store).findings.size() == 2);
    CHECK_FALSE(verified(store).has_damage());
    for (const auto& entry : std::filesystem::directory_iterator(store + "/segments")) {
        if (entry.path().extension() == ".seg") std::filesystem::remove(entry.path());
    }
    const VerifyReport report = verified(store);
    REQUIRE(report.has_damage());
    CHECK(report.findings.front().what == "the file is missing");
    CHECK(report.findings.front().meaning.find("its 40 rows from 2023-11-14T22:13:20Z to") == 0);
}

TEST_CASE("verifying can be stopped, and tells where there is no store", "[inspection]") {
    const tests::TemporaryDirectory directory;
    make_store(directory.path_of("store"));
    const auto stopped = verify_store(posix_file_system(), directory.path_of("store"),
                                      [](const std::string&) { return false; });
    REQUIRE_FALSE(stopped.has_value());
    CHECK(stopped.error().code() == ErrorCode::Cancelled);
    const auto absent = verify_store(posix_file_system(), directory.path(),
                                     [](const std::string&) { return true; });
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error().code() == ErrorCode::NotFound);
}

}  // namespace tidemark::storage

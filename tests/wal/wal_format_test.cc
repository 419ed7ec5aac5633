#include "storage/wal/wal_format.h"

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_writer.h"
#include "tests/support/crashing_file_system.h"
#include "tests/support/format_example.h"
#include "tests/wal/wal_samples.h"

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::tests;

TEST_CASE("the example of FORMAT.md is what the writer writes and the reader reads", "[wal]") {
    const auto example = format_example("## 2 WAL");
    CrashingFileSystem files;
    REQUIRE(files.create_directories("/wal"));
    auto writer = WalWriter::create(files, "/wal", kSampleFileNumber, 5, 0x1122334455667788);
    REQUIRE(writer);
    REQUIRE(writer.value()->append(5, 4, as_bytes("cpu")));
    REQUIRE(writer.value()->append_mark(5));
    REQUIRE(writer.value()->sync());
    CHECK(hex_of(files.read_file(writer.value()->path()).value()) == hex_of(example));

    CrashingFileSystem other_files;
    REQUIRE(other_files.create_directories("/wal"));
    other_files.replace_contents("/wal/" + kSampleFileName, example);
    const auto reader = WalReader::open(other_files, "/wal", kSampleFileName);
    REQUIRE(reader);
    CHECK(payloads_of(reader.value()) == std::vector<std::string>{"cpu"});
    CHECK(reader.value().durable_mark() == 5);
    CHECK(reader.value().damages().empty());
}

TEST_CASE("names of log files are told from others", "[wal]") {
    CHECK(wal_format::file_name(0x1f) == "wal-000000000000001f.wal");
    CHECK(wal_format::file_number_of("wal-000000000000001f.wal") == 0x1f);
    CHECK(wal_format::file_number_of("wal-ffffffffffffffff.wal") == ~std::uint64_t{0});
    for (const char* name : {"", "wal-", "wal-1f.wal", "wal-000000000000001F.wal", "LOCK",
                             "wal-000000000000001f.wal.tmp", "wal-00000000000000-1.wal"}) {
        INFO(name);
        CHECK_FALSE(wal_format::file_number_of(name).has_value());
    }
}

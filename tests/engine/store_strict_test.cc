#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/store_impl.h"
#include "tests/engine/store_damage.h"

namespace tidemark::tests {
namespace {

StoreOptions strict_options() {
    StoreOptions options = small_options();
    options.refuse_damaged = true;
    return options;
}

/// A store with two segments and a log, cleanly closed.
void make_store(CrashingFileSystem& files) {
    const auto store = store_with_ops(files);
    for (std::int64_t time = 0; time < 4; ++time) {
        REQUIRE(write_and_wait(*store, point_at(time)));
        if (time < 2) REQUIRE(store->flush());
    }
}

}  // namespace

TEST_CASE("a store that is asked to refuse damage opens a sound one, or makes one", "[engine]") {
    CrashingFileSystem files;
    REQUIRE(storage::open_store(files, kStorePath, strict_options()));
    {
        const auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        REQUIRE(write_and_wait(*store, point_at(1)));
    }
    StoreOptions reading = strict_options();
    reading.read_only = true;
    CHECK(storage::open_store(files, kStorePath, reading));
    CHECK(storage::open_store(files, kStorePath, strict_options()));
    reading.create_if_missing = false;
    CHECK(storage::open_store(files, "/nowhere", reading).error().code() == ErrorCode::NotFound);
}

TEST_CASE("a damaged store is refused when asked to, told in full, and left as it is", "[engine]") {
    CrashingFileSystem files;
    make_store(files);
    std::string expected;
    SECTION("a segment") {
        const auto segments = files_in(files, "segments");
        REQUIRE(segments.size() == 2);
        files.replace_contents(segments[0], {});
        expected = "segment segment-0000000000000001.seg cannot be read, its 1 rows";
    }
    SECTION("two segments") {
        for (const auto& path : files_in(files, "segments")) REQUIRE(files.remove(path));
        expected = "; segment segment-0000000000000002.seg cannot be read";
    }
    SECTION("the log") {
        const auto logs = files_in(files, "wal");
        REQUIRE(logs.size() == 1);
        flip_bit(files, logs[0], 100 * 8);
        expected = "durable sequences 3 to 3 are missing";
    }
    SECTION("the manifest") {
        flip_bit(files, kManifest, 20 * 8);
        expected = "manifest: bytes 16 to ";
    }
    SECTION("no manifest") {
        REQUIRE(files.remove(kManifest));
        expected = "manifest: the file is missing";
    }
    SECTION("the catalogue") {
        flip_bit(files, kCatalogue, 20 * 8);
        expected = "catalogue: bytes 16 to ";
    }
    SECTION("the format file") {
        flip_bit(files, kStorePath + "/format", 1);
        expected = "format: the file header is damaged";
    }
    const auto before = files.contents();
    for (const bool read_only : {false, true}) {
        StoreOptions options = strict_options();
        options.read_only = read_only;
        const auto refused = storage::open_store(files, kStorePath, options);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::Corruption);
        INFO(refused.error().message());
        CHECK(refused.error().message().starts_with("open /store: the store is damaged; "));
        CHECK(refused.error().message().find(expected) != std::string::npos);
        CHECK(files.contents() == before);
    }
    CHECK_FALSE(open_small(files)->recovery_messages().empty());
}

}  // namespace tidemark::tests

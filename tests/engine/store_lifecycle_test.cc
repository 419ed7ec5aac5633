#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/store_impl.h"
#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"
#include "tests/support/temporary_directory.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;

std::vector<PlainPoint> ramp(const std::string& host, std::int64_t begin_ns, std::size_t count) {
    std::vector<PlainPoint> points;
    for (std::size_t index = 0; index < count; ++index) {
        const auto time_ns = begin_ns + static_cast<std::int64_t>(index);
        points.push_back(
            {"cpu", {{"host", host}}, time_ns, {{"usage", static_cast<double>(time_ns)}}});
    }
    return points;
}

Samples samples_of(const std::vector<PlainPoint>& points) {
    Samples samples;
    for (const PlainPoint& point : points) apply_point(samples, point);
    return samples;
}

ErrorCode code_of_opening(storage::FileSystem& files, const StoreOptions& options) {
    const auto store = storage::open_store(files, kStorePath, options);
    REQUIRE_FALSE(store);
    return store.error().code();
}

}  // namespace

TEST_CASE("a store is the same after it was closed and opened again", "[engine]") {
    CrashingFileSystem files;
    const auto points = ramp("a", 0, 20);
    {
        const auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        write_durably(*store, "ops", points);
        REQUIRE(store->close());
        CHECK(read_all(*store, "ops") == samples_of(points));
        CHECK_FALSE(store->write("ops", "", batch_of(points)));
        CHECK_FALSE(store->flush());
        CHECK_FALSE(store->create_database("later"));
        CHECK(store->close());
    }
    const auto store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(read_all(*store, "ops") == samples_of(points));
    CHECK(store->statistics().written_sequence == 1);
    const auto more = ramp("a", 100, 1);
    CHECK(write_points(*store, "ops", more) == 2);
}

TEST_CASE("closing makes durable what was written", "[engine]") {
    CrashingFileSystem files;
    const auto points = ramp("a", 0, 20);
    {
        const auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        for (const PlainPoint& point : points) write_points(*store, "ops", {point});
    }
    const auto disk = files.recover_image(CrashingFileSystem::Unsynced::Drop);
    CHECK(read_all(*open_small(*disk), "ops") == samples_of(points));
}

TEST_CASE("a flush makes one segment for each database and partition", "[engine]") {
    CrashingFileSystem files;
    const auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    REQUIRE(store->create_database("aux"));
    // 3 hours of ops, the earliest before 1970; one of aux.
    auto points = ramp("a", -5, 10);
    const auto later = ramp("a", kHourNs - 1, 2);
    points.insert(points.end(), later.begin(), later.end());
    write_durably(*store, "ops", points);
    write_durably(*store, "aux", ramp("a", 7, 1));
    REQUIRE(store->flush());

    const StoreStatistics statistics = store->statistics();
    CHECK(statistics.segment_count == 4);
    CHECK(statistics.segment_sample_count == 13);
    CHECK(statistics.head_row_count == 0);
    CHECK(statistics.wal_size_bytes == 0);
    const auto segments = files.list(kStorePath + "/segments");
    REQUIRE(segments);
    CHECK(segments.value().size() == 4);
    const auto logs = files.list(kStorePath + "/wal");
    REQUIRE(logs);
    CHECK(logs.value().empty());
    CHECK(read_all(*store, "ops") == samples_of(points));

    REQUIRE(store->flush());
    CHECK(store->statistics().segment_count == 4);
}

TEST_CASE("the head is flushed by itself when it is full and when nobody writes", "[engine]") {
    CrashingFileSystem files;
    StoreOptions options = small_options();
    SECTION("full of rows") { options.head_row_limit = 10; }
    SECTION("full of bytes") { options.head_size_limit_bytes = 10 * (8 + 8 + 8); }
    SECTION("idle") { options.idle_flush_ns = 1'000'000; }
    const auto store = open_small(files, options);
    REQUIRE(store->create_database("ops"));
    const auto points = ramp("a", 0, 30);
    write_durably(*store, "ops", points);
    while (store->statistics().head_row_count > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(store->statistics().segment_count == 1);
    CHECK(read_all(*store, "ops") == samples_of(points));
}

TEST_CASE("a cursor works on when its scan is gone", "[engine]") {
    CrashingFileSystem files;
    const auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    write_durably(*store, "ops", ramp("a", 0, 30));
    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Values}};
    std::unique_ptr<SeriesCursor> cursor;
    {
        const auto scan = store->scan(request, nullptr);
        REQUIRE(scan);
        auto opened = scan.value()->open(0);
        REQUIRE(opened);
        cursor = std::move(opened).value();
    }
    std::size_t row_count = 0;
    while (true) {
        const auto piece = cursor->next();
        REQUIRE(piece);
        if (piece.value() == nullptr) break;
        row_count += piece.value()->row_count;
    }
    CHECK(row_count == 30);
}

TEST_CASE("options that no segment can follow are refused", "[engine]") {
    CrashingFileSystem files;
    StoreOptions options = small_options();
    options.rows_per_vector = (1U << 20) + 1;
    const auto store = storage::open_store(files, kStorePath, options);
    REQUIRE_FALSE(store);
    CHECK(store.error().message() == "rows_per_vector is 1048577, the limit is 1048576");
    CHECK(files.contents().empty());
}

TEST_CASE("a dropped database is gone at once and starts empty when made again", "[engine]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    REQUIRE(store->create_database("kept"));
    const auto points = ramp("a", 0, 20);
    write_durably(*store, "ops", points);
    write_durably(*store, "kept", points);
    REQUIRE(store->flush());
    write_durably(*store, "ops", ramp("b", 0, 20));

    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Values}};
    const auto scan = store->scan(request, nullptr);
    REQUIRE(scan);

    REQUIRE(store->drop_database("ops"));
    REQUIRE(store->drop_database("ops"));
    CHECK_FALSE(store->has_database("ops"));
    CHECK(store->databases() == std::vector<std::string>{"kept"});
    CHECK(store->statistics().segment_count == 1);
    CHECK_FALSE(store->write("ops", "", batch_of(points)));
    // A scan that was prepared before goes on: its segments stay readable.
    auto cursor = scan.value()->open(0);
    REQUIRE(cursor);
    const auto piece = cursor.value()->next();
    REQUIRE(piece);
    CHECK(piece.value() != nullptr);

    REQUIRE(store->create_database("ops"));
    CHECK(read_all(*store, "ops").empty());
    CHECK(store->measurements("ops").empty());
    const std::vector<PlainPoint> other = {{"cpu", {{"host", "a"}}, 5, {{"usage", true}}}};
    write_durably(*store, "ops", other);
    for (int round = 0; round < 2; ++round) {
        CHECK(read_all(*store, "ops") == samples_of(other));
        CHECK(read_all(*store, "kept") == samples_of(points));
        REQUIRE(store->close());
        store = open_small(files);
        CHECK(store->recovery_messages().empty());
    }
    REQUIRE(store->flush());
    CHECK(read_all(*store, "ops") == samples_of(other));
}

TEST_CASE("a store is opened by one at a time", "[engine]") {
    TemporaryDirectory directory;
    storage::FileSystem& files = storage::posix_file_system();
    const auto open_it = [&](bool read_only) {
        StoreOptions options = small_options();
        options.read_only = read_only;
        return storage::open_store(files, directory.path_of("store"), options);
    };
    auto store = open_it(false);
    REQUIRE(store);
    REQUIRE(store.value()->create_database("ops"));
    for (const bool read_only : {false, true}) {
        const auto second = open_it(read_only);
        REQUIRE_FALSE(second);
        CHECK(second.error().code() == ErrorCode::Busy);
    }
    REQUIRE(store.value()->close());
    const auto reader = open_it(true);
    REQUIRE(reader);
    CHECK(reader.value()->databases() == std::vector<std::string>{"ops"});
    CHECK(open_it(true));
    CHECK_FALSE(open_it(false));
}

TEST_CASE("on real files a store keeps points over flush and restart", "[engine]") {
    TemporaryDirectory directory;
    const auto points = ramp("a", 0, 50);
    for (int round = 0; round < 3; ++round) {
        auto store = Store::open(directory.path_of("deep/store"), small_options());
        REQUIRE(store);
        REQUIRE(store.value()->create_database("ops"));
        if (round == 0) write_durably(*store.value(), "ops", points);
        if (round == 1) REQUIRE(store.value()->flush());
        CHECK(read_all(*store.value(), "ops") == samples_of(points));
    }
}

TEST_CASE("what is not there is not made unless asked for", "[engine]") {
    CrashingFileSystem files;
    StoreOptions options = small_options();
    options.create_if_missing = false;
    CHECK(code_of_opening(files, options) == ErrorCode::NotFound);
    options.create_if_missing = true;
    options.read_only = true;
    CHECK(code_of_opening(files, options) == ErrorCode::NotFound);
    CHECK(files.contents().empty());
    REQUIRE(files.create_directories(kStorePath));
    CHECK(code_of_opening(files, options) == ErrorCode::NotFound);
}

TEST_CASE("a store opened read-only shows its log and leaves all files as they are", "[engine]") {
    CrashingFileSystem files;
    const auto points = ramp("a", 0, 20);
    {
        const auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        write_durably(*store, "ops", {points.begin(), points.begin() + 9});
        REQUIRE(store->flush());
        write_durably(*store, "ops", {points.begin() + 9, points.end()});
    }
    // What a crash may leave: an unfinished segment and a torn end of the log.
    files.replace_contents(kStorePath + "/segments/segment-00000000000000ff.seg.tmp", {});
    const auto before = files.contents();
    StoreOptions options = small_options();
    options.read_only = true;
    {
        const auto store = open_small(files, options);
        CHECK(read_all(*store, "ops") == samples_of(points));
        CHECK_FALSE(store->write("ops", "", batch_of(points)));
        CHECK_FALSE(store->flush());
        CHECK_FALSE(store->create_database("x"));
        CHECK_FALSE(store->drop_database("ops"));
        CHECK(store->wait_durable(store->statistics().durable_sequence));
        CHECK(store->databases() == std::vector<std::string>{"ops"});
    }
    CHECK(files.contents() == before);
}

TEST_CASE("options that cannot work are refused", "[engine]") {
    CrashingFileSystem files;
    StoreOptions options = small_options();
    SECTION("vectors without rows") { options.rows_per_vector = 0; }
    SECTION("partitions without width") { options.partition_width_ns = 0; }
    SECTION("a negative future") { options.future_limit_ns = -1; }
    CHECK(code_of_opening(files, options) == ErrorCode::InvalidArgument);
}

}  // namespace tidemark::tests

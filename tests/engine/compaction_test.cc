#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;

PlainPoint point(const std::string& host, std::int64_t time_ns, double value) {
    return {"cpu", {{"host", host}}, time_ns, {{"usage", value}}};
}

/// Several flushes of one partition with late rows and duplicates: what should be there.
Samples write_overlapping(Store& store, const std::string& database, int flush_count) {
    REQUIRE(store.create_database(database));
    Samples expected;
    for (int flush = 0; flush < flush_count; ++flush) {
        std::vector<PlainPoint> points;
        for (int index = 0; index < 30; ++index) {
            const std::string host(1, static_cast<char>('a' + index % 3));
            points.push_back(point(host, (flush * 17 + index * 7) % 100, flush + index / 100.0));
            apply_point(expected, points.back());
        }
        write_durably(store, database, points);
        REQUIRE(store.flush());
    }
    return expected;
}

std::vector<std::string> segment_paths(const CrashingFileSystem& files) {
    std::vector<std::string> paths;
    for (const auto& [path, contents] : files.contents()) {
        if (path.find("/segments/") != std::string::npos) paths.push_back(path);
    }
    return paths;
}

void flip_byte(CrashingFileSystem& files, const std::string& path, std::size_t offset) {
    const std::string contents = files.contents().at(path);
    std::vector<std::byte> bytes;
    bytes.reserve(contents.size());
    for (const char one : contents) bytes.push_back(static_cast<std::byte>(one));
    bytes[offset] ^= std::byte{1};
    files.replace_contents(path, bytes);
}

/// Points of few series, fields and times, over two partitions.
PlainPoint random_point(std::mt19937& random) {
    const auto below = [&random](std::size_t limit) { return random() % limit; };
    PlainPoint made{"m" + std::to_string(below(2)),
                    {{"host", std::string(1, static_cast<char>('a' + below(3)))}},
                    static_cast<std::int64_t>(below(110)) * kMinuteNs,
                    {}};
    if (below(2) == 0)
        made.fields.emplace_back("f", below(9) == 0 ? -0.0 : static_cast<double>(below(1000)) / 8);
    if (below(2) == 0) made.fields.emplace_back("b", below(2) == 0);
    if (below(3) == 0) made.fields.emplace_back("s", "text" + std::to_string(below(9)));
    if (below(3) == 0) made.fields.emplace_back("u", std::uint64_t{below(9)});
    made.fields.emplace_back("i", static_cast<std::int64_t>(below(1000)));
    return made;
}

}  // namespace

TEST_CASE("compaction changes no row", "[engine][compaction]") {
    for (int round = 0; round < 12; ++round) {
        const unsigned seed = std::random_device{}();
        INFO("seed " << seed);
        std::mt19937 random(seed);
        CrashingFileSystem files;
        auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        Samples expected;
        for (int step = 0; step < 40; ++step) {
            std::vector<PlainPoint> points(1 + random() % 30);
            for (PlainPoint& one : points) {
                one = random_point(random);
                apply_point(expected, one);
            }
            write_durably(*store, "ops", points);
            if (random() % 3 == 0) REQUIRE(store->flush());
            if (random() % 6 == 0) REQUIRE(store->compact());
            if (random() % 10 == 0) {
                REQUIRE(store->close());
                store = open_small(files);
                CHECK(store->recovery_messages().empty());
            }
            REQUIRE(read_all(*store, "ops") == expected);
        }
        REQUIRE(store->flush());
        REQUIRE(store->compact());
        CHECK(read_all(*store, "ops") == expected);
        CHECK(segment_paths(files).size() == store->statistics().segment_count);
    }
}

TEST_CASE("compaction makes one segment of many, and says so", "[engine][compaction]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    const Samples expected = write_overlapping(*store, "ops", 10);
    CHECK(store->statistics().segment_count == 10);
    REQUIRE(store->compact());
    const StoreStatistics statistics = store->statistics();
    CHECK(statistics.segment_count == 1);
    CHECK(statistics.segment_sample_count == expected.size());
    CHECK(statistics.compaction.run_count == 1);
    CHECK(statistics.compaction.removed_segment_count == 10);
    CHECK(statistics.compaction.read_row_count == 300);
    CHECK(statistics.compaction.written_row_count == expected.size());
    CHECK(statistics.compaction.written_size_bytes == statistics.segment_size_bytes);
    CHECK(segment_paths(files).size() == 1);
    REQUIRE(store->compact());
    CHECK(store->statistics().compaction.run_count == 1);

    REQUIRE(store->close());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->compact());
    CHECK(store->statistics().compaction.run_count == 0);
}

TEST_CASE("full vectors go through compaction undecoded", "[engine][compaction]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    for (int flush = 0; flush < 4; ++flush) {
        std::vector<PlainPoint> points;
        for (int index = 0; index < 24; ++index)
            points.push_back(point("a", flush * 24 + index, 1));
        write_durably(*store, "ops", points);
        REQUIRE(store->flush());
    }
    REQUIRE(store->compact());
    CHECK(store->statistics().segment_count == 1);
    CHECK(store->statistics().compaction.copied_vector_count == 12);
    CHECK(store->statistics().compaction.encoded_vector_count == 0);
}

TEST_CASE("a snapshot and a scan under way read on while segments are merged",
          "[engine][compaction]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    const Samples expected = write_overlapping(*store, "ops", 6);
    const auto snapshot = store->snapshot();
    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Values}};
    const auto scan = store->scan(request, snapshot);
    REQUIRE(scan);
    auto cursor = scan.value()->open(0);
    REQUIRE(cursor);
    std::size_t row_count = 0;
    auto piece = cursor.value()->next();
    REQUIRE(piece);
    REQUIRE(piece.value() != nullptr);
    row_count += piece.value()->row_count;

    REQUIRE(store->compact());
    CHECK(segment_paths(files).size() == 1);
    write_durably(*store, "ops", {point("a", 1, 99)});
    for (piece = cursor.value()->next(); piece && piece.value() != nullptr;
         piece = cursor.value()->next()) {
        row_count += piece.value()->row_count;
    }
    REQUIRE(piece);
    const auto is_of_a = [](const auto& sample) {
        return std::get<0>(sample.first) == "cpu,host=a";
    };
    CHECK(row_count ==
          static_cast<std::size_t>(std::count_if(expected.begin(), expected.end(), is_of_a)));
    CHECK(read_all(*store, "ops", snapshot) == expected);
}

TEST_CASE("a full disk puts compaction off and nothing else", "[engine][compaction]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    const Samples expected = write_overlapping(*store, "ops", 5);
    files.set_full(true);
    const Status refused = store->compact();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::StorageFull);
    CHECK(store->statistics().compaction.failure_count == 1);
    CHECK(store->statistics().compaction.last_failure == refused.error().message());
    CHECK(segment_paths(files).size() == 5);
    CHECK(read_all(*store, "ops") == expected);

    files.set_full(false);
    REQUIRE(store->compact());
    CHECK(segment_paths(files).size() == 1);
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("every operation of a compaction may fail", "[engine][compaction]") {
    for (const ErrorCode code : {ErrorCode::StorageFull, ErrorCode::IoError}) {
        for (std::uint64_t number = 1;; ++number) {
            INFO("operation " << number << ", error " << static_cast<int>(code));
            CrashingFileSystem files;
            auto store = open_small(files);
            const Samples expected = write_overlapping(*store, "ops", 4);
            const std::uint64_t failing = files.operation_count() + number;
            files.fail_operation(failing, {code, "bad disk"});
            static_cast<void>(store->compact());
            CHECK(read_all(*store, "ops") == expected);
            if (files.operation_count() < failing) {
                CHECK(number > 8);
                break;
            }
            static_cast<void>(store->close());
            store = open_small(files);
            CHECK(read_all(*store, "ops") == expected);
            REQUIRE(store->compact());
            CHECK(read_all(*store, "ops") == expected);
            CHECK(segment_paths(files).size() == 1);
        }
    }
}

TEST_CASE("a damaged segment is left alone, the others are merged", "[engine][compaction]") {
    CrashingFileSystem files;
    std::string damaged;
    Samples other;
    {
        auto store = open_small(files);
        static_cast<void>(write_overlapping(*store, "ops", 3));
        damaged = segment_paths(files).at(1);
        other = write_overlapping(*store, "other", 3);
    }
    flip_byte(files, damaged, 70);  // In the first row group, which is of host a.
    auto store = open_small(files);
    const auto before = files.contents().at(damaged);
    const Status status = store->compact();
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == ErrorCode::Corruption);
    CHECK(store->statistics().compaction.failure_count == 1);
    // The three of "ops" are there, those of "other" are one.
    CHECK(store->statistics().segment_count == 4);
    CHECK(files.contents().at(damaged) == before);
    CHECK(read_all(*store, "other") == other);
    CHECK(store->compact());
    CHECK(store->statistics().compaction.failure_count == 1);
}

TEST_CASE("an unfinished compaction leaves no trace and no message", "[engine][compaction]") {
    CrashingFileSystem files;
    Samples expected;
    std::string merged;
    std::string merged_path;
    {
        auto store = open_small(files);
        expected = write_overlapping(*store, "ops", 4);
    }
    const auto before = files.contents();
    {
        auto store = open_small(files);
        REQUIRE(store->compact());
        merged_path = segment_paths(files).at(0);
        merged = files.contents().at(merged_path);
    }
    // As after a power cut between the rename and the manifest's record.
    CrashingFileSystem cut;
    for (const auto& [path, contents] : before) {
        REQUIRE(cut.create_directories(storage::parent_path(path)));
        cut.replace_contents(path, std::as_bytes(std::span(contents)));
    }
    cut.replace_contents(merged_path, std::as_bytes(std::span(merged)));
    const auto store = open_small(cut);
    CHECK(store->recovery_messages().empty());
    CHECK(segment_paths(cut).size() == 4);
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("dropping a database during compaction, and closing after it, loses nothing else",
          "[engine][compaction]") {
    CrashingFileSystem files;
    StoreOptions options = small_options();
    options.idle_flush_ns = 1'000'000;
    options.compaction_bytes_per_second = 1;
    auto store = open_small(files, options);
    const Samples expected = write_overlapping(*store, "kept", 6);
    static_cast<void>(write_overlapping(*store, "gone", 6));
    REQUIRE(store->drop_database("gone"));
    CHECK(read_all(*store, "kept") == expected);
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(read_all(*store, "kept") == expected);
}

TEST_CASE("an idle store merges its segments unasked", "[engine][compaction]") {
    CrashingFileSystem files;
    StoreOptions options = small_options();
    options.idle_flush_ns = 1'000'000;
    options.compaction_bytes_per_second = 1'000'000;
    auto store = open_small(files, options);
    const Samples expected = write_overlapping(*store, "ops", 10);
    // The test's time limit ends this when it never happens.
    while (store->statistics().segment_count > 5) std::this_thread::yield();
    CHECK(read_all(*store, "ops") == expected);
    CHECK(store->statistics().compaction.failure_count == 0);
}

}  // namespace tidemark::tests

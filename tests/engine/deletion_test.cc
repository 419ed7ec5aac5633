#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kHourNs = 60 * kMinuteNs;

PlainPoint point(const std::string& host, std::int64_t time_ns, double value) {
    return {"cpu", {{"host", host}}, time_ns, {{"usage", value}}};
}

SeriesSelection host(const std::string& name, const std::string& measurement = "cpu") {
    return {measurement, {{"host", CompareOp::Equal, name, nullptr}}, nullptr};
}

SeriesSelection all_of(const std::string& measurement) { return {measurement, {}, nullptr}; }

std::string key_of(const std::string& host_name, const std::string& measurement = "cpu") {
    return measurement + ",host=" + host_name;
}

void delete_from(Samples& samples, const std::string& series_key, const TimeRange& range) {
    std::erase_if(samples, [&](const auto& sample) {
        return std::get<0>(sample.first) == series_key && range.contains(std::get<2>(sample.first));
    });
}

std::size_t segment_file_count(const CrashingFileSystem& files) {
    const auto contents = files.contents();
    return static_cast<std::size_t>(std::count_if(
        contents.begin(), contents.end(),
        [](const auto& file) { return file.first.find("/segments/") != std::string::npos; }));
}

/// Twenty rows for each of two hosts.
Samples write_two_hosts(Store& store, double value) {
    REQUIRE(store.create_database("ops"));
    Samples samples;
    std::vector<PlainPoint> points;
    for (int index = 0; index < 20; ++index) {
        points.push_back(point("a", index, value));
        points.push_back(point("b", index, value));
    }
    for (const PlainPoint& one : points) apply_point(samples, one);
    write_durably(store, "ops", points);
    return samples;
}

}  // namespace

TEST_CASE("deleted rows are gone at once, for good, and their space comes back",
          "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    Samples expected = write_two_hosts(*store, 1);
    const bool is_flushed = GENERATE(true, false);
    if (is_flushed) REQUIRE(store->flush());
    const auto before = store->snapshot();

    REQUIRE(store->delete_rows("ops", "", {host("a")}, {5, 12}));
    const Samples all = expected;
    delete_from(expected, key_of("a"), {5, 12});
    CHECK(read_all(*store, "ops") == expected);
    CHECK(read_all(*store, "ops", before) == all);
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(read_all(*store, "ops") == expected);
    CHECK(store->statistics().segment_sample_count == 40);

    REQUIRE(store->compact());
    CHECK(read_all(*store, "ops") == expected);
    CHECK(store->statistics().segment_sample_count == 33);
    const std::uint64_t run_count = store->statistics().compaction.run_count;
    REQUIRE(store->compact());
    CHECK(store->statistics().compaction.run_count == run_count);
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("a deletion hides what came before it only", "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    Samples expected = write_two_hosts(*store, 1);
    REQUIRE(store->delete_rows("ops", "", {all_of("cpu")}, TimeRange()));
    CHECK(read_all(*store, "ops").empty());
    expected.clear();
    const std::vector<PlainPoint> again = {point("a", 3, 7), point("a", 30, 8)};
    for (const PlainPoint& one : again) apply_point(expected, one);
    write_durably(*store, "ops", again);
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->flush());
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->compact());
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("two deletions without a write between them both count", "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    Samples expected = write_two_hosts(*store, 1);
    REQUIRE(store->delete_rows("ops", "", {host("a")}, {0, 5}));
    REQUIRE(store->compact());
    REQUIRE(store->delete_rows("ops", "", {host("a")}, {5, 8}));
    REQUIRE(store->delete_rows("ops", "", {host("b")}, {0, 3}));
    delete_from(expected, key_of("a"), {0, 8});
    delete_from(expected, key_of("b"), {0, 3});
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->compact());
    CHECK(store->statistics().segment_sample_count == expected.size());
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("a deletion leaves the blocks alone of which it hides nothing", "[engine][deletion]") {
    constexpr int kRowCount = 1'000;
    CrashingFileSystem files;
    const auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    std::vector<PlainPoint> points;
    for (int index = 0; index < kRowCount; ++index) points.push_back(point("a", index, index));
    write_durably(*store, "ops", points);
    REQUIRE(store->flush());

    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Summary}};
    const auto count_pieces = [&](std::uint64_t expected_sample_count) {
        const auto scan = store->scan(request, nullptr);
        REQUIRE(scan);
        const auto cursor = scan.value()->open(0);
        REQUIRE(cursor);
        int piece_count = 0;
        std::uint64_t sample_count = 0;
        while (true) {
            const auto piece = cursor.value()->next();
            REQUIRE(piece);
            if (piece.value() == nullptr) break;
            ++piece_count;
            const ColumnSummary* summary = piece.value()->columns[0].summary;
            sample_count += summary ? summary->non_null_count : piece.value()->row_count;
        }
        CHECK(sample_count == expected_sample_count);
        return piece_count;
    };
    CHECK(count_pieces(kRowCount) == 1);
    REQUIRE(store->delete_rows("ops", "", {host("a")}, {100, 104}));
    // The 64 vectors of the first block, one of which has lost rows, and the second block.
    CHECK(count_pieces(kRowCount - 4) == 65);
    // All of the first block.
    REQUIRE(store->delete_rows("ops", "", {host("a")}, {0, 512}));
    CHECK(count_pieces(kRowCount - 512) == 1);
}

TEST_CASE("a segment of which all was deleted goes as a whole", "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    static_cast<void>(write_two_hosts(*store, 1));
    REQUIRE(store->delete_rows("ops", "", {host("a")}, TimeRange()));
    // A series goes with its last row, as in InfluxDB.
    CHECK(store->series("ops", "cpu", {}).size() == 1);
    REQUIRE(store->delete_rows("ops", "", {host("b")}, {0, 19}));
    CHECK(store->series("ops", "cpu", {}).size() == 1);
    REQUIRE(store->delete_rows("ops", "", {host("b")}, {19, 20}));
    CHECK(store->measurements("ops").empty());
    CHECK(segment_file_count(files) == 1);
    REQUIRE(store->compact());
    CHECK(segment_file_count(files) == 0);
    CHECK(store->statistics().segment_count == 0);
}

TEST_CASE("deleted rows are no part of a summary, a run or a carried value", "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    static_cast<void>(write_two_hosts(*store, 1));
    write_durably(*store, "ops", {point("a", 15, 1000)});
    REQUIRE(store->flush());
    REQUIRE(store->delete_rows("ops", "", {host("a")}, {15, 16}));
    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Summary}};
    request.tags = {{"host", CompareOp::Equal, "a", nullptr}};
    const auto scan = store->scan(request, nullptr);
    REQUIRE(scan);
    auto cursor = scan.value()->open(0);
    REQUIRE(cursor);
    std::uint64_t row_count = 0;
    for (auto piece = cursor.value()->next(); piece && piece.value() != nullptr;
         piece = cursor.value()->next()) {
        row_count += piece.value()->row_count;
        const ColumnPiece& column = piece.value()->columns[0];
        if (column.summary != nullptr) CHECK(column.summary->max == Value(1.0));
    }
    CHECK(row_count == 19);

    request.range = {16, 18};
    request.carry_in = CarryIn::LastValue;
    request.columns = {{"usage", Need::Values}};
    const auto later = store->scan(request, nullptr);
    REQUIRE(later);
    auto carried = later.value()->open(0);
    REQUIRE(carried);
    REQUIRE(carried.value()->carried().columns.size() == 1);
    REQUIRE(carried.value()->carried().columns[0]);
    CHECK(carried.value()->carried().columns[0]->time_ns == 14);
}

TEST_CASE("a dropped series is another one when it is written again", "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    Samples expected = write_two_hosts(*store, 1);
    const bool is_flushed = GENERATE(true, false);
    if (is_flushed) REQUIRE(store->flush());
    REQUIRE(store->drop_series("ops", {host("a")}));
    delete_from(expected, key_of("a"), TimeRange());
    CHECK(read_all(*store, "ops") == expected);
    CHECK(store->series("ops", "cpu", {}).size() == 1);
    CHECK(store->tag_values("ops", "cpu", "host") == std::vector<std::string>{"b"});

    write_durably(*store, "ops", {point("a", 3, 9)});
    apply_point(expected, point("a", 3, 9));
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->flush());
    REQUIRE(store->compact());
    CHECK(read_all(*store, "ops") == expected);
    CHECK(store->statistics().segment_sample_count == expected.size());
}

TEST_CASE("a dropped measurement takes its fields along, a series its measurement",
          "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    static_cast<void>(write_two_hosts(*store, 1));
    SECTION("measurement") { REQUIRE(store->drop_measurement("ops", "cpu")); }
    SECTION("all series") { REQUIRE(store->drop_series("ops", {host("a"), host("b")})); }
    CHECK(store->measurements("ops").empty());
    CHECK(store->field_keys("ops", "cpu").empty());
    // Another type than before.
    const PlainPoint text{"cpu", {{"host", "a"}}, 5, {{"usage", std::string("high")}}};
    write_durably(*store, "ops", {text});
    Samples expected;
    apply_point(expected, text);
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->flush());
    REQUIRE(store->compact());
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(read_all(*store, "ops") == expected);
    CHECK(store->statistics().segment_sample_count == 1);
}

TEST_CASE("what is not there is passed over, what cannot be is refused", "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    const Samples expected = write_two_hosts(*store, 1);
    CHECK(store->delete_rows("ops", "", {all_of("disk"), host("z")}, TimeRange()));
    CHECK(store->delete_rows("ops", "", {all_of("cpu")}, {7, 7}));
    CHECK(store->delete_rows("ops", "", {all_of("cpu")}, {100, 200}));
    CHECK(store->drop_series("ops", {host("z"), all_of("disk")}));
    CHECK(store->drop_measurement("ops", "disk"));
    CHECK(read_all(*store, "ops") == expected);
    CHECK(store->delete_rows("nodb", "", {all_of("cpu")}, TimeRange()).error().code() ==
          ErrorCode::NotFound);
    CHECK(store->delete_rows("ops", "nopolicy", {all_of("cpu")}, TimeRange()).error().code() ==
          ErrorCode::NotFound);
    CHECK(store->drop_series("nodb", {}).error().code() == ErrorCode::NotFound);
}

TEST_CASE("a policy that is named alone loses rows", "[engine][deletion]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    const Samples expected = write_two_hosts(*store, 1);
    RetentionPolicy week;
    week.name = "week";
    REQUIRE(store->create_retention_policy("ops", week));
    REQUIRE(store->write("ops", "week", batch_of({point("a", 1, 5)})));
    REQUIRE(store->delete_rows("ops", "week", {all_of("cpu")}, TimeRange()));
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("random writes, deletions, flushes, compactions and restarts read like a plain map",
          "[engine][deletion]") {
    for (int round = 0; round < 12; ++round) {
        const unsigned seed = std::random_device{}();
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const auto below = [&random](std::int64_t limit) {
            return static_cast<std::int64_t>(random()) % limit;
        };
        CrashingFileSystem files;
        auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        Samples expected;
        for (int step = 0; step < 60; ++step) {
            std::vector<PlainPoint> points(static_cast<std::size_t>(1 + below(25)));
            for (PlainPoint& one : points) {
                const std::string name(1, static_cast<char>('a' + below(3)));
                one = point(name, below(90) * kMinuteNs, static_cast<double>(below(1000)));
                if (below(3) == 0) one.fields.emplace_back("s", "text" + std::to_string(below(5)));
                apply_point(expected, one);
            }
            write_durably(*store, "ops", points);
            const std::string name(1, static_cast<char>('a' + below(3)));
            if (below(4) == 0) {
                const std::int64_t begin = below(90) * kMinuteNs;
                const TimeRange range{begin, begin + below(40) * kMinuteNs};
                REQUIRE(store->delete_rows("ops", "", {host(name)}, range));
                delete_from(expected, key_of(name), range);
            }
            if (below(12) == 0) {
                REQUIRE(store->drop_series("ops", {host(name)}));
                delete_from(expected, key_of(name), TimeRange());
            }
            if (below(4) == 0) REQUIRE(store->flush());
            if (below(5) == 0) REQUIRE(store->compact());
            if (below(8) == 0) {
                REQUIRE(store->close());
                store = open_small(files);
                CHECK(store->recovery_messages().empty());
            }
            REQUIRE(read_all(*store, "ops") == expected);
        }
        REQUIRE(store->flush());
        REQUIRE(store->compact());
        CHECK(read_all(*store, "ops") == expected);
    }
}

// ---- Retention ----------------------------------------------------------------------------

namespace {

ScanRequest carried_request(std::int64_t begin_ns) {
    ScanRequest request;
    request.database = "ops";
    request.measurement = "cpu";
    request.columns = {{"usage", Need::Values}, {"up", Need::Values}};
    request.range = {begin_ns, begin_ns + 1};
    request.carry_in = CarryIn::LastValue;
    request.hold_ns = kHoldForever;
    return request;
}

}  // namespace

TEST_CASE("what has expired gives its space back and leaves its last values",
          "[engine][deletion]") {
    CrashingFileSystem files;
    StandingClock clock(0);
    StoreOptions options = small_options();
    options.clock = &clock;
    {
        const auto store = open_small(files, options);
        REQUIRE(store->create_database("ops"));
        RetentionPolicyChange change;
        change.duration_ns = 2 * kHourNs;
        change.shard_duration_ns = kHourNs;
        REQUIRE(store->alter_retention_policy("ops", "autogen", change));
        for (int batch = 0; batch < 3; ++batch) {
            std::vector<PlainPoint> points;
            for (int index = 0; index < 20; ++index) {
                points.push_back(point("a", (20 * batch + index) * kMinuteNs, 100 * batch + index));
            }
            points.push_back({"cpu", {{"host", "a"}}, batch, {{"up", true}}});
            write_durably(*store, "ops", points);
            REQUIRE(store->flush());
        }
        REQUIRE(store->compact());
        CHECK(store->statistics().segment_sample_count == 63);
    }
    StandingClock later(3 * kHourNs);
    options.clock = &later;
    for (int round = 0; round < 2; ++round) {
        const auto store = open_small(files, options);
        REQUIRE(store->compact());
        CHECK(segment_file_count(files) == 1);
        CHECK(store->statistics().segment_sample_count == 2);
        CHECK(read_all(*store, "ops").empty());
        const auto scan = store->scan(carried_request(2 * kHourNs), nullptr);
        REQUIRE(scan);
        auto cursor = scan.value()->open(0);
        REQUIRE(cursor);
        const auto& carried = cursor.value()->carried().columns;
        REQUIRE(carried[0]);
        CHECK(carried[0]->time_ns == 59 * kMinuteNs);
        CHECK(carried[0]->value == Value(219.0));
        REQUIRE(carried[1]);
        CHECK(carried[1]->time_ns == 2);
        CHECK(carried[1]->value == Value(true));
    }
    // Of two generations the newer one stays.
    {
        const auto store = open_small(files, options);
        write_durably(*store, "ops", {point("a", 2 * kHourNs, 7), point("b", 2 * kHourNs, 8)});
        REQUIRE(store->flush());
        REQUIRE(store->compact());
        CHECK(segment_file_count(files) == 2);
    }
    StandingClock last(9 * kHourNs);
    options.clock = &last;
    const auto store = open_small(files, options);
    REQUIRE(store->compact());
    CHECK(segment_file_count(files) == 1);
    CHECK(store->statistics().segment_sample_count == 3);
    const auto scan = store->scan(carried_request(8 * kHourNs), nullptr);
    REQUIRE(scan);
    auto cursor = scan.value()->open(0);
    REQUIRE(cursor);
    REQUIRE(cursor.value()->carried().columns[0]);
    CHECK(cursor.value()->carried().columns[0]->value == Value(7.0));
    REQUIRE(cursor.value()->carried().columns[1]);
}

TEST_CASE("a policy of hours gives space back while its partition goes on", "[engine][deletion]") {
    CrashingFileSystem files;
    std::uint64_t most_samples = 0;
    for (std::int64_t step = 0; step < 40; ++step) {
        const StandingClock clock(step * 10 * kMinuteNs);
        StoreOptions options = small_options();
        options.partition_width_ns = 7 * 24 * kHourNs;
        options.clock = &clock;
        const auto store = open_small(files, options);
        if (step == 0) {
            REQUIRE(store->create_database("ops"));
            RetentionPolicyChange change;
            change.duration_ns = 2 * kHourNs;
            change.shard_duration_ns = kHourNs;
            REQUIRE(store->alter_retention_policy("ops", "autogen", change));
        }
        std::vector<PlainPoint> points;
        for (int minute = 0; minute < 10; ++minute) {
            points.push_back(point("a", clock.now_ns() + minute * kMinuteNs, 1));
        }
        write_durably(*store, "ops", points);
        REQUIRE(store->flush());
        REQUIRE(store->compact());
        most_samples = std::max(most_samples, store->statistics().segment_sample_count);
        CHECK(segment_file_count(files) <= 16);
    }
    // The two hours and what was just written; of what is older as much as was merged with it,
    // and the last value.
    CHECK(most_samples >= 130);
    CHECK(most_samples <= 130 + 20 + 1);
}

}  // namespace tidemark::tests

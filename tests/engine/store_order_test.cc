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

// Points of few series, fields and times, so that late ones and duplicates are frequent.
class PointSource {
public:
    explicit PointSource(unsigned seed) : random_(seed) {}

    PlainPoint next() {
        const std::string host(1, static_cast<char>('a' + below(3)));
        PlainPoint point{"m" + std::to_string(below(2)),
                         {{"host", host}},
                         static_cast<std::int64_t>(below(120)) * kMinuteNs,
                         {}};
        if (below(2) == 0) point.tags.insert(point.tags.begin(), {"zone", "z"});
        if (below(2) == 0) point.fields.emplace_back("f", static_cast<double>(below(1000)) / 10);
        if (below(2) == 0) point.fields.emplace_back("b", below(2) == 0);
        if (below(4) == 0) point.fields.emplace_back("s", "text" + std::to_string(below(9)));
        point.fields.emplace_back("i", static_cast<std::int64_t>(below(1000)));
        return point;
    }

    std::size_t below(std::size_t limit) { return random_() % limit; }
    std::mt19937& random() { return random_; }

private:
    std::mt19937 random_;
};

}  // namespace

TEST_CASE("late points and duplicates read like a plain map, flushed or not", "[engine]") {
    for (int round = 0; round < 12; ++round) {
        const unsigned seed = std::random_device{}();
        INFO("seed " << seed);
        PointSource source(seed);
        CrashingFileSystem files;
        auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        Samples expected;
        for (int step = 0; step < 60; ++step) {
            std::vector<PlainPoint> points(1 + source.below(40));
            for (PlainPoint& point : points) {
                point = source.next();
                apply_point(expected, point);
            }
            write_durably(*store, "ops", points);
            if (source.below(8) == 0) REQUIRE(store->flush());
            if (source.below(8) == 0) {
                REQUIRE(store->close());
                store = open_small(files);
                CHECK(store->recovery_messages().empty());
            }
            if (source.below(4) == 0) REQUIRE(read_all(*store, "ops") == expected);
        }
        CHECK(read_all(*store, "ops") == expected);
        REQUIRE(store->flush());
        CHECK(read_all(*store, "ops") == expected);
        CHECK(store->statistics().head_row_count == 0);
        CHECK(store->statistics().wal_size_bytes == 0);
    }
}

TEST_CASE("any order and batching of points without conflict gives the same samples", "[engine]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    PointSource source(seed);
    std::vector<PlainPoint> points;
    Samples expected;
    for (std::int64_t time = 0; time < 200; ++time) {
        PlainPoint point = source.next();
        point.time_ns = time * kMinuteNs;
        apply_point(expected, point);
        points.push_back(std::move(point));
    }
    for (int round = 0; round < 10; ++round) {
        std::shuffle(points.begin(), points.end(), source.random());
        CrashingFileSystem files;
        const auto store = open_small(files);
        REQUIRE(store->create_database("ops"));
        for (auto begin = points.begin(); begin != points.end();) {
            const auto left = static_cast<std::size_t>(points.end() - begin);
            const auto end =
                begin + static_cast<std::ptrdiff_t>(std::min(left, 1 + source.below(50)));
            write_durably(*store, "ops", std::vector<PlainPoint>(begin, end));
            begin = end;
            if (source.below(5) == 0) REQUIRE(store->flush());
        }
        CHECK(read_all(*store, "ops") == expected);
    }
}

TEST_CASE("in one batch the later of two points of one time wins, over vectors too", "[engine]") {
    CrashingFileSystem files;
    const auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    std::vector<PlainPoint> points;
    Samples expected;
    for (std::size_t index = 0; index < 50; ++index) {
        points.push_back(
            {"m", {}, static_cast<std::int64_t>(index % 3), {{"f", static_cast<double>(index)}}});
        apply_point(expected, points.back());
    }
    write_durably(*store, "ops", points);
    CHECK(read_all(*store, "ops") == expected);
    // Sealing happens when the rows are visible and another one comes.
    points = {{"m", {}, 1, {{"f", 100.0}}}};
    apply_point(expected, points.back());
    write_durably(*store, "ops", points);
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->flush());
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("an old snapshot sees the same rows through sealing and flushing", "[engine]") {
    CrashingFileSystem files;
    const auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    Samples samples;
    std::vector<std::pair<std::shared_ptr<const Snapshot>, Samples>> views;
    for (std::int64_t index = 0; index < 60; ++index) {
        // Every second point is a duplicate of an older one, so sealing merges rows.
        const std::int64_t time_ns = index % 2 == 0 ? index : index / 4;
        const PlainPoint point{"m", {}, time_ns, {{"f", static_cast<double>(index)}}};
        views.emplace_back(store->snapshot(), samples);
        write_durably(*store, "ops", {point});
        apply_point(samples, point);
        if (index == 37) REQUIRE(store->flush());
    }
    REQUIRE(store->flush());
    for (const auto& [snapshot, expected] : views) {
        INFO("sequence " << snapshot->sequence());
        CHECK(read_all(*store, "ops", snapshot) == expected);
    }
}

}  // namespace tidemark::tests

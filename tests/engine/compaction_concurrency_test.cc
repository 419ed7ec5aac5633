#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

constexpr int kRoundCount = 40;

/// A round writes every time of a small range again: only its own values may be seen together.
std::vector<PlainPoint> round_points(int round) {
    std::vector<PlainPoint> points;
    for (int index = 0; index < 30; ++index) {
        points.push_back({"cpu", {{"host", "a"}}, index, {{"round", std::int64_t{round}}}});
    }
    return points;
}

bool is_one_round(const Samples& samples) {
    for (const auto& [key, value] : samples) {
        if (value != samples.begin()->second) return false;
    }
    return samples.empty() || samples.size() == 30;
}

}  // namespace

TEST_CASE("readers see whole writes while segments are flushed, merged and deleted",
          "[concurrency]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    std::atomic<bool> is_done{false};
    std::atomic<bool> has_failed{false};  // Catch2's assertions belong to the main thread.
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        for (int round = 0; round < kRoundCount; ++round) {
            const auto result = store->write("ops", "", batch_of(round_points(round)));
            if (!result || !store->wait_durable(result.value().sequence)) has_failed = true;
            if (round % 2 == 1 && !store->flush()) has_failed = true;
        }
        is_done = true;
    });
    threads.emplace_back([&] {
        while (!is_done) {
            if (!store->compact()) has_failed = true;
        }
    });
    threads.emplace_back([&] {
        const SeriesSelection other{"disk", {}, nullptr};
        while (!is_done) {
            if (!store->delete_rows("ops", "", {other}, TimeRange())) has_failed = true;
            static_cast<void>(store->statistics());
        }
    });
    while (!is_done) CHECK(is_one_round(read_all(*store, "ops")));
    for (std::thread& thread : threads) thread.join();
    CHECK_FALSE(has_failed);
    CHECK(is_one_round(read_all(*store, "ops")));
    CHECK(store->statistics().compaction.failure_count == 0);
}

TEST_CASE("closing ends a slow compaction at once", "[concurrency]") {
    CrashingFileSystem files;
    StoreOptions options = small_options();
    options.compaction_bytes_per_second = 1;  // A merge takes hours.
    auto store = open_small(files, options);
    REQUIRE(store->create_database("ops"));
    for (int round = 0; round < 20; ++round) {
        write_durably(*store, "ops", round_points(round));
        REQUIRE(store->flush());
    }
    // The worker has begun when there is its unfinished file.
    const auto has_begun = [&files] {
        for (const auto& [path, contents] : files.contents()) {
            if (path.ends_with(".tmp")) return true;
        }
        return false;
    };
    while (!has_begun()) std::this_thread::yield();
    REQUIRE(store->close());
    CHECK_FALSE(has_begun());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(is_one_round(read_all(*store, "ops")));
}

}  // namespace tidemark::tests

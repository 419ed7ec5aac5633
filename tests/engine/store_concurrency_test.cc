#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

constexpr int kWriterCount = 3;
constexpr std::int64_t kBatchCount = 60;
constexpr std::int64_t kBatchSize = 20;

// Batch `batch` of a writer: one point each for the writer's own series and for one that all share.
// Every value says which batch it came from, so a reader can tell a batch it sees in part.
std::vector<PlainPoint> batch_points(int writer, std::int64_t batch) {
    std::vector<PlainPoint> points;
    for (std::int64_t index = 0; index < kBatchSize; ++index) {
        const std::int64_t time_ns = (batch * kBatchSize + index) * 1'000'000'000;
        const std::string host = "w" + std::to_string(writer);
        points.push_back({"cpu", {{"host", host}}, time_ns, {{"batch", batch}}});
    }
    points.push_back({"cpu", {{"host", "all"}}, batch * kWriterCount + writer, {{"batch", batch}}});
    return points;
}

// Each batch of each writer is there as a whole or not at all, and without gap from the first on.
void check_whole_batches(const Samples& samples) {
    std::map<std::pair<std::string, std::int64_t>, std::int64_t> counts;
    for (const auto& [key, value] : samples) {
        if (std::get<0>(key) == "cpu,host=all") continue;
        ++counts[{std::get<0>(key), std::get<std::int64_t>(value)}];
    }
    std::map<std::string, std::int64_t> next_batch;
    for (const auto& [series_and_batch, count] : counts) {
        CHECK(count == kBatchSize);
        CHECK(series_and_batch.second == next_batch[series_and_batch.first]++);
    }
}

}  // namespace

TEST_CASE("writers, readers and flushes together show whole batches only", "[concurrency]") {
    CrashingFileSystem files;
    StoreOptions options = small_options();
    options.head_row_limit = 500;
    auto store = open_small(files, options);
    REQUIRE(store->create_database("ops"));
    Samples expected;
    for (int writer = 0; writer < kWriterCount; ++writer) {
        for (std::int64_t batch = 0; batch < kBatchCount; ++batch) {
            for (const PlainPoint& point : batch_points(writer, batch)) {
                apply_point(expected, point);
            }
        }
    }

    std::atomic<int> busy_writers{kWriterCount};
    std::atomic<bool> has_failed{false};  // Catch2's assertions belong to the main thread.
    std::vector<std::thread> threads;
    for (int writer = 0; writer < kWriterCount; ++writer) {
        threads.emplace_back([&, writer] {
            for (std::int64_t batch = 0; batch < kBatchCount; ++batch) {
                const auto result = store->write("ops", "", batch_of(batch_points(writer, batch)));
                if (!result || !result.value().rejected.empty()) has_failed = true;
                if (result && batch % 4 == 0 && !store->wait_durable(result.value().sequence)) {
                    has_failed = true;
                }
            }
            --busy_writers;
        });
    }
    threads.emplace_back([&] {
        while (busy_writers > 0) {
            if (!store->flush()) has_failed = true;
        }
    });
    threads.emplace_back([&] {
        for (int round = 0; busy_writers > 0; ++round) {
            const std::string name = "db" + std::to_string(round % 3);
            if (!store->create_database(name)) has_failed = true;
            if (!store->write(name, "", batch_of(batch_points(0, 0)))) has_failed = true;
            if (!store->drop_database(name)) has_failed = true;
            static_cast<void>(store->statistics());
        }
    });

    while (busy_writers > 0) {
        const auto snapshot = store->snapshot();
        const Samples once = read_all(*store, "ops", snapshot);
        check_whole_batches(once);
        REQUIRE(read_all(*store, "ops", snapshot) == once);
    }
    for (std::thread& thread : threads) thread.join();
    CHECK_FALSE(has_failed);
    REQUIRE(store->wait_durable(store->statistics().written_sequence));
    CHECK(read_all(*store, "ops") == expected);
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("policies come and go beside writers, readers and flushes", "[concurrency]") {
    constexpr int kRounds = 60;
    CrashingFileSystem files;
    auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    std::atomic<bool> has_failed{false};
    std::atomic<bool> is_done{false};
    std::vector<std::thread> threads;
    // Each policy of this name has points of one round only.
    threads.emplace_back([&] {
        RetentionPolicy policy;
        policy.name = "day";
        RetentionPolicyChange change;
        for (int round = 0; round < kRounds; ++round) {
            const std::vector<PlainPoint> points = {
                {"cpu", {}, 1, {{"round", std::int64_t{round}}}},
                {"cpu", {}, 2, {{"round", std::int64_t{round}}}}};
            change.replication = static_cast<std::uint64_t>(round) + 1;
            if (!store->create_retention_policy("ops", policy)) has_failed = true;
            const auto written = store->write("ops", "day", batch_of(points));
            if (!written || !store->wait_durable(written.value().sequence)) has_failed = true;
            if (!store->alter_retention_policy("ops", "autogen", change)) has_failed = true;
            if (!store->drop_retention_policy("ops", "day")) has_failed = true;
        }
        is_done = true;
    });
    threads.emplace_back([&] {
        while (!is_done) {
            if (!store->flush()) has_failed = true;
        }
    });
    Samples expected;
    std::int64_t time_ns = 0;
    ScanRequest request;
    request.database = "ops";
    request.retention_policy = "day";
    request.measurement = "cpu";
    request.columns = {{"round", Need::Values}};
    while (!is_done) {
        const PlainPoint point{"load", {}, ++time_ns, {{"v", 1.5}}};
        write_points(*store, "ops", {point});
        apply_point(expected, point);
        const auto scan = store->scan(request, nullptr);
        if (!scan) {
            CHECK(scan.error().code() == ErrorCode::NotFound);
            continue;
        }
        if (scan.value()->series().empty()) continue;
        const auto cursor = scan.value()->open(0);
        REQUIRE(cursor);
        const auto piece = cursor.value()->next();
        REQUIRE(piece);
        if (piece.value() == nullptr) continue;
        const auto rounds = piece.value()->columns[0].values.integers;
        REQUIRE(rounds.size() == 2);
        CHECK(rounds[0] == rounds[1]);
    }
    for (std::thread& thread : threads) thread.join();
    CHECK_FALSE(has_failed);
    REQUIRE(store->close());
    store = open_small(files);
    CHECK(store->recovery_messages().empty());
    CHECK(store->retention_policies("ops").size() == 1);
    CHECK(store->retention_policies("ops").front().replication == kRounds);
    CHECK(read_all(*store, "ops") == expected);
}

TEST_CASE("subscribers hear of every commit in order, and of the last before close returns",
          "[concurrency]") {
    CrashingFileSystem files;
    const auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    std::vector<Sequence> heard;
    std::atomic<int> callers = 0;
    std::atomic<bool> has_overlapped = false;
    const auto subscription = store->subscribe([&](Sequence durable) {
        if (++callers > 1) has_overlapped = true;
        heard.push_back(durable);
        --callers;
    });
    std::vector<std::thread> writers;
    for (int writer = 0; writer < kWriterCount; ++writer) {
        writers.emplace_back([&store, writer] {
            for (std::int64_t batch = 0; batch < kBatchCount; ++batch) {
                write_durably(*store, "ops", batch_points(writer, batch));
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    REQUIRE(store->close());
    REQUIRE_FALSE(heard.empty());
    CHECK_FALSE(has_overlapped);
    CHECK(std::ranges::is_sorted(heard, std::less_equal()));
    CHECK(heard.back() == kWriterCount * kBatchCount);
}

TEST_CASE("a subscriber that is slow delays no write and hears of the rest at once",
          "[concurrency]") {
    CrashingFileSystem files;
    const auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    std::vector<Sequence> heard;
    std::promise<void> has_begun;
    std::promise<void> may_go_on;
    const auto subscription = store->subscribe([&](Sequence durable) {
        heard.push_back(durable);
        if (heard.size() > 1) return;
        has_begun.set_value();
        may_go_on.get_future().wait();
    });
    write_durably(*store, "ops", batch_points(0, 0));
    has_begun.get_future().wait();
    for (std::int64_t batch = 1; batch < 5; ++batch) {
        write_durably(*store, "ops", batch_points(0, batch));
    }
    may_go_on.set_value();
    REQUIRE(store->close());
    CHECK(heard == std::vector<Sequence>{1, 5});
}

TEST_CASE("a subscription that ended hears of nothing more, and may outlive its store",
          "[concurrency]") {
    CrashingFileSystem files;
    auto store = open_small(files);
    REQUIRE(store->create_database("ops"));
    std::vector<Sequence> early;
    std::vector<Sequence> late;
    auto ended = store->subscribe([&](Sequence durable) { early.push_back(durable); });
    ended.reset();
    write_durably(*store, "ops", batch_points(0, 0));
    const auto kept = store->subscribe([&](Sequence durable) { late.push_back(durable); });
    write_durably(*store, "ops", batch_points(0, 1));
    REQUIRE(store->close());
    store.reset();
    CHECK(early.empty());
    CHECK(late == std::vector<Sequence>{2});
}

}  // namespace tidemark::tests

// Random histories of a store: whatever is written, flushed and restarted in whatever order, it
// reads like a plain map, bit for bit. A history follows from its seed alone.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/store_impl.h"
#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

namespace tidemark::tests {
namespace {

constexpr std::uint64_t kHistoryCount = 2'000;
constexpr std::int64_t kMinuteNs = 60'000'000'000;

std::uint64_t first_seed() {
    const char* asked = std::getenv("TIDEMARK_HISTORY_SEED");
    return asked == nullptr ? std::random_device{}() : std::strtoull(asked, nullptr, 10);
}

class History {
public:
    explicit History(std::uint64_t seed) : random_(seed) {
        options_.rows_per_vector = static_cast<std::uint32_t>(1 + below(20));
        options_.partition_width_ns = static_cast<std::int64_t>(1 + below(50)) * kMinuteNs;
        time_count_ = 1 + below(200);
        open();
    }

    void run() {
        const std::size_t step_count = 3 + below(25);
        for (std::size_t step = 0; step < step_count; ++step) {
            const Step& chosen = kSteps[below(std::size(kSteps))];
            (this->*chosen)();
            if (below(4) == 0) check();
        }
        check();
        flush();
        check();
        restart();
        check();
    }

private:
    using Step = void (History::*)();

    std::size_t below(std::size_t limit) { return random_() % limit; }

    void open() { store_ = open_small(*files_, options_); }

    void check() {
        wait();  // What is not durable need not be visible.
        for (const auto& [database, samples] : expected_) {
            const Samples found = read_all(*store_, database);
            if (!are_same_samples(found, samples)) complain(database, found, samples);
        }
    }

    static void complain(const std::string& database, const Samples& found,
                         const Samples& expected) {
        for (const auto& [key, value] : expected) {
            const auto sample = found.find(key);
            INFO(database << ": " << describe_key(key));
            REQUIRE(sample != found.end());
            REQUIRE(is_same_value(sample->second, value));
        }
        REQUIRE(found.size() == expected.size());
    }

    // ---- what happens

    void write_few() { write(1 + below(4), true); }
    void write_many() { write(1 + below(120), true); }
    void write_without_waiting() { write(1 + below(30), false); }
    void flush() { REQUIRE(store_->flush()); }

    void restart() {
        REQUIRE(store_->close());
        store_ = nullptr;
        open();
        CHECK(store_->recovery_messages().empty());
    }

    void lose_power() {
        wait();
        const auto unsynced = static_cast<CrashingFileSystem::Unsynced>(below(3));
        auto disk = files_->recover_image(unsynced, random_());
        store_ = nullptr;
        files_ = std::move(disk);
        open();
    }

    void be_killed() {
        wait();
        // What the closing of the old one still does is done to a disk that nobody sees again.
        auto disk = files_->recover_image(CrashingFileSystem::Unsynced::Keep);
        store_ = nullptr;
        files_ = std::move(disk);
        open();
    }

    void drop_database() {
        if (below(4) != 0) return;
        const std::string database = pick_database();
        REQUIRE(store_->drop_database(database));
        expected_.erase(database);
    }

    static constexpr Step kSteps[] = {
        &History::write_few,  &History::write_many, &History::write_without_waiting,
        &History::write_many, &History::flush,      &History::restart,
        &History::lose_power, &History::be_killed,  &History::drop_database,
    };

    // ---- what is written

    void write(std::size_t point_count, bool waits) {
        const std::string database = pick_database();
        REQUIRE(store_->create_database(database));
        std::vector<PlainPoint> points(point_count);
        for (PlainPoint& point : points) {
            point = next_point();
            apply_point(expected_[database], point);
        }
        last_sequence_ = write_points(*store_, database, points);
        if (waits) wait();
    }

    void wait() {
        if (last_sequence_ > 0) REQUIRE(store_->wait_durable(last_sequence_));
        last_sequence_ = 0;
    }

    std::string pick_database() { return below(5) == 0 ? "spare" : "ops"; }

    PlainPoint next_point() {
        PlainPoint point;
        point.measurement = "m" + std::to_string(below(3));
        if (below(3) != 0) point.tags.push_back({"host", std::to_string(below(4))});
        if (below(4) == 0) point.tags.push_back({"zone, or=so", "a b\\c"});
        point.time_ns = next_time();
        while (point.fields.empty()) {
            for (int type = 0; type < 5; ++type) {
                // "f", "i", ..: of one type in all measurements.
                if (below(3) == 0) {
                    point.fields.emplace_back(std::string(1, "fiubs"[type]), next_value(type));
                }
            }
        }
        return point;
    }

    // Mostly in order, often late or at a time that was there before.
    std::int64_t next_time() {
        // The last times that a write takes.
        constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min() + 2;
        constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max() - 1;
        if (below(400) == 0) return below(2) == 0 ? kFirst : kLast;
        if (below(3) == 0) return static_cast<std::int64_t>(below(time_count_)) * kMinuteNs;
        return ++clock_ * kMinuteNs / 4;
    }

    Value next_value(int type) {
        const bool is_special = below(6) == 0;
        switch (type) {
            case 0:
                return is_special ? special_float() : static_cast<double>(below(1000)) / 10;
            case 1:
                return is_special ? (below(2) == 0 ? std::int64_t{INT64_MIN} : INT64_MAX)
                                  : static_cast<std::int64_t>(below(100)) - 50;
            case 2:
                return is_special ? std::uint64_t{UINT64_MAX} : std::uint64_t{below(100)};
            case 3:
                return below(2) == 0;
            default:
                return is_special ? std::string(below(300), 'x') : std::to_string(below(20));
        }
    }

    double special_float() {
        constexpr double kSpecials[] = {-0.0, 0.0,     5e-324, -5e-324, 1.7976931348623157e308,
                                        0.1,  1.0 / 3, 1e-300, 2.5e15,  -1.7976931348623157e308};
        return kSpecials[below(std::size(kSpecials))];
    }

    std::mt19937_64 random_;
    StoreOptions options_ = small_options();
    std::unique_ptr<CrashingFileSystem> files_ = std::make_unique<CrashingFileSystem>();
    std::unique_ptr<Store> store_;  // On files_.
    std::map<std::string, Samples> expected_;
    Sequence last_sequence_ = 0;  // Not waited for yet; 0: none.
    std::size_t time_count_ = 1;
    std::int64_t clock_ = 0;
};

}  // namespace

TEST_CASE("random histories read like a plain map, bit for bit", "[engine]") {
    const std::uint64_t seed = first_seed();
    std::printf("random histories: TIDEMARK_HISTORY_SEED=%llu\n",
                static_cast<unsigned long long>(seed));
    for (std::uint64_t number = 0; number < kHistoryCount; ++number) {
        INFO("history " << number << ": TIDEMARK_HISTORY_SEED=" << seed + number);
        History(seed + number).run();
    }
}

}  // namespace tidemark::tests

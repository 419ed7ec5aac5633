#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/engine/store_impl.h"
#include "tests/engine/store_model.h"
#include "tests/support/crashing_file_system.h"

// The power is cut after every sync of a workload and between any two. Whatever survives of what
// was not synced, a store opened on the disk afterwards must have every acknowledged sample, none
// that was never sent, and a second recovery must change nothing.

namespace tidemark::tests {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;

/// What a workload sent and what it got acknowledged. Thread-safe.
class Ledger {
public:
    /// Writes and waits; notes what was sent before and what is durable after.
    void write(Store& store, const std::string& database, const std::vector<PlainPoint>& points) {
        note(sent_, database, points);
        forget_erased(database, points);
        const auto result = store.write(database, "", batch_of(points));
        if (!result || !store.wait_durable(result.value().sequence)) return;
        note(acknowledged_, database, points);
    }

    void create(Store& store, const std::string& database) {
        if (!store.create_database(database)) return;
        const std::lock_guard lock(mutex_);
        created_.insert(database);
    }

    void drop(Store& store, const std::string& database) {
        {
            // From here on it may be gone or not.
            const std::lock_guard lock(mutex_);
            created_.erase(database);
            acknowledged_.erase(database);
        }
        if (store.drop_database(database)) dropped_.insert(database);
    }

    /// Deletes all rows of a series.
    void erase(Store& store, const std::string& database, const std::string& host) {
        std::set<SampleKey> keys;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [key, values] : sent_[database]) {
                if (std::get<0>(key) == "cpu,host=" + host) keys.insert(key);
            }
            // From here on they may be gone or not.
            for (const SampleKey& key : keys) acknowledged_[database].erase(key);
        }
        const SeriesSelection series{"cpu", {{"host", CompareOp::Equal, host, nullptr}}, nullptr};
        if (store.delete_rows(database, "", {series}, TimeRange())) erased_[database].merge(keys);
    }

    void check(const Store& store) const {
        for (const auto& [database, keys] : erased_) {
            const Samples found = read_all(store, database);
            for (const SampleKey& key : keys) CHECK(found.count(key) == 0);
        }
        for (const std::string& database : created_) CHECK(store.has_database(database));
        for (const std::string& database : dropped_) CHECK_FALSE(store.has_database(database));
        for (const auto& [database, samples] : acknowledged_) {
            REQUIRE(store.has_database(database));
            const Samples found = read_all(store, database);
            for (const auto& [key, value] : samples) {
                INFO(std::get<0>(key) << " " << std::get<1>(key) << " " << std::get<2>(key));
                REQUIRE(found.count(key) == 1);
            }
        }
        for (const std::string& database : store.databases()) check_sent(store, database);
    }

private:
    // Of each place every value that was ever sent.
    using SentValues = std::map<SampleKey, std::vector<Value>>;

    void forget_erased(const std::string& database, const std::vector<PlainPoint>& points) {
        const std::lock_guard lock(mutex_);
        Samples samples;
        for (const PlainPoint& point : points) apply_point(samples, point);
        for (const auto& [key, value] : samples) erased_[database].erase(key);
    }

    template <typename Book>
    void note(Book& book, const std::string& database, const std::vector<PlainPoint>& points) {
        const std::lock_guard lock(mutex_);
        for (const PlainPoint& point : points) {
            Samples samples;
            apply_point(samples, point);
            for (const auto& [key, value] : samples) add(book[database], key, value);
        }
    }
    static void add(Samples& samples, const SampleKey& key, const Value& value) {
        samples[key] = value;
    }
    static void add(SentValues& values, const SampleKey& key, const Value& value) {
        values[key].push_back(value);
    }

    void check_sent(const Store& store, const std::string& database) const {
        const auto sent = sent_.find(database);
        for (const auto& [key, value] : read_all(store, database)) {
            REQUIRE(sent != sent_.end());
            const auto values = sent->second.find(key);
            REQUIRE(values != sent->second.end());
            CHECK(std::count(values->second.begin(), values->second.end(), value) > 0);
            // An acknowledged value may only give way to one that was sent after it.
            const auto book = acknowledged_.find(database);
            if (book == acknowledged_.end() || book->second.count(key) == 0) continue;
            const auto& all = values->second;
            const auto kept = std::find(all.begin(), all.end(), book->second.at(key));
            CHECK(std::find(kept, all.end(), value) != all.end());
        }
    }

    std::mutex mutex_;
    std::map<std::string, SentValues> sent_;
    std::map<std::string, Samples> acknowledged_;
    std::set<std::string> created_;
    std::set<std::string> dropped_;
    std::map<std::string, std::set<SampleKey>> erased_;
};

using Workload = std::function<void(CrashingFileSystem&, Ledger&)>;

/// Opens the store and hands it on; does nothing when the power is out already.
void with_store(CrashingFileSystem& files, const std::function<void(Store&)>& work) {
    const auto store = storage::open_store(files, kStorePath, small_options());
    if (store) work(*store.value());
}

PlainPoint point(const std::string& host, std::int64_t time_ns, double value) {
    return {"cpu", {{"host", host}}, time_ns, {{"usage", value}}};
}

void append_one_by_one(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        for (int index = 0; index < 12; ++index)
            ledger.write(store, "ops", {point("a", index, index)});
    });
}

void append_batches(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        for (int batch = 0; batch < 6; ++batch) {
            std::vector<PlainPoint> points;
            for (int index = 0; index < 30; ++index) {
                points.push_back(point("a", batch * 30 + index, batch));
            }
            ledger.write(store, "ops", points);
        }
    });
}

void many_series(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        for (int batch = 0; batch < 5; ++batch) {
            std::vector<PlainPoint> points;
            for (int host = 0; host < 40; ++host) {
                points.push_back(point(std::to_string(batch * 20 + host), batch, host));
            }
            ledger.write(store, "ops", points);
        }
    });
}

void schema_growth(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        for (int step = 0; step < 6; ++step) {
            const std::string database = "db" + std::to_string(step / 3);
            ledger.create(store, database);
            ledger.write(store, database,
                         {{"m" + std::to_string(step),
                           {{"t" + std::to_string(step), "v"}},
                           step,
                           {{"f" + std::to_string(step), 1.5}, {"s", std::string("text")}}}});
        }
    });
}

void flush_sometimes(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        for (int index = 0; index < 9; ++index) {
            ledger.write(store, "ops", {point("a", 2 * index, index), point("b", index, index)});
            if (index % 3 == 2) static_cast<void>(store.flush());
        }
    });
}

void flush_late_data(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        for (int round = 0; round < 4; ++round) {
            std::vector<PlainPoint> points;
            for (int index = 20; index > 0; --index) points.push_back(point("a", index, round));
            ledger.write(store, "ops", points);
            static_cast<void>(store.flush());
        }
    });
}

void flush_two_partitions(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        for (int round = 0; round < 3; ++round) {
            std::vector<PlainPoint> points;
            for (int index = -10; index < 10; ++index) {
                points.push_back(point("a", kHourNs + index, round));
            }
            ledger.write(store, "ops", points);
            static_cast<void>(store.flush());
        }
    });
}

void drop_databases(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "kept");
        ledger.write(store, "kept", {point("a", 1, 1)});
        ledger.create(store, "ops");
        ledger.write(store, "ops", {point("a", 1, 1)});
        static_cast<void>(store.flush());
        ledger.write(store, "ops", {point("a", 2, 2)});
        ledger.write(store, "kept", {point("a", 2, 2)});
        ledger.drop(store, "ops");
        ledger.write(store, "kept", {point("a", 3, 3)});
        static_cast<void>(store.flush());
    });
}

void reopen_and_go_on(CrashingFileSystem& files, Ledger& ledger) {
    for (int round = 0; round < 5; ++round) {
        with_store(files, [&](Store& store) {
            ledger.create(store, "ops");
            ledger.write(store, "ops", {point("a", round, round), point("b", 7, round)});
            ledger.write(store, "ops", {point("a", round + 100, round)});
            if (round == 2) static_cast<void>(store.flush());
        });
    }
}

void several_writers(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        std::vector<std::thread> writers;
        for (int writer = 0; writer < 3; ++writer) {
            writers.emplace_back([&, writer] {
                for (int index = 0; index < 6; ++index) {
                    ledger.write(store, "ops", {point(std::to_string(writer), index, index)});
                }
            });
        }
        static_cast<void>(store.flush());
        for (std::thread& writer : writers) writer.join();
    });
}

void compact_late_data(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        for (int round = 0; round < 3; ++round) {
            std::vector<PlainPoint> points;
            for (int index = 12; index > 0; --index) points.push_back(point("a", index, round));
            ledger.write(store, "ops", points);
            static_cast<void>(store.flush());
        }
        static_cast<void>(store.compact());
        ledger.write(store, "ops", {point("a", 3, 7), point("b", 3, 7)});
    });
}

void compact_twice_with_writes(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        for (int round = 0; round < 4; ++round) {
            ledger.write(store, "ops", {point("a", round, round), point("a", kHourNs, round)});
            static_cast<void>(store.flush());
            ledger.write(store, "ops", {point("b", 5, round)});
            if (round % 2 == 1) static_cast<void>(store.compact());
        }
    });
    with_store(files, [&](Store& store) {
        static_cast<void>(store.flush());
        static_cast<void>(store.compact());
    });
}

void delete_and_compact(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        ledger.write(store, "ops", {point("a", 1, 1), point("b", 1, 1)});
        ledger.write(store, "ops", {point("a", 2, 2), point("b", 2, 2)});
        ledger.erase(store, "ops", "a");
        ledger.write(store, "ops", {point("a", 2, 3), point("b", 3, 3)});
        static_cast<void>(store.compact());
        ledger.erase(store, "ops", "b");
        static_cast<void>(store.compact());
        ledger.write(store, "ops", {point("c", 1, 1)});
    });
}

void back_up(CrashingFileSystem& files, Ledger& ledger) {
    with_store(files, [&](Store& store) {
        ledger.create(store, "ops");
        ledger.write(store, "ops", {point("a", 1, 1), point("b", 1, 1)});
        static_cast<void>(store.backup("/backup"));
        ledger.write(store, "ops", {point("a", 2, 2)});
    });
}

struct NamedWorkload {
    const char* name;
    Workload run;
};

const NamedWorkload kWorkloads[] = {
    {"append one point at a time", append_one_by_one},
    {"batches", append_batches},
    {"many series", many_series},
    {"schema growth", schema_growth},
    {"flush", flush_sometimes},
    {"flush with late data", flush_late_data},
    {"flush in two partitions", flush_two_partitions},
    {"drop a database", drop_databases},
    {"reopen and go on", reopen_and_go_on},
    {"several writers", several_writers},
    {"compaction of late data", compact_late_data},
    {"compaction between writes", compact_twice_with_writes},
    {"deletion and compaction", delete_and_compact},
    {"backup", back_up},
};

void check_disk(const CrashingFileSystem& crashed, CrashingFileSystem::Unsynced unsynced,
                std::uint64_t seed, const Ledger& ledger) {
    const auto disk = crashed.recover_image(unsynced, seed);
    {
        const auto store = open_small(*disk);
        ledger.check(*store);
    }
    const auto once = disk->contents();
    {
        const auto store = open_small(*disk);
        CHECK(store->recovery_messages().empty());
        ledger.check(*store);
    }
    CHECK(disk->contents() == once);
    // What was recovered is as durable as what was written.
    const auto cut_again = disk->recover_image(CrashingFileSystem::Unsynced::Drop);
    ledger.check(*open_small(*cut_again));
}

void run_cut(const NamedWorkload& workload, const std::function<void(CrashingFileSystem&)>& cut) {
    CrashingFileSystem files;
    cut(files);
    Ledger ledger;
    workload.run(files, ledger);
    files.cut_power();
    check_disk(files, CrashingFileSystem::Unsynced::Drop, 0, ledger);
    check_disk(files, CrashingFileSystem::Unsynced::Keep, 0, ledger);
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        check_disk(files, CrashingFileSystem::Unsynced::Mix, seed, ledger);
    }
}

}  // namespace

TEST_CASE("no acknowledged sample is lost by a power cut at any sync", "[engine][power]") {
    for (const NamedWorkload& workload : kWorkloads) {
        std::uint64_t sync_count = 0;
        {
            CrashingFileSystem files;
            Ledger ledger;
            workload.run(files, ledger);
            sync_count = files.sync_count();
            ledger.check(*open_small(files));
        }
        for (std::uint64_t number = 1; number <= sync_count; ++number) {
            INFO(workload.name << ", sync " << number << " of " << sync_count);
            run_cut(workload, [number](auto& files) { files.cut_power_before_sync(number); });
            run_cut(workload, [number](auto& files) { files.cut_power_after_sync(number); });
        }
    }
}

TEST_CASE("no acknowledged sample is lost by a power cut between any two operations",
          "[engine][power]") {
    for (const NamedWorkload& workload : kWorkloads) {
        std::uint64_t operation_count = 0;
        {
            CrashingFileSystem files;
            Ledger ledger;
            workload.run(files, ledger);
            operation_count = files.operation_count();
        }
        for (std::uint64_t number = 1; number <= operation_count; ++number) {
            INFO(workload.name << ", operation " << number << " of " << operation_count);
            run_cut(workload, [number](auto& files) { files.cut_power_before_operation(number); });
        }
    }
}

}  // namespace tidemark::tests

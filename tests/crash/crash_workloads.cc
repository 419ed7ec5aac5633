#include "tests/crash/crash_workloads.h"

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "storage/engine/backup.h"
#include "storage/engine/store_impl.h"

namespace tidemark::tests {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;
const Place kOps{"ops"};

PlainPoint point(const std::string& host, std::int64_t time_ns, double value) {
    return {"cpu", {{"host", host}}, time_ns, {{"usage", value}}};
}

std::vector<PlainPoint> points_in(std::int64_t begin_ns, std::int64_t end_ns, double value) {
    std::vector<PlainPoint> points;
    for (std::int64_t time_ns = begin_ns; time_ns < end_ns; ++time_ns) {
        points.push_back(point("a", time_ns, value));
    }
    return points;
}

// What fails is seen by the ledger: it is not acknowledged.
void flush(Store& store) { static_cast<void>(store.flush()); }
void compact(Store& store) { static_cast<void>(store.compact()); }

void append_one_by_one(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int index = 0; index < 12; ++index) {
            run.ledger.write(store, kOps, {point("a", index, index)});
        }
    });
}

void append_batches(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int batch = 0; batch < 6; ++batch) {
            run.ledger.write(store, kOps, points_in(batch * 30, (batch + 1) * 30, batch));
        }
    });
}

// Frames over many sectors, any of which may be there without the others.
void append_large_values(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int index = 0; index < 5; ++index) {
            std::string text;
            for (int word = 0; word < 400; ++word) text += std::to_string(word * index) + ' ';
            run.ledger.write(store, kOps,
                             {{"log", {}, index, {{"text", text}, {"size", std::int64_t{index}}}}});
            if (index == 2) flush(store);
        }
    });
}

void append_every_type(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int index = 0; index < 20; ++index) {
            PlainPoint mixed{"m", {}, index, {{"f", index % 2 == 0 ? -0.0 : 0.0}}};
            if (index % 3 == 0) mixed.fields.emplace_back("i", std::int64_t{INT64_MIN} + index);
            if (index % 3 == 1) mixed.fields.emplace_back("u", std::uint64_t{UINT64_MAX});
            if (index % 4 == 0) mixed.fields.emplace_back("b", index % 8 == 0);
            if (index % 5 == 0) mixed.fields.emplace_back("s", "text " + std::to_string(index));
            run.ledger.write(store, kOps, {mixed});
            if (index == 12) flush(store);
        }
    });
}

void many_series(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int batch = 0; batch < 5; ++batch) {
            std::vector<PlainPoint> points;
            for (int host = 0; host < 40; ++host) {
                points.push_back(point(std::to_string(batch * 20 + host), batch, host));
            }
            run.ledger.write(store, kOps, points);
        }
    });
}

void schema_growth(CrashRun& run) {
    run.with_store([&](Store& store) {
        for (int step = 0; step < 6; ++step) {
            const Place place{"db" + std::to_string(step / 3)};
            run.ledger.create_database(store, place.database);
            const std::string number = std::to_string(step);
            run.ledger.write(store, place,
                             {{"m" + number,
                               {{"t" + number, "v"}},
                               step,
                               {{"f" + number, 1.5}, {"s", std::string("text")}}}});
        }
    });
}

void roll_the_log(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int round = 0; round < 5; ++round) {
            run.ledger.write(store, kOps, points_in(round * 10, round * 10 + 12, round));
            flush(store);
            run.ledger.write(store, kOps, {point("a", round, 100 + round)});
        }
    });
}

void flush_sometimes(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int index = 0; index < 9; ++index) {
            run.ledger.write(store, kOps, {point("a", 2 * index, index), point("b", index, index)});
            if (index % 3 == 2) flush(store);
        }
    });
}

void flush_late_data(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int round = 0; round < 4; ++round) {
            std::vector<PlainPoint> points;
            for (int index = 20; index > 0; --index) points.push_back(point("a", index, round));
            run.ledger.write(store, kOps, points);
            flush(store);
        }
    });
}

void flush_two_partitions(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int round = 0; round < 3; ++round) {
            run.ledger.write(store, kOps, points_in(kHourNs - 10, kHourNs + 10, round));
            flush(store);
        }
    });
}

void drop_databases(CrashRun& run) {
    const Place kept{"kept"};
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "kept");
        run.ledger.write(store, kept, {point("a", 1, 1)});
        run.ledger.create_database(store, "ops");
        run.ledger.write(store, kOps, {point("a", 1, 1)});
        flush(store);
        run.ledger.write(store, kOps, {point("a", 2, 2)});
        run.ledger.write(store, kept, {point("a", 2, 2)});
        run.ledger.drop_database(store, "ops");
        run.ledger.write(store, kept, {point("a", 3, 3)});
        flush(store);
        run.ledger.create_database(store, "ops");
        run.ledger.write(store, kOps, {point("a", 2, 9)});
    });
}

void drop_policies(CrashRun& run) {
    const Place raw{"ops", "raw"};
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        run.ledger.create_policy(store, raw);
        for (int round = 0; round < 2; ++round) {
            run.ledger.write(store, raw, {point("a", 1, 1 + round), point("b", 1, 1)});
            run.ledger.write(store, kOps, {point("a", 1, 10 + round)});
            flush(store);
            run.ledger.write(store, raw, {point("a", 2, 2)});
            run.ledger.drop_policy(store, raw);
            run.ledger.create_policy(store, raw);
        }
        run.ledger.write(store, raw, {point("a", 7, 7)});
    });
}

// All points are older than an hour: with a duration of one they are seen no more.
void retention(CrashRun& run) {
    const Place raw{"ops", "raw"};
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        run.ledger.create_policy(store, raw);
        run.ledger.write(store, kOps, points_in(0, 12, 1));
        run.ledger.write(store, raw, points_in(0, 12, 2));
        flush(store);
        run.ledger.write(store, raw, points_in(12, 14, 3));
        RetentionPolicyChange change;
        change.duration_ns = kHourNs;
        const Ledger::Entry entry = run.ledger.deleting(raw, {});
        if (store.alter_retention_policy("ops", "raw", change)) run.ledger.acknowledged(entry);
        run.ledger.write(store, kOps, points_in(12, 14, 4));
        flush(store);
        // Of what expired only last values stay, then those of the next generation too.
        compact(store);
        run.ledger.write(store, kOps, points_in(14, 15, 5));
        flush(store);
        compact(store);
    });
}

void compact_late_data(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        for (int round = 0; round < 3; ++round) {
            std::vector<PlainPoint> points;
            for (int index = 12; index > 0; --index) points.push_back(point("a", index, round));
            run.ledger.write(store, kOps, points);
            flush(store);
        }
        compact(store);
        run.ledger.write(store, kOps, {point("a", 3, 7), point("b", 3, 7)});
    });
}

void compact_between_writes(CrashRun& run) {
    for (int round = 0; round < 3; ++round) {
        run.with_store([&](Store& store) {
            run.ledger.create_database(store, "ops");
            for (int index = 0; index < 2; ++index) {
                const double value = 2 * round + index;
                run.ledger.write(store, kOps,
                                 {point("a", round, value), point("a", kHourNs, value)});
                flush(store);
                run.ledger.write(store, kOps, {point("b", 5, value)});
            }
            compact(store);
        });
    }
}

void delete_rows(CrashRun& run) {
    run.with_store([&](Store& store) {
        const auto erase = [&](const std::string& host, const TimeRange& range) {
            const Ledger::Entry entry = run.ledger.deleting(kOps, range, "cpu,host=" + host);
            const SeriesSelection series{
                "cpu", {{"host", CompareOp::Equal, host, nullptr}}, nullptr};
            if (store.delete_rows("ops", "", {series}, range)) run.ledger.acknowledged(entry);
        };
        run.ledger.create_database(store, "ops");
        run.ledger.write(store, kOps, points_in(0, 10, 1));
        run.ledger.write(store, kOps, {point("b", 1, 1), point("b", 2, 2)});
        erase("a", {3, 7});
        run.ledger.write(store, kOps, {point("a", 5, 3), point("b", 3, 3)});
        compact(store);
        erase("b", {});
        run.ledger.write(store, kOps, {point("b", 2, 9), point("c", 1, 1)});
        compact(store);
    });
}

void drop_series(CrashRun& run) {
    run.with_store([&](Store& store) {
        const SeriesSelection all{"cpu", {}, nullptr};
        const SeriesSelection of_a{"cpu", {{"host", CompareOp::Equal, "a", nullptr}}, nullptr};
        run.ledger.create_database(store, "ops");
        run.ledger.write(store, kOps, {point("a", 1, 1), point("b", 1, 1)});
        flush(store);
        run.ledger.write(store, kOps, {point("a", 2, 2)});
        const Ledger::Entry series = run.ledger.deleting(kOps, {}, "cpu,host=a");
        if (store.drop_series("ops", {of_a})) run.ledger.acknowledged(series);
        run.ledger.write(store, kOps, {point("a", 2, 3)});
        compact(store);
        const Ledger::Entry measurement = run.ledger.deleting(kOps, {});
        if (store.drop_measurement("ops", "cpu")) run.ledger.acknowledged(measurement);
        run.ledger.write(store, kOps, {point("b", 1, 5)});
        flush(store);
        compact(store);
    });
}

void back_up(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        run.ledger.write(store, kOps, points_in(0, 10, 1));
        static_cast<void>(store.backup("/backup"));
        run.ledger.write(store, kOps, points_in(5, 12, 2));
    });
}

// The store that is judged is made of the backup of another one. What that acknowledged counts
// once it was restored.
void restore(CrashRun& run) {
    std::vector<Ledger::Entry> done;
    const auto fill_and_back_up = [&]() -> Status {
        TIDEMARK_ASSIGN_OR_RETURN(const auto origin,
                                  storage::open_store(run.files, "/origin", small_options()));
        const Ledger::Entry created = run.ledger.creating("ops");
        TIDEMARK_RETURN_IF_ERROR(origin->create_database("ops"));
        done.push_back(created);
        for (int round = 0; round < 2; ++round) {
            const auto points = points_in(round * 5, round * 5 + 10, round);
            const Ledger::Entry sent = run.ledger.sending(kOps, points);
            TIDEMARK_ASSIGN_OR_RETURN(const WriteResult written,
                                      origin->write("ops", "", batch_of(points)));
            TIDEMARK_RETURN_IF_ERROR(origin->wait_durable(written.sequence));
            done.push_back(sent);
            if (round == 0) flush(*origin);
        }
        return origin->backup("/backup");
    };
    Status status = fill_and_back_up();
    if (status) status = storage::restore_store(run.files, "/backup", kStorePath);
    for (const Ledger::Entry entry : done) {
        if (status) run.ledger.acknowledged(entry);
    }
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        run.ledger.write(store, kOps, {point("a", 3, 7), point("b", 3, 7)});
    });
}

void change_documents(CrashRun& run) {
    const DocumentName office{"ops", "calendar", "office"};
    const DocumentName night{"ops", "calendar", "night"};
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        run.ledger.put_document(store, office, "Mon-Fri 09:00-18:00");
        // A document is never there without what was written in front of it.
        const std::vector<PlainPoint> points{point("a", 1, 1)};
        const Ledger::Entry sent = run.ledger.sending(kOps, points);
        const auto written = store.write("ops", "", batch_of(points));
        const bool is_kept = run.ledger.put_document(store, office, "Mon-Sat 09:00-18:00");
        if (written && is_kept) run.ledger.acknowledged(sent);
        run.ledger.put_document(store, night, "Mon-Sun 22:00-06:00");
        flush(store);
        run.ledger.remove_document(store, night);
    });
    run.with_store([&](Store& store) {
        run.ledger.put_document(store, night, "Sat 22:00-06:00");
        run.ledger.drop_database(store, "ops");
        run.ledger.create_database(store, "ops");
        run.ledger.put_document(store, office, "Tue 09:00-18:00");
    });
}

void reopen_and_go_on(CrashRun& run) {
    for (int round = 0; round < 5; ++round) {
        run.with_store([&](Store& store) {
            run.ledger.create_database(store, "ops");
            run.ledger.write(store, kOps, {point("a", round, round), point("b", 7, round)});
            run.ledger.write(store, kOps, {point("a", round + 100, round)});
            if (round == 2) flush(store);
        });
    }
}

void open_again(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        run.ledger.write(store, kOps, points_in(0, 20, 1));
        flush(store);
        run.ledger.write(store, kOps, points_in(10, 14, 2));
    });
    for (int round = 0; round < 3; ++round) run.with_store([](Store&) {});
}

void clean_stop(CrashRun& run) {
    for (int round = 0; round < 2; ++round) {
        run.with_store([&](Store& store) {
            run.ledger.create_database(store, "ops");
            run.ledger.write(store, kOps, points_in(round * 4, round * 4 + 6, round));
            flush(store);
            static_cast<void>(store.close());
        });
    }
}

// What waits for space while the disk is full gets a last chance when the store is closed.
void full_disk(CrashRun& run) {
    for (int round = 0; round < 3; ++round) {
        run.with_store([&](Store& store) {
            run.ledger.create_database(store, "ops");
            run.ledger.write(store, kOps, points_in(round, round + 3, round));
            run.files.set_full(true);
            const std::vector<PlainPoint> late{point("late", round, round)};
            const Ledger::Entry entry = run.ledger.sending(kOps, late);
            const auto written = store.write("ops", "", batch_of(late));
            if (round == 1) flush(store);
            run.files.set_full(false);
            const bool is_kept = written && store.close();
            if (is_kept) run.ledger.acknowledged(entry);
        });
    }
}

void several_writers(CrashRun& run) {
    run.with_store([&](Store& store) {
        run.ledger.create_database(store, "ops");
        std::vector<std::thread> writers;
        writers.reserve(3);
        for (int writer = 0; writer < 3; ++writer) {
            writers.emplace_back([&, writer] {
                for (int index = 0; index < 6; ++index) {
                    run.ledger.write(store, kOps, {point(std::to_string(writer), index, index)});
                }
            });
        }
        flush(store);
        for (std::thread& writer : writers) writer.join();
    });
}

constexpr CrashWorkload kWorkloads[] = {
    {"append", append_one_by_one},
    {"append batches", append_batches},
    {"append large values", append_large_values},
    {"append every type", append_every_type},
    {"many series", many_series},
    {"schema growth", schema_growth},
    {"log roll", roll_the_log},
    {"flush", flush_sometimes},
    {"flush late data", flush_late_data},
    {"flush two partitions", flush_two_partitions},
    {"drop database", drop_databases},
    {"drop policy", drop_policies},
    {"retention", retention},
    {"compaction", compact_late_data},
    {"compaction between writes", compact_between_writes},
    {"delete", delete_rows},
    {"drop series", drop_series},
    {"backup", back_up},
    {"restore", restore},
    {"documents", change_documents},
    {"reopen and go on", reopen_and_go_on},
    {"open", open_again},
    {"clean stop", clean_stop},
    {"full disk", full_disk},
    {"several writers", several_writers},
};

}  // namespace

void CrashRun::with_store(const std::function<void(Store&)>& work) {
    const auto store = storage::open_store(files, kStorePath, small_options());
    if (!store) return;
    if (!store.value()->recovery_messages().empty()) was_warned = true;
    work(*store.value());
}

std::span<const CrashWorkload> crash_workloads() { return kWorkloads; }

}  // namespace tidemark::tests

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <new>
#include <random>

#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "query/column/cell.h"
#include "tests/support/memory_store.h"

// The properties of the semantics that a store in memory is enough for, on random data. Property
// numbers are those of its last section.

namespace tidemark::tests {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kRangeSeconds = 3600;

/// Three hosts with gaps, a float, an integer and a state; some fields missing.
void write_random(Store& store, std::mt19937_64& random) {
    REQUIRE(store.create_database("db"));
    std::uniform_int_distribution<int> gap(1, 40);
    std::uniform_int_distribution<int> value(0, 100);
    std::bernoulli_distribution is_missing(0.2);
    WriteBatch batch;
    for (const std::string host : {"a", "b", "c"}) {
        std::int64_t time = -600 + gap(random);
        while (time < kRangeSeconds + 300) {
            batch.begin_point("m");
            batch.add_tag("host", host);
            batch.add_float("v", value(random) / 4.0);
            if (!is_missing(random)) batch.add_integer("n", value(random) - 50);
            if (!is_missing(random)) batch.add_boolean("up", value(random) > 30);
            batch.end_point(time * kSecond);
            // Now and then a silence that is longer than any hold.
            time += gap(random) * (value(random) == 0 ? 20 : 1);
        }
    }
    auto written = store.write("db", "", batch);
    REQUIRE(written);
    REQUIRE(written.value().rejected.empty());
}

struct Sample {
    std::unique_ptr<ManualClock> clock;
    std::unique_ptr<MemoryStore> store;
};

Sample random_store(std::uint64_t seed, bool gives_summaries = false, std::size_t piece = 1000) {
    Sample sample;
    sample.clock = std::make_unique<ManualClock>(kRangeSeconds * kSecond);
    sample.store =
        std::make_unique<MemoryStore>(MemoryStoreOptions{.clock = sample.clock.get(),
                                                         .future_limit_ns = kHoldForever,
                                                         .gives_summaries = gives_summaries,
                                                         .rows_per_piece = piece});
    std::mt19937_64 random(seed);
    write_random(*sample.store, random);
    return sample;
}

std::vector<ResultSeries> ask(Store& store, const std::string& text, unsigned thread_limit = 0) {
    QueryOptions options;
    options.database = "db";
    options.thread_limit = thread_limit;
    QueryResult result = execute(store, text, options);
    INFO(text);
    REQUIRE_FALSE(result.syntax_error);
    REQUIRE(result.statements.size() == 1);
    if (result.statements[0].error) FAIL(result.statements[0].error->message());
    return std::move(result.statements[0].series);
}

std::int64_t integer(const Cell& cell) {
    return query::is_null(cell) ? 0 : std::get<std::int64_t>(cell);
}

double number(const Cell& cell) { return std::get<double>(cell); }

const std::vector<std::string> kPredicates = {
    "v > 12",
    "v > 12 AND n < 10",
    "v <= 5 OR NOT up",
    "NOT (n >= 0 AND v < 20)",
    "host = 'a' OR v > 20",
    "up",
};

const std::vector<std::string> kRanges = {
    "time >= 0 AND time < 3600s", "time >= 0 AND time < 3300s",
    "time >= 600s AND time < 4200s",  // Its end lies in the future.
};

}  // namespace

TEST_CASE("good, bad, unknown and future add up to the window, exactly", "[properties]") {
    const auto seed = GENERATE(range<std::uint64_t>(1, 6));
    const Sample sample = random_store(seed);
    for (const std::string& predicate : kPredicates) {
        for (const std::string& range : kRanges) {
            for (const std::string stale : {"STALE 30s", "STALE 2m", "STALE NONE"}) {
                const std::string text = "SELECT time_in(" + predicate + ", 1ns), time_out(" +
                                         predicate + ", 1ns), unknown(" + predicate +
                                         ", 1ns), future(" + predicate + ", 1ns) FROM m WHERE " +
                                         range + " " + stale + " GROUP BY time(7m), host";
                INFO(text);
                for (const ResultSeries& series : ask(*sample.store, text)) {
                    std::int64_t whole_ns = 0;
                    for (const auto& row : series.rows) {
                        for (std::size_t i = 1; i < row.size(); ++i) whole_ns += integer(row[i]);
                    }
                    const bool is_long = range != kRanges[1];
                    CHECK(whole_ns == (is_long ? 3600 : 3300) * kSecond);
                }
            }
        }
    }
}

TEST_CASE("splitting a window is additive", "[properties]") {
    const auto seed = GENERATE(range<std::uint64_t>(1, 6));
    const Sample sample = random_store(seed);
    const std::string calls =
        "SELECT time_in(v > 12, 1ns), time_out(v > 12, 1ns), unknown(v > 12, 1ns), count(n), "
        "sum(n) FROM m WHERE ";
    const auto whole = ask(*sample.store, calls + kRanges[0] + " STALE 1m");
    const auto left = ask(*sample.store, calls + "time >= 0 AND time < 1234s STALE 1m");
    const auto right = ask(*sample.store, calls + "time >= 1234s AND time < 3600s STALE 1m");
    REQUIRE(whole.size() == 1);
    for (std::size_t i = 1; i < whole[0].columns.size(); ++i) {
        INFO(whole[0].columns[i]);
        CHECK(integer(whole[0].rows[0][i]) ==
              integer(left[0].rows[0][i]) + integer(right[0].rows[0][i]));
    }
}

TEST_CASE("a predicate and its negation swap good and bad", "[properties]") {
    const auto seed = GENERATE(range<std::uint64_t>(1, 6));
    const Sample sample = random_store(seed);
    for (const std::string& predicate : kPredicates) {
        const auto rows =
            ask(*sample.store, "SELECT time_in(" + predicate + ", 1ns), time_out(NOT (" +
                                   predicate + "), 1ns), time_out(" + predicate +
                                   ", 1ns), time_in(NOT (" + predicate + "), 1ns) FROM m WHERE " +
                                   kRanges[0] + " STALE 45s GROUP BY time(10m)");
        INFO(predicate);
        for (const auto& row : rows[0].rows) {
            CHECK(row[1] == row[2]);
            CHECK(row[3] == row[4]);
        }
    }
}

TEST_CASE("uptime lies between its bounds", "[properties]") {
    const auto seed = GENERATE(range<std::uint64_t>(1, 6));
    const Sample sample = random_store(seed);
    for (const std::string& predicate : kPredicates) {
        const auto groups =
            ask(*sample.store, "SELECT uptime_low(" + predicate + "), uptime(" + predicate +
                                   "), uptime_high(" + predicate + "), unknown(" + predicate +
                                   ", 1ns) FROM m WHERE " + kRanges[0] +
                                   " STALE 30s GROUP BY time(5m), host");
        for (const ResultSeries& series : groups) {
            for (const auto& row : series.rows) {
                if (query::is_null(row[2])) continue;
                CHECK(number(row[1]) <= number(row[2]));
                CHECK(number(row[2]) <= number(row[3]));
                if (integer(row[4]) == 0) CHECK(number(row[1]) == number(row[3]));
            }
        }
    }
}

TEST_CASE("percentile_disc is at most L exactly when share_le(L) is at least q", "[properties]") {
    const auto seed = GENERATE(range<std::uint64_t>(1, 6));
    const Sample sample = random_store(seed);
    for (const std::string q : {"0.07", "0.25", "0.5", "0.9", "0.99", "1"}) {
        for (const std::string limit : {"0", "3.5", "12.25", "24.75", "25"}) {
            const auto groups =
                ask(*sample.store, "SELECT percentile_disc(v, " + q + "), share_le(v, " + limit +
                                       "), count(v) "
                                       "FROM m WHERE " +
                                       kRanges[0] + " GROUP BY time(11m), host fill(none)");
            for (const ResultSeries& series : groups) {
                for (const auto& row : series.rows) {
                    const auto count = static_cast<double>(integer(row[3]));
                    const double reached = number(row[2]) * count;
                    // In points, so that the comparison is exact: share is k / count.
                    const double needed = std::ceil(std::stod(q) * count - 1e-9);
                    CHECK((number(row[1]) <= std::stod(limit)) ==
                          (std::round(reached) >= std::max(1.0, needed)));
                }
            }
        }
    }
}

TEST_CASE("WINDOW of the bucket's width changes nothing", "[properties]") {
    const auto seed = GENERATE(range<std::uint64_t>(1, 4));
    const Sample sample = random_store(seed);
    const std::string begin =
        "SELECT count(v), mean(v), median(v), percentile_disc(v, 0.9), share(v > 12), "
        "time_mean(v), time_in(v > 12), longest(v > 12), current(v > 12) FROM m WHERE "
        "time >= 95s AND time < 3600s STALE 1m GROUP BY time(6m), host";
    const auto plain = ask(*sample.store, begin);
    const auto windowed = ask(*sample.store, begin + " WINDOW 6m");
    REQUIRE(plain.size() == windowed.size());
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(plain[i].rows == windowed[i].rows);
}

TEST_CASE("pieces, summaries and threads do not change an answer", "[properties]") {
    const auto seed = GENERATE(range<std::uint64_t>(1, 4));
    const Sample whole = random_store(seed);
    const Sample pieces = random_store(seed, true, 3);
    const std::vector<std::string> statements = {
        "SELECT count(v), sum(n), min(v), max(n), first(v), last(n), spread(v) FROM m",
        "SELECT count(v), sum(n), min(v), max(n), first(v), last(up) FROM m WHERE time >= 0 "
        "GROUP BY time(4m), host",
        "SELECT max(v), host, n FROM m WHERE time >= 0 GROUP BY time(9m)",
        "SELECT median(v), percentile(n, 90), percentile_cont(v, 0.95) FROM m WHERE time >= 0 "
        "GROUP BY time(1m), host WINDOW 10m fill(none)",
        "SELECT share(v > 12), share(v > 12 AND n < 0), share_le(n, 3) FROM m GROUP BY host",
        "SELECT uptime(v > 12 AND n < 10), longest(v > 12, KEEP 1m), current(up) FROM m "
        "WHERE time >= 0 STALE 40s GROUP BY time(8m), host",
        "SELECT episodes(v > 12, FOR 30s, KEEP 20s, CLEAR v < 8) FROM m WHERE time >= 0 STALE 40s "
        "GROUP BY host",
        "SELECT v, n * 2, host FROM m WHERE n > 0 ORDER BY time DESC LIMIT 50",
    };
    for (const std::string& text : statements) {
        INFO(text);
        const auto expected = ask(*whole.store, text, 1);
        for (const unsigned thread_limit : {1U, 4U}) {
            const auto answer = ask(*pieces.store, text, thread_limit);
            REQUIRE(answer.size() == expected.size());
            for (std::size_t i = 0; i < answer.size(); ++i) {
                CHECK(answer[i].tags == expected[i].tags);
                CHECK(answer[i].rows == expected[i].rows);
            }
        }
    }
}

TEST_CASE("a cancelled query ends with Cancelled", "[query]") {
    const Sample sample = random_store(1);
    const std::atomic<bool> cancelled{true};
    QueryOptions options;
    options.database = "db";
    options.cancelled = &cancelled;
    const QueryResult result = execute(*sample.store, "SELECT v FROM m", options);
    REQUIRE(result.statements[0].error);
    CHECK(result.statements[0].error->code() == ErrorCode::Cancelled);
}

TEST_CASE("an answer beyond the row limit is refused, not cut", "[query]") {
    const Sample sample = random_store(1);
    QueryOptions options;
    options.database = "db";
    options.row_limit = 10;
    for (const std::string text :
         {"SELECT v FROM m", "SELECT mean(v) FROM m WHERE time >= 0 GROUP BY time(1m)"}) {
        INFO(text);
        const QueryResult result = execute(*sample.store, text, options);
        REQUIRE(result.statements[0].error);
        CHECK(result.statements[0].error->code() == ErrorCode::LimitExceeded);
    }
}

TEST_CASE("the row limit is one for all statements of a text", "[query]") {
    MemoryStore store;
    REQUIRE(store.create_database("db"));
    WriteBatch batch;
    for (std::int64_t i = 0; i < 6; ++i) {
        batch.begin_point("m");
        batch.add_float("v", 1.0);
        batch.end_point(i);
    }
    REQUIRE(store.write("db", "", batch));
    QueryOptions options;
    options.database = "db";
    options.row_limit = 13;
    const QueryResult result = execute(store,
                                       "SELECT v FROM m; SELECT v FROM m; SELECT v FROM m; "
                                       "SHOW DATABASES; SHOW DATABASES",
                                       options);
    REQUIRE(result.statements.size() == 5);
    CHECK_FALSE(result.statements[0].error);
    CHECK_FALSE(result.statements[1].error);
    REQUIRE(result.statements[2].error);
    CHECK(result.statements[2].error->message() ==
          "after 12 rows of the statements before, of 13 for all: the answer has more than 1 rows: "
          "narrow the time range or use LIMIT");
    CHECK_FALSE(result.statements[3].error);
    REQUIRE(result.statements[4].error);
    CHECK(result.statements[4].error->code() == ErrorCode::LimitExceeded);
    CHECK(result.statements[4].series.empty());
}

TEST_CASE("only DROP is refused where nothing may be changed, as in InfluxDB", "[query]") {
    const Sample sample = random_store(1);
    QueryOptions options;
    options.may_write = false;
    const QueryResult result =
        execute(*sample.store, "DROP DATABASE db; CREATE DATABASE fresh", options);
    REQUIRE(result.statements[0].error);
    CHECK(sample.store->has_database("db"));
    CHECK_FALSE(result.statements[1].error);
    CHECK(sample.store->has_database("fresh"));
    REQUIRE(result.statements[1].messages.size() == 1);
    CHECK(result.statements[1].messages[0].level == "warning");
    CHECK(result.statements[1].messages[0].text ==
          "deprecated use of 'CREATE DATABASE fresh' in a read only context, please use a POST "
          "request instead");
}

TEST_CASE("calendars and maintenance are changed by POST only, and know who did it", "[query]") {
    const Sample sample = random_store(1);
    QueryOptions options;
    options.database = "db";
    options.author = "ann";
    const std::string text =
        "CREATE CALENDAR c TZ 'UTC' HOURS 'Mon 09:00-18:00' REASON 'contract';"
        "CREATE MAINTENANCE ON host = 'a' FROM 0s TO 10s REASON 'upgrade';"
        "DROP CALENDAR c; DROP MAINTENANCE m1";
    options.may_write = false;
    for (const StatementResult& refused : execute(*sample.store, text, options).statements) {
        REQUIRE(refused.error);
        CHECK(refused.error->message().find("changes something: use a POST request") !=
              std::string::npos);
    }
    CHECK(sample.store->documents("db", "calendar").empty());
    options.may_write = true;
    REQUIRE_FALSE(execute(*sample.store, text, options).statements[0].error);
    const auto history = sample.store->document_history({"db", "calendar", "c"});
    REQUIRE(history.size() == 2);
    CHECK(history[0].author == "ann");
    CHECK(history[0].reason == "contract");
    CHECK(history[0].time_ns == kRangeSeconds * kSecond);
    CHECK(history[1].is_removed);
    const auto maintenance = sample.store->documents("db", "maintenance");
    REQUIRE(maintenance.size() == 1);
    CHECK(maintenance[0].author == "ann");
    CHECK(maintenance[0].reason == "upgrade");
}

TEST_CASE("LIMIT keeps the rows it names, whatever is read for it", "[query][property]") {
    const Sample sample = random_store(4, false, 7);
    for (const std::string order : {"ASC", "DESC"}) {
        for (const std::string group : {"", " GROUP BY host"}) {
            const std::string all = "SELECT v, n, host FROM m" + group + " ORDER BY time " + order;
            const auto whole = ask(*sample.store, all);
            for (const std::size_t limit : {1U, 2U, 5U, 40U, 100'000U}) {
                const std::size_t offset = limit % 3;
                const auto part = ask(*sample.store, all + " LIMIT " + std::to_string(limit) +
                                                         " OFFSET " + std::to_string(offset));
                INFO(all << " LIMIT " << limit << " OFFSET " << offset);
                REQUIRE(part.size() == whole.size());
                for (std::size_t i = 0; i < whole.size(); ++i) {
                    auto expected = whole[i].rows;
                    expected.keep(offset, limit);
                    CHECK(part[i].rows == expected);
                }
            }
        }
    }
}

TEST_CASE("the latest rows are found among more than an answer may have", "[query]") {
    const Sample sample = random_store(4, false, 7);
    QueryOptions options;
    options.database = "db";
    options.row_limit = 30;
    const auto error_of = [&](const std::string& text) {
        const QueryResult result = execute(*sample.store, text, options);
        return result.statements.at(0).error;
    };
    CHECK_FALSE(error_of("SELECT v FROM m ORDER BY time DESC LIMIT 1"));
    CHECK_FALSE(error_of("SELECT v FROM m ORDER BY time LIMIT 1"));
    CHECK_FALSE(error_of("SELECT v FROM m WHERE time < 30s GROUP BY host SLIMIT 1"));
    // Rows of all groups count together, also where SLIMIT would take most of them away.
    CHECK(error_of("SELECT v FROM m GROUP BY host SLIMIT 1"));
    CHECK(error_of("SELECT v FROM m"));
}

TEST_CASE("memory that runs out outside a statement is an error, too", "[query]") {
    class FullClock final : public Clock {
    public:
        std::int64_t now_ns() const override { throw std::bad_alloc(); }
    };
    const FullClock clock;
    MemoryStore store({.clock = &clock});
    const QueryResult result = execute(store, "SHOW DATABASES", QueryOptions());
    REQUIRE(result.statements.size() == 1);
    REQUIRE(result.statements[0].error);
    CHECK(result.statements[0].error->code() == ErrorCode::LimitExceeded);
}

}  // namespace tidemark::tests

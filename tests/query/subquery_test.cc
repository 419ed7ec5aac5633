#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "tests/query/script_runner.h"
#include "tests/support/memory_store.h"

// A subquery that hands on every row is no subquery at all: whatever is asked of it must be
// answered as if the measurement had been asked.

namespace tidemark::tests {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNowSeconds = 3600;

void write_random(Store& store, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int> gap(1, 90);
    std::uniform_int_distribution<int> value(0, 40);
    std::bernoulli_distribution is_missing(0.2);
    REQUIRE(store.create_database("db"));
    WriteBatch batch;
    for (const std::string host : {"a", "b", "c"}) {
        for (std::int64_t time = gap(random); time < kNowSeconds; time += gap(random)) {
            batch.begin_point("m");
            batch.add_tag("host", host);
            batch.add_tag("site", host == "c" ? "y" : "x");
            batch.add_float("v", value(random) / 4.0);
            if (!is_missing(random)) batch.add_integer("n", value(random) - 20);
            if (!is_missing(random)) batch.add_boolean("up", value(random) > 10);
            if (!is_missing(random)) batch.add_string("s", value(random) > 20 ? "on" : "off");
            batch.end_point(time * kSecond);
            if (value(random) == 0) time += 600;  // Longer than any hold here.
        }
    }
    REQUIRE(store.write("db", "", batch).value().rejected.empty());
}

std::vector<std::string> answer(Store& store, const std::string& text) {
    QueryOptions options;
    options.database = "db";
    return render_answer(execute(store, text, options), true);
}

std::string with_source(std::string text, const std::string& source) {
    const std::size_t place = text.find("$m");
    return text.replace(place, 2, source);
}

const std::vector<std::string> kStatements = {
    "SELECT v, n, up, s FROM $m",
    "SELECT v, host FROM $m WHERE n > 3 AND host != 'b'",
    "SELECT v + n AS sum FROM $m WHERE time >= 600s AND time < 1200s GROUP BY host",
    "SELECT count(v), sum(n), mean(v), spread(v), count(s) FROM $m GROUP BY host",
    "SELECT min(v), max(n), first(s), last(up) FROM $m WHERE time >= 333s GROUP BY time(7m), host",
    "SELECT sla(v > 3, 0.6) FROM $m WHERE time >= 333s AND time < 3000s GROUP BY time(7m), host",
    "SELECT apdex(v, 2.5), nps(n) FROM $m WHERE time >= 333s GROUP BY time(7m), site",
    "SELECT trend(v), trend(n) FROM $m WHERE time >= 333s GROUP BY site",
    "SELECT trend(v) FROM $m GROUP BY time(20m)",
    "SELECT correlate(v, n), correlate(n, v, 30s) FROM $m WHERE time >= 900s AND time < 3000s",
    "SELECT max(v), n, host FROM $m",
    "SELECT percentile(v, 90), median(n), stddev(v) FROM $m WHERE time >= 0s GROUP BY time(10m)",
    "SELECT percentile_disc(v, 0.9) FROM $m WHERE time >= 0s GROUP BY time(5m), host WINDOW 20m",
    "SELECT mean(v), count(n), percentile_disc(v, 0.9) FROM $m WHERE time >= 1800s AND time < "
    "2400s "
    "GROUP BY time(2m), host WINDOW 10m",
    "SELECT time_in(v > 5, 1s), longest(up, 1s) FROM $m WHERE time >= 1800s AND time < 2400s GROUP "
    "BY time(2m), host WINDOW 10m STALE 45s",
    "SELECT mean(v) FROM $m WHERE time >= 1800s AND time < 2400s GROUP BY time(2m) WINDOW 1m",
    "SELECT share(v > 5), share(up AND n < 0), share_le(v, 3) FROM $m GROUP BY site",
    "SELECT mean(v) FROM $m WHERE n > 0 AND time >= 0s GROUP BY time(10m), site fill(previous)",
    "SELECT uptime(up), coverage(up), time_in(v > 5, 1s) FROM $m WHERE time >= 777s AND time < "
    "2222s GROUP BY host STALE 45s",
    "SELECT time_in(v > 5 AND s = 'on'), unknown(n > 0) FROM $m WHERE time >= 500s GROUP BY "
    "time(13m), site STALE 2m",
    "SELECT current(v > 2), since(v > 2), longest(up) FROM $m WHERE time >= 3000s GROUP BY host "
    "STALE 5m",
    "SELECT current(v > 2 OR n > 0, FOR 1m), longest(v > 2, KEEP 30s) FROM $m WHERE time >= 2500s "
    "GROUP BY host STALE 1m",
    "SELECT episodes(v > 6, FOR 20s, KEEP 10s, CLEAR v < 2) FROM $m WHERE time >= 1000s AND time < "
    "3000s GROUP BY host, site STALE 1m",
    "SELECT time_mean(v), time_mean(n) FROM $m WHERE time >= 321s GROUP BY time(11m), host STALE "
    "90s",
    "SELECT uptime(up) FROM $m GROUP BY host HAVING uptime(up) > 0.5",
    "SELECT mean(v) FROM $m GROUP BY host ORDER BY mean DESC SLIMIT 2",
};

}  // namespace

TEST_CASE("a subquery that hands on all rows changes no answer", "[subquery]") {
    const ManualClock clock(kNowSeconds * kSecond);
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        MemoryStore store({.clock = &clock, .future_limit_ns = kHoldForever});
        write_random(store, seed);
        for (const std::string& statement : kStatements) {
            const std::string plain = with_source(statement, "m");
            const auto expected = answer(store, plain);
            REQUIRE_FALSE(expected.empty());
            for (const std::string source :
                 {"(SELECT v, n, up, s FROM m GROUP BY host, site)",
                  "(SELECT v, n, up, s FROM m GROUP BY *)",
                  "(SELECT * FROM (SELECT v, n, up, s FROM m GROUP BY *) GROUP BY *)"}) {
                INFO("seed " << seed << ": " << statement << " of " << source);
                CHECK(answer(store, with_source(statement, source)) == expected);
            }
        }
    }
}

TEST_CASE("subqueries nest to a limit that the refusal names", "[subquery]") {
    MemoryStore store;
    write_random(store, 1);
    const auto nested = [](int depth) {
        std::string text = "m";
        for (int i = 0; i < depth; ++i) text = "(SELECT v FROM " + text + ")";
        return "SELECT count(v) FROM " + text;
    };
    CHECK(answer(store, nested(20)) == answer(store, nested(0)));
    CHECK(answer(store, nested(21)) ==
          std::vector<std::string>{"error subqueries can be nested 20 deep at most"});
}

TEST_CASE("the rows of a subquery are limited, and the refusal says what to do", "[subquery]") {
    MemoryStore store;
    write_random(store, 1);
    QueryOptions options;
    options.database = "db";
    options.row_limit = 10;
    const auto refused =
        render_answer(execute(store, "SELECT max(v) FROM (SELECT v FROM m)", options), false);
    REQUIRE(refused.size() == 1);
    INFO(refused.front());
    CHECK(refused.front().starts_with("error "));
    CHECK(refused.front().find("narrow") != std::string::npos);
}

TEST_CASE("a cancelled subquery ends", "[subquery]") {
    MemoryStore store;
    write_random(store, 1);
    const std::atomic<bool> cancelled{true};
    QueryOptions options;
    options.database = "db";
    options.cancelled = &cancelled;
    const QueryResult result = execute(store, "SELECT mean(v) FROM (SELECT v FROM m)", options);
    REQUIRE(result.statements.front().error);
    CHECK(result.statements.front().error->code() == ErrorCode::Cancelled);
}

}  // namespace tidemark::tests

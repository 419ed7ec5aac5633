#include "query/operators/query_guard.h"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "tests/support/memory_store.h"

namespace tidemark::tests {
namespace {

using query::MemoryHold;
using query::QueryGuard;

// 20,000 samples of two fields in each of two series.
class GuardFixture {
public:
    GuardFixture() {
        REQUIRE(store.create_database("db"));
        WriteBatch batch;
        for (std::int64_t i = 0; i < 20'000; ++i) {
            for (const std::string host : {"a", "b"}) {
                batch.begin_point("m");
                batch.add_tag("host", host);
                batch.add_float("v", static_cast<double>(i) / 7);
                batch.add_string("s", "a text of some length, number " + std::to_string(i));
                batch.end_point(i);
            }
        }
        REQUIRE(store.write("db", "", batch));
        options.database = "db";
    }

    StatementResult ask(const std::string& statement) {
        return execute(store, statement, options).statements.at(0);
    }

    MemoryStore store;
    QueryOptions options;
};

}  // namespace

TEST_CASE("a guard stops who is cancelled, killed or late", "[guard]") {
    QueryOptions options;
    std::atomic<bool> is_cancelled{false};
    std::atomic<bool> is_killed{false};
    options.cancelled = &is_cancelled;
    const QueryGuard guard(options, &is_killed);
    CHECK(guard.check());
    is_killed = true;
    REQUIRE_FALSE(guard.check());
    CHECK(guard.check().error().code() == ErrorCode::Cancelled);
    CHECK(guard.check().error().message() == "the query was ended by KILL QUERY");
    is_cancelled = true;
    CHECK(guard.check().error().message() == "the query was cancelled");

    QueryOptions hurried;
    hurried.time_limit = std::chrono::nanoseconds(0);
    const QueryGuard late(hurried, nullptr);
    REQUIRE_FALSE(late.check());
    CHECK(late.check().error().code() == ErrorCode::LimitExceeded);

    QueryOptions patient;
    patient.time_limit = std::chrono::nanoseconds::max();
    CHECK(QueryGuard(patient, nullptr).check());
}

TEST_CASE("a guard counts memory that is held and given back", "[guard]") {
    QueryOptions options;
    options.memory_limit_bytes = 100;
    QueryGuard guard(options, nullptr);
    {
        MemoryHold first(guard);
        CHECK(first.hold(60));
        MemoryHold second(guard);
        CHECK(second.hold(40));
        REQUIRE_FALSE(second.hold(41));
        CHECK(second.hold(41).error().code() == ErrorCode::LimitExceeded);
        CHECK(second.hold(10));
        MemoryHold third(std::move(first));
        CHECK_FALSE(guard.take_memory(31));
        CHECK(third.hold(90));
        second = std::move(third);
        CHECK(guard.take_memory(10));
        guard.return_memory(10);
    }
    CHECK(guard.take_memory(100));
}

TEST_CASE("what a statement collects counts as its memory", "[guard]") {
    GuardFixture fixture;
    const std::vector<std::string> statements = {
        "SELECT v FROM m",
        "SELECT s FROM m LIMIT 19000",
        "SELECT percentile_cont(v, 0.5) FROM m",
        "SELECT percentile_cont(v, 0.5) FROM m WHERE time >= 0 AND time < 20000 GROUP BY time(1u)",
        "SELECT mode(s) FROM m",
        "SELECT count(distinct(v)) FROM m",
        "SELECT distinct(s) FROM m",
        "SELECT sample(v, 20000) FROM m",
        "SELECT top(v, host, 20000), s FROM m GROUP BY time(10ns)",
        "SELECT change_count(v) FROM m STALE NONE",
        "SELECT changes(v) FROM m STALE NONE",
        "SELECT mean(v) FROM m WHERE time >= 0 AND time < 20000 GROUP BY time(1ns)",
        "SELECT count(v) FROM (SELECT v FROM m)",
    };
    for (const std::string& statement : statements) {
        INFO(statement);
        fixture.options.memory_limit_bytes = QueryOptions().memory_limit_bytes;
        const StatementResult whole = fixture.ask(statement);
        INFO((whole.error ? whole.error->message() : ""));
        CHECK_FALSE(whole.error);
        fixture.options.memory_limit_bytes = 50'000;
        const StatementResult refused = fixture.ask(statement);
        REQUIRE(refused.error);
        CHECK(refused.error->code() == ErrorCode::LimitExceeded);
        CHECK(refused.error->message().find("holds more than 50000 bytes") != std::string::npos);
        CHECK(refused.series.empty());
    }
}

TEST_CASE("what a statement does not keep is not counted", "[guard]") {
    GuardFixture fixture;
    fixture.options.memory_limit_bytes = 50'000;
    for (const std::string statement :
         {"SELECT count(v), max(v), mean(v) FROM m", "SELECT s FROM m ORDER BY time DESC LIMIT 3",
          "SELECT uptime(v > 100) FROM m STALE NONE", "SELECT top(v, 3) FROM m",
          "SELECT percentile_cont(v, 0.5) FROM m WHERE time >= 0 AND time < 20000 "
          "GROUP BY time(10u) WINDOW 100ns"}) {
        INFO(statement);
        const StatementResult answer = fixture.ask(statement);
        INFO((answer.error ? answer.error->message() : ""));
        CHECK_FALSE(answer.error);
    }
}

}  // namespace tidemark::tests

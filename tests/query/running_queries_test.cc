#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "tests/support/memory_store.h"

namespace tidemark::tests {

TEST_CASE("SHOW QUERIES lists what is running, itself included", "[session]") {
    MemoryStore store;
    RunningQueries running;
    const std::uint64_t other = running.begin("SELECT max(v) FROM m", "ops").id;
    QueryOptions options;
    options.database = "db";
    options.running = &running;
    const QueryResult result = execute(store, "SHOW DATABASES; show queries", options);
    REQUIRE(result.statements.size() == 2);
    const ResultSeries& listed = result.statements[1].series.at(0);
    CHECK(listed.columns ==
          std::vector<std::string>{"qid", "query", "database", "duration", "status"});
    REQUIRE(listed.rows.size() == 2);
    CHECK(listed.rows[0][0] == Cell(other));
    CHECK(listed.rows[0][1] == Cell(std::string("SELECT max(v) FROM m")));
    CHECK(listed.rows[0][2] == Cell(std::string("ops")));
    CHECK(listed.rows[1][0] == Cell(other + 2));  // SHOW DATABASES had one, too.
    CHECK(listed.rows[1][1] == Cell(std::string("SHOW QUERIES")));
    CHECK(listed.rows[1][2] == Cell(std::string("db")));
    CHECK(std::get<std::string>(listed.rows[1][3]).ends_with("s"));

    REQUIRE(running.list().size() == 1);
    CHECK(running.list()[0].age_ns >= 0);
    running.end(other);
    CHECK(running.list().empty());
    options.running = nullptr;
    const QueryResult alone = execute(store, "SHOW QUERIES", options);
    CHECK(alone.statements.at(0).series.at(0).rows.size() == 1);
}

TEST_CASE("a statement with a password is never listed", "[session]") {
    MemoryStore store;
    RunningQueries running;
    QueryOptions options;
    options.running = &running;
    const QueryResult result =
        execute(store, "CREATE USER u WITH PASSWORD 'secret'; SHOW QUERIES", options);
    REQUIRE(result.statements.size() == 2);
    const ResultSeries& listed = result.statements[1].series.at(0);
    REQUIRE(listed.rows.size() == 1);
    CHECK(listed.rows[0][0] == Cell(std::uint64_t{1}));  // The first one that was listed.
}

TEST_CASE("a statement that fails is listed no longer", "[session]") {
    MemoryStore store;
    RunningQueries running;
    QueryOptions options;
    options.running = &running;
    const QueryResult result = execute(store, "SELECT v FROM nowhere..m", options);
    CHECK(result.statements.at(0).error.has_value());
    CHECK(running.list().empty());
}

TEST_CASE("SHOW STATS tells of the store, of queries, and of what the program counts",
          "[session]") {
    MemoryStore store;
    RunningQueries running;
    QueryOptions options;
    options.running = &running;
    options.statistics = [] {
        return std::vector<StatisticsModule>{{"httpd", {{"req", 7}, {"reqActive", 1}}}};
    };
    const auto ask = [&](const char* text) {
        QueryResult result = execute(store, text, options);
        REQUIRE_FALSE(result.syntax_error);
        REQUIRE_FALSE(result.statements.at(0).error);
        return std::move(result.statements.at(0));
    };
    std::vector<std::string> names;
    for (const ResultSeries& series : ask("SHOW STATS").series) names.push_back(series.name);
    CHECK(names == std::vector<std::string>{"compaction", "httpd", "queryExecutor", "store"});

    const StatementResult httpd = ask("SHOW STATS FOR 'httpd'");
    REQUIRE(httpd.series.size() == 1);
    CHECK(httpd.series[0].columns == std::vector<std::string>{"req", "reqActive"});
    CHECK(httpd.series[0].rows == RowTable{{std::int64_t{7}, std::int64_t{1}}});

    // The third statement, which is running.
    const StatementResult queries = ask("SHOW STATS FOR 'queryExecutor'");
    REQUIRE(queries.series.size() == 1);
    CHECK(queries.series[0].rows == RowTable{{std::int64_t{1}, std::int64_t{3}}});

    const StatementResult none = ask("SHOW STATS FOR 'https'");
    CHECK(none.series.empty());
    REQUIRE(none.messages.size() == 1);
    CHECK(none.messages[0].text == "there is no module https, did you mean httpd?");

    CHECK(ask("SHOW DIAGNOSTICS FOR 'build'").series.at(0).columns ==
          std::vector<std::string>{"Version"});
}

}  // namespace tidemark::tests

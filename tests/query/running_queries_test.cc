#include <string>

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

}  // namespace tidemark::tests

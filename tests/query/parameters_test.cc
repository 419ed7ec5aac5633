#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include <tidemark/query.h>

#include "storage/line_protocol/line_parser.h"
#include "tests/support/memory_store.h"

namespace tidemark::tests {
namespace {

// m,host=a v=1 .. v=9 at 1 s .. 9 s.
void write_points(MemoryStore& store) {
    REQUIRE(store.create_database("db"));
    std::string lines;
    for (int i = 1; i <= 9; ++i) {
        lines += "m,host=a v=" + std::to_string(i) + " " + std::to_string(i) + "000000000\n";
    }
    REQUIRE(store.write("db", "", storage::parse_lines(lines, {}).batch));
}

QueryResult ask(MemoryStore& store, std::string_view text,
                decltype(QueryOptions::parameters) parameters) {
    QueryOptions options;
    options.database = "db";
    options.parameters = std::move(parameters);
    return execute(store, text, options);
}

std::int64_t count_of(const QueryResult& result) {
    REQUIRE_FALSE(result.syntax_error);
    REQUIRE(result.statements.size() == 1);
    REQUIRE_FALSE(result.statements[0].error);
    if (result.statements[0].series.empty()) return 0;
    return std::get<std::int64_t>(result.statements[0].series[0].rows[0][1]);
}

}  // namespace

TEST_CASE("parameters of every type are bound", "[query]") {
    MemoryStore store;
    write_points(store);
    const std::string begin = "SELECT count(v) FROM m WHERE ";
    CHECK(count_of(ask(store, begin + "v > $x", {{"x", 5.5}})) == 4);
    CHECK(count_of(ask(store, begin + "v > $x", {{"x", std::int64_t{-5}}})) == 9);
    CHECK(count_of(ask(store, begin + "v > -$x", {{"x", std::int64_t{-5}}})) == 4);
    CHECK(count_of(ask(store, begin + "v > $x", {{"x", std::uint64_t{5}}})) == 4);
    CHECK(count_of(ask(store, begin + "(v > 5) = $x", {{"x", true}})) == 4);
    CHECK(count_of(ask(store, begin + "host = $x", {{"x", std::string("a")}})) == 9);
    CHECK(count_of(ask(store, begin + "host =~ $x", {{"x", RegexParameter{"^[^/]$"}}})) == 9);
    CHECK(count_of(ask(store, begin + "$x > 5", {{"x", NameParameter{"v"}}})) == 4);
    CHECK(count_of(ask(store, begin + "time >= '1970-01-01' + $x",
                       {{"x", DurationParameter{"5s"}}})) == 5);
    CHECK(count_of(ask(store, "SELECT count(v) FROM $from WHERE \"x y\" != $\"x y\"",
                       {{"from", NameParameter{"m"}}, {"x y", std::string("q")}})) == 9);
}

TEST_CASE("a parameter is one literal, whatever is in it", "[query]") {
    MemoryStore store;
    write_points(store);
    for (const std::string text :
         {"' OR host = 'a", "a' OR 'a' = 'a", "a'; DROP MEASUREMENT m; --", "$x", "\\'", "\n"}) {
        INFO(text);
        CHECK(count_of(ask(store, "SELECT count(v) FROM m WHERE host = $x", {{"x", text}})) == 0);
        const QueryResult named =
            ask(store, "SELECT count($x) FROM m", {{"x", NameParameter{text}}});
        CHECK(named.statements.size() == 1);
        CHECK(count_of(ask(store, "SELECT count(v) FROM m", {})) == 9);
    }
}

TEST_CASE("what cannot be bound is a syntax error", "[query]") {
    MemoryStore store;
    write_points(store);
    const auto error = [&](decltype(QueryOptions::parameters) parameters) {
        const QueryResult result =
            ask(store, "SELECT v FROM m WHERE v > $x", std::move(parameters));
        CHECK(result.statements.empty());
        return result.syntax_error ? result.syntax_error->message : std::string();
    };
    CHECK(error({}) == "no value is bound to the parameter $x");
    CHECK(error({{"y", 1.0}}) == "no value is bound to the parameter $x");
    CHECK(error({{"x", std::numeric_limits<double>::infinity()}}) ==
          "the value of the parameter $x is not finite");
    CHECK(error({{"x", DurationParameter{"soon"}}}) ==
          "parameter $x: found \"soon\", expected a duration such as 1h30m");
}

}  // namespace tidemark::tests

#include <catch2/catch.hpp>

#include "query/syntax/parser.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

std::vector<Statement> parsed(std::string_view text) {
    auto result = parse_statements(text);
    if (const auto* error = std::get_if<SyntaxError>(&result)) FAIL(error->render(text));
    return std::get<std::vector<Statement>>(std::move(result));
}

SelectStatement parsed_select(std::string_view text) {
    return std::get<SelectStatement>(parsed(text).at(0).node);
}

}  // namespace

TEST_CASE("SELECT knows all of its clauses", "[statement]") {
    const SelectStatement select = parsed_select(
        "SELECT uptime(up = 1) AS u, coverage(up = 1) INTO db.rp.target FROM a, rp.b, db..c "
        "WHERE time >= now() - 30d DURING office EXCEPT MAINTENANCE, holidays STALE 45s "
        "UNKNOWN AS BAD GROUP BY time(1d, -15m), region, *, /^h/ WINDOW 7d HAVING u < 0.9 "
        "fill(previous, 1h) ORDER BY time DESC, u LIMIT 1 OFFSET 2 SLIMIT 3 SOFFSET 4 "
        "tz('Europe/Berlin')");
    CHECK(select.items.size() == 2);
    CHECK(select.items[0].alias == "u");
    CHECK(select.into->policy == "rp");
    REQUIRE(select.sources.size() == 3);
    CHECK(std::get<MeasurementSource>(select.sources[1]).policy == "rp");
    CHECK(std::get<MeasurementSource>(select.sources[2]).database == "db");
    CHECK(std::get<MeasurementSource>(select.sources[2]).policy.empty());
    CHECK(print(*select.where) == "time >= now() - 30d");
    CHECK(select.during->calendars == std::vector<std::string>{"office"});
    CHECK(select.except->maintenance);
    CHECK(select.except->calendars == std::vector<std::string>{"holidays"});
    CHECK(select.stale->hold == parse_duration("45s"));
    CHECK(select.unknown_as == UnknownAs::Bad);
    REQUIRE(select.group_by.size() == 4);
    const auto& time = std::get<TimeDimension>(select.group_by[0]);
    CHECK(time.width == Duration{1, DurationUnit::Day});
    CHECK(print(*time.offset) == "-15m");
    CHECK(std::get<TagDimension>(select.group_by[1]).name == "region");
    CHECK(std::holds_alternative<WildcardDimension>(select.group_by[2]));
    CHECK(std::get<RegexDimension>(select.group_by[3]).regex.pattern == "^h");
    CHECK(select.window->width == Duration{7, DurationUnit::Day});
    CHECK(print(*select.having) == "u < 0.9");
    CHECK(select.fill->kind == FillKind::Previous);
    CHECK(select.fill->longest == parse_duration("1h"));
    REQUIRE(select.order_by.size() == 2);
    CHECK(select.order_by[0].descending);
    CHECK(select.order_by[1].column == "u");
    CHECK(select.limits == Limits{1, 2, 3, 4});
    CHECK(select.time_zone->name == "Europe/Berlin");
}

TEST_CASE("the statements of the language page are understood", "[statement]") {
    for (const std::string_view text : {
             "SELECT percentile_disc(latency, 0.99) FROM http WHERE time >= now() - 6h GROUP BY "
             "time(1m), service WINDOW 1h",
             "SELECT uptime(up = 1), coverage(up = 1) FROM probe WHERE time >= now() - 30d EXCEPT "
             "MAINTENANCE STALE 45s GROUP BY time(1d), region tz('Europe/Berlin')",
             "SELECT time_in(usage > 80, 1m), longest(usage > 80, 1m) FROM cpu WHERE time >= "
             "now() - 24h GROUP BY host",
             "SELECT current(usage > 80, 1m), since(usage > 80) FROM cpu GROUP BY host HAVING "
             "current(usage > 80) >= 45m",
             "SELECT episodes(usage > 80, FOR 5m, KEEP 2m, CLEAR usage < 75) FROM cpu WHERE time "
             ">= now() - 7d GROUP BY host",
             "SELECT state_durations(state) FROM probe WHERE time >= now() - 30d GROUP BY service",
             "SELECT sla(up = 1, 99.99%) FROM probe WHERE time >= '2026-10-01' AND time < "
             "'2026-11-01' GROUP BY service",
             "SELECT percentile(v, 50, 90, 99) FROM m WHERE host IN ('a', 'b') AND v BETWEEN 1 AND "
             "2 STALE NONE",
             "SHOW TAG VALUES ON db FROM cpu WITH KEY IN (host, \"region\") WHERE host =~ /a/ "
             "ORDER BY host LIMIT 3",
             "SHOW MEASUREMENTS ON *.* WITH MEASUREMENT =~ /cpu/",
             "SHOW FIELD KEYS FROM cpu",
             "ALTER DATABASE ops SET STALE 5m",
             "ALTER MEASUREMENT probe ON ops SET STALE NONE",
             "ALTER DATABASE ops SET NAN ACCEPT",
         }) {
        INFO(text);
        const std::vector<Statement> statements = parsed(text);
        CHECK(statements.size() == 1);
    }
}

TEST_CASE("statements are separated by semicolons", "[statement]") {
    CHECK(parsed("").empty());
    CHECK(parsed(" ;; -- nothing\n ;").empty());
    CHECK(parsed("SHOW DATABASES; SHOW MEASUREMENTS;").size() == 2);
}

TEST_CASE("subqueries nest, to a limit", "[statement]") {
    const SelectStatement select =
        parsed_select("SELECT max(m) FROM (SELECT mean(v) AS m FROM cpu GROUP BY host), mem");
    const auto& subquery = std::get<SubquerySource>(select.sources.at(0));
    CHECK(print(*subquery.select) == "SELECT mean(v) AS m FROM cpu GROUP BY host");

    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += "SELECT a FROM (";
    const auto result = parse_statements(deep);
    REQUIRE(std::holds_alternative<SyntaxError>(result));
    CHECK(std::get<SyntaxError>(result).message == "nested more than 100 levels deep");
}

TEST_CASE("what is added to InfluxQL still works as a name", "[statement]") {
    for (const std::string_view text :
         {"SELECT stale, window, having FROM during WHERE except = 1 GROUP BY unknown WINDOW 1h",
          "SELECT fill AS tz FROM keep GROUP BY window, time(1m)", "SELECT not FROM future",
          "SELECT unknown(x = 1), future(x = 1) FROM past ORDER BY window"}) {
        INFO(text);
        CHECK(parsed(text).size() == 1);
    }
}

TEST_CASE("foreign statements keep topic and text", "[statement]") {
    const auto foreign = std::get<ForeignStatement>(
        parsed("CREATE  CONTINUOUS QUERY q ON db BEGIN SELECT mean(v) INTO p.:MEASUREMENT FROM "
               "/^a b/ GROUP BY time(1m) END")
            .at(0)
            .node);
    CHECK(foreign.topic == ForeignTopic::ContinuousQueries);
    CHECK(foreign.text ==
          "CREATE CONTINUOUS QUERY q ON db BEGIN SELECT mean ( v ) INTO p . : MEASUREMENT FROM "
          "/^a b/ GROUP BY time ( 1m ) END");
    CHECK(std::get<ForeignStatement>(parsed("SHOW USERS").at(0).node).topic ==
          ForeignTopic::UserList);
    CHECK(std::get<ForeignStatement>(parsed("DROP USER me").at(0).node).topic ==
          ForeignTopic::Users);
    CHECK(std::get<ForeignStatement>(parsed("GRANT ALL TO jdoe").at(0).node).topic ==
          ForeignTopic::Grants);
    CHECK(std::get<ForeignStatement>(parsed("DROP SHARD 3").at(0).node).topic ==
          ForeignTopic::Shards);
}

TEST_CASE("policies keep what was written of them", "[statement]") {
    const auto create = std::get<CreateDatabase>(
        parsed("CREATE DATABASE ops WITH DURATION INF REPLICATION 2 PAST LIMIT 1h NAME default")
            .at(0)
            .node);
    CHECK(create.policy->duration == Duration{});
    CHECK(create.policy->replication == 2U);
    CHECK(create.policy->past_limit == parse_duration("1h"));
    CHECK(create.policy->name == "default");
    CHECK_FALSE(create.policy->shard_duration.has_value());
}

TEST_CASE("errors tell what was found, what was expected and what was meant", "[statement]") {
    struct Case {
        std::string_view text;
        std::size_t line;
        std::size_t column;
        std::string_view message;
    };
    const Case cases[] = {
        {"SELECT usage FORM cpu", 1, 14, "found FORM, expected AS, INTO, FROM; did you mean FROM?"},
        {"SELECT mean(usage)\nFROM cpu WERE x = 1", 2, 10,
         "found WERE, expected WHERE, DURING, EXCEPT, STALE, UNKNOWN, GROUP, WINDOW, HAVING, "
         "fill, ORDER, LIMIT, OFFSET, SLIMIT, SOFFSET, tz, ;; did you mean WHERE?"},
        {"SELCT a FROM b", 1, 1,
         "found SELCT, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, "
         "SET, KILL, BACKUP; did you mean SELECT?"},
        {"SELECT a FROM", 1, 14, "found EOF, expected identifier"},
        {"SELECT a FROM b WHERE c =~ 'd'", 1, 28, "found 'd', expected regex"},
        {"SELECT name FROM b", 1, 8,
         "found name, expected identifier, string, number, bool; as a name the keyword stands in "
         "double quotes: \"name\""},
        {"SELECT a > 1 FROM b", 1, 10,
         "invalid operator > in SELECT clause, it belongs into WHERE or into the argument of a "
         "function such as share(x > 2)"},
        {"SELECT mean(a) FROM b GROUP BY time(0s)", 1, 37,
         "found 0s, expected a duration above zero"},
        {"SELECT mean(a) FROM b STALE 1m STALE 2m", 1, 32, "STALE is given twice"},
        {"SELECT a FROM b WHERE c = 1 ADN d = 2", 1, 29,
         "found ADN, expected DURING, EXCEPT, STALE, UNKNOWN, GROUP, WINDOW, HAVING, fill, ORDER, "
         "LIMIT, OFFSET, SLIMIT, SOFFSET, tz, ;; did you mean AND?"},
        {"SHOW TAG VALUES FROM cpu", 1, 25, "found EOF, expected WITH"},
        {"DELETE FROM a..b", 1, 13,
         "a database is not supported here: the statement works on the session's"},
        {"DROP SERIES FROM a.b", 1, 18,
         "a retention policy is not supported here: the statement works on all of them"},
        {"SELECT a FROM 'b", 1, 15, "this string is never closed, expected '"},
    };
    for (const Case& bad : cases) {
        INFO(bad.text);
        const auto result = parse_statements(bad.text);
        REQUIRE(std::holds_alternative<SyntaxError>(result));
        const auto& error = std::get<SyntaxError>(result);
        CHECK(error.location.line == bad.line);
        CHECK(error.location.column == bad.column);
        CHECK(error.message == bad.message);
    }
}

}  // namespace tidemark::query

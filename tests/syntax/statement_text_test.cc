#include <algorithm>

#include <catch2/catch.hpp>

#include <tidemark/statement_text.h>

namespace tidemark {
namespace {

using Words = std::vector<std::string>;
using Names = std::vector<SchemaName>;

// What may be typed at the bar.
ExpectedInput expected_at_bar(std::string text) {
    const std::size_t place = text.find('|');
    REQUIRE(place != std::string::npos);
    text.erase(place, 1);
    return expected_input(text, place);
}

bool offers(const ExpectedInput& input, const std::string& word) {
    return std::ranges::find(input.words, word) != input.words.end();
}

const ColumnTraits& column_of(const std::vector<ColumnTraits>& columns, const std::string& name) {
    const auto found = std::ranges::find(columns, name, &ColumnTraits::column);
    REQUIRE(found != columns.end());
    return *found;
}

std::vector<ColumnTraits> traits_of(const std::string& statement) {
    const auto statements = column_traits(statement);
    REQUIRE(statements.size() == 1);
    return statements[0];
}

}  // namespace

TEST_CASE("a statement begins with one of the known words", "[statement_text]") {
    for (const std::string text : {"|", "sh|", "  -- a comment\n|", "SELECT a FROM b; |"}) {
        INFO(text);
        const ExpectedInput input = expected_at_bar(text);
        CHECK(offers(input, "SELECT"));
        CHECK(offers(input, "SHOW"));
        CHECK(offers(input, "EXPLAIN"));
        CHECK(input.names.empty());
    }
    CHECK(expected_at_bar("SHOW |").words.front() == "DATABASES");
    CHECK(expected_at_bar("SHOW TAG |").words == Words{"KEYS", "KEY", "VALUES"});
}

TEST_CASE("the word that is being typed is known with its beginning", "[statement_text]") {
    CHECK(expected_at_bar("SELECT us| FROM cpu").begin == 7);
    CHECK(expected_at_bar("SELECT | FROM cpu").begin == 7);
    CHECK(expected_at_bar("SELECT \"my fi| FROM cpu").begin == 7);
    CHECK(expected_at_bar("SELECT a FROM b WHERE host = 'x|'").begin == 29);
}

TEST_CASE("SELECT takes functions, fields and tags of its measurement", "[statement_text]") {
    for (const std::string text :
         {"SELECT | FROM cpu", "SELECT me| FROM cpu", "SELECT mean(| FROM cpu",
          "SELECT a, mean(b) / | FROM cpu WHERE x = 1; SELECT a FROM other"}) {
        INFO(text);
        const ExpectedInput input = expected_at_bar(text);
        CHECK(input.names == Names{SchemaName::Field, SchemaName::Tag});
        CHECK(std::ranges::find(input.functions, "uptime") != input.functions.end());
        CHECK(input.measurements == Words{"cpu"});
    }
    CHECK(expected_at_bar("SELECT usage |").words == Words{"AS", "INTO", "FROM"});
    CHECK(offers(expected_at_bar("SELECT uptime(a = 1 |"), "AND"));
    CHECK(expected_at_bar("SELECT a FROM |").names == Names{SchemaName::Measurement});
}

TEST_CASE("WHERE takes fields, tags and times, then values", "[statement_text]") {
    const ExpectedInput operand = expected_at_bar("SELECT a FROM ops..cpu WHERE |");
    CHECK(operand.functions.empty());
    CHECK(operand.words == Words{"time", "now()"});
    CHECK(operand.database == "ops");
    CHECK(operand.measurements == Words{"cpu"});
    CHECK(expected_at_bar("SELECT a FROM rp.cpu fill(0) GROUP BY |").is_empty());
    CHECK(expected_at_bar("SELECT | FROM rp.cpu STALE 5m").measurements == Words{"cpu"});

    CHECK(expected_at_bar("SELECT a FROM cpu WHERE host = |").value_of == "host");
    CHECK(expected_at_bar("SELECT a FROM cpu WHERE host = 'a|").value_of == "host");
    CHECK(expected_at_bar("SELECT a FROM cpu WHERE host IN ('a', |").value_of == "host");
    CHECK(expected_at_bar("SELECT uptime(state = '| FROM probe").value_of == "state");
    CHECK(expected_at_bar("SELECT a FROM cpu WHERE time > |").value_of.empty());
    CHECK(expected_at_bar("SELECT a FROM cpu WHERE host =~ |").value_of.empty());
    const ExpectedInput behind = expected_at_bar("SELECT a FROM cpu WHERE host = 'a' |");
    for (const std::string word : {"AND", "OR", "GROUP", "STALE", "LIMIT"}) {
        INFO(word);
        CHECK(offers(behind, word));
    }
}

TEST_CASE("clauses behind FROM are offered until they are written", "[statement_text]") {
    const ExpectedInput input = expected_at_bar("SELECT a FROM cpu GROUP BY host |");
    CHECK(offers(input, "WINDOW"));
    CHECK(offers(input, "tz"));
    CHECK_FALSE(offers(input, "GROUP"));
    CHECK_FALSE(offers(expected_at_bar("SELECT a FROM cpu STALE 5m |"), "STALE"));
    const ExpectedInput dimension = expected_at_bar("SELECT a FROM cpu GROUP BY |");
    CHECK(dimension.words == Words{"time("});
    CHECK(dimension.names == Names{SchemaName::Tag});
    CHECK(expected_at_bar("SELECT a FROM cpu fill(|").words ==
          Words{"null", "none", "previous", "linear"});
    CHECK(expected_at_bar("DROP DATABASE |").names == Names{SchemaName::Database});
    CHECK(expected_at_bar("SHOW TAG VALUES FROM cpu WITH KEY = |").names == Names{SchemaName::Tag});
}

TEST_CASE("a subquery has names of its own", "[statement_text]") {
    const std::string text = "SELECT mean(|) FROM (SELECT a FROM inner) GROUP BY b";
    CHECK(expected_at_bar(text).measurements == Words{"inner"});
    CHECK(expected_at_bar("SELECT x FROM (SELECT | FROM inner), outer").measurements ==
          Words{"inner"});
    CHECK(expected_at_bar("SELECT x FROM (SELECT a FROM inner WHERE |) WHERE b = 1").measurements ==
          Words{"inner"});
}

TEST_CASE("nothing is expected where the text is wrong or just finished", "[statement_text]") {
    for (const std::string text :
         {"SELECT a FORM b WHERE |", "SELECT a FROM b LIMIT 1|", "SELECT a FROM b WHERE c = 'x'|",
          "SELECT mean(a)|", "SELECT a FROM /re|", "SELECT a -- com|", "SELECT 'a\\x|"}) {
        INFO(text);
        CHECK(expected_at_bar(text).is_empty());
    }
    CHECK(expected_input("SELECT a", 100).begin == 7);
}

TEST_CASE("columns tell what their numbers are", "[statement_text]") {
    const auto columns = traits_of(
        "SELECT mean(usage), uptime(up = 1) AS u, time_in(usage > 80), longest(usage > 80, 1m), "
        "share(x > 1), count(usage) FROM cpu");
    CHECK(column_of(columns, "mean").meaning == ColumnMeaning::Plain);
    CHECK(column_of(columns, "u").meaning == ColumnMeaning::Share);
    CHECK(column_of(columns, "u").is_state_of_bucket);
    CHECK(column_of(columns, "share").meaning == ColumnMeaning::Share);
    const ColumnTraits& time_in = column_of(columns, "time_in");
    CHECK(time_in.meaning == ColumnMeaning::Duration);
    CHECK(time_in.unit_ns == 1'000'000'000);
    CHECK_FALSE(time_in.has_given_unit);
    CHECK(time_in.is_state_of_bucket);
    const ColumnTraits& longest = column_of(columns, "longest");
    CHECK(longest.unit_ns == 60'000'000'000);
    CHECK(longest.has_given_unit);
    CHECK_FALSE(longest.is_state_of_bucket);

    const auto episodes = traits_of("SELECT episodes(usage > 80, FOR 5m) FROM cpu");
    CHECK(column_of(episodes, "duration").meaning == ColumnMeaning::Duration);
    CHECK(column_of(episodes, "peak").thresholds == std::vector<Threshold>{{">", 80}});
}

TEST_CASE("a predicate's limits belong to the columns of its field", "[statement_text]") {
    const auto columns = traits_of(
        "SELECT max(usage), max(load), count(usage), time_in(usage > 80 AND 10 < load), "
        "time_in(usage > 80 OR usage BETWEEN 1 AND 2) FROM cpu");
    CHECK(column_of(columns, "max").thresholds ==
          std::vector<Threshold>{{">", 80}, {">=", 1}, {"<=", 2}});
    CHECK(column_of(columns, "max_1").thresholds == std::vector<Threshold>{{">", 10}});
    CHECK(column_of(columns, "count").thresholds.empty());
}

TEST_CASE("HAVING's limits are told in the column's unit", "[statement_text]") {
    const auto columns = traits_of(
        "SELECT current(usage > 80, 1m), uptime(up = 1) AS u FROM cpu "
        "HAVING current(usage > 80) >= 45m AND u < 0.999");
    CHECK(column_of(columns, "current").thresholds == std::vector<Threshold>{{">=", 45}});
    REQUIRE(column_of(columns, "u").thresholds.size() == 1);
    CHECK(column_of(columns, "u").thresholds[0].value == Approx(0.999));
}

TEST_CASE("texts that are no SELECT tell nothing of columns", "[statement_text]") {
    CHECK(column_traits("SELECT a FORM b").empty());
    CHECK(column_traits("SHOW DATABASES; SELECT now() FROM x").size() == 2);
    CHECK(column_traits("SHOW DATABASES")[0].empty());
    CHECK(traits_of("SELECT * FROM cpu").empty());
}

}  // namespace tidemark

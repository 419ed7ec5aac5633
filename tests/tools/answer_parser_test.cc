#include "tools/session/answer_parser.h"

#include <random>

#include <catch2/catch.hpp>

#include "tools/render/renderer.h"
#include "tools/session/answer_printer.h"

namespace tidemark::tools {
namespace {

QueryResult parsed(std::string_view json) {
    Result<QueryResult> result = parse_answer(json);
    REQUIRE(result.has_value());
    return std::move(result).value();
}

double random_double(std::mt19937_64& random) {
    while (true) {
        const auto value = std::bit_cast<double>(random());
        if (std::isfinite(value)) return value;
    }
}

}  // namespace

TEST_CASE("an answer is read back as it was written", "[answer]") {
    QueryResult result;
    result.statements.emplace_back();
    StatementResult& statement = result.statements.back();
    statement.series.push_back({"cpu",
                                {{"host", "a"}, {"b", ""}},
                                {"time", "f", "i", "u", "b", "s", "n"},
                                {{TimeCell{1}, 0.5, std::int64_t{-3}, std::uint64_t{1} << 63, true,
                                  std::string("\"\n<"), Cell()}}});
    statement.messages.push_back({"warning", "did you mean 'a'?"});
    result.statements.emplace_back();
    result.statements.back().error = Error(ErrorCode::NotFound, "database not found: x");

    const std::string json = render_json(result);
    const QueryResult again = parsed(json);
    CHECK(render_json(again) == json);
    CHECK(render_table(again) == render_table(result));
    CHECK(render_csv(again) == render_csv(result));
    REQUIRE(again.statements.size() == 2);
    CHECK(again.statements[0].messages[0].text == "did you mean 'a'?");
    CHECK(again.statements[1].error->message() == "database not found: x");
}

TEST_CASE("every double survives the way over JSON", "[answer]") {
    std::mt19937_64 random(7);
    QueryResult result;
    result.statements.emplace_back();
    ResultSeries series{"m", {}, {"v"}, {}};
    series.rows.push_back({-0.0});
    for (int i = 0; i < 20'000; ++i) series.rows.push_back({random_double(random)});
    result.statements.back().series.push_back(series);
    const std::string json = render_json(result);
    CHECK(render_json(parsed(json)) == json);
}

TEST_CASE("a refused text keeps the place of its error", "[answer]") {
    const QueryResult result =
        parsed(R"({"error":"error parsing query: found FORM, expected FROM at line 2, char 15"})");
    REQUIRE(result.syntax_error);
    CHECK(result.syntax_error->message == "found FORM, expected FROM");
    CHECK(result.syntax_error->location.line == 2);
    CHECK(result.syntax_error->location.column == 15);
}

TEST_CASE("other errors are those of a statement", "[answer]") {
    for (const std::string_view message :
         {"unable to do that", "error parsing query: no place", "a at line 1, char 2",
          "error parsing query: x at line 0, char 1",
          "error parsing query: x at line 1, char 2x"}) {
        const QueryResult result = parsed(R"({"error":")" + std::string(message) + "\"}");
        CHECK_FALSE(result.syntax_error.has_value());
        REQUIRE(result.statements.size() == 1);
        CHECK(result.statements[0].error->message() == message);
    }
}

TEST_CASE("what is no answer is refused", "[answer]") {
    for (const std::string_view text :
         {"", "<html>", "[]", "{}", R"({"results":[)", R"({"results":[1]})", R"({"results":[]} x)",
          R"({"results":[{"series":[1]}]})",
          R"({"results":[{"series":[{"columns":["a"],"values":[[1,2]]}]}]})",
          R"({"results":[{"series":[{"columns":["a"],"values":[[{}]]}]}]})"}) {
        INFO(text);
        CHECK_FALSE(parse_answer(text).has_value());
    }
}

TEST_CASE("errors and messages are told apart from rows", "[answer]") {
    QueryResult result;
    result.statements.resize(2);
    result.statements[0].messages.push_back({"warning", "coverage is 0.5"});
    result.statements[1].error = Error(ErrorCode::NotFound, "measurement not found");
    const AnswerText answer = describe_answer(result, "a; b", *find_renderer("table"));
    CHECK(answer.output == "no rows\n");
    CHECK(answer.remarks ==
          "warning in statement 1: coverage is 0.5\nerror in statement 2: measurement not found\n");
    CHECK_FALSE(answer.is_ok);

    QueryResult refused;
    refused.syntax_error = SyntaxError{{1, 10}, "found FORM, expected FROM"};
    CHECK(describe_answer(refused, "SELECT a FORM b", *find_renderer("json")).remarks ==
          "error: line 1, column 10: found FORM, expected FROM\n"
          "  SELECT a FORM b\n"
          "           ^\n");
}

TEST_CASE("what a server took of lines is told", "[answer]") {
    CHECK(read_write_answer(204, "").value().refused_count == 0);
    const Result<WriteReport> partial = read_write_answer(
        400, R"({"error":"partial write: line 1, column 3: a\nline 7: b dropped=1 dropped=12"})");
    REQUIRE(partial.has_value());
    CHECK(partial.value().refused_count == 12);
    CHECK(partial.value().refusals ==
          std::vector<std::string>{"line 1, column 3: a", "line 7: b dropped=1"});
    const Result<WriteReport> absent =
        read_write_answer(404, R"({"error":"database not found: \"x\""})");
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error().code() == ErrorCode::NotFound);
    CHECK(absent.error().message() == "database not found: \"x\"");
    CHECK_FALSE(read_write_answer(500, "no JSON").has_value());
    CHECK_FALSE(read_write_answer(400, "[]").has_value());
}

}  // namespace tidemark::tools

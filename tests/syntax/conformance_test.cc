#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "query/syntax/parser.h"
#include "query/syntax/printer.h"
#include "tests/support/shared_data.h"

// InfluxDB's own cases (shared data, influxql-conformance): what it accepts and what it refuses.

namespace tidemark::query {
namespace {

std::optional<boost::json::value> read_shared_json(const std::string& name) {
    const auto path = tests::shared_data(name);
    if (!path) return std::nullopt;
    return boost::json::parse(tests::read_bytes(*path));
}

BoundValue bound_value(const boost::json::value& json) {
    if (json.is_object()) {
        const auto& [kind, value] = *json.as_object().begin();
        if (kind == "identifier") return BoundIdentifier{std::string(value.as_string())};
        if (value.is_string()) return parse_duration(std::string(value.as_string())).value();
        return Duration{value.as_int64(), DurationUnit::Nanosecond};
    }
    return json.as_int64();
}

BoundParameters bound_parameters(const boost::json::object& test) {
    BoundParameters parameters;
    const auto* const bound = test.if_contains("params");
    if (bound == nullptr) return parameters;
    for (const auto& [name, value] : bound->as_object()) {
        parameters.emplace(std::string(name), bound_value(value));
    }
    return parameters;
}

std::string text_of(const boost::json::object& test, std::string_view key) {
    return std::string(test.at(key).as_string());
}

// Accepted, and printed in a way that is accepted as the same tree.
bool is_accepted(const std::string& statement, const BoundParameters& parameters) {
    const auto first = parse_statements(statement, parameters);
    if (const auto* error = std::get_if<SyntaxError>(&first)) {
        UNSCOPED_INFO(error->render(statement));
        return false;
    }
    for (const Statement& parsed : std::get<std::vector<Statement>>(first)) {
        const std::string printed = print(parsed);
        const auto second = parse_statements(printed);
        const auto* again = std::get_if<std::vector<Statement>>(&second);
        INFO(statement << " was printed as " << printed);
        REQUIRE(again != nullptr);
        REQUIRE(again->size() == 1);
        CHECK(again->front() == parsed);
    }
    return true;
}

}  // namespace

TEST_CASE("statements are accepted and refused as by InfluxQL's parser", "[conformance]") {
    const auto cases = read_shared_json("influxql-conformance/parser_statements.json");
    if (!cases) return;
    std::size_t right_count = 0;
    for (const boost::json::value& json : cases->as_array()) {
        const boost::json::object& test = json.as_object();
        const std::string statement = text_of(test, "statement");
        const bool expected = test.at("accept").as_bool();
        const bool accepted = is_accepted(statement, bound_parameters(test));
        INFO(statement << " should be " << (expected ? "accepted" : "refused"));
        CHECK(accepted == expected);
        if (accepted == expected) ++right_count;
    }
    CHECK(right_count == 220);
}

TEST_CASE("every statement that InfluxDB answers is accepted", "[conformance]") {
    const auto tests = read_shared_json("influxql-conformance/server_test_cases.json");
    if (!tests) return;
    std::size_t statement_count = 0;
    for (const boost::json::value& test : tests->as_array()) {
        for (const boost::json::value& query : test.at("queries").as_array()) {
            const std::string command = text_of(query.as_object(), "command");
            const std::string expected = text_of(query.as_object(), "expect");
            const bool is_refused = expected.find("error parsing query") != std::string::npos ||
                                    expected.find("\"error\"") != std::string::npos;
            if (is_refused) continue;
            INFO(command);
            CHECK(is_accepted(command, {}));
            ++statement_count;
        }
    }
    CHECK(statement_count > 400);
}

}  // namespace tidemark::query

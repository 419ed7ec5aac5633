#include <catch2/catch.hpp>

#include "query/syntax/parser.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

Expression parsed(std::string_view text) {
    auto result = parse_expression(text);
    if (const auto* error = std::get_if<SyntaxError>(&result)) FAIL(error->render(text));
    return std::get<Expression>(std::move(result));
}

std::string error_of(std::string_view text) {
    const auto result = parse_expression(text);
    const auto* error = std::get_if<SyntaxError>(&result);
    return error == nullptr ? "accepted" : error->message;
}

// Every operator in parentheses.
std::string grouped(const Expression& expression) {
    if (const auto* binary = std::get_if<BinaryExpression>(&expression.node)) {
        return "(" + grouped(*binary->left) + " " + std::string(operator_text(binary->op)) + " " +
               grouped(*binary->right) + ")";
    }
    if (const auto* logical = std::get_if<LogicalNot>(&expression.node)) {
        return "(NOT " + grouped(*logical->operand) + ")";
    }
    if (const auto* list = std::get_if<InList>(&expression.node)) {
        return "(" + grouped(*list->operand) + (list->negated ? " NOT IN)" : " IN)");
    }
    if (const auto* between = std::get_if<Between>(&expression.node)) {
        return "(" + grouped(*between->operand) + " BETWEEN " + grouped(*between->low) + ".." +
               grouped(*between->high) + ")";
    }
    return print(expression);
}

}  // namespace

TEST_CASE("operators bind as in InfluxQL", "[expression]") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"a + b * c", "(a + (b * c))"},
        {"a - b - c", "((a - b) - c)"},
        {"a | b & c ^ d", "((a | (b & c)) ^ d)"},
        {"a > 1 AND b = 2 OR c < 3", "(((a > 1) AND (b = 2)) OR (c < 3))"},
        {"NOT a = 1 AND b = 2", "((NOT (a = 1)) AND (b = 2))"},
        {"NOT NOT a", "(NOT (NOT a))"},
        {"a + 1 IN (1, 2) OR b", "(((a + 1) IN) OR b)"},
        {"a NOT IN (1) AND b", "((a NOT IN) AND b)"},
        {"a BETWEEN 1 AND 2 AND b", "((a BETWEEN 1..2) AND b)"},
        {"a BETWEEN 1 + 1 AND c * 2", "(a BETWEEN (1 + 1)..(c * 2))"},
        {"time > now() - 1h", "(time > (now() - 1h))"},
        {"a =~ /x y/ AND b !~ /z/", "((a =~ /x y/) AND (b !~ /z/))"},
        {"a / b / c", "((a / b) / c)"},
        {"a <> 1", "(a != 1)"},
    };
    for (const auto& [text, expected] : cases) {
        INFO(text);
        CHECK(grouped(parsed(text)) == expected);
    }
}

TEST_CASE("literals keep what they were written as", "[expression]") {
    CHECK(std::get<IntegerLiteral>(parsed("-9223372036854775808").node).value ==
          std::numeric_limits<std::int64_t>::min());
    CHECK(std::get<UnsignedLiteral>(parsed("18446744073709551615").node).value ==
          std::numeric_limits<std::uint64_t>::max());
    const auto number = std::get<NumberLiteral>(parsed("-0.070").node);
    CHECK(number.text == "-0.070");
    CHECK(number.value == -0.07);
    CHECK(std::get<DurationLiteral>(parsed("-2wk").node).value ==
          Duration{-2, DurationUnit::CalendarWeek});
    CHECK(std::get<StringLiteral>(parsed("'2026-10-01'").node).value == "2026-10-01");
    CHECK(std::get<BooleanLiteral>(parsed("TRUE").node).value);
    CHECK_FALSE(std::get<BooleanLiteral>(parsed("false").node).value);
    CHECK(error_of("18446744073709551616") == "the number 18446744073709551616 is too large");
    CHECK(error_of("1e999") == "the number 1e999 is too large");
}

TEST_CASE("a percent sign at the end of an argument is no remainder", "[expression]") {
    const auto call = std::get<Call>(parsed("sla(up = 1, 99.9%)").node);
    CHECK(std::get<PercentLiteral>(call.arguments[1].node).text == "99.9");
    CHECK(grouped(parsed("f(7 % 2)")) == "f(7 % 2)");
    CHECK(std::get<Call>(parsed("f(99%, a)").node).arguments.size() == 2);
}

TEST_CASE("references may be dotted, quoted and cast", "[expression]") {
    const auto reference = std::get<VariableReference>(parsed("\"a b\".c::float").node);
    CHECK(reference.name == "a b.c");
    CHECK(reference.cast == CastType::Float);
    CHECK(std::get<VariableReference>(parsed("host::tag").node).cast == CastType::Tag);
    CHECK(std::get<Wildcard>(parsed("*::field").node).kind == WildcardKind::Fields);
    CHECK(error_of("a::flaot") ==
          "found flaot, expected float, integer, unsigned, string, boolean, field, tag");
}

TEST_CASE("calls take predicates and arguments told by a word", "[expression]") {
    const auto call =
        std::get<Call>(parsed("Episodes(usage > 80, FOR 5m, KEEP 2m, CLEAR usage < 75)").node);
    CHECK(call.name == "episodes");
    REQUIRE(call.arguments.size() == 1);
    REQUIRE(call.named_arguments.size() == 3);
    CHECK(call.named_arguments[0].name == ArgumentName::For);
    CHECK(call.named_arguments[1].name == ArgumentName::Keep);
    CHECK(call.named_arguments[2].name == ArgumentName::Clear);
    CHECK(print(call.named_arguments[2].value) == "usage < 75");
    CHECK(error_of("f(a, FOR 1m, FOR 2m)") == "FOR is given twice");
    CHECK(error_of("f(FOR 1m)") == "FOR stands behind the predicate it belongs to");
}

TEST_CASE("the words Tidemark adds still work as names", "[expression]") {
    for (const std::string_view text :
         {"not = 1", "keep > 1", "f(a, clear)", "f(a, keep)", "f(clear > 1)", "between = 2",
          "stale + window", "unknown(x = 1)", "having"}) {
        INFO(text);
        CHECK(error_of(text) == "accepted");
    }
}

TEST_CASE("bound parameters stand for literals and names", "[expression]") {
    const BoundParameters parameters = {
        {"limit", BoundValue(std::int64_t{-5})},
        {"share", BoundValue(2.0)},
        {"host", BoundValue(std::string("it's"))},
        {"field", BoundValue(BoundIdentifier{"a b"})},
        {"re", BoundValue(RegexLiteral{"a/b"})},
        {"for", BoundValue(*parse_duration("90m"))},
        {"flag", BoundValue(true)},
    };
    const auto result = parse_expression(
        "$field > $limit AND $field < $share OR h = $host OR h =~ $re OR f($field, $for) = $flag",
        parameters);
    REQUIRE(std::holds_alternative<Expression>(result));
    CHECK(print(std::get<Expression>(result)) ==
          R"("a b" > -5 AND "a b" < 2.0 OR h = 'it\'s' OR h =~ /a\/b/ OR f("a b", 90m) = true)");
    CHECK(error_of("a > $nobody") == "no value is bound to the parameter $nobody");
}

TEST_CASE("deep trees are refused before they exhaust the stack", "[expression]") {
    const std::string open(100'000, '(');
    CHECK(error_of(open) == "nested more than 100 levels deep");
    std::string minuses;
    for (int i = 0; i < 100'000; ++i) minuses += "- ";
    CHECK(error_of(minuses + "x") == "nested more than 100 levels deep");

    std::string chain = "x";
    for (std::size_t i = 1; i < kMaxExpressionDepth; ++i) chain += " OR x";
    CHECK(error_of(chain) == "accepted");
    CHECK(error_of(chain + " OR x") == "the expression has more than 2000 levels");
}

}  // namespace tidemark::query

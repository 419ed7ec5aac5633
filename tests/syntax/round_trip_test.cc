#include <random>

#include <catch2/catch.hpp>

#include "query/syntax/parser.h"
#include "query/syntax/printer.h"

// Property: whatever tree there is, parsing its printed form gives an equal tree.

namespace tidemark::query {
namespace {

// Random trees as the parser would build them. Seeded, so a failure can be repeated.
class TreeMaker {
public:
    explicit TreeMaker(std::uint64_t seed) : random_(seed) {}

    Expression expression(int depth, int precedence_min = 1) {
        if (depth == 0) return leaf(precedence_min);
        switch (below(12)) {
            case 0:
                return call(depth);
            case 1:
                return {{}, Parenthesized{expression(depth - 1)}};
            case 2:
                return {{}, Negation{parenthesized_or_reference(depth)}};
            case 3:
                if (precedence_min > 3) return leaf(precedence_min);
                return {{}, LogicalNot{expression(depth - 1, 3)}};
            case 4:
                return membership(depth, precedence_min);
            case 5:
                return leaf(precedence_min);
            default:
                return binary(depth, precedence_min);
        }
    }

    Statement statement() {
        switch (below(9)) {
            case 0:
                return {{}, show_tag_values()};
            case 1:
                return {{}, ExplainStatement{coin(), coin(), select(2)}};
            case 2:
                return {{}, DeleteStatement{{}, {measurement()}, expression(2)}};
            case 3:
                return {{},
                        CreateCalendar{
                            {},
                            coin(),
                            name(),
                            coin() ? name() : "",
                            name(),
                            name(),
                            coin() ? std::vector{name(), name()} : std::vector<std::string>(),
                            coin() ? name() : ""}};
            case 4:
                return {
                    {},
                    CreateMaintenance{{},
                                      coin() ? name() : "",
                                      coin() ? TagSet{{"host", name()}, {"a b", name()}} : TagSet(),
                                      expression(1),
                                      expression(1),
                                      coin() ? name() : "",
                                      name()}};
            default:
                return {{}, select(2)};
        }
    }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    bool coin() { return below(2) == 0; }

    std::string name() {
        static const std::vector<std::string> names = {
            "cpu",    "usage",  "host",   "time",   "a.b",      "a b",         "select", "not",
            "keep",   "clear",  "stale",  "window", "between",  "maintenance", "fill",   "tz",
            "\"q\"",  "it's",   "a\\b",   "x\ny",   "\xc3\xa4", "_1",          "1a",     "unknown",
            "having", "during", "except", "FALSE",  "none",     "previous",    "in",     "and"};
        return names[below(names.size())];
    }

    Duration duration() {
        static const std::vector<std::string> texts = {"1ns", "90m", "1d", "2w", "3wk",
                                                       "4mo", "1q",  "1y", "36h"};
        return *parse_duration(texts[below(texts.size())]);
    }

    // Behind NOT a star would multiply, so only what stands alone may be one.
    Expression leaf(int precedence_min) {
        switch (below(precedence_min == 1 ? 8 : 7)) {
            case 0:
                return {{}, IntegerLiteral{static_cast<std::int64_t>(random_())}};
            case 1:
                return {{}, UnsignedLiteral{(std::uint64_t{1} << 63) + below(1000)}};
            case 2:
                return {{}, NumberLiteral{coin() ? "-1.50" : "1e300", coin() ? 1.0 : 2.0}};
            case 3:
                return {{}, StringLiteral{name()}};
            case 4:
                return {{}, DurationLiteral{duration()}};
            case 5:
                return {{}, BooleanLiteral{coin()}};
            case 7:
                return {{}, Wildcard{static_cast<WildcardKind>(below(3))}};
            default:
                return reference();
        }
    }

    Expression reference() {
        VariableReference reference{name(), {}};
        if (coin()) reference.cast = static_cast<CastType>(below(7));
        return {{}, std::move(reference)};
    }

    Expression regex() {
        static const std::vector<std::string> patterns = {"a/b", "\\\\", "^x$", "\\d+\\\\/", ""};
        return {{}, RegexLiteral{patterns[below(patterns.size())]}};
    }

    Expression parenthesized_or_reference(int depth) {
        if (coin()) return reference();
        return {{}, Parenthesized{expression(depth - 1)}};
    }

    Expression call(int depth) {
        Call call{coin() ? "mean" : "distinct", {}, {}};
        if (below(5) == 0) call.name = "not";
        for (std::uint64_t i = 0; i <= below(3); ++i) {
            call.arguments.push_back(expression(depth - 1));
        }
        if (coin()) call.arguments.push_back({{}, PercentLiteral{"99.9", 99.9}});
        if (coin()) call.named_arguments.push_back({{}, ArgumentName::For, duration_literal()});
        if (coin()) {
            call.named_arguments.push_back({{}, ArgumentName::Clear, clear_predicate(depth)});
        }
        return {{}, std::move(call)};
    }

    Expression duration_literal() { return {{}, DurationLiteral{duration()}}; }

    // CLEAR is recognised by the name or the parenthesis behind it.
    Expression clear_predicate(int depth) {
        return {{}, BinaryExpression{BinaryOperator::Less, reference(), expression(depth - 1, 5)}};
    }

    Expression membership(int depth, int precedence_min) {
        if (precedence_min > 4) return leaf(precedence_min);
        if (coin()) {
            InList list{expression(depth - 1, 4), {}, coin()};
            for (std::uint64_t i = 0; i <= below(3); ++i) {
                list.values.push_back(expression(depth - 1, 5));
            }
            return {{}, std::move(list)};
        }
        return {{},
                Between{expression(depth - 1, 4), expression(depth - 1, 5),
                        expression(depth - 1, 5), coin()}};
    }

    Expression binary(int depth, int precedence_min) {
        const auto op = static_cast<BinaryOperator>(below(18));
        const int precedence = precedence_of(op);
        if (precedence < precedence_min) return leaf(precedence_min);
        Expression left = expression(depth - 1, precedence);
        const bool matches = op == BinaryOperator::Matches || op == BinaryOperator::DoesNotMatch;
        Expression right = matches ? regex() : expression(depth - 1, precedence + 1);
        return {{}, BinaryExpression{op, std::move(left), std::move(right)}};
    }

    static int precedence_of(BinaryOperator op) {
        switch (op) {
            case BinaryOperator::Or:
                return 1;
            case BinaryOperator::And:
                return 2;
            case BinaryOperator::Add:
            case BinaryOperator::Subtract:
            case BinaryOperator::BitwiseOr:
            case BinaryOperator::BitwiseXor:
                return 5;
            case BinaryOperator::Multiply:
            case BinaryOperator::Divide:
            case BinaryOperator::Remainder:
            case BinaryOperator::BitwiseAnd:
                return 6;
            default:
                return 4;
        }
    }

    MeasurementSource measurement() {
        MeasurementSource source{{}, {}, {}, name()};
        if (coin()) source.measurement = std::get<RegexLiteral>(regex().node);
        return source;
    }

    MeasurementSource placed_measurement() {
        MeasurementSource source = measurement();
        if (coin()) source.database = name();
        if (coin()) source.policy = name();
        return source;
    }

    Dimension dimension() {
        switch (below(4)) {
            case 0:
                return TimeDimension{
                    {}, duration(), coin() ? std::optional(expression(1)) : std::nullopt};
            case 1:
                return WildcardDimension{};
            case 2:
                return RegexDimension{{}, std::get<RegexLiteral>(regex().node)};
            default:
                return TagDimension{{}, name()};
        }
    }

    SelectStatement select(int depth) {
        SelectStatement select;
        select.items.push_back({reference(), coin() ? std::optional(name()) : std::nullopt});
        select.items.push_back({call(2), std::nullopt});
        if (coin()) select.into = IntoTarget{{}, {}, name(), std::nullopt};
        select.sources.emplace_back(placed_measurement());
        if (depth > 0 && coin()) {
            select.sources.emplace_back(SubquerySource{{}, this->select(depth - 1)});
        }
        if (coin()) select.where = expression(3);
        if (coin()) select.during = DuringClause{{}, {name(), name()}};
        if (coin()) select.except = ExceptClause{{}, coin(), {name()}};
        if (coin())
            select.stale = StaleClause{{}, coin() ? std::optional(duration()) : std::nullopt};
        if (coin()) select.unknown_as = coin() ? UnknownAs::Bad : UnknownAs::Good;
        if (coin()) select.group_by = {dimension(), dimension()};
        if (coin()) select.window = WindowClause{{}, duration()};
        if (coin()) select.having = expression(3);
        if (coin()) select.fill = fill();
        if (coin()) select.order_by = {{{}, name(), coin()}, {{}, "time", coin()}};
        if (coin()) select.limits = {below(10), below(10), {}, below(10)};
        if (coin()) select.time_zone = TimeZoneClause{{}, "Europe/Rome"};
        return select;
    }

    FillClause fill() {
        FillClause fill{{}, static_cast<FillKind>(below(5)), {}, {}};
        if (fill.kind == FillKind::Number) fill.number = Expression{{}, IntegerLiteral{-7}};
        if (fill.kind == FillKind::Previous && coin()) fill.longest = duration();
        return fill;
    }

    ShowTagValues show_tag_values() {
        ShowTagValues show;
        show.with_key.names = {name(), name()};
        if (coin()) {
            show.with_key = {
                {}, BinaryOperator::DoesNotMatch, {}, std::get<RegexLiteral>(regex().node)};
        }
        if (coin()) show.clauses.database = name();
        if (coin()) show.clauses.sources = {placed_measurement()};
        if (coin()) show.clauses.where = expression(2);
        if (coin()) show.clauses.limits.limit = below(10);
        return show;
    }

    std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("printed expressions parse to the same tree", "[round_trip]") {
    for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
        const Expression tree = TreeMaker(seed).expression(4);
        const std::string printed = print(tree);
        INFO("seed " << seed << ": " << printed);
        const auto result = parse_expression(printed);
        if (const auto* error = std::get_if<SyntaxError>(&result)) FAIL(error->render(printed));
        REQUIRE(print(std::get<Expression>(result)) == printed);
        REQUIRE(std::get<Expression>(result) == tree);
    }
}

TEST_CASE("printed statements parse to the same tree", "[round_trip]") {
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        const Statement tree = TreeMaker(seed).statement();
        const std::string printed = print(tree);
        INFO("seed " << seed << ": " << printed);
        const auto result = parse_statements(printed);
        if (const auto* error = std::get_if<SyntaxError>(&result)) FAIL(error->render(printed));
        const auto& statements = std::get<std::vector<Statement>>(result);
        REQUIRE(statements.size() == 1);
        REQUIRE(print(statements.front()) == printed);
        REQUIRE(statements.front() == tree);
    }
}

TEST_CASE("printed statements parse to the same tree when they were typed", "[round_trip]") {
    for (const std::string_view text :
         {"SHOW SERIES ON db FROM /x/ WHERE a = 'b' ORDER BY time DESC LIMIT 1 OFFSET 2",
          "SHOW MEASUREMENT EXACT CARDINALITY ON db GROUP BY host LIMIT 1",
          "SHOW MEASUREMENTS ON db.rp WITH MEASUREMENT != cpu",
          "SHOW MEASUREMENTS ON *.*",
          "SHOW STATS FOR 'indexes'",
          "SHOW DIAGNOSTICS",
          "SHOW QUERIES",
          "SHOW DATABASES",
          "CREATE DATABASE \"a b\" WITH DURATION INF SHARD DURATION 1h NAME \"default\"",
          "CREATE RETENTION POLICY p ON d DURATION 52w REPLICATION 1 FUTURE LIMIT 1h DEFAULT",
          "ALTER RETENTION POLICY p ON d DURATION 1mo PAST LIMIT INF",
          "DROP SERIES FROM a, /b/",
          "ALTER DATABASE d SET STALE 5m",
          "ALTER MEASUREMENT m ON d SET STALE NONE",
          "ALTER DATABASE d SET NAN ACCEPT",
          "ALTER DATABASE d SET NAN REFUSE",
          "DROP RETENTION POLICY p ON d",
          "DROP MEASUREMENT m",
          "DROP DATABASE d",
          "KILL QUERY 4 ON h",
          "BACKUP TO '/a b/it\\'s'",
          "SET PASSWORD FOR a = 'b'",
          "SHOW RETENTION POLICIES ON d"}) {
        const auto first = parse_statements(text);
        INFO(text);
        REQUIRE(std::holds_alternative<std::vector<Statement>>(first));
        const Statement& tree = std::get<std::vector<Statement>>(first).at(0);
        const auto second = parse_statements(print(tree));
        INFO(print(tree));
        REQUIRE(std::holds_alternative<std::vector<Statement>>(second));
        CHECK(std::get<std::vector<Statement>>(second).at(0) == tree);
    }
}

}  // namespace tidemark::query

#include "query/syntax/parser_expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "query/syntax/printer.h"

// Precedence climbing. Every function returns the height of its tree with it, because a chain of
// operators needs no deep recursion to be parsed, but one to be walked.

namespace tidemark::query {
namespace {

struct Tree {
    Expression expression;
    std::size_t height = 1;
};

struct OperatorRow {
    std::string_view text;
    BinaryOperator op;
    int precedence;
    bool is_word = false;
};

constexpr int kOrPrecedence = 1;
constexpr int kNotPrecedence = 3;  // The operand of NOT binds at least as strongly.
constexpr int kComparisonPrecedence = 4;
constexpr int kSumPrecedence = 5;

constexpr std::array kOperators = {
    OperatorRow{"OR", BinaryOperator::Or, kOrPrecedence, true},
    OperatorRow{"AND", BinaryOperator::And, 2, true},
    OperatorRow{"=", BinaryOperator::Equal, kComparisonPrecedence},
    OperatorRow{"!=", BinaryOperator::NotEqual, kComparisonPrecedence},
    OperatorRow{"<>", BinaryOperator::NotEqual, kComparisonPrecedence},
    OperatorRow{"<", BinaryOperator::Less, kComparisonPrecedence},
    OperatorRow{"<=", BinaryOperator::LessOrEqual, kComparisonPrecedence},
    OperatorRow{">", BinaryOperator::Greater, kComparisonPrecedence},
    OperatorRow{">=", BinaryOperator::GreaterOrEqual, kComparisonPrecedence},
    OperatorRow{"=~", BinaryOperator::Matches, kComparisonPrecedence},
    OperatorRow{"!~", BinaryOperator::DoesNotMatch, kComparisonPrecedence},
    OperatorRow{"+", BinaryOperator::Add, kSumPrecedence},
    OperatorRow{"-", BinaryOperator::Subtract, kSumPrecedence},
    OperatorRow{"|", BinaryOperator::BitwiseOr, kSumPrecedence},
    OperatorRow{"^", BinaryOperator::BitwiseXor, kSumPrecedence},
    OperatorRow{"*", BinaryOperator::Multiply, 6},
    OperatorRow{"/", BinaryOperator::Divide, 6},
    OperatorRow{"%", BinaryOperator::Remainder, 6},
    OperatorRow{"&", BinaryOperator::BitwiseAnd, 6},
};

const OperatorRow* current_operator(const TokenStream& tokens) {
    for (const OperatorRow& row : kOperators) {
        if (row.is_word ? tokens.is_word(row.text) : tokens.is_symbol(row.text)) return &row;
    }
    return nullptr;
}

bool takes_regex(BinaryOperator op) {
    return op == BinaryOperator::Matches || op == BinaryOperator::DoesNotMatch;
}

struct CastRow {
    std::string_view name;
    CastType type;
};

constexpr std::array kCasts = {
    CastRow{"float", CastType::Float},       CastRow{"integer", CastType::Integer},
    CastRow{"unsigned", CastType::Unsigned}, CastRow{"string", CastType::String},
    CastRow{"boolean", CastType::Boolean},   CastRow{"field", CastType::Field},
    CastRow{"tag", CastType::Tag},
};

class ExpressionParser {
public:
    explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

    Result<Tree> parse_binary(int precedence_min);
    Result<Tree> parse_literal_number(bool negative);

private:
    void skip_plus_of_number();
    Result<Tree> parse_not();
    bool is_not() const;
    Result<std::optional<Tree>> parse_membership(Tree& operand);
    Result<Tree> parse_in(Tree operand, bool negated);
    Result<Tree> parse_between(Tree operand, bool negated);
    Result<Tree> parse_operator_operand(BinaryOperator op, int precedence);
    Result<Tree> parse_unary();
    Result<Tree> parse_minus();
    Result<Tree> parse_operand();
    Result<Tree> parse_parenthesized();
    Result<Tree> parse_wildcard();
    Result<Tree> parse_distinct();
    Result<Tree> parse_reference_or_call();
    Result<std::optional<CastType>> parse_cast();
    Result<Tree> parse_call(std::string name, Location location);
    Status parse_argument(Call& call, std::size_t& height);
    Result<std::optional<ArgumentName>> parse_argument_name(const Call& call);
    bool accept_percent_sign(Expression& number);
    void note_value_of(const Expression& column);

    Result<Tree> checked(Expression expression, std::size_t height) {
        if (height <= kMaxExpressionDepth) return Tree{std::move(expression), height};
        return tokens_.error_here("the expression has more than " +
                                  std::to_string(kMaxExpressionDepth) + " levels");
    }

    TokenStream& tokens_;
};

Result<Tree> ExpressionParser::parse_binary(int precedence_min) {
    TIDEMARK_ASSIGN_OR_RETURN(
        Tree tree, precedence_min <= kNotPrecedence && is_not() ? parse_not() : parse_unary());
    bool is_closed = false;  // By its last token: IN (..), BETWEEN 1 AND 2, =~ /../.
    while (true) {
        if (precedence_min <= kComparisonPrecedence) {
            TIDEMARK_ASSIGN_OR_RETURN(std::optional<Tree> membership, parse_membership(tree));
            if (membership) {
                tree = std::move(*membership);
                is_closed = true;
                continue;
            }
        }
        if (accept_percent_sign(tree.expression)) continue;
        const OperatorRow* const row = current_operator(tokens_);
        if (row == nullptr || row->precedence < precedence_min) break;
        if (is_closed && row->precedence > kComparisonPrecedence) {
            return tokens_.error_here("found " + tokens_.current().text +
                                      ", expected AND, OR or the end of the condition");
        }
        is_closed = takes_regex(row->op);
        const Location location = tokens_.location();
        tokens_.take();
        if (row->precedence == kComparisonPrecedence && !takes_regex(row->op)) {
            note_value_of(tree.expression);
        }
        TIDEMARK_ASSIGN_OR_RETURN(Tree right, parse_operator_operand(row->op, row->precedence + 1));
        const std::size_t height = std::max(tree.height, right.height) + 1;
        BinaryExpression binary{row->op, std::move(tree.expression), std::move(right.expression)};
        TIDEMARK_ASSIGN_OR_RETURN(tree, checked({location, std::move(binary)}, height));
    }
    if (precedence_min <= kOrPrecedence) {
        // Remembered for misspellings: `WHERE a = 1 ADN b = 2`.
        tokens_.note_operator("AND");
        tokens_.note_operator("OR");
        if (tokens_.takes_conditions()) {
            for (const std::string_view word : {"NOT", "IN", "BETWEEN"})
                tokens_.note_possible(word);
        }
    }
    return tree;
}

void ExpressionParser::note_value_of(const Expression& column) {
    const auto* reference = std::get_if<VariableReference>(&without_parentheses(column).node);
    if (reference != nullptr && reference->name != "time") tokens_.note_value_of(reference->name);
}

// The % of `99.9%)` or `99.9%,` is no remainder: turns the literal in front of it into a
// percentage.
bool ExpressionParser::accept_percent_sign(Expression& number) {
    if (!tokens_.is_symbol("%")) return false;
    const std::string behind = tokens_.following().text;
    if (behind != ")" && behind != ",") return false;
    if (const auto* integer = std::get_if<IntegerLiteral>(&number.node)) {
        number.node =
            PercentLiteral{std::to_string(integer->value), static_cast<double>(integer->value)};
    } else if (const auto* decimal = std::get_if<NumberLiteral>(&number.node)) {
        number.node = PercentLiteral{decimal->text, decimal->value};
    } else {
        return false;
    }
    tokens_.take();
    return true;
}

Result<Tree> ExpressionParser::parse_operator_operand(BinaryOperator op, int precedence) {
    if (takes_regex(op)) {
        const Location location = tokens_.location();
        TIDEMARK_ASSIGN_OR_RETURN(RegexLiteral regex, tokens_.expect_regex());
        return Tree{{location, std::move(regex)}};
    }
    return parse_binary(precedence);
}

// NOT is a name like any other where no operand follows it.
bool ExpressionParser::is_not() const {
    if (!tokens_.is_word("NOT")) return false;
    const Token following = tokens_.following();
    switch (following.kind) {
        case TokenKind::End:
            return false;
        case TokenKind::Symbol:
            return following.text == "(" || following.text == "-";
        case TokenKind::Word:
            return !is_reserved_word(following.text) ||
                   equals_ignoring_case(following.text, "TRUE") ||
                   equals_ignoring_case(following.text, "FALSE") ||
                   equals_ignoring_case(following.text, "DISTINCT");
        default:
            return true;
    }
}

Result<Tree> ExpressionParser::parse_not() {
    const NestingGuard guard(tokens_);
    TIDEMARK_RETURN_IF_ERROR(guard.check());
    const Location location = tokens_.location();
    tokens_.take();
    TIDEMARK_ASSIGN_OR_RETURN(Tree operand, parse_binary(kNotPrecedence));
    return checked({location, LogicalNot{std::move(operand.expression)}}, operand.height + 1);
}

// [NOT] IN (..) and [NOT] BETWEEN .. AND .. behind `operand`, which is taken only when they follow.
Result<std::optional<Tree>> ExpressionParser::parse_membership(Tree& operand) {
    bool negated = false;
    if (tokens_.is_word("NOT")) {
        const std::string word = tokens_.following().text;
        negated = equals_ignoring_case(word, "IN") || equals_ignoring_case(word, "BETWEEN");
        if (!negated) return std::optional<Tree>();
        tokens_.take();
    }
    if (tokens_.is_word("IN")) {
        TIDEMARK_ASSIGN_OR_RETURN(Tree tree, parse_in(std::move(operand), negated));
        return std::optional<Tree>(std::move(tree));
    }
    if (tokens_.is_word("BETWEEN")) {
        TIDEMARK_ASSIGN_OR_RETURN(Tree tree, parse_between(std::move(operand), negated));
        return std::optional<Tree>(std::move(tree));
    }
    return std::optional<Tree>();
}

Result<Tree> ExpressionParser::parse_in(Tree operand, bool negated) {
    const NestingGuard guard(tokens_);
    TIDEMARK_RETURN_IF_ERROR(guard.check());
    const Location location = tokens_.location();
    tokens_.take();
    TIDEMARK_RETURN_IF_ERROR(tokens_.expect_symbol("("));
    InList list{std::move(operand.expression), {}, negated};
    std::size_t height = operand.height;
    do {
        note_value_of(*list.operand);
        TIDEMARK_ASSIGN_OR_RETURN(Tree value, parse_binary(kSumPrecedence));
        height = std::max(height, value.height);
        list.values.push_back(std::move(value.expression));
    } while (tokens_.accept_symbol(","));
    TIDEMARK_RETURN_IF_ERROR(tokens_.expect_symbol(")"));
    return checked({location, std::move(list)}, height + 1);
}

Result<Tree> ExpressionParser::parse_between(Tree operand, bool negated) {
    const Location location = tokens_.location();
    tokens_.take();
    TIDEMARK_ASSIGN_OR_RETURN(Tree low, parse_binary(kSumPrecedence));
    TIDEMARK_RETURN_IF_ERROR(tokens_.expect_word("AND"));
    TIDEMARK_ASSIGN_OR_RETURN(Tree high, parse_binary(kSumPrecedence));
    const std::size_t height = std::max({operand.height, low.height, high.height}) + 1;
    Between between{std::move(operand.expression), std::move(low.expression),
                    std::move(high.expression), negated};
    return checked({location, std::move(between)}, height);
}

Result<Tree> ExpressionParser::parse_unary() {
    if (tokens_.is_symbol("-")) return parse_minus();
    skip_plus_of_number();
    return parse_operand();
}

void ExpressionParser::skip_plus_of_number() {
    if (!tokens_.is_symbol("+")) return;
    const TokenKind following = tokens_.following().kind;
    if (following == TokenKind::Integer || following == TokenKind::Number) tokens_.take();
}

Result<Tree> ExpressionParser::parse_minus() {
    const NestingGuard guard(tokens_);
    TIDEMARK_RETURN_IF_ERROR(guard.check());
    const Location location = tokens_.location();
    tokens_.take();
    skip_plus_of_number();
    const TokenKind kind = tokens_.current().kind;
    const bool has_own_sign = tokens_.current().text.starts_with('-');  // A bound value.
    const bool is_number =
        kind == TokenKind::Integer || kind == TokenKind::Number || kind == TokenKind::Duration;
    if (is_number && !has_own_sign) {
        TIDEMARK_ASSIGN_OR_RETURN(Tree literal, parse_literal_number(true));
        literal.expression.location = location;
        return literal;
    }
    TIDEMARK_ASSIGN_OR_RETURN(Tree operand, parse_unary());
    return checked({location, Negation{std::move(operand.expression)}}, operand.height + 1);
}

std::optional<Expression> integer_literal(const std::string& digits) {
    const char* const end = digits.data() + digits.size();
    std::int64_t integer = 0;
    if (std::from_chars(digits.data(), end, integer).ec == std::errc{}) {
        return Expression{{}, IntegerLiteral{integer}};
    }
    std::uint64_t beyond = 0;
    const auto parsed = std::from_chars(digits.data(), end, beyond);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return Expression{{}, UnsignedLiteral{beyond}};
}

std::optional<double> number_value(const std::string& text) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || !std::isfinite(value)) return std::nullopt;
    return value;
}

// The current token: an integer, a number or a duration.
Result<Tree> ExpressionParser::parse_literal_number(bool negative) {
    const Location location = tokens_.location();
    const std::string text = (negative ? "-" : "") + tokens_.current().text;
    std::optional<Expression> literal;
    if (tokens_.current().kind == TokenKind::Integer) {
        literal = integer_literal(text);
    } else if (tokens_.current().kind == TokenKind::Number) {
        if (const std::optional<double> value = number_value(text)) {
            literal = Expression{{}, NumberLiteral{text, *value}};
        }
    } else if (const std::optional<Duration> duration = parse_duration(text)) {
        literal = Expression{{}, DurationLiteral{*duration}};
    }
    if (!literal) return tokens_.error_here("the number " + text + " is too large");
    literal->location = location;
    tokens_.take();
    return Tree{std::move(*literal)};
}

Result<Tree> ExpressionParser::parse_operand() {
    const Location location = tokens_.location();
    if (tokens_.is_regex()) return Tree{{location, RegexLiteral{tokens_.take().value}}};
    switch (tokens_.current().kind) {
        case TokenKind::Integer:
        case TokenKind::Number:
        case TokenKind::Duration:
            return parse_literal_number(false);
        case TokenKind::String:
            return Tree{{location, StringLiteral{tokens_.take().value}}};
        case TokenKind::Symbol:
            if (tokens_.is_symbol("(")) return parse_parenthesized();
            if (tokens_.is_symbol("*")) return parse_wildcard();
            break;
        case TokenKind::Word:
        case TokenKind::QuotedName:
            if (tokens_.is_name()) return parse_reference_or_call();
            if (tokens_.is_word("DISTINCT")) return parse_distinct();
            if (tokens_.is_word("TRUE") || tokens_.is_word("FALSE")) {
                return Tree{{location, BooleanLiteral{tokens_.take().text.size() == 4}}};
            }
            break;
        default:
            break;
    }
    for (const std::string_view what : {"identifier", "string", "number", "bool"}) {
        tokens_.note_expected(what);
    }
    tokens_.note_operand();
    return tokens_.unexpected();
}

Result<Tree> ExpressionParser::parse_parenthesized() {
    const NestingGuard guard(tokens_);
    TIDEMARK_RETURN_IF_ERROR(guard.check());
    const Location location = tokens_.location();
    tokens_.take();
    TIDEMARK_ASSIGN_OR_RETURN(Tree inner, parse_binary(kOrPrecedence));
    TIDEMARK_RETURN_IF_ERROR(tokens_.expect_symbol(")"));
    return checked({location, Parenthesized{std::move(inner.expression)}}, inner.height + 1);
}

Result<Tree> ExpressionParser::parse_wildcard() {
    Wildcard wildcard;
    const Location location = tokens_.location();
    tokens_.take();
    if (tokens_.accept_symbol("::")) {
        if (tokens_.accept_word("FIELD")) {
            wildcard.kind = WildcardKind::Fields;
        } else {
            TIDEMARK_RETURN_IF_ERROR(tokens_.expect_word("TAG"));
            wildcard.kind = WildcardKind::Tags;
        }
    }
    return Tree{{location, wildcard}};
}

// DISTINCT x or distinct(x)
Result<Tree> ExpressionParser::parse_distinct() {
    const Location location = tokens_.location();
    tokens_.take();
    if (tokens_.is_symbol("(")) return parse_call("distinct", location);
    if (!tokens_.is_name()) {
        tokens_.note_expected("(");
        tokens_.note_expected("identifier");
        return tokens_.unexpected();
    }
    TIDEMARK_ASSIGN_OR_RETURN(Tree operand, parse_reference_or_call());
    Call call{"distinct", {}, {}};
    call.arguments.push_back(std::move(operand.expression));
    return checked({location, std::move(call)}, operand.height + 1);
}

Result<Tree> ExpressionParser::parse_reference_or_call() {
    const Location location = tokens_.location();
    std::string name = tokens_.take().value;
    if (tokens_.is_symbol("(")) return parse_call(std::move(name), location);
    while (tokens_.is_symbol(".")) {
        tokens_.take();
        TIDEMARK_ASSIGN_OR_RETURN(const std::string part, tokens_.expect_name());
        name.append(".").append(part);
    }
    TIDEMARK_ASSIGN_OR_RETURN(const std::optional<CastType> cast, parse_cast());
    return Tree{{location, VariableReference{std::move(name), cast}}};
}

Result<std::optional<CastType>> ExpressionParser::parse_cast() {
    if (!tokens_.is_symbol("::")) return std::optional<CastType>();
    tokens_.take();
    const TokenKind kind = tokens_.current().kind;
    for (const CastRow& row : kCasts) {
        const bool is_name = kind == TokenKind::Word || kind == TokenKind::QuotedName;
        if (is_name && equals_ignoring_case(tokens_.current().value, row.name)) {
            tokens_.take();
            return std::optional<CastType>(row.type);
        }
        tokens_.note_expected(row.name);
    }
    return tokens_.unexpected();
}

Result<Tree> ExpressionParser::parse_call(std::string name, Location location) {
    const NestingGuard guard(tokens_);
    TIDEMARK_RETURN_IF_ERROR(guard.check());
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    Call call{std::move(name), {}, {}};
    std::size_t height = 0;
    tokens_.take();
    const bool is_empty = call.name != "distinct" && tokens_.accept_symbol(")");
    if (!is_empty) {
        do {
            TIDEMARK_RETURN_IF_ERROR(parse_argument(call, height));
        } while (tokens_.accept_symbol(","));
        TIDEMARK_RETURN_IF_ERROR(tokens_.expect_symbol(")"));
    }
    return checked({location, std::move(call)}, height + 1);
}

Status ExpressionParser::parse_argument(Call& call, std::size_t& height) {
    const Location location = tokens_.location();
    TIDEMARK_ASSIGN_OR_RETURN(const std::optional<ArgumentName> name, parse_argument_name(call));
    if (name == ArgumentName::For || name == ArgumentName::Keep) {
        const Location value_location = tokens_.location();
        TIDEMARK_ASSIGN_OR_RETURN(const Duration duration, tokens_.expect_duration());
        Expression value{value_location, DurationLiteral{duration}};
        call.named_arguments.push_back({location, *name, std::move(value)});
        height = std::max<std::size_t>(height, 1);
        return success();
    }
    TIDEMARK_ASSIGN_OR_RETURN(Tree argument, parse_binary(kOrPrecedence));
    height = std::max(height, argument.height);
    if (name) {
        call.named_arguments.push_back({location, *name, std::move(argument.expression)});
        return success();
    }
    call.arguments.push_back(std::move(argument.expression));
    return success();
}

// FOR is reserved; KEEP and CLEAR are names unless what they introduce follows.
Result<std::optional<ArgumentName>> ExpressionParser::parse_argument_name(const Call& call) {
    std::optional<ArgumentName> name;
    if (tokens_.is_word("FOR")) {
        name = ArgumentName::For;
    } else if (tokens_.is_word("KEEP") && tokens_.following().kind == TokenKind::Duration) {
        name = ArgumentName::Keep;
    } else if (tokens_.is_word("CLEAR")) {
        const Token following = tokens_.following();
        const bool is_operand =
            following.kind == TokenKind::QuotedName || following.kind == TokenKind::String ||
            following.text == "(" ||
            (following.kind == TokenKind::Word && !is_reserved_word(following.text) &&
             !equals_ignoring_case(following.text, "BETWEEN"));
        if (is_operand) name = ArgumentName::Clear;
    }
    if (!name) return name;
    const auto is_same = [&](const NamedArgument& known) { return known.name == *name; };
    if (std::ranges::any_of(call.named_arguments, is_same)) {
        return tokens_.error_here(tokens_.current().text + " is given twice");
    }
    if (call.arguments.empty()) {
        return tokens_.error_here(tokens_.current().text +
                                  " stands behind the predicate it belongs to");
    }
    tokens_.take();
    return name;
}

bool is_predicate(const Expression& expression) {
    const auto* binary = std::get_if<BinaryExpression>(&expression.node);
    return (binary != nullptr && binary->op >= BinaryOperator::Equal) ||
           std::holds_alternative<LogicalNot>(expression.node) ||
           std::holds_alternative<InList>(expression.node) ||
           std::holds_alternative<Between>(expression.node);
}

// The first predicate that is not inside of a call; null when there is none.
const Expression* find_bare_predicate(const Expression& expression) {
    if (is_predicate(expression)) return &expression;
    if (const auto* binary = std::get_if<BinaryExpression>(&expression.node)) {
        const Expression* const found = find_bare_predicate(*binary->left);
        return found != nullptr ? found : find_bare_predicate(*binary->right);
    }
    if (const auto* negation = std::get_if<Negation>(&expression.node)) {
        return find_bare_predicate(*negation->operand);
    }
    if (const auto* parenthesized = std::get_if<Parenthesized>(&expression.node)) {
        return find_bare_predicate(*parenthesized->operand);
    }
    return nullptr;
}

std::string_view predicate_text(const Expression& predicate) {
    if (std::holds_alternative<LogicalNot>(predicate.node)) return "NOT";
    if (std::holds_alternative<InList>(predicate.node)) return "IN";
    if (std::holds_alternative<Between>(predicate.node)) return "BETWEEN";
    return operator_text(std::get<BinaryExpression>(predicate.node).op);
}

}  // namespace

Result<Expression> parse_expression(TokenStream& tokens) {
    TIDEMARK_ASSIGN_OR_RETURN(Tree tree, ExpressionParser(tokens).parse_binary(kOrPrecedence));
    return std::move(tree.expression);
}

Result<Expression> parse_item_expression(TokenStream& tokens) {
    TIDEMARK_ASSIGN_OR_RETURN(Expression expression, parse_expression(tokens));
    if (const Expression* const predicate = find_bare_predicate(expression)) {
        return tokens.error_at(predicate->location,
                               "invalid operator " + std::string(predicate_text(*predicate)) +
                                   " in SELECT clause, it belongs into WHERE or into the argument "
                                   "of a function such as share(x > 2)");
    }
    return expression;
}

Result<Expression> parse_number(TokenStream& tokens) {
    const Location location = tokens.location();
    const bool negative = tokens.accept_symbol("-");
    const TokenKind kind = tokens.current().kind;
    if (kind != TokenKind::Integer && kind != TokenKind::Number) {
        tokens.note_expected("number");
        return tokens.unexpected();
    }
    TIDEMARK_ASSIGN_OR_RETURN(Tree tree, ExpressionParser(tokens).parse_literal_number(negative));
    tree.expression.location = location;
    return std::move(tree.expression);
}

}  // namespace tidemark::query

#include "query/syntax/printer.h"

#include <algorithm>
#include <array>

#include "query/syntax/lexer.h"
#include "query/syntax/text_writer.h"

// Names, literals and expressions. printer_select.cc prints SELECT and the clauses that other
// statements share, printer_statement.cc all other statements.

namespace tidemark::query {
namespace {

// Words that are names to the parser only in some places, so the printer always quotes them.
constexpr auto kAmbiguousWords =
    std::to_array<std::string_view>({"NOT", "BETWEEN", "MAINTENANCE", "KEEP", "CLEAR"});

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word_char(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

bool can_stand_bare(std::string_view name) {
    const bool is_word = !name.empty() && is_letter(name.front()) &&
                         std::ranges::all_of(name, is_word_char) && !is_reserved_word(name);
    const auto is_name = [name](std::string_view word) { return equals_ignoring_case(name, word); };
    return is_word && std::ranges::none_of(kAmbiguousWords, is_name);
}

std::string quoted(std::string_view text, char quote) {
    std::string result(1, quote);
    for (const char c : text) {
        if (c == '\n') {
            result += "\\n";
            continue;
        }
        if (c == quote || c == '\\') result += '\\';
        result += c;
    }
    return result + quote;
}

struct OperatorText {
    BinaryOperator op;
    std::string_view text;
    int precedence;
};

constexpr int kNotPrecedence = 3;
constexpr int kComparisonPrecedence = 4;
constexpr int kSumPrecedence = 5;
constexpr int kUnaryPrecedence = 7;
constexpr int kPrimaryPrecedence = 8;

constexpr std::array kOperatorTexts = {
    OperatorText{BinaryOperator::Add, "+", kSumPrecedence},
    OperatorText{BinaryOperator::Subtract, "-", kSumPrecedence},
    OperatorText{BinaryOperator::Multiply, "*", 6},
    OperatorText{BinaryOperator::Divide, "/", 6},
    OperatorText{BinaryOperator::Remainder, "%", 6},
    OperatorText{BinaryOperator::BitwiseAnd, "&", 6},
    OperatorText{BinaryOperator::BitwiseOr, "|", kSumPrecedence},
    OperatorText{BinaryOperator::BitwiseXor, "^", kSumPrecedence},
    OperatorText{BinaryOperator::Equal, "=", kComparisonPrecedence},
    OperatorText{BinaryOperator::NotEqual, "!=", kComparisonPrecedence},
    OperatorText{BinaryOperator::Less, "<", kComparisonPrecedence},
    OperatorText{BinaryOperator::LessOrEqual, "<=", kComparisonPrecedence},
    OperatorText{BinaryOperator::Greater, ">", kComparisonPrecedence},
    OperatorText{BinaryOperator::GreaterOrEqual, ">=", kComparisonPrecedence},
    OperatorText{BinaryOperator::Matches, "=~", kComparisonPrecedence},
    OperatorText{BinaryOperator::DoesNotMatch, "!~", kComparisonPrecedence},
    OperatorText{BinaryOperator::And, "AND", 2},
    OperatorText{BinaryOperator::Or, "OR", 1},
};

const OperatorText& operator_row(BinaryOperator op) {
    return *std::ranges::find(kOperatorTexts, op, &OperatorText::op);
}

int precedence_of(const Expression& expression) {
    if (const auto* binary = std::get_if<BinaryExpression>(&expression.node)) {
        return operator_row(binary->op).precedence;
    }
    if (std::holds_alternative<LogicalNot>(expression.node)) return kNotPrecedence;
    if (std::holds_alternative<InList>(expression.node)) return kComparisonPrecedence;
    if (std::holds_alternative<Between>(expression.node)) return kComparisonPrecedence;
    if (std::holds_alternative<Negation>(expression.node)) return kUnaryPrecedence;
    return kPrimaryPrecedence;
}

std::string_view wildcard_text(WildcardKind kind) {
    switch (kind) {
        case WildcardKind::All:
            return "*";
        case WildcardKind::Fields:
            return "*::field";
        case WildcardKind::Tags:
            return "*::tag";
    }
    return {};
}

std::string_view argument_text(ArgumentName name) {
    switch (name) {
        case ArgumentName::For:
            return "FOR ";
        case ArgumentName::Keep:
            return "KEEP ";
        case ArgumentName::Clear:
            return "CLEAR ";
    }
    return {};
}

}  // namespace

std::string_view cast_text(CastType cast) {
    switch (cast) {
        case CastType::Field:
            return "::field";
        case CastType::Tag:
            return "::tag";
        case CastType::Float:
            return "::float";
        case CastType::Integer:
            return "::integer";
        case CastType::Unsigned:
            return "::unsigned";
        case CastType::String:
            return "::string";
        case CastType::Boolean:
            return "::boolean";
    }
    return {};
}

std::string print_identifier(std::string_view name) {
    return can_stand_bare(name) ? std::string(name) : quoted(name, '"');
}

std::string print_string(std::string_view text) { return quoted(text, '\''); }

std::string_view operator_text(BinaryOperator op) { return operator_row(op).text; }

std::string print(const Expression& expression) {
    return TextWriter().write_expression(expression).take();
}

TextWriter& TextWriter::write(std::string_view text) {
    text_ += text;
    return *this;
}

TextWriter& TextWriter::write_name(std::string_view name) { return write(print_identifier(name)); }

TextWriter& TextWriter::write_duration(const Duration& duration) {
    return write(print_duration(duration));
}

TextWriter& TextWriter::write_number(std::uint64_t number) { return write(std::to_string(number)); }

TextWriter& TextWriter::write_regex(const RegexLiteral& regex) {
    write("/");
    const std::string_view pattern = regex.pattern;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        // What stands behind a backslash stays with it: only a bare slash would end the regex.
        if (pattern[i] == '/') write("\\");
        if (pattern[i] == '\\' && i + 1 < pattern.size()) text_ += pattern[i++];
        text_ += pattern[i];
    }
    return write("/");
}

// Parentheses are in the tree; more are needed only for trees that no parser made.
void TextWriter::write_operand(const Expression& expression, int precedence_min) {
    const bool is_weaker = precedence_of(expression) < precedence_min;
    if (is_weaker) write("(");
    write_expression(expression);
    if (is_weaker) write(")");
}

void TextWriter::write_node(const Call& call) {
    // DISTINCT is the one keyword that names a function.
    call.name == "distinct" ? write(call.name) : write_name(call.name);
    write("(");
    std::string_view separator;
    for (const Expression& argument : call.arguments) {
        write(std::exchange(separator, ", ")).write_expression(argument);
    }
    for (const NamedArgument& argument : call.named_arguments) {
        write(std::exchange(separator, ", ")).write(argument_text(argument.name));
        write_expression(argument.value);
    }
    write(")");
}

void TextWriter::write_node(const BinaryExpression& binary) {
    const OperatorText& row = operator_row(binary.op);
    write_operand(*binary.left, row.precedence);
    write(" ").write(row.text).write(" ");
    write_operand(*binary.right, row.precedence + 1);
}

void TextWriter::write_node(const InList& list) {
    write_operand(*list.operand, kComparisonPrecedence);
    write(list.negated ? " NOT IN (" : " IN (");
    write_list(list.values,
               [this](const Expression& value) { write_operand(value, kSumPrecedence); });
    write(")");
}

void TextWriter::write_node(const Between& between) {
    write_operand(*between.operand, kComparisonPrecedence);
    write(between.negated ? " NOT BETWEEN " : " BETWEEN ");
    write_operand(*between.low, kSumPrecedence);
    write(" AND ");
    write_operand(*between.high, kSumPrecedence);
}

TextWriter& TextWriter::write_expression(const Expression& expression) {
    const auto write_kind = Match{
        [this](const IntegerLiteral& literal) { write(std::to_string(literal.value)); },
        [this](const UnsignedLiteral& literal) { write(std::to_string(literal.value)); },
        [this](const NumberLiteral& literal) { write(literal.text); },
        [this](const PercentLiteral& literal) { write(literal.text).write("%"); },
        [this](const StringLiteral& literal) { write(print_string(literal.value)); },
        [this](const DurationLiteral& literal) { write_duration(literal.value); },
        [this](const BooleanLiteral& literal) { write(literal.value ? "true" : "false"); },
        [this](const RegexLiteral& literal) { write_regex(literal); },
        [this](const VariableReference& reference) {
            write_name(reference.name);
            if (reference.cast) write(cast_text(*reference.cast));
        },
        [this](const Wildcard& wildcard) { write(wildcard_text(wildcard.kind)); },
        [this](const Negation& negation) {
            // The blank keeps `- -1` from becoming a comment.
            write("- ").write_operand(*negation.operand, kUnaryPrecedence);
        },
        [this](const LogicalNot& logical) {
            write("NOT ").write_operand(*logical.operand, kNotPrecedence);
        },
        [this](const Parenthesized& parenthesized) {
            write("(").write_expression(*parenthesized.operand).write(")");
        },
        [this](const auto& composed) { write_node(composed); },
    };
    std::visit(write_kind, expression.node);
    return *this;
}

}  // namespace tidemark::query

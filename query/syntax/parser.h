#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tidemark/statement_text.h>

#include "query/syntax/ast.h"

namespace tidemark::query {

/// Deeper expressions are refused, so that recursion over a tree never exhausts the stack. A chain
/// `a OR b OR c` is as deep as it has operators.
inline constexpr std::size_t kMaxExpressionDepth = 2000;

/// Parentheses, calls and subqueries inside each other.
inline constexpr std::size_t kMaxNesting = 100;

/// The name a parameter stands for.
struct BoundIdentifier {
    std::string name;
};

/// What may stand for `$name`.
using BoundValue = std::variant<double, std::int64_t, std::uint64_t, bool, std::string, Duration,
                                RegexLiteral, BoundIdentifier>;
using BoundParameters = std::map<std::string, BoundValue, std::less<>>;

/// Parses the statements of `text`, separated by ';'. Empty ones are skipped. The trees do not
/// refer to `text`. Thread-safe.
std::variant<std::vector<Statement>, SyntaxError> parse_statements(
    std::string_view text, const BoundParameters& parameters = {});

/// What could stand at the end of a text.
struct ExpectedAtEnd {
    ExpectedInput input;          ///< Without functions and what FROM says.
    bool takes_function = false;  ///< A call could stand there.
};

/// Parses `text` as far as it goes. A word, name or string that touches its end is being typed.
/// Nothing is expected where the text is wrong, or where its last token is finished and touches the
/// end. Thread-safe.
ExpectedAtEnd expected_at_end(std::string_view text);

/// Parses `text` as one expression, as in WHERE.
std::variant<Expression, SyntaxError> parse_expression(std::string_view text,
                                                       const BoundParameters& parameters = {});

}  // namespace tidemark::query

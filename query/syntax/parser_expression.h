#pragma once

#include <tidemark/result.h>

#include "query/syntax/ast.h"
#include "query/syntax/token_stream.h"

namespace tidemark::query {

/// Parses an expression as far as it goes. Strongest first: unary minus; * / % &; + - | ^;
/// comparisons, IN, BETWEEN; NOT; AND; OR. All binary operators group to the left.
Result<Expression> parse_expression(TokenStream& tokens);

/// Parses an item of SELECT: predicates are allowed only inside of calls.
Result<Expression> parse_item_expression(TokenStream& tokens);

/// Parses an integer, unsigned or number literal, with its sign.
Result<Expression> parse_number(TokenStream& tokens);

}  // namespace tidemark::query

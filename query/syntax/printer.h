#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/syntax/ast.h"

namespace tidemark::query {

// One canonical spelling per tree, on one line: parsing it gives an equal tree.

std::string print(const Expression& expression);
std::string print(const SelectStatement& statement);
std::string print(const Statement& statement);

/// `name` bare where it can stand bare, else in double quotes with escapes.
std::string print_identifier(std::string_view name);

/// `text` in single quotes with escapes.
std::string print_string(std::string_view text);

/// `service = 'pay' AND host = 'a'`; `*` when there are none.
std::string print_tag_conditions(const std::vector<Tag>& tags);

/// "::float"
std::string_view cast_text(CastType cast);

/// "SERIES", "TAG KEY": what stands in front of CARDINALITY.
std::string_view cardinality_name(CardinalityOf what);

/// "+", "=~", "AND"
std::string_view operator_text(BinaryOperator op);

}  // namespace tidemark::query

#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "query/plan/schema.h"
#include "query/syntax/ast.h"

namespace tidemark::query {

/// The items of a SELECT with wildcards and regexes replaced by what they stand for, and the name
/// of every column.
struct SelectItems {
    std::string time_name = "time";  ///< Of the first column; `SELECT time AS t` renames it.
    std::vector<Expression> expressions;
    std::vector<std::string> names;  ///< As many.
};

/// Expands and names as InfluxQL does: `*` is the fields and the tags that are not grouped by, in
/// order of name; `mean(*)` is one call per field that mean takes, named mean_FIELD; names that
/// occur again get _1, _2, ..
Result<SelectItems> expand_items(const SelectStatement& select, const Schema& schema,
                                 const std::set<std::string>& group_tags);

/// The calls in an expression, outermost ones only, in order of appearance. MathFunctions count as
/// arithmetic: the calls in their arguments are collected, they are not.
void collect_calls(const Expression& expression, std::vector<const Call*>& calls);

/// Whether the call gives a table, of class Table.
bool is_table_call(const Call* call);

/// Whether a MathFunction is called, outside of other calls.
bool has_math(const Expression& expression);

/// The references in an expression that stand outside calls, or in MathFunctions.
void collect_references(const Expression& expression,
                        std::vector<const VariableReference*>& references);

}  // namespace tidemark::query

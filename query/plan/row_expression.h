#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/result.h>
#include <tidemark/types.h>

#include "query/column/cell.h"
#include "query/functions/math_functions.h"
#include "query/syntax/ast.h"
#include "query/syntax/box.h"

namespace re2 {
class RE2;
}

namespace tidemark::query {

struct RowExpression;

/// The cell of the row at this position.
struct SlotReference {
    std::size_t slot = 0;
};

struct ConstantCell {
    Cell cell;
};

struct Arithmetic {
    ArithmeticOperator op;
    Box<RowExpression> left;
    Box<RowExpression> right;
};

enum class Comparison : std::uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };

struct ComparedCells {
    Comparison op;
    Box<RowExpression> left;
    Box<RowExpression> right;
};

/// `operand =~ /regex/`; unknown where the operand is no string.
struct RegexTest {
    Box<RowExpression> operand;
    std::shared_ptr<const re2::RE2> regex;
    bool is_negated = false;
};

/// `operand IN (..)`: equal to any of the values.
struct AnyOf {
    Box<RowExpression> operand;
    std::vector<RowExpression> values;
};

struct Conjunction {
    Box<RowExpression> left;
    Box<RowExpression> right;
};

struct Disjunction {
    Box<RowExpression> left;
    Box<RowExpression> right;
};

struct Inversion {
    Box<RowExpression> operand;
};

/// `operand::integer` and the like.
struct Conversion {
    Box<RowExpression> operand;
    CastType type;
};

/// `round(operand)`, `pow(operand, 2)` and the like.
struct Computation {
    const MathFunction* function;
    std::vector<RowExpression> arguments;  ///< As many as it takes.
};

/// An expression over the cells of one row, with its names resolved to positions. Truth is
/// three-valued: null is unknown.
struct RowExpression {
    std::variant<SlotReference, ConstantCell, Arithmetic, ComparedCells, RegexTest, AnyOf,
                 Conjunction, Disjunction, Inversion, Conversion, Computation>
        node;
};

/// `lost`, where it is given, is set to a function that had no finite value and gave null (R10).
Cell evaluate(const RowExpression& expression, std::span<const Cell> row,
              const MathFunction** lost = nullptr);

/// True, and neither false nor unknown.
bool is_true(const Cell& cell);

/// One line, with names for the slots.
std::string print(const RowExpression& expression, std::span<const std::string> slot_names);

/// Nothing for operators that compare no values: arithmetic, AND, OR and regexes.
std::optional<Comparison> comparison_of(BinaryOperator op);

/// Compiles an InfluxQL regex. InvalidArgument with RE2's reason.
Result<std::shared_ptr<const re2::RE2>> compile_regex(const RegexLiteral& regex);

/// Whether the regex matches anywhere in `text`.
bool regex_matches(const re2::RE2& regex, std::string_view text);

/// Whether a conversion of values of this type can give any: numbers become numbers only.
bool can_convert(FieldType type, CastType cast);

/// How names, calls and comparisons that mean something special are bound.
struct BindHooks {
    /// VariableReference, and Call except of MathFunctions.
    std::function<Result<RowExpression>(const Expression&)> bind_leaf;
    /// Asked first for every comparison; nothing: bind it the usual way. May be empty.
    std::function<Result<std::optional<RowExpression>>(const Expression&)> bind_comparison;
    /// The same for IN lists.
    std::function<Result<std::optional<RowExpression>>(const Expression&)> bind_list;
    /// `/` cuts the quotient of integers, as InfluxQL does in WHERE.
    bool cuts_quotients = false;
};

/// Binds an expression tree of the syntax. InvalidArgument where it holds what no row can answer
/// (wildcards, a regex outside =~).
Result<RowExpression> bind_row_expression(const Expression& expression, const BindHooks& hooks);

/// The literal's cell; nothing when the expression is none. Durations are integers in ns.
std::optional<Cell> literal_cell(const Expression& expression);

}  // namespace tidemark::query

#include "query/plan/row_expression.h"

#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

#include <re2/re2.h>

#include "query/syntax/duration.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

Cell compare(Comparison op, const Cell& left, const Cell& right) {
    const auto order = compare_cells(left, right);
    if (!order) return {};
    switch (op) {
        case Comparison::Equal:
            return *order == 0;
        case Comparison::NotEqual:
            return *order != 0;
        case Comparison::Less:
            return *order < 0;
        case Comparison::LessEqual:
            return *order <= 0;
        case Comparison::Greater:
            return *order > 0;
        case Comparison::GreaterEqual:
            return *order >= 0;
    }
    return {};
}

/// -1 unknown, 0 false, 1 true.
int truth_of(const Cell& cell) {
    const bool* truth = std::get_if<bool>(&cell);
    return truth == nullptr ? -1 : static_cast<int>(*truth);
}

Cell converted(const Cell& cell, CastType type) {
    const auto to_float = [](const auto& value) -> Cell {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> ||
                      std::is_same_v<T, std::uint64_t>) {
            return static_cast<double>(value);
        } else {
            return {};
        }
    };
    switch (type) {
        case CastType::Float:
            return std::visit(to_float, cell);
        case CastType::Integer:
            if (const auto* number = std::get_if<double>(&cell)) {
                if (!(*number >= -0x1p63 && *number < 0x1p63)) return {};
                return static_cast<std::int64_t>(*number);
            }
            if (const auto* number = std::get_if<std::uint64_t>(&cell)) {
                return static_cast<std::int64_t>(*number);
            }
            return std::holds_alternative<std::int64_t>(cell) ? cell : Cell();
        case CastType::Unsigned:
            if (const auto* number = std::get_if<double>(&cell)) {
                if (!(*number >= 0 && *number < 0x1p64)) return {};
                return static_cast<std::uint64_t>(*number);
            }
            if (const auto* number = std::get_if<std::int64_t>(&cell)) {
                return static_cast<std::uint64_t>(*number);
            }
            return std::holds_alternative<std::uint64_t>(cell) ? cell : Cell();
        case CastType::String:
            return std::holds_alternative<std::string>(cell) ? cell : Cell();
        case CastType::Boolean:
            return std::holds_alternative<bool>(cell) ? cell : Cell();
        case CastType::Field:
        case CastType::Tag:
            return cell;
    }
    return cell;
}

Cell computed(const Computation& node, std::span<const Cell> row, const MathFunction** lost) {
    std::array<Cell, 2> arguments;  // A MathFunction has no more.
    for (std::size_t i = 0; i < node.arguments.size(); ++i) {
        arguments[i] = evaluate(node.arguments[i], row, lost);
    }
    bool is_finite = true;
    Cell value =
        calculate(*node.function, std::span(arguments).first(node.arguments.size()), is_finite);
    if (!is_finite && lost != nullptr) *lost = node.function;
    return value;
}

std::optional<ArithmeticOperator> arithmetic_operator(BinaryOperator op) {
    switch (op) {
        case BinaryOperator::Add:
            return ArithmeticOperator::Add;
        case BinaryOperator::Subtract:
            return ArithmeticOperator::Subtract;
        case BinaryOperator::Multiply:
            return ArithmeticOperator::Multiply;
        case BinaryOperator::Divide:
            return ArithmeticOperator::Divide;
        case BinaryOperator::Remainder:
            return ArithmeticOperator::Remainder;
        case BinaryOperator::BitwiseAnd:
            return ArithmeticOperator::BitwiseAnd;
        case BinaryOperator::BitwiseOr:
            return ArithmeticOperator::BitwiseOr;
        case BinaryOperator::BitwiseXor:
            return ArithmeticOperator::BitwiseXor;
        default:
            return std::nullopt;
    }
}

Error unexpected(const Expression& expression) {
    return Error(ErrorCode::InvalidArgument, "cannot evaluate " + print(expression) + " here");
}

bool holds_between(const Expression& expression) {
    if (std::holds_alternative<Between>(expression.node)) return true;
    bool is_found = false;
    for_each_operand(expression, [&](const Expression& operand) {
        is_found = is_found || holds_between(operand);
    });
    return is_found;
}

RowExpression expression_of(auto node) { return RowExpression{std::move(node)}; }

class Binder {
public:
    explicit Binder(const BindHooks& hooks) : hooks_(hooks) {}

    Result<RowExpression> bind(const Expression& expression) const {
        if (auto literal = literal_cell(expression)) {
            return expression_of(ConstantCell{*std::move(literal)});
        }
        return std::visit([&](const auto& node) { return bind_node(expression, node); },
                          expression.node);
    }

private:
    Result<RowExpression> bind_node(const Expression& whole, const VariableReference&) const {
        return hooks_.bind_leaf(whole);
    }
    Result<RowExpression> bind_node(const Expression& whole, const Call& call) const {
        const MathFunction* const function = find_math_function(call.name);
        if (function == nullptr) return hooks_.bind_leaf(whole);
        if (!call.named_arguments.empty()) return unexpected(whole);
        TIDEMARK_RETURN_IF_ERROR(check_argument_count(*function, call.arguments.size()));
        Computation computation{function, {}};
        for (const Expression& argument : call.arguments) {
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression bound, bind(argument));
            computation.arguments.push_back(std::move(bound));
        }
        return expression_of(std::move(computation));
    }
    Result<RowExpression> bind_node(const Expression&, const Parenthesized& node) const {
        return bind(*node.operand);
    }
    Result<RowExpression> bind_node(const Expression&, const Negation& node) const {
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression operand, bind(*node.operand));
        return expression_of(Arithmetic{ArithmeticOperator::Multiply,
                                        expression_of(ConstantCell{std::int64_t{-1}}),
                                        std::move(operand)});
    }
    Result<RowExpression> bind_node(const Expression&, const LogicalNot& node) const {
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression operand, bind(*node.operand));
        return expression_of(Inversion{std::move(operand)});
    }
    Result<RowExpression> bind_node(const Expression& whole, const BinaryExpression& node) const {
        if (node.op == BinaryOperator::Matches || node.op == BinaryOperator::DoesNotMatch) {
            return bind_regex_test(whole, node);
        }
        if (const auto op = arithmetic_operator(node.op)) {
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression left, bind(*node.left));
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression right, bind(*node.right));
            const bool cuts = hooks_.cuts_quotients && *op == ArithmeticOperator::Divide;
            return expression_of(Arithmetic{cuts ? ArithmeticOperator::Quotient : *op,
                                            std::move(left), std::move(right)});
        }
        const auto op = comparison_of(node.op);
        if (op && hooks_.bind_comparison) {
            TIDEMARK_ASSIGN_OR_RETURN(auto special, hooks_.bind_comparison(whole));
            if (special) return *std::move(special);
        }
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression left, bind(*node.left));
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression right, bind(*node.right));
        if (op) return expression_of(ComparedCells{*op, std::move(left), std::move(right)});
        if (node.op == BinaryOperator::And) {
            return expression_of(Conjunction{std::move(left), std::move(right)});
        }
        return expression_of(Disjunction{std::move(left), std::move(right)});
    }
    Result<RowExpression> bind_node(const Expression& whole, const InList& node) const {
        if (hooks_.bind_list) {
            TIDEMARK_ASSIGN_OR_RETURN(auto special, hooks_.bind_list(whole));
            if (special) return *std::move(special);
        }
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression operand, bind(*node.operand));
        AnyOf any{std::move(operand), {}};
        for (const Expression& value : node.values) {
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression bound, bind(value));
            any.values.push_back(std::move(bound));
        }
        RowExpression found = expression_of(std::move(any));
        return node.negated ? expression_of(Inversion{std::move(found)}) : std::move(found);
    }
    Result<RowExpression> bind_node(const Expression& whole, const Between& node) const {
        // The operand is bound twice: a chain of them would double with every link.
        if (holds_between(*node.operand)) {
            return Error(ErrorCode::InvalidArgument,
                         "BETWEEN compares values, and its operand holds another BETWEEN: found " +
                             print(whole));
        }
        const auto bound = [&](BinaryOperator op, const Expression& limit) {
            return Expression{whole.location, BinaryExpression{op, *node.operand, limit}};
        };
        const Expression both{
            whole.location,
            BinaryExpression{BinaryOperator::And, bound(BinaryOperator::GreaterOrEqual, *node.low),
                             bound(BinaryOperator::LessOrEqual, *node.high)}};
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression bound_both, bind(both));
        return node.negated ? expression_of(Inversion{std::move(bound_both)})
                            : std::move(bound_both);
    }
    template <typename Node>
    Result<RowExpression> bind_node(const Expression& whole, const Node&) const {
        return unexpected(whole);
    }

    Result<RowExpression> bind_regex_test(const Expression& whole,
                                          const BinaryExpression& node) const {
        const auto* regex = std::get_if<RegexLiteral>(&without_parentheses(*node.right).node);
        if (regex == nullptr) return unexpected(whole);
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression operand, bind(*node.left));
        TIDEMARK_ASSIGN_OR_RETURN(auto compiled, compile_regex(*regex));
        return expression_of(RegexTest{std::move(operand), std::move(compiled),
                                       node.op == BinaryOperator::DoesNotMatch});
    }

    const BindHooks& hooks_;
};

std::string_view comparison_text(Comparison op) {
    constexpr std::string_view kTexts[] = {"=", "!=", "<", "<=", ">", ">="};
    return kTexts[static_cast<std::size_t>(op)];
}

std::string_view arithmetic_text(ArithmeticOperator op) {
    constexpr std::string_view kTexts[] = {"+", "-", "*", "/", "/", "%", "&", "|", "^"};
    return kTexts[static_cast<std::size_t>(op)];
}

/// The shortest decimal that reads as the same number.
std::string print_number(double number) {
    char buffer[32];
    const auto [end, error] = std::to_chars(std::begin(buffer), std::end(buffer), number);
    return {std::begin(buffer), end};
}

std::string print_cell(const Cell& cell) {
    return std::visit(Match{
                          [](std::monostate) { return std::string("null"); },
                          [](double number) { return print_number(number); },
                          [](std::int64_t number) { return std::to_string(number); },
                          [](std::uint64_t number) { return std::to_string(number); },
                          [](bool truth) { return std::string(truth ? "true" : "false"); },
                          [](const std::string& text) { return print_string(text); },
                          [](TimeCell time) { return std::to_string(time.ns); },
                      },
                      cell);
}

}  // namespace

Cell evaluate(const RowExpression& expression, std::span<const Cell> row,
              const MathFunction** lost) {
    const auto value = [row, lost](const Box<RowExpression>& operand) {
        return evaluate(*operand, row, lost);
    };
    return std::visit(
        Match{
            [&](const SlotReference& node) { return row[node.slot]; },
            [&](const ConstantCell& node) { return node.cell; },
            [&](const Arithmetic& node) {
                return calculate(node.op, value(node.left), value(node.right));
            },
            [&](const ComparedCells& node) {
                return compare(node.op, value(node.left), value(node.right));
            },
            [&](const RegexTest& node) -> Cell {
                const Cell cell = value(node.operand);
                const auto* text = std::get_if<std::string>(&cell);
                if (text == nullptr) return {};
                return regex_matches(*node.regex, *text) != node.is_negated;
            },
            [&](const AnyOf& node) -> Cell {
                const Cell operand = value(node.operand);
                bool is_unknown = false;
                for (const RowExpression& candidate : node.values) {
                    const Cell equal =
                        compare(Comparison::Equal, operand, evaluate(candidate, row, lost));
                    if (truth_of(equal) > 0) return true;
                    is_unknown = is_unknown || is_null(equal);
                }
                return is_unknown ? Cell() : Cell(false);
            },
            [&](const Conjunction& node) -> Cell {
                const int left = truth_of(value(node.left));
                if (left == 0) return false;
                const int right = truth_of(value(node.right));
                if (right == 0) return false;
                return left < 0 || right < 0 ? Cell() : Cell(true);
            },
            [&](const Disjunction& node) -> Cell {
                const int left = truth_of(value(node.left));
                if (left > 0) return true;
                const int right = truth_of(value(node.right));
                if (right > 0) return true;
                return left < 0 || right < 0 ? Cell() : Cell(false);
            },
            [&](const Inversion& node) -> Cell {
                const int operand = truth_of(value(node.operand));
                return operand < 0 ? Cell() : Cell(operand == 0);
            },
            [&](const Conversion& node) { return converted(value(node.operand), node.type); },
            [&](const Computation& node) { return computed(node, row, lost); },
        },
        expression.node);
}

bool is_true(const Cell& cell) { return truth_of(cell) > 0; }

std::string print(const RowExpression& expression, std::span<const std::string> slot_names) {
    const auto text = [&](const Box<RowExpression>& operand) {
        return print(*operand, slot_names);
    };
    return std::visit(Match{
                          [&](const SlotReference& node) { return slot_names[node.slot]; },
                          [&](const ConstantCell& node) { return print_cell(node.cell); },
                          [&](const Arithmetic& node) {
                              return "(" + text(node.left) + " " +
                                     std::string(arithmetic_text(node.op)) + " " +
                                     text(node.right) + ")";
                          },
                          [&](const ComparedCells& node) {
                              return text(node.left) + " " + std::string(comparison_text(node.op)) +
                                     " " + text(node.right);
                          },
                          [&](const RegexTest& node) {
                              return text(node.operand) + (node.is_negated ? " !~ /" : " =~ /") +
                                     node.regex->pattern() + "/";
                          },
                          [&](const AnyOf& node) {
                              std::string list;
                              for (const RowExpression& candidate : node.values) {
                                  list += (list.empty() ? "" : ", ") + print(candidate, slot_names);
                              }
                              return text(node.operand) + " IN (" + list + ")";
                          },
                          [&](const Conjunction& node) {
                              return "(" + text(node.left) + " AND " + text(node.right) + ")";
                          },
                          [&](const Disjunction& node) {
                              return "(" + text(node.left) + " OR " + text(node.right) + ")";
                          },
                          [&](const Inversion& node) { return "NOT (" + text(node.operand) + ")"; },
                          [&](const Conversion& node) {
                              return text(node.operand) + std::string(cast_text(node.type));
                          },
                          [&](const Computation& node) {
                              std::string list;
                              for (const RowExpression& argument : node.arguments) {
                                  list += (list.empty() ? "" : ", ") + print(argument, slot_names);
                              }
                              return std::string(node.function->name) + "(" + list + ")";
                          },
                      },
                      expression.node);
}

std::optional<Comparison> comparison_of(BinaryOperator op) {
    switch (op) {
        case BinaryOperator::Equal:
            return Comparison::Equal;
        case BinaryOperator::NotEqual:
            return Comparison::NotEqual;
        case BinaryOperator::Less:
            return Comparison::Less;
        case BinaryOperator::LessOrEqual:
            return Comparison::LessEqual;
        case BinaryOperator::Greater:
            return Comparison::Greater;
        case BinaryOperator::GreaterOrEqual:
            return Comparison::GreaterEqual;
        default:
            return std::nullopt;
    }
}

Result<std::shared_ptr<const re2::RE2>> compile_regex(const RegexLiteral& regex) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto compiled = std::make_shared<const re2::RE2>(regex.pattern, options);
    if (!compiled->ok()) {
        return Error(ErrorCode::InvalidArgument,
                     "invalid regex /" + regex.pattern + "/: " + compiled->error());
    }
    return compiled;
}

bool regex_matches(const re2::RE2& regex, std::string_view text) {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex);
}

std::optional<Cell> literal_cell(const Expression& expression) {
    using Found = std::optional<Cell>;
    return std::visit(
        [](const auto& node) -> Found {
            using Node = std::decay_t<decltype(node)>;
            if constexpr (std::is_same_v<Node, IntegerLiteral> ||
                          std::is_same_v<Node, UnsignedLiteral> ||
                          std::is_same_v<Node, NumberLiteral> ||
                          std::is_same_v<Node, StringLiteral> ||
                          std::is_same_v<Node, BooleanLiteral>) {
                return Cell(node.value);
            } else if constexpr (std::is_same_v<Node, PercentLiteral>) {
                return Cell(node.value / 100);
            } else if constexpr (std::is_same_v<Node, DurationLiteral>) {
                const auto ns = node.value.fixed_ns();
                return ns ? Found(Cell(*ns)) : std::nullopt;
            } else {
                return std::nullopt;
            }
        },
        expression.node);
}

bool can_convert(FieldType type, CastType cast) {
    switch (cast) {
        case CastType::Field:
        case CastType::Tag:
            return true;
        case CastType::Float:
        case CastType::Integer:
        case CastType::Unsigned:
            return type != FieldType::String && type != FieldType::Boolean;
        case CastType::String:
            return type == FieldType::String;
        case CastType::Boolean:
            return type == FieldType::Boolean;
    }
    return false;
}

Result<RowExpression> bind_row_expression(const Expression& expression, const BindHooks& hooks) {
    return Binder(hooks).bind(expression);
}

}  // namespace tidemark::query

#include "query/plan/column_types.h"

#include <utility>

#include "query/syntax/box.h"

namespace tidemark::query {
namespace {

using Type = std::optional<FieldType>;

Type type_of_cell(const Cell& cell) {
    return std::visit(Match{
                          [](std::monostate) { return Type(); },
                          [](double) { return Type(FieldType::Float); },
                          [](std::int64_t) { return Type(FieldType::Integer); },
                          [](std::uint64_t) { return Type(FieldType::Unsigned); },
                          [](bool) { return Type(FieldType::Boolean); },
                          [](const std::string&) { return Type(FieldType::String); },
                          [](TimeCell) { return Type(FieldType::Integer); },
                      },
                      cell);
}

/// As calculate() in query/column/cell.h.
Type type_of_arithmetic(ArithmeticOperator op, Type left, Type right) {
    if (!left || !right) return std::nullopt;
    if (left != right) return FieldType::Float;
    if (op == ArithmeticOperator::Divide) return FieldType::Float;
    return left;
}

Type type_of_conversion(CastType type, Type operand) {
    switch (type) {
        case CastType::Float:
            return FieldType::Float;
        case CastType::Integer:
            return FieldType::Integer;
        case CastType::Unsigned:
            return FieldType::Unsigned;
        case CastType::String:
            return FieldType::String;
        case CastType::Boolean:
            return FieldType::Boolean;
        case CastType::Field:
        case CastType::Tag:
            break;
    }
    return operand;
}

bool is_number(FieldType type) {
    return type == FieldType::Float || type == FieldType::Integer || type == FieldType::Unsigned;
}

/// As calculate() in query/column/cell.h: what it gives a value for.
bool is_compatible(ArithmeticOperator op, FieldType left, FieldType right) {
    const bool is_bitwise = op == ArithmeticOperator::BitwiseAnd ||
                            op == ArithmeticOperator::BitwiseOr ||
                            op == ArithmeticOperator::BitwiseXor;
    if (is_number(left) && is_number(right)) {
        return !is_bitwise || (left != FieldType::Float && right != FieldType::Float);
    }
    if (left != right) return false;
    return left == FieldType::Boolean ? is_bitwise : op == ArithmeticOperator::Add;
}

}  // namespace

std::optional<std::pair<FieldType, FieldType>> incompatible_types(const RowExpression& expression,
                                                                  std::span<const Type> slots) {
    if (const auto* conversion = std::get_if<Conversion>(&expression.node)) {
        return incompatible_types(*conversion->operand, slots);
    }
    if (const auto* computation = std::get_if<Computation>(&expression.node)) {
        for (const RowExpression& argument : computation->arguments) {
            if (auto found = incompatible_types(argument, slots)) return found;
        }
        return std::nullopt;
    }
    const auto* arithmetic = std::get_if<Arithmetic>(&expression.node);
    if (arithmetic == nullptr) return std::nullopt;
    if (auto found = incompatible_types(*arithmetic->left, slots)) return found;
    if (auto found = incompatible_types(*arithmetic->right, slots)) return found;
    const Type left = column_type(*arithmetic->left, slots);
    const Type right = column_type(*arithmetic->right, slots);
    if (!left || !right || is_compatible(arithmetic->op, *left, *right)) return std::nullopt;
    return std::pair(*left, *right);
}

Status check_math_arguments(const RowExpression& expression, std::span<const Type> slots) {
    if (const auto* conversion = std::get_if<Conversion>(&expression.node)) {
        return check_math_arguments(*conversion->operand, slots);
    }
    if (const auto* arithmetic = std::get_if<Arithmetic>(&expression.node)) {
        TIDEMARK_RETURN_IF_ERROR(check_math_arguments(*arithmetic->left, slots));
        return check_math_arguments(*arithmetic->right, slots);
    }
    const auto* computation = std::get_if<Computation>(&expression.node);
    if (computation == nullptr) return success();
    for (std::size_t i = 0; i < computation->arguments.size(); ++i) {
        const RowExpression& argument = computation->arguments[i];
        TIDEMARK_RETURN_IF_ERROR(check_math_arguments(argument, slots));
        const Type type = column_type(argument, slots);
        if (!type || is_number(*type)) continue;
        return Error(ErrorCode::InvalidArgument,
                     "invalid argument type for the " + std::string(i == 0 ? "first" : "second") +
                         " argument in " + std::string(computation->function->name) +
                         "(): " + std::string(field_type_name(*type)));
    }
    return success();
}

Type column_type(const RowExpression& expression, std::span<const Type> slots) {
    const auto type = [&](const Box<RowExpression>& operand) {
        return column_type(*operand, slots);
    };
    return std::visit(
        [&](const auto& node) -> Type {
            using Node = std::decay_t<decltype(node)>;
            if constexpr (std::is_same_v<Node, SlotReference>) {
                return slots[node.slot];
            } else if constexpr (std::is_same_v<Node, ConstantCell>) {
                return type_of_cell(node.cell);
            } else if constexpr (std::is_same_v<Node, Arithmetic>) {
                return type_of_arithmetic(node.op, type(node.left), type(node.right));
            } else if constexpr (std::is_same_v<Node, Conversion>) {
                return type_of_conversion(node.type, type(node.operand));
            } else if constexpr (std::is_same_v<Node, Computation>) {
                return result_type(*node.function, column_type(node.arguments.front(), slots));
            } else {
                return FieldType::Boolean;
            }
        },
        expression.node);
}

Type column_type(const BoundCall& call) {
    switch (call.info().result) {
        case ResultRule::Duration:
            return call.unit_ns == 1 ? FieldType::Integer : FieldType::Float;
        case ResultRule::Time:
        case ResultRule::Integer:
            return FieldType::Integer;
        case ResultRule::Field:
            return call.field_type;
        case ResultRule::Text:
            return FieldType::String;
        case ResultRule::Float:
        case ResultRule::Table:
            break;
    }
    const bool lacks_field = call.info().field_types != 0 && !call.field_type;
    return lacks_field ? Type() : FieldType::Float;
}

ColumnTypes input_types(const std::vector<InputColumn>& inputs, const Schema& schema) {
    ColumnTypes types;
    types.reserve(inputs.size());
    for (const InputColumn& input : inputs) {
        const auto field = schema.fields().find(input.name);
        if (input.is_tag) {
            types.emplace_back(FieldType::String);
        } else if (field != schema.fields().end()) {
            types.emplace_back(field->second);
        } else {
            types.emplace_back();
        }
    }
    return types;
}

ColumnTypes slot_types(const std::vector<InputColumn>& inputs, const Schema& schema) {
    ColumnTypes types = input_types(inputs, schema);
    types.insert(types.begin(), FieldType::Integer);
    return types;
}

ColumnTypes column_types(const std::vector<RowExpression>& columns,
                         std::span<const std::optional<FieldType>> slots) {
    ColumnTypes types{FieldType::Integer};
    types.reserve(1 + columns.size());
    for (const RowExpression& column : columns) types.push_back(column_type(column, slots));
    return types;
}

ColumnTypes table_column_types(const BoundCall& call, std::size_t tag_count) {
    const FieldType duration = call.unit_ns == 1 ? FieldType::Integer : FieldType::Float;
    ColumnTypes types{FieldType::Integer};
    for (const std::string_view name : table_columns(call.function)) {
        if (name == "end" || name == "entries") {
            types.emplace_back(FieldType::Integer);
        } else if (name == "value") {
            types.push_back(call.field_type);
        } else if (name == "open") {
            types.emplace_back(FieldType::Boolean);
        } else {
            const bool is_duration = name == "duration" || name == "inside" || name == "unknown";
            types.emplace_back(is_duration ? duration : FieldType::Float);
        }
    }
    types.insert(types.end(), tag_count, FieldType::String);
    return types;
}

}  // namespace tidemark::query

#include "query/plan/predicate.h"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

#include "query/plan/messages.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

std::optional<Value> constant_value(const Expression& expression) {
    auto cell = literal_cell(without_parentheses(expression));
    if (!cell) return std::nullopt;
    return std::visit(
        [](auto& typed) -> std::optional<Value> {
            using T = std::decay_t<decltype(typed)>;
            if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, TimeCell>) {
                return std::nullopt;
            } else {
                return Value(std::move(typed));
            }
        },
        *cell);
}

std::optional<CompareOp> compare_op(BinaryOperator op) {
    switch (op) {
        case BinaryOperator::Equal:
            return CompareOp::Equal;
        case BinaryOperator::NotEqual:
            return CompareOp::NotEqual;
        case BinaryOperator::Less:
            return CompareOp::Less;
        case BinaryOperator::LessOrEqual:
            return CompareOp::LessEqual;
        case BinaryOperator::Greater:
            return CompareOp::Greater;
        case BinaryOperator::GreaterOrEqual:
            return CompareOp::GreaterEqual;
        default:
            return std::nullopt;
    }
}

CompareOp mirrored(CompareOp op) {
    switch (op) {
        case CompareOp::Less:
            return CompareOp::Greater;
        case CompareOp::LessEqual:
            return CompareOp::GreaterEqual;
        case CompareOp::Greater:
            return CompareOp::Less;
        case CompareOp::GreaterEqual:
            return CompareOp::LessEqual;
        default:
            return op;
    }
}

bool is_number(FieldType type) { return type != FieldType::Boolean && type != FieldType::String; }

/// Whether a scan takes this comparison (see PredicateLeaf).
Status check_types(const Expression& comparison, const ResolvedName& field, CompareOp op,
                   const Value& constant) {
    const FieldType type = *field.type;
    const FieldType constant_type = value_type(constant);
    const std::string where =
        "field " + field.name + " has type " + std::string(field_type_name(type));
    const bool is_ordering = op != CompareOp::Equal && op != CompareOp::NotEqual;
    if (type == FieldType::Boolean && constant_type == FieldType::Boolean && is_ordering) {
        return invalid(where + ", which is equal or not equal but never less: found " +
                       print(comparison));
    }
    if (is_number(type) ? is_number(constant_type) : type == constant_type) return success();
    return invalid(where + " and cannot be compared with a constant of type " +
                   std::string(field_type_name(constant_type)) + ": found " + print(comparison));
}

}  // namespace

std::vector<PredicateStep> BoundPredicate::steps_for(const TagSet& tags) const {
    std::vector<Cell> row;
    for (const InputColumn& input : tag_inputs_) {
        row.emplace_back(std::string(tag_value(tags, input.name)));
    }
    std::vector<PredicateStep> steps;
    steps.reserve(steps_.size());
    for (const Step& step : steps_) {
        using Kind = PredicateStep::Kind;
        switch (step.kind) {
            case StepKind::Leaf:
                steps.push_back({Kind::Leaf, step.index, Truth::Unknown});
                break;
            case StepKind::TagTest: {
                const bool truth = is_true(evaluate(tag_tests_[step.index], row));
                steps.push_back({Kind::Constant, 0, truth ? Truth::True : Truth::False});
                break;
            }
            case StepKind::Constant:
                steps.push_back({Kind::Constant, 0, step.constant});
                break;
            case StepKind::Not:
                steps.push_back({Kind::Not, 0, Truth::Unknown});
                break;
            case StepKind::And:
                steps.push_back({Kind::And, 0, Truth::Unknown});
                break;
            case StepKind::Or:
                steps.push_back({Kind::Or, 0, Truth::Unknown});
                break;
        }
    }
    return steps;
}

bool BoundPredicate::is_single_leaf() const {
    return steps_.size() == 1 && steps_.front().kind == StepKind::Leaf;
}

bool BoundPredicate::has_unknown_name() const {
    return std::any_of(steps_.begin(), steps_.end(), [](const Step& step) {
        return step.kind == StepKind::Constant && step.constant == Truth::Unknown;
    });
}

BoundPredicate BoundPredicate::unknown(std::string text) {
    BoundPredicate predicate;
    predicate.steps_.push_back({StepKind::Constant, 0, Truth::Unknown});
    predicate.text_ = std::move(text);
    return predicate;
}

class PredicateBinder {
public:
    PredicateBinder(const Schema& schema, std::vector<ResultMessage>& messages)
        : schema_(schema), messages_(messages) {}

    Result<BoundPredicate> bind(const Expression& expression) {
        TIDEMARK_RETURN_IF_ERROR(add(expression));
        predicate_.text_ = print(expression);
        return std::move(predicate_);
    }

private:
    using StepKind = BoundPredicate::StepKind;

    Status add(const Expression& expression) {
        return std::visit([&](const auto& node) { return add_node(expression, node); },
                          expression.node);
    }

    Status add_node(const Expression&, const Parenthesized& node) { return add(*node.operand); }

    Status add_node(const Expression&, const LogicalNot& node) {
        TIDEMARK_RETURN_IF_ERROR(add(*node.operand));
        return push(StepKind::Not);
    }

    Status add_node(const Expression&, const BooleanLiteral& node) {
        predicate_.steps_.push_back(
            {StepKind::Constant, 0, node.value ? Truth::True : Truth::False});
        return success();
    }

    /// A Boolean field alone is the predicate that it is true.
    Status add_node(const Expression& whole, const VariableReference& node) {
        const ResolvedName name = schema_.resolve(node);
        if (name.kind == NameKind::Unknown) return add_unknown(name.name);
        if (name.kind != NameKind::Field || *name.type != FieldType::Boolean) {
            const bool is_number = name.kind == NameKind::Field && *name.type != FieldType::String;
            return invalid("expected a comparison such as " + print(whole) +
                           (is_number ? " = 1" : " = 'text'") + ", found " + print(whole));
        }
        return add_leaf(name, CompareOp::Equal, Value(true), {});
    }

    Status add_node(const Expression& whole, const BinaryExpression& node) {
        if (node.op == BinaryOperator::And || node.op == BinaryOperator::Or) {
            TIDEMARK_RETURN_IF_ERROR(add(*node.left));
            TIDEMARK_RETURN_IF_ERROR(add(*node.right));
            return push(node.op == BinaryOperator::And ? StepKind::And : StepKind::Or);
        }
        if (node.op == BinaryOperator::Matches || node.op == BinaryOperator::DoesNotMatch) {
            return add_regex_test(whole, node);
        }
        const auto op = compare_op(node.op);
        if (!op) return invalid("expected a comparison, found " + print(whole));
        return add_comparison(whole, *op, *node.left, *node.right);
    }

    Status add_node(const Expression& whole, const InList& node) {
        for (std::size_t i = 0; i < node.values.size(); ++i) {
            TIDEMARK_RETURN_IF_ERROR(
                add_comparison(whole, CompareOp::Equal, *node.operand, node.values[i]));
            if (i > 0) TIDEMARK_RETURN_IF_ERROR(push(StepKind::Or));
        }
        return node.negated ? push(StepKind::Not) : success();
    }

    Status add_node(const Expression& whole, const Between& node) {
        TIDEMARK_RETURN_IF_ERROR(
            add_comparison(whole, CompareOp::GreaterEqual, *node.operand, *node.low));
        TIDEMARK_RETURN_IF_ERROR(
            add_comparison(whole, CompareOp::LessEqual, *node.operand, *node.high));
        TIDEMARK_RETURN_IF_ERROR(push(StepKind::And));
        return node.negated ? push(StepKind::Not) : success();
    }

    template <typename Node>
    Status add_node(const Expression& whole, const Node&) {
        return invalid("expected a comparison, found " + print(whole));
    }

    Status add_comparison(const Expression& whole, CompareOp op, const Expression& left,
                          const Expression& right) {
        const auto* left_name = std::get_if<VariableReference>(&without_parentheses(left).node);
        const auto* right_name = std::get_if<VariableReference>(&without_parentheses(right).node);
        if (left_name != nullptr && right_name != nullptr) {
            std::string message =
                "a predicate compares a field or tag with a constant, found " + print(whole);
            if (schema_.resolve(*right_name).kind == NameKind::Unknown) {
                message += ": did you mean " + print_string(right_name->name) + "?";
            }
            return invalid(std::move(message));
        }
        const VariableReference* reference = left_name != nullptr ? left_name : right_name;
        const auto constant = constant_value(left_name != nullptr ? right : left);
        if (reference == nullptr || !constant) {
            return invalid("a predicate compares a field or tag with a constant, found " +
                           print(whole));
        }
        if (left_name == nullptr) op = mirrored(op);
        const ResolvedName name = schema_.resolve(*reference);
        if (name.kind == NameKind::Field) {
            TIDEMARK_RETURN_IF_ERROR(check_types(whole, name, op, *constant));
            return add_leaf(name, op, *constant, {});
        }
        if (name.kind == NameKind::Unknown) return add_unknown(name.name);
        if (value_type(*constant) != FieldType::String) {
            return invalid("tag " + name.name +
                           " is a string and cannot be compared with a constant of type " +
                           std::string(field_type_name(value_type(*constant))) + ": found " +
                           print(whole));
        }
        return add_tag_test(comparison_of(op), name, *constant);
    }

    static Comparison comparison_of(CompareOp op) {
        switch (op) {
            case CompareOp::NotEqual:
                return Comparison::NotEqual;
            case CompareOp::Less:
                return Comparison::Less;
            case CompareOp::LessEqual:
                return Comparison::LessEqual;
            case CompareOp::Greater:
                return Comparison::Greater;
            case CompareOp::GreaterEqual:
                return Comparison::GreaterEqual;
            case CompareOp::Equal:
            case CompareOp::Matches:
                break;
        }
        return Comparison::Equal;
    }

    Status add_tag_test(Comparison op, const ResolvedName& name, const Value& constant) {
        const std::size_t slot = slot_of(predicate_.tag_inputs_, {name.name, true});
        return add_tag_test(
            RowExpression{ComparedCells{op, RowExpression{SlotReference{slot}},
                                        RowExpression{ConstantCell{to_cell(constant)}}}});
    }

    Status add_tag_test(RowExpression test) {
        predicate_.steps_.push_back(
            {StepKind::TagTest, predicate_.tag_tests_.size(), Truth::Unknown});
        predicate_.tag_tests_.push_back(std::move(test));
        return success();
    }

    Status add_regex_test(const Expression& whole, const BinaryExpression& node) {
        const auto* reference =
            std::get_if<VariableReference>(&without_parentheses(*node.left).node);
        const auto* regex = std::get_if<RegexLiteral>(&without_parentheses(*node.right).node);
        if (reference == nullptr || regex == nullptr) {
            return invalid("expected a name =~ /regex/, found " + print(whole));
        }
        TIDEMARK_ASSIGN_OR_RETURN(const auto compiled, compile_regex(*regex));
        const bool is_negated = node.op == BinaryOperator::DoesNotMatch;
        const ResolvedName name = schema_.resolve(*reference);
        if (name.kind == NameKind::Unknown) return add_unknown(name.name);
        if (name.kind == NameKind::Tag) {
            const std::size_t slot = slot_of(predicate_.tag_inputs_, {name.name, true});
            return add_tag_test(
                RowExpression{RegexTest{RowExpression{SlotReference{slot}}, compiled, is_negated}});
        }
        if (*name.type != FieldType::String) {
            return invalid("field " + name.name + " has type " +
                           std::string(field_type_name(*name.type)) +
                           " and cannot be matched with a regex: found " + print(whole));
        }
        TIDEMARK_RETURN_IF_ERROR(
            add_leaf(name, CompareOp::Matches, Value(std::string(regex->pattern)),
                     [compiled](std::string_view text) { return regex_matches(*compiled, text); }));
        return is_negated ? push(StepKind::Not) : success();
    }

    Status add_leaf(const ResolvedName& field, CompareOp op, Value constant,
                    std::function<bool(std::string_view)> matches) {
        if (!predicate_.numeric_field_ && is_number(*field.type)) {
            predicate_.numeric_field_ = field.name;
        }
        auto& leaves = predicate_.leaves_;
        const auto same = std::find_if(leaves.begin(), leaves.end(), [&](const auto& leaf) {
            return leaf.field == field.name && leaf.op == op && leaf.constant == constant;
        });
        predicate_.steps_.push_back(
            {StepKind::Leaf, static_cast<std::size_t>(same - leaves.begin()), Truth::Unknown});
        if (same == leaves.end()) {
            leaves.push_back({field.name, op, std::move(constant), std::move(matches)});
        }
        return success();
    }

    Status add_unknown(const std::string& name) {
        if (auto text = schema_.unknown_name(name)) warn(messages_, *std::move(text));
        predicate_.steps_.push_back({StepKind::Constant, 0, Truth::Unknown});
        return success();
    }

    Status push(StepKind kind) {
        predicate_.steps_.push_back({kind, 0, Truth::Unknown});
        return success();
    }

    const Schema& schema_;
    std::vector<ResultMessage>& messages_;
    BoundPredicate predicate_;
};

Result<BoundPredicate> bind_predicate(const Expression& expression, const Schema& schema,
                                      std::vector<ResultMessage>& messages) {
    return PredicateBinder(schema, messages).bind(expression);
}

}  // namespace tidemark::query

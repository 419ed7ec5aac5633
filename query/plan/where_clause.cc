#include "query/plan/where_clause.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include <re2/re2.h>

#include "query/plan/column_types.h"
#include "query/plan/messages.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

bool is_time(const Expression& expression) {
    const auto* reference = std::get_if<VariableReference>(&without_parentheses(expression).node);
    return reference != nullptr && reference->name == "time" && !reference->cast;
}

bool mentions_time(const Expression& expression) {
    if (is_time(expression)) return true;
    return std::visit(
        [](const auto& node) {
            using Node = std::decay_t<decltype(node)>;
            if constexpr (std::is_same_v<Node, BinaryExpression>) {
                return mentions_time(*node.left) || mentions_time(*node.right);
            } else if constexpr (std::is_same_v<Node, LogicalNot> ||
                                 std::is_same_v<Node, Parenthesized> ||
                                 std::is_same_v<Node, Negation> || std::is_same_v<Node, InList> ||
                                 std::is_same_v<Node, Between>) {
                return mentions_time(*node.operand);
            } else {
                return false;
            }
        },
        expression.node);
}

/// The parts that AND connects, in order.
void collect_conjuncts(const Expression& expression, std::vector<const Expression*>& conjuncts) {
    const Expression& inner = without_parentheses(expression);
    const auto* binary = std::get_if<BinaryExpression>(&inner.node);
    if (binary != nullptr && binary->op == BinaryOperator::And) {
        collect_conjuncts(*binary->left, conjuncts);
        collect_conjuncts(*binary->right, conjuncts);
    } else {
        conjuncts.push_back(&inner);
    }
}

bool compares(BinaryOperator op) {
    return op >= BinaryOperator::Equal && op <= BinaryOperator::DoesNotMatch;
}

/// Whether `test` is true for a node of the expression.
template <typename Test>
bool any_node(const RowExpression& expression, const Test& test) {
    if (test(expression)) return true;
    const auto in = [&](const Box<RowExpression>& operand) { return any_node(*operand, test); };
    return std::visit(
        [&](const auto& node) {
            using Node = std::decay_t<decltype(node)>;
            if constexpr (std::is_same_v<Node, SlotReference> ||
                          std::is_same_v<Node, ConstantCell>) {
                return false;
            } else if constexpr (std::is_same_v<Node, AnyOf>) {
                return in(node.operand) ||
                       std::any_of(node.values.begin(), node.values.end(),
                                   [&](const auto& value) { return any_node(value, test); });
            } else if constexpr (std::is_same_v<Node, Computation>) {
                return std::any_of(node.arguments.begin(), node.arguments.end(),
                                   [&](const auto& argument) { return any_node(argument, test); });
            } else if constexpr (std::is_same_v<Node, RegexTest> ||
                                 std::is_same_v<Node, Inversion> ||
                                 std::is_same_v<Node, Conversion>) {
                return in(node.operand);
            } else {
                return in(node.left) || in(node.right);
            }
        },
        expression.node);
}

/// Whether a division of two integers is in it.
bool cuts_fraction(const RowExpression& expression, const ColumnTypes& types) {
    const auto is_integer = [&](const RowExpression& operand) {
        const auto type = column_type(operand, types);
        return type == FieldType::Integer || type == FieldType::Unsigned;
    };
    return any_node(expression, [&](const RowExpression& node) {
        const auto* arithmetic = std::get_if<Arithmetic>(&node.node);
        return arithmetic != nullptr && arithmetic->op == ArithmeticOperator::Quotient &&
               is_integer(*arithmetic->left) && is_integer(*arithmetic->right);
    });
}

class WhereBinder {
public:
    WhereBinder(const Schema& schema, const TimeContext& context,
                std::vector<ResultMessage>& messages)
        : schema_(schema), context_(context), messages_(messages) {}

    Result<WhereClause> bind(const Expression& where) {
        std::vector<const Expression*> conjuncts;
        collect_conjuncts(where, conjuncts);
        for (const Expression* conjunct : conjuncts) {
            TIDEMARK_RETURN_IF_ERROR(bind_conjunct(*conjunct));
        }
        return std::move(clause_);
    }

    Result<TimeBounds> bind_time_only(const Expression& where) {
        std::vector<const Expression*> conjuncts;
        collect_conjuncts(where, conjuncts);
        for (const Expression* conjunct : conjuncts) {
            if (mentions_time(*conjunct)) TIDEMARK_RETURN_IF_ERROR(bind_time(*conjunct));
        }
        return clause_.time;
    }

private:
    Status bind_conjunct(const Expression& conjunct) {
        if (mentions_time(conjunct)) return bind_time(conjunct);
        TIDEMARK_ASSIGN_OR_RETURN(const bool is_matcher, bind_tag_matcher(conjunct));
        if (is_matcher) return success();
        BindHooks hooks;
        hooks.bind_leaf = [this](const Expression& leaf) { return bind_name(leaf); };
        hooks.bind_comparison = [this](const Expression& comparison) {
            warn_of_mismatch(comparison);
            return Result<std::optional<RowExpression>>(std::optional<RowExpression>());
        };
        hooks.bind_list = [this](const Expression& list) {
            for (const Expression& value : std::get<InList>(list.node).values) {
                warn_of_quotes(without_parentheses(value));
            }
            return Result<std::optional<RowExpression>>(std::optional<RowExpression>());
        };
        hooks.cuts_quotients = true;
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression condition, bind_row_expression(conjunct, hooks));
        const ColumnTypes types = input_types(clause_.inputs, schema_);
        if (cuts_fraction(condition, types)) {
            warn(
                "a quotient of integers is cut in WHERE: make one side a float, as in x / 2.0, "
                "in " +
                print(conjunct));
        }
        warn_of_math(condition, types, conjunct);
        if (clause_.condition) {
            condition = RowExpression{Conjunction{*std::move(clause_.condition), condition}};
        }
        clause_.condition = std::move(condition);
        return success();
    }

    Status bind_time(const Expression& conjunct) {
        if (const auto* between = std::get_if<Between>(&conjunct.node)) {
            if (is_time(*between->operand) && !between->negated) {
                TIDEMARK_RETURN_IF_ERROR(
                    restrict_time(conjunct, BinaryOperator::GreaterOrEqual, *between->low));
                return restrict_time(conjunct, BinaryOperator::LessOrEqual, *between->high);
            }
        }
        if (const auto* binary = std::get_if<BinaryExpression>(&conjunct.node)) {
            if (compares(binary->op) && is_time(*binary->left)) {
                return restrict_time(conjunct, binary->op, *binary->right);
            }
            if (compares(binary->op) && is_time(*binary->right)) {
                return restrict_time(conjunct, mirrored(binary->op), *binary->left);
            }
        }
        return Error(ErrorCode::InvalidArgument,
                     "time can only be compared with constants and combined by AND; found " +
                         print(conjunct));
    }

    Status restrict_time(const Expression& conjunct, BinaryOperator op, const Expression& limit) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t ns, evaluate_instant(limit, context_));
        if (auto doubt = doubt_of_instant(limit)) warn(*std::move(doubt));
        TimeBounds& time = clause_.time;
        const auto from = [&](std::int64_t begin_ns) {
            time.range.begin_ns = std::max(time.range.begin_ns, begin_ns);
            time.has_lower = true;
        };
        const auto until = [&](std::int64_t end_ns) {
            time.range.end_ns = std::min(time.range.end_ns, end_ns);
            time.has_upper = true;
        };
        switch (op) {
            case BinaryOperator::Equal:
                from(ns);
                until(saturating_add(ns, 1));
                return success();
            case BinaryOperator::Less:
                until(ns);
                return success();
            case BinaryOperator::LessOrEqual:
                until(saturating_add(ns, 1));
                return success();
            case BinaryOperator::Greater:
                from(saturating_add(ns, 1));
                return success();
            case BinaryOperator::GreaterOrEqual:
                from(ns);
                return success();
            default:
                return Error(ErrorCode::InvalidArgument,
                             "invalid time comparison operator in " + print(conjunct));
        }
    }

    /// Takes `tag op 'constant'` for the scan's index; false when the conjunct is something else.
    Result<bool> bind_tag_matcher(const Expression& conjunct) {
        const auto* binary = std::get_if<BinaryExpression>(&conjunct.node);
        if (binary == nullptr || !compares(binary->op)) return false;
        const Expression& left = without_parentheses(*binary->left);
        const Expression& right = without_parentheses(*binary->right);
        const auto* reference = std::get_if<VariableReference>(&left.node);
        if (reference == nullptr) return false;
        if (schema_.resolve(*reference).kind != NameKind::Tag) return false;
        TagMatcher matcher;
        matcher.key = reference->name;
        if (const auto* regex = std::get_if<RegexLiteral>(&right.node)) {
            if (binary->op != BinaryOperator::Matches &&
                binary->op != BinaryOperator::DoesNotMatch) {
                return false;
            }
            TIDEMARK_ASSIGN_OR_RETURN(const auto compiled, compile_regex(*regex));
            const bool is_wanted = binary->op == BinaryOperator::Matches;
            matcher.op = CompareOp::Matches;
            matcher.matches = [compiled, is_wanted](std::string_view text) {
                return regex_matches(*compiled, text) == is_wanted;
            };
        } else if (const auto* text = std::get_if<StringLiteral>(&right.node)) {
            if (binary->op != BinaryOperator::Equal && binary->op != BinaryOperator::NotEqual) {
                return false;
            }
            matcher.op =
                binary->op == BinaryOperator::Equal ? CompareOp::Equal : CompareOp::NotEqual;
            matcher.value = text->value;
        } else {
            return false;
        }
        clause_.tag_matchers.push_back(std::move(matcher));
        clause_.matcher_texts.push_back(print(conjunct));
        return true;
    }

    Result<RowExpression> bind_name(const Expression& leaf) {
        const auto* reference = std::get_if<VariableReference>(&leaf.node);
        if (reference == nullptr) {
            return Error(ErrorCode::InvalidArgument,
                         "functions are not allowed in WHERE, except those of single numbers such "
                         "as abs(): found " +
                             print(leaf) + "; HAVING takes them");
        }
        const ResolvedName name = schema_.resolve(*reference);
        // An unknown name is a tag that no series has, unless it is said to be a field.
        const bool is_tag =
            name.kind == NameKind::Tag || (name.kind == NameKind::Unknown &&
                                           (!reference->cast || reference->cast == CastType::Tag));
        RowExpression slot{SlotReference{slot_of(clause_.inputs, {name.name, is_tag})}};
        if (name.kind == NameKind::Unknown) warn_of_unknown(name.name);
        const bool converts = reference->cast && reference->cast != CastType::Field &&
                              reference->cast != CastType::Tag;
        if (!converts) return slot;
        return RowExpression{Conversion{std::move(slot), *reference->cast}};
    }

    void warn_of_unknown(const std::string& name) {
        if (quoted_names_.contains(name)) return;
        if (auto text = schema_.unknown_name(name)) warn(*std::move(text));
    }

    /// A text without single quotes is a name; true when that was surely not meant.
    bool warn_of_quotes(const Expression& value) {
        const auto* quoted = std::get_if<VariableReference>(&value.node);
        if (quoted == nullptr || schema_.resolve(*quoted).kind != NameKind::Unknown) return false;
        quoted_names_.insert(quoted->name);
        warn(print_identifier(quoted->name) +
             " without single quotes is a name, and there is no such field or tag: did you mean " +
             print_string(quoted->name) + "?");
        return true;
    }

    /// Comparisons that InfluxDB answers with nothing, silently.
    void warn_of_mismatch(const Expression& comparison) {
        const auto& binary = std::get<BinaryExpression>(comparison.node);
        const auto* left = std::get_if<VariableReference>(&without_parentheses(*binary.left).node);
        if (left == nullptr) return;
        const Expression& right = without_parentheses(*binary.right);
        const ResolvedName name = schema_.resolve(*left);
        if (warn_of_quotes(right) || name.kind == NameKind::Unknown) return;
        const auto constant = literal_cell(right);
        if (!constant) return;
        const bool is_text = std::holds_alternative<std::string>(*constant);
        const bool is_boolean = std::holds_alternative<bool>(*constant);
        const bool fits = name.kind != NameKind::Field       ? is_text
                          : *name.type == FieldType::String  ? is_text
                          : *name.type == FieldType::Boolean ? is_boolean
                                                             : !is_text && !is_boolean;
        if (fits) return;
        const std::string what =
            name.kind == NameKind::Field
                ? "field " + name.name + " has type " + std::string(field_type_name(*name.type))
                : "tag " + name.name + " is a string";
        warn(what + ": " + print(comparison) + " is never true");
    }

    void warn_of_math(const RowExpression& condition, const ColumnTypes& types,
                      const Expression& conjunct) {
        bool fits = true;
        any_node(condition, [&](const RowExpression& node) {
            fits = fits && check_math_arguments(node, types).has_value();
            return false;
        });
        if (!fits) warn("a function of numbers has no value for other types: " + print(conjunct));
    }

    void warn(std::string text) { query::warn(messages_, std::move(text)); }

    const Schema& schema_;
    const TimeContext& context_;
    std::vector<ResultMessage>& messages_;
    WhereClause clause_;
    std::set<std::string> quoted_names_;  // Were told to be texts in the wrong quotes.
};

/// What is known of a condition before any field is read.
enum class Verdict : std::uint8_t { Never, Always, DependsOnFields };

bool reads_fields(const RowExpression& expression, const std::vector<InputColumn>& inputs) {
    return any_node(expression, [&](const RowExpression& node) {
        const auto* reference = std::get_if<SlotReference>(&node.node);
        return reference != nullptr && !inputs[reference->slot].is_tag;
    });
}

Verdict verdict(const RowExpression& condition, const std::vector<InputColumn>& inputs,
                std::span<const Cell> tags) {
    if (const auto* both = std::get_if<Conjunction>(&condition.node)) {
        const Verdict left = verdict(*both->left, inputs, tags);
        const Verdict right = verdict(*both->right, inputs, tags);
        if (left == Verdict::Never || right == Verdict::Never) return Verdict::Never;
        return left == Verdict::Always ? right : left;
    }
    if (const auto* either = std::get_if<Disjunction>(&condition.node)) {
        const Verdict left = verdict(*either->left, inputs, tags);
        const Verdict right = verdict(*either->right, inputs, tags);
        if (left == Verdict::Always || right == Verdict::Always) return Verdict::Always;
        return left == Verdict::Never ? right : left;
    }
    if (reads_fields(condition, inputs)) return Verdict::DependsOnFields;
    return is_true(evaluate(condition, tags)) ? Verdict::Always : Verdict::Never;
}

}  // namespace

BinaryOperator mirrored(BinaryOperator op) {
    switch (op) {
        case BinaryOperator::Less:
            return BinaryOperator::Greater;
        case BinaryOperator::LessOrEqual:
            return BinaryOperator::GreaterOrEqual;
        case BinaryOperator::Greater:
            return BinaryOperator::Less;
        case BinaryOperator::GreaterOrEqual:
            return BinaryOperator::LessOrEqual;
        default:
            return op;
    }
}

std::size_t slot_of(std::vector<InputColumn>& columns, const InputColumn& column) {
    const auto found = std::find(columns.begin(), columns.end(), column);
    if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
    columns.push_back(column);
    return columns.size() - 1;
}

bool WhereClause::has_field_condition() const {
    return std::any_of(inputs.begin(), inputs.end(),
                       [](const InputColumn& input) { return !input.is_tag; });
}

std::string_view tag_value(const TagSet& tags, std::string_view key) {
    const auto tag =
        std::find_if(tags.begin(), tags.end(), [&](const Tag& t) { return t.key == key; });
    return tag == tags.end() ? std::string_view() : tag->value;
}

Result<TimeBounds> bind_time_bounds(const Expression& where, const TimeContext& context) {
    const Schema schema;
    std::vector<ResultMessage> unheard;
    return WhereBinder(schema, context, unheard).bind_time_only(where);
}

Result<WhereClause> bind_where(const Expression& where, const Schema& schema,
                               const TimeContext& context, std::vector<ResultMessage>& messages) {
    return WhereBinder(schema, context, messages).bind(where);
}

bool may_hold(const WhereClause& where, const TagSet& tags) {
    if (!where.condition) return true;
    std::vector<Cell> row;
    for (const InputColumn& input : where.inputs) {
        row.emplace_back(input.is_tag ? Cell(std::string(tag_value(tags, input.name))) : Cell());
    }
    return verdict(*where.condition, where.inputs, row) != Verdict::Never;
}

}  // namespace tidemark::query

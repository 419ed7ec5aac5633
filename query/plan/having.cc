#include "query/plan/having.h"

#include <algorithm>
#include <utility>

#include "query/plan/name_suggestion.h"
#include "query/plan/select_items.h"
#include "query/syntax/duration.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

class HavingBinder {
public:
    HavingBinder(const HavingScope& scope, const TimeContext& context)
        : scope_(scope), context_(context) {}

    Result<RowExpression> bind(const Expression& having) {
        BindHooks hooks;
        hooks.bind_leaf = [this](const Expression& leaf) { return bind_leaf(leaf, false); };
        hooks.bind_comparison = [this](const Expression& comparison) {
            return bind_comparison(comparison);
        };
        hooks.bind_list = [this](const Expression& list) { return bind_list(list); };
        return bind_row_expression(having, hooks);
    }

private:
    Result<RowExpression> bind_leaf(const Expression& leaf, bool durations_in_ns) {
        if (const auto* call = std::get_if<Call>(&leaf.node)) {
            return bind_call(*call, durations_in_ns);
        }
        const auto& reference = std::get<VariableReference>(leaf.node);
        const auto& names = *scope_.names;
        const auto found = std::find(names.begin(), names.end(), reference.name);
        if (found == names.end()) {
            return Error(ErrorCode::InvalidArgument, "HAVING refers to " +
                                                         print_identifier(reference.name) +
                                                         ", which is no column of the answer" +
                                                         suggestion(reference.name, names));
        }
        const auto column = static_cast<std::size_t>(found - names.begin());
        if (!durations_in_ns) return (*scope_.columns)[column];
        return column_in_ns(column);
    }

    Result<RowExpression> bind_call(const Call& call, bool durations_in_ns) {
        if (scope_.calls == nullptr) {
            return Error(
                ErrorCode::InvalidArgument,
                "HAVING with functions needs functions in SELECT: found " + call.name + "()");
        }
        const FunctionInfo* info = find_function(call.name);
        const bool is_duration = info != nullptr && info->result == ResultRule::Duration;
        const auto unit =
            durations_in_ns && is_duration ? std::optional<std::int64_t>(1) : std::nullopt;
        TIDEMARK_ASSIGN_OR_RETURN(const std::size_t index, scope_.calls->add(call, unit));
        const BoundCall& bound = scope_.calls->calls()[index];
        if (bound.info().function_class == FunctionClass::Table) {
            return Error(ErrorCode::InvalidArgument,
                         call.name + "() is a table and cannot stand in HAVING");
        }
        return RowExpression{SlotReference{scope_.first_call_slot + index}};
    }

    Result<RowExpression> column_in_ns(std::size_t column) {
        if (scope_.ns_slots != nullptr) {
            return RowExpression{SlotReference{(*scope_.ns_slots)[column]}};
        }
        if (scope_.expressions == nullptr) return (*scope_.columns)[column];
        // gives_duration() has seen that the column is made of calls: no name leads back here.
        BindHooks hooks;
        hooks.bind_leaf = [this](const Expression& leaf) {
            return bind_call(std::get<Call>(leaf.node), true);
        };
        return bind_row_expression((*scope_.expressions)[column], hooks);
    }

    /// Whether the expression is made of durations: it names one, and nothing of another kind.
    bool gives_duration(const Expression& expression) const {
        if (has_math(expression)) return false;
        std::vector<const VariableReference*> references;
        collect_references(expression, references);
        for (const VariableReference* reference : references) {
            if (!is_duration_column(reference->name)) return false;
        }
        std::vector<const Call*> calls;
        collect_calls(expression, calls);
        return calls_give_durations(expression) && calls.size() + references.size() > 0;
    }

    static bool calls_give_durations(const Expression& expression) {
        std::vector<const Call*> calls;
        collect_calls(expression, calls);
        return std::all_of(calls.begin(), calls.end(), [](const Call* call) {
            const FunctionInfo* info = find_function(call->name);
            return info != nullptr && info->result == ResultRule::Duration;
        });
    }

    /// Inside a column's own expression names are fields, also where the column is called the same.
    bool is_duration_column(const std::string& name) const {
        const auto& names = *scope_.names;
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) return false;
        const auto column = static_cast<std::size_t>(found - names.begin());
        if (scope_.ns_slots != nullptr) return (*scope_.ns_slots)[column] != 0;
        if (scope_.expressions == nullptr) return false;
        const Expression& expression = (*scope_.expressions)[column];
        std::vector<const VariableReference*> fields;
        collect_references(expression, fields);
        return fields.empty() && !has_math(expression) && calls_give_durations(expression);
    }

    Result<std::optional<RowExpression>> bind_comparison(const Expression& comparison) {
        using Bound = std::optional<RowExpression>;
        const auto& binary = std::get<BinaryExpression>(comparison.node);
        const auto op = comparison_of(binary.op);
        if (!op) return Bound();
        const auto left_ns = constant_duration_ns(*binary.left);
        const auto right_ns = constant_duration_ns(*binary.right);
        if (left_ns && !right_ns) {
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression right, in_ns(comparison, *binary.right));
            return Bound(compared(*op, constant(*left_ns), std::move(right)));
        }
        if (right_ns && !left_ns) {
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression left, in_ns(comparison, *binary.left));
            return Bound(compared(*op, std::move(left), constant(*right_ns)));
        }
        TIDEMARK_RETURN_IF_ERROR(refuse_other_kind(comparison, *binary.left, *binary.right));
        TIDEMARK_RETURN_IF_ERROR(refuse_other_kind(comparison, *binary.right, *binary.left));
        if (const auto instant = instant_of(*binary.right)) {
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression left, bind(*binary.left));
            return Bound(compared(*op, std::move(left), time(*instant)));
        }
        if (const auto instant = instant_of(*binary.left)) {
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression right, bind(*binary.right));
            return Bound(compared(*op, time(*instant), std::move(right)));
        }
        return Bound();
    }

    /// A number and a text or a truth value: nothing would ever hold.
    Status refuse_other_kind(const Expression& comparison, const Expression& side,
                             const Expression& value) const {
        const Expression& literal = without_parentheses(value);
        const auto* text = std::get_if<StringLiteral>(&literal.node);
        const bool is_other =
            text != nullptr || std::holds_alternative<BooleanLiteral>(literal.node);
        if (!is_other || !gives_number(side)) return success();
        std::string message = print(side) + " is a number: found " + print(comparison);
        if (text != nullptr && parse_duration(text->value)) {
            message += "; a duration stands without quotes: " + text->value;
        }
        return Error(ErrorCode::InvalidArgument, std::move(message));
    }

    /// Whether it is made of calls that give numbers, whatever their fields.
    bool gives_number(const Expression& expression) const {
        std::vector<const VariableReference*> references;
        collect_references(expression, references);
        std::vector<const Call*> calls;
        collect_calls(expression, calls);
        for (const VariableReference* reference : references) {
            const auto column =
                std::find(scope_.names->begin(), scope_.names->end(), reference->name);
            if (scope_.expressions == nullptr || column == scope_.names->end()) return false;
            collect_calls(
                (*scope_.expressions)[static_cast<std::size_t>(column - scope_.names->begin())],
                calls);
        }
        return !calls.empty() && std::all_of(calls.begin(), calls.end(), [](const Call* call) {
            const FunctionInfo* info = find_function(call->name);
            return info != nullptr &&
                   (info->result == ResultRule::Float || info->result == ResultRule::Integer ||
                    info->result == ResultRule::Duration);
        });
    }

    /// A list of durations or of times; nothing for other lists.
    Result<std::optional<RowExpression>> bind_list(const Expression& whole) {
        using Bound = std::optional<RowExpression>;
        const auto& list = std::get<InList>(whole.node);
        std::vector<RowExpression> durations;
        std::vector<RowExpression> instants;
        for (const Expression& value : list.values) {
            if (const auto ns = constant_duration_ns(value)) {
                durations.push_back(constant(*ns));
            } else if (const auto instant = instant_of(value)) {
                instants.push_back(time(*instant));
            }
        }
        if (durations.empty() && instants.empty()) return Bound();
        if (std::max(durations.size(), instants.size()) < list.values.size()) {
            return Error(ErrorCode::InvalidArgument,
                         "a list in HAVING is of durations, of times or of other values: found " +
                             print(whole));
        }
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression operand, durations.empty()
                                                             ? bind(*list.operand)
                                                             : in_ns(whole, *list.operand));
        RowExpression any{
            AnyOf{std::move(operand), std::move(durations.empty() ? instants : durations)}};
        return Bound(list.negated ? RowExpression{Inversion{std::move(any)}} : std::move(any));
    }

    Result<RowExpression> in_ns(const Expression& comparison, const Expression& side) {
        if (!gives_duration(side)) {
            return Error(ErrorCode::InvalidArgument,
                         "a duration compares with functions that give durations only: found " +
                             print(comparison));
        }
        BindHooks hooks;
        hooks.bind_leaf = [this](const Expression& leaf) { return bind_leaf(leaf, true); };
        return bind_row_expression(side, hooks);
    }

    /// now() - 1h, or a string that reads as a time.
    std::optional<std::int64_t> instant_of(const Expression& expression) const {
        const auto* text = std::get_if<StringLiteral>(&without_parentheses(expression).node);
        if (text != nullptr) return parse_instant(text->value, context_.zone);
        if (!mentions_now(expression)) return std::nullopt;
        auto instant = evaluate_instant(expression, context_);
        return instant ? std::optional(instant.value()) : std::nullopt;
    }

    static RowExpression constant(std::int64_t ns) { return RowExpression{ConstantCell{ns}}; }
    static RowExpression time(std::int64_t ns) { return RowExpression{ConstantCell{TimeCell{ns}}}; }
    static RowExpression compared(Comparison op, RowExpression left, RowExpression right) {
        return RowExpression{ComparedCells{op, std::move(left), std::move(right)}};
    }

    const HavingScope& scope_;
    const TimeContext& context_;
};

}  // namespace

Result<RowExpression> bind_having(const Expression& having, const HavingScope& scope,
                                  const TimeContext& context) {
    return HavingBinder(scope, context).bind(having);
}

}  // namespace tidemark::query

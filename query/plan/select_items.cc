#include "query/plan/select_items.h"

#include <algorithm>
#include <map>
#include <utility>

#include "query/functions/function_table.h"
#include "query/functions/math_functions.h"
#include "query/plan/call_binder.h"
#include "query/plan/row_expression.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

/// Calls `visit_call` and `visit_reference` from left to right, not entering calls but those of
/// MathFunctions when `enters_math`, for which `visit_call` is not called then.
template <typename CallVisitor, typename ReferenceVisitor>
void visit_names(const Expression& expression, bool enters_math, const CallVisitor& visit_call,
                 const ReferenceVisitor& visit_reference) {
    const auto* math = std::get_if<Call>(&expression.node);
    if (enters_math && math != nullptr && find_math_function(math->name) != nullptr) {
        for (const Expression& argument : math->arguments) {
            visit_names(argument, enters_math, visit_call, visit_reference);
        }
        return;
    }
    if (const auto* call = std::get_if<Call>(&expression.node)) visit_call(*call);
    if (const auto* reference = std::get_if<VariableReference>(&expression.node)) {
        visit_reference(*reference);
    }
    for_each_operand(expression, [&](const Expression& operand) {
        visit_names(operand, enters_math, visit_call, visit_reference);
    });
}

/// InfluxQL's name of an unnamed column: its names and calls joined by '_'.
std::string generated_name(const Expression& expression) {
    std::string name;
    const auto append = [&](const std::string& part) {
        if (!name.empty()) name += '_';
        name += part;
    };
    visit_names(
        expression, false, [&](const Call& call) { append(call.name); },
        [&](const VariableReference& reference) { append(reference.name); });
    return name;
}

// Each is a column with a copy of the call's field, however long that is written.
constexpr std::size_t kPercentLimit = 100;

struct NamedItem {
    Expression expression;
    std::optional<std::string> alias;
    /// Stands for the generated name of an item without an alias.
    std::optional<std::string> own_name = std::nullopt;
};

bool mentions_wildcard(const Expression& expression) {
    const Expression& inner = without_parentheses(expression);
    if (std::holds_alternative<Wildcard>(inner.node)) return true;
    if (std::holds_alternative<RegexLiteral>(inner.node)) return true;
    const auto* binary = std::get_if<BinaryExpression>(&inner.node);
    if (binary == nullptr || binary->op >= BinaryOperator::Equal) return false;
    return mentions_wildcard(*binary->left) || mentions_wildcard(*binary->right);
}

bool gives_columns(const Call& call) {
    const FunctionInfo* info = find_function(call.name);
    return info != nullptr && info->function_class == FunctionClass::Columns;
}

class ItemExpander {
public:
    ItemExpander(const Schema& schema, const std::set<std::string>& group_tags)
        : schema_(schema), group_tags_(group_tags) {}

    Result<std::vector<NamedItem>> expand(const SelectStatement& select) {
        for (const SelectItem& item : select.items) TIDEMARK_RETURN_IF_ERROR(expand(item));
        return std::move(items_);
    }

    const std::string& time_name() const { return time_name_; }

private:
    Status expand(const SelectItem& item) {
        const Expression& inner = without_parentheses(item.expression);
        if (const auto* wildcard = std::get_if<Wildcard>(&inner.node)) {
            add_names(inner, wildcard->kind, nullptr);
            return success();
        }
        if (const auto* regex = std::get_if<RegexLiteral>(&inner.node)) {
            TIDEMARK_ASSIGN_OR_RETURN(const auto compiled, compile_regex(*regex));
            add_names(inner, WildcardKind::All, compiled.get());
            return success();
        }
        if (const auto* reference = std::get_if<VariableReference>(&inner.node)) {
            if (reference->name == "time" && !reference->cast) {
                if (item.alias) time_name_ = *item.alias;
                return success();
            }
        }
        if (const auto* call = std::get_if<Call>(&inner.node)) return expand_call(item, *call);
        if (mentions_wildcard(inner)) {
            return Error(ErrorCode::InvalidArgument,
                         "unsupported expression with wildcard: " + print(inner));
        }
        add_item(item);
        return success();
    }

    /// The item, and for top(f, tag, n) and bottom a column for each of the names.
    void add_item(const SelectItem& item) {
        items_.push_back({item.expression, item.alias});
        std::vector<const Call*> calls;
        collect_calls(item.expression, calls);
        for (const Call* call : calls) {
            const FunctionInfo* info = find_function(call->name);
            if (info == nullptr || info->arguments[1].kind != ArgumentKind::Tags) continue;
            for (std::size_t i = 1; i + 1 < call->arguments.size(); ++i) {
                const Expression& name = without_parentheses(call->arguments[i]);
                if (!std::holds_alternative<VariableReference>(name.node)) continue;
                items_.push_back({name, std::nullopt});
            }
        }
    }

    void add_names(const Expression& place, WildcardKind kind, const re2::RE2* regex) {
        // A field stands before a tag of the same name.
        std::multimap<std::string, CastType> names;
        if (kind != WildcardKind::Tags) {
            for (const auto& [name, type] : schema_.fields()) names.emplace(name, CastType::Field);
        }
        if (kind != WildcardKind::Fields) {
            for (const std::string& tag : schema_.tags()) {
                if (!group_tags_.contains(tag)) names.emplace(tag, CastType::Tag);
            }
        }
        for (const auto& [name, cast] : names) {
            if (regex != nullptr && !regex_matches(*regex, name)) continue;
            items_.push_back({Expression{place.location, VariableReference{name, cast}}, {}});
        }
    }

    Status expand_call(const SelectItem& item, const Call& call) {
        // derivative(mean(*)) stands for all that mean takes.
        const Call* innermost = &call;
        while (!innermost->arguments.empty()) {
            const auto* nested =
                std::get_if<Call>(&without_parentheses(innermost->arguments.front()).node);
            if (nested == nullptr) break;
            innermost = nested;
        }
        if (innermost->arguments.empty()) return expand_columns(item, call);
        const Expression& first = without_parentheses(innermost->arguments.front());
        const auto* wildcard = std::get_if<Wildcard>(&first.node);
        const auto* regex = std::get_if<RegexLiteral>(&first.node);
        const FunctionInfo* info = find_function(innermost->name);
        const bool takes_one_field =
            info != nullptr &&
            (info->id == FunctionId::Distinct || info->arguments[1].kind == ArgumentKind::Tags);
        if ((wildcard == nullptr && regex == nullptr) || takes_one_field) {
            return expand_columns(item, call);
        }
        if (wildcard != nullptr && wildcard->kind == WildcardKind::Tags) {
            return Error(ErrorCode::InvalidArgument,
                         "unable to use tag as wildcard in " + innermost->name + "()");
        }
        std::shared_ptr<const re2::RE2> compiled;
        if (regex != nullptr) {
            TIDEMARK_ASSIGN_OR_RETURN(compiled, compile_regex(*regex));
        }
        for (const auto& [name, type] : schema_.fields()) {
            if (compiled && !regex_matches(*compiled, name)) continue;
            if (info != nullptr && !check_field_type(*info, type)) continue;
            const bool is_number = type != FieldType::String && type != FieldType::Boolean;
            if (find_math_function(innermost->name) != nullptr && !is_number) continue;
            Call expanded = call;
            Expression field{first.location, VariableReference{name, std::nullopt}};
            set_innermost(expanded, std::move(field));
            const std::string alias = item.alias.value_or(call.name) + "_" + name;
            Expression one{item.expression.location, expanded};
            if (gives_columns(expanded)) {
                TIDEMARK_RETURN_IF_ERROR(expand_columns({std::move(one), alias}, expanded));
            } else {
                items_.push_back({std::move(one), alias});
            }
        }
        return success();
    }

    /// Replaces the first argument of the call that has no call there.
    static void set_innermost(Call& call, Expression field) {
        Call* innermost = &call;
        while (true) {
            Expression* argument = &innermost->arguments.front();
            while (auto* inner = std::get_if<Parenthesized>(&argument->node)) {
                argument = &*inner->operand;
            }
            auto* nested = std::get_if<Call>(&argument->node);
            if (nested == nullptr) {
                *argument = std::move(field);
                return;
            }
            innermost = nested;
        }
    }

    /// sla(P, 0.99) is a call for each of its columns, named as they are; behind an alias and _.
    Status expand_columns(const SelectItem& item, const Call& call) {
        if (!gives_columns(call)) return expand_percents(item, call);
        const FunctionInfo* info = find_function(call.name);
        TIDEMARK_RETURN_IF_ERROR(check_argument_count(call, *info));
        TIDEMARK_RETURN_IF_ERROR(refuse_run_options(call, *info));
        for (const ColumnCall& column : column_calls(info->id)) {
            const std::size_t count = std::min(call.arguments.size(), column.argument_count);
            Call one{std::string(column.function), {}, {}};
            one.arguments.assign(call.arguments.begin(),
                                 call.arguments.begin() + static_cast<std::ptrdiff_t>(count));
            NamedItem named{Expression{item.expression.location, std::move(one)}, {}};
            if (item.alias) {
                named.alias = *item.alias + "_" + std::string(column.name);
            } else {
                named.own_name = column.name;
            }
            items_.push_back(std::move(named));
        }
        return success();
    }

    /// percentile(f, 50, 90) is two calls, named percentile_50 and percentile_90.
    Status expand_percents(const SelectItem& item, const Call& call) {
        const FunctionInfo* info = find_function(call.name);
        const bool repeats =
            info != nullptr && info->argument_count >= 2 && info->arguments[1].may_repeat &&
            info->arguments[1].kind != ArgumentKind::Tags && call.arguments.size() > 2;
        if (!repeats) {
            add_item(item);
            return success();
        }
        if (call.arguments.size() - 1 > kPercentLimit) {
            return Error(ErrorCode::LimitExceeded,
                         call.name + "() takes at most " + std::to_string(kPercentLimit) +
                             " percentages, found " + std::to_string(call.arguments.size() - 1) +
                             ": split them into several calls");
        }
        for (std::size_t i = 1; i < call.arguments.size(); ++i) {
            Call one{call.name, {call.arguments[0], call.arguments[i]}, call.named_arguments};
            const std::string ending = "_" + print(call.arguments[i]);
            NamedItem named{Expression{item.expression.location, std::move(one)}, {}};
            if (item.alias) {
                named.alias = *item.alias + ending;
            } else {
                named.own_name = call.name + ending;
            }
            items_.push_back(std::move(named));
        }
        return success();
    }

    const Schema& schema_;
    const std::set<std::string>& group_tags_;
    std::vector<NamedItem> items_;
    std::string time_name_ = "time";
};

/// InfluxQL's rule: aliases stand as they are, generated names that are taken get _1, _2, ..
std::vector<std::string> column_names(const std::vector<NamedItem>& items) {
    std::map<std::string, std::size_t> taken;
    for (const NamedItem& item : items) {
        if (item.alias) taken[*item.alias] = 1;
    }
    std::vector<std::string> names;
    for (const NamedItem& item : items) {
        if (item.alias) {
            names.push_back(*item.alias);
            continue;
        }
        std::string name = item.own_name.value_or(generated_name(item.expression));
        const auto conflict = taken.find(name);
        if (conflict != taken.end()) {
            std::size_t count = conflict->second;
            while (taken.contains(name + "_" + std::to_string(count))) ++count;
            conflict->second = count + 1;
            name += "_" + std::to_string(count);
        }
        ++taken[name];
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace

Result<SelectItems> expand_items(const SelectStatement& select, const Schema& schema,
                                 const std::set<std::string>& group_tags) {
    ItemExpander expander(schema, group_tags);
    TIDEMARK_ASSIGN_OR_RETURN(std::vector<NamedItem> items, expander.expand(select));
    SelectItems expanded;
    expanded.time_name = expander.time_name();
    expanded.names = column_names(items);
    for (NamedItem& item : items) expanded.expressions.push_back(std::move(item.expression));
    return expanded;
}

void collect_calls(const Expression& expression, std::vector<const Call*>& calls) {
    visit_names(
        expression, true, [&](const Call& call) { calls.push_back(&call); },
        [](const VariableReference&) {});
}

bool is_table_call(const Call* call) {
    const FunctionInfo* info = find_function(call->name);
    return info != nullptr && info->function_class == FunctionClass::Table;
}

bool has_math(const Expression& expression) {
    const auto* call = std::get_if<Call>(&expression.node);
    bool is_found = call != nullptr && find_math_function(call->name) != nullptr;
    for_each_operand(expression,
                     [&](const Expression& operand) { is_found = is_found || has_math(operand); });
    return is_found;
}

void collect_references(const Expression& expression,
                        std::vector<const VariableReference*>& references) {
    visit_names(
        expression, true, [](const Call&) {},
        [&](const VariableReference& reference) { references.push_back(&reference); });
}

}  // namespace tidemark::query

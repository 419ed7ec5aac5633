#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include <tidemark/statement_text.h>

#include "query/functions/function_table.h"
#include "query/plan/schema.h"
#include "query/plan/select_items.h"
#include "query/plan/time_expression.h"
#include "query/plan/where_clause.h"
#include "query/syntax/parser.h"
#include "query/syntax/printer.h"

namespace tidemark {
namespace query {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

// A number, or a duration in ns.
struct Constant {
    double value = 0;
    bool is_duration = false;
};

std::optional<Constant> constant_of(const Expression& expression) {
    const Expression& inner = without_parentheses(expression);
    if (const auto* integer = std::get_if<IntegerLiteral>(&inner.node)) {
        return Constant{static_cast<double>(integer->value)};
    }
    if (const auto* number = std::get_if<NumberLiteral>(&inner.node)) {
        return Constant{number->value};
    }
    if (const auto* percent = std::get_if<PercentLiteral>(&inner.node)) {
        return Constant{percent->value / 100};
    }
    if (const auto ns = constant_duration_ns(inner)) {
        return Constant{static_cast<double>(*ns), true};
    }
    return std::nullopt;
}

// `operand comparison constant`, from either side.
struct Limit {
    const Expression* operand;
    std::string comparison;
    Constant constant;
};

void collect_limit(const BinaryExpression& binary, std::vector<Limit>& limits) {
    if (binary.op < BinaryOperator::Equal || binary.op > BinaryOperator::GreaterOrEqual) return;
    if (const auto right = constant_of(*binary.right)) {
        limits.push_back(
            {&without_parentheses(*binary.left), std::string(operator_text(binary.op)), *right});
    } else if (const auto left = constant_of(*binary.left)) {
        limits.push_back({&without_parentheses(*binary.right),
                          std::string(operator_text(mirrored(binary.op))), *left});
    }
}

// The comparisons with constants in a predicate.
void collect_limits(const Expression& predicate, std::vector<Limit>& limits) {
    const auto visit = Match{
        [&](const BinaryExpression& binary) {
            collect_limit(binary, limits);
            if (binary.op < BinaryOperator::And) return;
            collect_limits(*binary.left, limits);
            collect_limits(*binary.right, limits);
        },
        [&](const LogicalNot& negation) { collect_limits(*negation.operand, limits); },
        [&](const Parenthesized& inner) { collect_limits(*inner.operand, limits); },
        [&](const Between& between) {
            const Expression* const operand = &without_parentheses(*between.operand);
            if (const auto low = constant_of(*between.low)) limits.push_back({operand, ">=", *low});
            if (const auto high = constant_of(*between.high)) {
                limits.push_back({operand, "<=", *high});
            }
        },
        [](const auto&) {},
    };
    std::visit(visit, predicate.node);
}

const VariableReference* reference_of(const Expression& expression) {
    return std::get_if<VariableReference>(&without_parentheses(expression).node);
}

// The field on whose scale the values of an item are; empty when there is none.
std::string field_of(const Expression& item) {
    const Expression& inner = without_parentheses(item);
    if (const auto* reference = std::get_if<VariableReference>(&inner.node)) return reference->name;
    const auto* call = std::get_if<Call>(&inner.node);
    if (call == nullptr || call->arguments.empty()) return {};
    const FunctionInfo* info = find_function(call->name);
    if (info == nullptr || info->field_types == 0) return {};
    const bool is_other_scale =
        info->result == ResultRule::Integer || info->function_class == FunctionClass::PointShare ||
        info->function_class == FunctionClass::Trend ||
        info->function_class == FunctionClass::Pairs || info->id == FunctionId::Nps ||
        info->id == FunctionId::StdDev || info->id == FunctionId::Spread;
    if (is_other_scale) return {};
    const VariableReference* const reference = reference_of(call->arguments.front());
    return reference == nullptr ? std::string() : reference->name;
}

using FieldLimits = std::multimap<std::string, Threshold>;

// What calls in an item compare fields with: of usage in time_in(usage > 80).
void collect_field_limits(const Expression& item, FieldLimits& found) {
    std::vector<const Call*> calls;
    collect_calls(item, calls);
    std::vector<Limit> limits;
    for (const Call* call : calls) {
        for (const Expression& argument : call->arguments) collect_limits(argument, limits);
        const FunctionInfo* info = find_function(call->name);
        const bool is_share_le = info != nullptr && info->id == FunctionId::ShareLe;
        if (!is_share_le || call->arguments.size() < 2) continue;
        if (const auto limit = constant_of(call->arguments[1])) {
            limits.push_back({&call->arguments[0], "<=", *limit});
        }
    }
    for (const Limit& limit : limits) {
        const VariableReference* const field = reference_of(*limit.operand);
        if (field == nullptr || limit.constant.is_duration) continue;
        found.emplace(field->name, Threshold{limit.comparison, limit.constant.value});
    }
}

void add_threshold(ColumnTraits& column, Threshold threshold) {
    for (const Threshold& known : column.thresholds) {
        if (known == threshold) return;
    }
    column.thresholds.push_back(std::move(threshold));
}

bool is_state_share(const FunctionInfo& info) {
    return info.function_class == FunctionClass::State &&
           (info.result == ResultRule::Float || info.result == ResultRule::Duration);
}

// Total time in a state, not the length of one run.
bool is_state_of_bucket(const FunctionInfo& info) {
    const bool is_of_budget = info.arguments[1].kind == ArgumentKind::Objective;
    return is_state_share(info) && !is_of_budget && info.id != FunctionId::Longest &&
           info.id != FunctionId::Current && !info.takes_run_options;
}

void set_meaning(const Call& call, const FunctionInfo& info, ColumnTraits& column) {
    const bool is_share = info.function_class == FunctionClass::PointShare ||
                          (is_state_share(info) && info.result == ResultRule::Float);
    if (is_share) column.meaning = ColumnMeaning::Share;
    column.is_state_of_bucket = is_state_of_bucket(info);
    if (info.result != ResultRule::Duration && info.result != ResultRule::Table) return;
    const auto given =
        call.arguments.size() < 2 ? std::nullopt : constant_duration_ns(call.arguments.back());
    column.meaning = ColumnMeaning::Duration;
    column.unit_ns = given.value_or(kSecondNs);
    column.has_given_unit = given.has_value();
}

// The columns of functions that give tables are named the same in all of them.
void add_table_columns(const ColumnTraits& call_column, const Expression& item,
                       const FieldLimits& limits, std::vector<ColumnTraits>& columns) {
    for (const std::string_view name : {"duration", "inside", "unknown"}) {
        ColumnTraits column = call_column;
        column.column = name;
        columns.push_back(std::move(column));
    }
    FieldLimits own;
    collect_field_limits(item, own);
    if (own.empty()) return;
    const auto [begin, end] = limits.equal_range(own.begin()->first);
    for (const std::string_view name : {"peak", "mean"}) {
        ColumnTraits column;
        column.column = name;
        column.field = own.begin()->first;
        for (auto limit = begin; limit != end; ++limit) add_threshold(column, limit->second);
        columns.push_back(std::move(column));
    }
}

// What HAVING compares a column with, by its name or its call.
void add_having_limits(const SelectStatement& select, const SelectItems& items,
                       std::vector<ColumnTraits>& columns) {
    if (!select.having) return;
    std::vector<Limit> limits;
    collect_limits(*select.having, limits);
    for (const Limit& limit : limits) {
        const VariableReference* const reference = reference_of(*limit.operand);
        const auto* const call = std::get_if<Call>(&limit.operand->node);
        for (std::size_t i = 0; i < items.names.size() && i < columns.size(); ++i) {
            const auto* item = std::get_if<Call>(&without_parentheses(items.expressions[i]).node);
            const bool is_same_call = call != nullptr && item != nullptr &&
                                      call->name == item->name && !call->arguments.empty() &&
                                      !item->arguments.empty() &&
                                      call->arguments.front() == item->arguments.front();
            const bool is_same =
                (reference != nullptr && reference->name == items.names[i]) || is_same_call;
            ColumnTraits& column = columns[i];
            const bool has_unit = column.meaning == ColumnMeaning::Duration;
            if (!is_same || (limit.constant.is_duration && !has_unit)) continue;
            double value = limit.constant.value;
            if (limit.constant.is_duration) value /= static_cast<double>(column.unit_ns);
            add_threshold(column, {limit.comparison, value});
        }
    }
}

std::vector<ColumnTraits> traits_of(const SelectStatement& select) {
    const Result<SelectItems> items = expand_items(select, Schema(), {});
    if (!items) return {};
    FieldLimits limits;
    for (const Expression& item : items.value().expressions) collect_field_limits(item, limits);
    std::vector<ColumnTraits> columns;
    for (std::size_t i = 0; i < items.value().names.size(); ++i) {
        const Expression& item = items.value().expressions[i];
        ColumnTraits column;
        column.column = items.value().names[i];
        const auto* call = std::get_if<Call>(&without_parentheses(item).node);
        const FunctionInfo* info = call == nullptr ? nullptr : find_function(call->name);
        if (info != nullptr) set_meaning(*call, *info, column);
        if (info != nullptr && info->result == ResultRule::Table) {
            add_table_columns(column, item, limits, columns);
            return columns;  // Such a call stands alone.
        }
        column.field = field_of(item);
        const auto [begin, end] = limits.equal_range(column.field);
        for (auto limit = begin; limit != end; ++limit) add_threshold(column, limit->second);
        columns.push_back(std::move(column));
    }
    add_having_limits(select, items.value(), columns);
    return columns;
}

}  // namespace
}  // namespace query

std::vector<std::vector<ColumnTraits>> column_traits(std::string_view text) {
    std::vector<std::vector<ColumnTraits>> statements;
    const auto parsed = query::parse_statements(text);
    const auto* trees = std::get_if<std::vector<query::Statement>>(&parsed);
    if (trees == nullptr) return statements;
    for (const query::Statement& tree : *trees) {
        const auto* select = std::get_if<query::SelectStatement>(&tree.node);
        statements.push_back(select == nullptr ? std::vector<ColumnTraits>()
                                               : query::traits_of(*select));
    }
    return statements;
}

}  // namespace tidemark

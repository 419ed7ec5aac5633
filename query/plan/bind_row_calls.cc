#include <algorithm>
#include <span>
#include <utility>

#include "query/plan/messages.h"
#include "query/plan/select_binder.h"
#include "query/syntax/printer.h"
#include "storage/base/checksum.h"

namespace tidemark::query {

Status SelectBinder::bind_row_calls(const std::vector<const Call*>& calls) {
    if (has_exclusions()) {
        const auto call = std::find_if(calls.begin(), calls.end(),
                                       [](const Call* one) { return is_row_call(*one); });
        return refuse_exclusions((*call)->name + "()");
    }
    CallList list(schema_, messages_);
    std::vector<RowCall> row_calls;
    TIDEMARK_RETURN_IF_ERROR(sort_calls(calls, row_calls, list));
    std::vector<InputColumn> beside;
    TIDEMARK_RETURN_IF_ERROR(check_company(row_calls, list, beside));
    const std::size_t first_row_call = 1 + beside.size();
    const std::size_t first_call = first_row_call + row_calls.size();
    BindHooks hooks;
    hooks.bind_leaf = [&](const Expression& leaf) -> Result<RowExpression> {
        const auto* call = std::get_if<Call>(&leaf.node);
        if (call == nullptr) return bind_input(leaf, beside);
        if (!is_row_call(*call)) {
            TIDEMARK_ASSIGN_OR_RETURN(const std::size_t index, list.add(*call));
            return RowExpression{SlotReference{first_call + index}};
        }
        return RowExpression{SlotReference{first_row_call + position(row_calls, print(leaf))}};
    };
    TIDEMARK_ASSIGN_OR_RETURN(std::vector<RowExpression> columns, bind_columns(hooks));
    TIDEMARK_ASSIGN_OR_RETURN(std::optional<RowExpression> having,
                              bind_having_calls(columns, list, first_call));
    ColumnTypes types = slot_types(beside, schema_);
    TIDEMARK_RETURN_IF_ERROR(join_row_calls(row_calls, list, beside, types));
    TIDEMARK_RETURN_IF_ERROR(type_columns(columns, types));
    if (having) {
        root_ =
            LogicalPlan{FilterRows{*std::move(root_), *std::move(having), print(*select_.having)}};
    }
    root_ = LogicalPlan{ComputeColumns{*std::move(root_), std::move(columns)}};
    name_columns();
    return success();
}

std::size_t SelectBinder::position(const std::vector<RowCall>& row_calls, const std::string& text) {
    const auto same = std::find_if(row_calls.begin(), row_calls.end(),
                                   [&](const RowCall& call) { return call.text == text; });
    return static_cast<std::size_t>(same - row_calls.begin());
}

Status SelectBinder::sort_calls(const std::vector<const Call*>& calls,
                                std::vector<RowCall>& row_calls, CallList& list) {
    const std::string text = print(select_);
    const std::uint64_t seed = storage::xxh3_64(std::as_bytes(std::span(text)), 0);
    const RowCallScope scope{schema_, grouping_.buckets, seed, select_.limits.limit, messages_};
    for (const Call* call : calls) {
        if (!is_row_call(*call)) {
            TIDEMARK_ASSIGN_OR_RETURN(const std::size_t index, list.add(*call));
            (void)index;
            continue;
        }
        TIDEMARK_ASSIGN_OR_RETURN(RowCall bound, bind_row_call(*call, scope));
        if (position(row_calls, bound.text) == row_calls.size()) {
            row_calls.push_back(std::move(bound));
        }
    }
    return success();
}

Status SelectBinder::check_company(const std::vector<RowCall>& row_calls, const CallList& list,
                                   std::vector<InputColumn>& beside) {
    std::vector<const VariableReference*> references;
    for (const Expression& item : items_.expressions) collect_references(item, references);
    TIDEMARK_RETURN_IF_ERROR(check_row_calls(row_calls, list.calls(), !references.empty()));
    for (const VariableReference* reference : references) {
        TIDEMARK_ASSIGN_OR_RETURN(const RowExpression slot,
                                  bind_input(Expression{{}, *reference}, beside));
        (void)slot;
    }
    return success();
}

Status SelectBinder::join_row_calls(const std::vector<RowCall>& row_calls, const CallList& list,
                                    const std::vector<InputColumn>& beside, ColumnTypes& types) {
    JoinByTime join;
    const bool has_number = select_.fill && select_.fill->number && grouping_.buckets.step;
    if (has_number) join.missing = literal_cell(*select_.fill->number).value_or(Cell());
    for (const RowCall& call : row_calls) {
        TIDEMARK_ASSIGN_OR_RETURN(std::optional<FieldType> type, plan_row_call(call, beside));
        for (const TransformationStep& step : call.steps) {
            if (type) type = result_type(function_info(step.function), *type);
        }
        types.push_back(type);
        join.inputs.emplace_back(*std::move(root_));
        join.widths.push_back(1);
    }
    if (!list.calls().empty()) {
        TIDEMARK_RETURN_IF_ERROR(plan_windows(list, false));
        join.inputs.emplace_back(*std::move(root_));
        join.widths.push_back(list.calls().size());
        for (const BoundCall& call : list.calls()) types.push_back(column_type(call));
    }
    root_ = join.inputs.size() > 1 ? LogicalPlan{std::move(join)} : std::move(*join.inputs.front());
    return success();
}

Result<std::optional<FieldType>> SelectBinder::plan_row_call(
    const RowCall& call, const std::vector<InputColumn>& beside) {
    std::optional<FieldType> type = call.pick ? call.pick->field.type : call.field.type;
    if (call.aggregate != nullptr) {
        CallList inner(schema_, messages_);
        TIDEMARK_ASSIGN_OR_RETURN(const std::size_t index, inner.add(*call.aggregate));
        type = column_type(inner.calls()[index]);
        TIDEMARK_RETURN_IF_ERROR(plan_windows(inner, call.looks_back()));
    } else {
        TimeFrame frame = time_frame(false);
        TIDEMARK_RETURN_IF_ERROR(widen_for_steps(call.looks_back(), frame));
        if (call.pick) {
            root_ = LogicalPlan{PickSamples{series_, frame, *call.pick, beside, is_descending()}};
        } else {
            SelectRows rows;
            rows.series = series_;
            rows.frame = frame;
            rows.columns = {InputColumn{call.field.name, false}};
            root_ = LogicalPlan{std::move(rows)};
        }
    }
    if (!call.steps.empty()) {
        root_ = LogicalPlan{
            TransformRows{*std::move(root_), 1, call.steps, is_descending(), call.text}};
    }
    return type;
}

Status SelectBinder::widen_for_steps(bool looks_back, TimeFrame& frame) const {
    if (!looks_back || !frame.buckets.step || frame.range.is_empty()) return success();
    if (is_descending()) {
        if (!series_.where.time.has_upper) return success();
        TIDEMARK_ASSIGN_OR_RETURN(frame.range.end_ns,
                                  bucket_later(frame.buckets, frame.range.end_ns));
    } else if (frame.has_lower) {
        TIDEMARK_ASSIGN_OR_RETURN(frame.range.begin_ns,
                                  bucket_earlier(frame.buckets, frame.range.begin_ns));
    }
    return success();
}

Status SelectBinder::plan_windows(const CallList& list, bool looks_back) {
    AggregateWindows aggregate;
    aggregate.calls = list.calls();
    aggregate.predicates = list.predicates();
    TIDEMARK_RETURN_IF_ERROR(finish_aggregate(aggregate));
    TIDEMARK_RETURN_IF_ERROR(widen_for_steps(looks_back, aggregate.frame));
    root_ = LogicalPlan{std::move(aggregate)};
    return add_fill(list.calls(), 1);
}

}  // namespace tidemark::query

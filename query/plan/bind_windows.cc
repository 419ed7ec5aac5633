#include <algorithm>
#include <utility>

#include "query/plan/messages.h"
#include "query/plan/select_binder.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

}  // namespace

Status SelectBinder::bind_aggregates(const std::vector<const Call*>& calls) {
    if (context_.outer != nullptr && !grouping_.buckets.step && context_.outer->buckets.step) {
        grouping_.buckets = context_.outer->buckets;
        grouping_.buckets.window.reset();
    }
    CallList list(schema_, messages_);
    for (const Call* call : calls) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::size_t index, list.add(*call));
        (void)index;
    }
    AggregateWindows aggregate;
    TIDEMARK_RETURN_IF_ERROR(bind_beside(list, aggregate.beside));
    const std::size_t selected_count = list.calls().size();
    const std::size_t first_call = 1 + aggregate.beside.size();
    BindHooks hooks;
    hooks.bind_leaf = [&](const Expression& leaf) -> Result<RowExpression> {
        const auto* call = std::get_if<Call>(&leaf.node);
        if (call == nullptr) return bind_input(leaf, aggregate.beside);
        TIDEMARK_ASSIGN_OR_RETURN(const std::size_t index, list.add(*call));
        return RowExpression{SlotReference{first_call + index}};
    };
    TIDEMARK_ASSIGN_OR_RETURN(std::vector<RowExpression> columns, bind_columns(hooks));
    TIDEMARK_ASSIGN_OR_RETURN(std::optional<RowExpression> having,
                              bind_having_calls(columns, list, first_call));
    aggregate.calls = list.calls();
    aggregate.predicates = list.predicates();
    aggregate.keeps_sample_time = !grouping_.buckets.step && selected_count == 1 &&
                                  aggregate.calls.front().info().is_selector;
    TIDEMARK_RETURN_IF_ERROR(finish_aggregate(aggregate));
    const std::vector<BoundCall> bound_calls = aggregate.calls;
    std::vector<std::optional<FieldType>> types = slot_types(aggregate.beside, schema_);
    for (const BoundCall& call : bound_calls) types.push_back(column_type(call));
    TIDEMARK_RETURN_IF_ERROR(type_columns(columns, types));
    root_ = LogicalPlan{std::move(aggregate)};
    TIDEMARK_RETURN_IF_ERROR(add_fill(bound_calls, first_call));
    if (having) {
        root_ =
            LogicalPlan{FilterRows{*std::move(root_), *std::move(having), print(*select_.having)}};
    }
    root_ = LogicalPlan{ComputeColumns{*std::move(root_), std::move(columns)}};
    name_columns();
    return success();
}

Status SelectBinder::bind_beside(const CallList& list, std::vector<InputColumn>& beside) {
    std::vector<const VariableReference*> references;
    for (const Expression& item : items_.expressions) collect_references(item, references);
    if (references.empty()) return success();
    const bool all_select =
        std::all_of(list.calls().begin(), list.calls().end(),
                    [](const BoundCall& call) { return call.info().is_selector; });
    if (!all_select) {
        return invalid("mixing aggregate and non-aggregate queries is not supported");
    }
    if (list.calls().size() > 1) {
        return invalid("mixing multiple selector functions with tags or fields is not supported");
    }
    for (const VariableReference* reference : references) {
        TIDEMARK_ASSIGN_OR_RETURN(const RowExpression slot,
                                  bind_input(Expression{{}, *reference}, beside));
        (void)slot;
    }
    return success();
}

Status SelectBinder::finish_aggregate(AggregateWindows& aggregate) {
    const bool asks_for_states =
        std::any_of(aggregate.calls.begin(), aggregate.calls.end(),
                    [](const BoundCall& call) { return call.info().needs_carry_in(); });
    if (asks_for_states) {
        TIDEMARK_RETURN_IF_ERROR(refuse_field_conditions());
        TIDEMARK_RETURN_IF_ERROR(resolve_hold());
    }
    TIDEMARK_RETURN_IF_ERROR(check_exclusions(aggregate.calls));
    aggregate.series = series_;
    aggregate.frame = time_frame(asks_for_states);
    aggregate.hold_ns = hold_ns_;
    aggregate.unknown_as = unknown_as();
    for (const BoundCall& call : aggregate.calls) warn_of_single_samples(call);
    return success();
}

Status SelectBinder::refuse_field_conditions() const {
    if (!series_.where.has_field_condition()) return success();
    return invalid(
        "a condition on a field in WHERE would stretch the time its samples hold: put it into "
        "the predicate of the function instead");
}

void SelectBinder::warn_of_single_samples(const BoundCall& call) {
    if (call.for_ns == 0 || call.for_ns > hold_ns_) return;
    const std::string hold =
        hold_ns_ == kHoldForever
            ? "for ever (STALE NONE)"
            : "for " + print_duration({hold_ns_, DurationUnit::Nanosecond}) + " (STALE)";
    warn(messages_, "FOR " + print_duration({call.for_ns, DurationUnit::Nanosecond}) +
                        " can be met by a single sample, because one holds " + hold);
}

Status SelectBinder::add_fill(const std::vector<BoundCall>& calls, std::size_t first_call) {
    if (!grouping_.buckets.step) return success();
    FillWindows fill{*std::move(root_), FillKind::Null, {}, first_call, {}, {}, {}};
    if (select_.fill) fill.kind = select_.fill->kind;
    TIDEMARK_RETURN_IF_ERROR(look_before(fill));
    // A row without values is none to the query around it, nor to INTO, as in InfluxDB.
    const bool is_read_on = context_.outer != nullptr || select_.into;
    if (is_read_on && fill.kind == FillKind::Null) fill.kind = FillKind::None;
    if (select_.fill && select_.fill->number) {
        fill.number = literal_cell(*select_.fill->number).value_or(Cell());
    }
    for (const BoundCall& call : calls) {
        fill.is_count.push_back(call.function == FunctionId::Count ||
                                call.function == FunctionId::CountDistinct);
    }
    root_ = LogicalPlan{std::move(fill)};
    return success();
}

/// fill(previous, 1h) takes values from the buckets in front of the range as well.
Status SelectBinder::look_before(FillWindows& fill) const {
    if (!select_.fill || !select_.fill->longest) return success();
    fill.longest_ns = select_.fill->longest->fixed_ns();
    const auto* windows = std::get_if<AggregateWindows>(&fill.input->node);
    if (windows == nullptr || !windows->frame.has_lower) return success();
    AggregateWindows before = *windows;
    const std::int64_t begin_ns = windows->frame.range.begin_ns;
    TIDEMARK_ASSIGN_OR_RETURN(
        const TimeRange first,
        bucket_at(windows->frame.buckets, saturating_add(begin_ns, -*fill.longest_ns)));
    before.frame.range = {first.begin_ns, begin_ns};
    before.frame.as_of_ns = std::min(before.frame.as_of_ns, begin_ns);
    before.series.where.time.range = before.frame.range;
    if (!before.frame.range.is_empty()) fill.before = LogicalPlan{std::move(before)};
    return success();
}

Status SelectBinder::bind_table(const std::vector<const Call*>& calls) {
    const Call* const table = *std::find_if(calls.begin(), calls.end(), is_table_call);
    if (calls.size() != 1 || items_.expressions.size() != 1 ||
        std::get_if<Call>(&without_parentheses(items_.expressions[0]).node) != table) {
        return invalid(table->name + "() is a table and stands alone in its SELECT");
    }
    if (grouping_.buckets.step) {
        return invalid(table->name + "() cannot be combined with GROUP BY time(..)");
    }
    TIDEMARK_RETURN_IF_ERROR(refuse_field_conditions());
    TIDEMARK_RETURN_IF_ERROR(resolve_hold());
    CallList list(schema_, messages_);
    TIDEMARK_ASSIGN_OR_RETURN(const std::size_t index, list.add(*table));
    const BoundCall call = list.calls()[index];
    warn_of_single_samples(call);
    std::vector<std::string> tag_columns;
    for (const std::string& tag : schema_.tags()) {
        const auto& grouped = grouping_.tags;
        if (std::find(grouped.begin(), grouped.end(), tag) == grouped.end()) {
            tag_columns.push_back(tag);
        }
    }
    items_.names.clear();
    for (const std::string_view name : table_columns(call.function)) {
        items_.names.emplace_back(name);
    }
    items_.names.insert(items_.names.end(), tag_columns.begin(), tag_columns.end());
    std::vector<RowExpression> columns;
    std::vector<std::size_t> ns_slots;
    std::size_t next_ns_slot = 1 + items_.names.size();
    for (std::size_t i = 0; i < items_.names.size(); ++i) {
        columns.push_back(RowExpression{SlotReference{1 + i}});
        const std::string& name = items_.names[i];
        const bool is_duration = i < table_columns(call.function).size() &&
                                 (name == "duration" || name == "inside" || name == "unknown");
        ns_slots.push_back(is_duration ? next_ns_slot++ : 0);
    }
    name_columns();
    const TimeFrame frame = time_frame(true);
    const bool yields_ns = select_.having.has_value();
    column_types_ = table_column_types(call, tag_columns.size());
    if (call.function == FunctionId::Episodes) {
        root_ = LogicalPlan{ListEpisodes{series_, frame, call, list.predicates(), hold_ns_,
                                         tag_columns, yields_ns}};
    } else {
        root_ = LogicalPlan{ListValues{series_, frame, call, hold_ns_, tag_columns, yields_ns}};
    }
    if (!yields_ns) return success();
    HavingScope scope;
    scope.names = &items_.names;
    scope.columns = &columns;
    scope.ns_slots = &ns_slots;
    TIDEMARK_RETURN_IF_ERROR(add_having(scope));
    root_ = LogicalPlan{ComputeColumns{*std::move(root_), std::move(columns)}};
    return success();
}

}  // namespace tidemark::query

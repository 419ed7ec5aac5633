#include "query/plan/binder.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "query/plan/column_types.h"
#include "query/plan/group_by.h"
#include "query/plan/having.h"
#include "query/plan/messages.h"
#include "query/plan/name_suggestion.h"
#include "query/plan/select_items.h"
#include "query/syntax/printer.h"
#include "storage/base/checksum.h"

namespace tidemark::query {
namespace {

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

class SelectBinder {
public:
    SelectBinder(const SelectStatement& select, const BindContext& context)
        : select_(select), context_(context), time_{context.now_ns, std::nullopt} {}

    Result<SelectPlan> bind() {
        TIDEMARK_RETURN_IF_ERROR(refuse_unsupported());
        TIDEMARK_RETURN_IF_ERROR(bind_time());
        TIDEMARK_RETURN_IF_ERROR(resolve_names());
        TIDEMARK_ASSIGN_OR_RETURN(grouping_, bind_group_by(select_, schema_, time_));
        const std::set<std::string> grouped(grouping_.tags.begin(), grouping_.tags.end());
        TIDEMARK_ASSIGN_OR_RETURN(items_, expand_items(select_, schema_, grouped));
        if (items_.expressions.empty() && !schema_.is_empty()) {
            if (selects_time_only()) return invalid("at least 1 non-time field must be queried");
            warn(messages_, "SELECT names no field of these measurements");
        }
        TIDEMARK_RETURN_IF_ERROR(refuse_constant_items());
        for (const std::string& tag : grouping_.tags) warn_of_unknown_tag(tag);
        if (context_.outer != nullptr) inherit_group_tags(*context_.outer);
        series_.sources = sources_;
        series_.group_tags = grouping_.tags;
        if (select_.where) {
            TIDEMARK_ASSIGN_OR_RETURN(series_.where,
                                      bind_where(*select_.where, schema_, time_, messages_));
        }
        series_.where.time = bounds_;
        TIDEMARK_RETURN_IF_ERROR(bind_body());
        TIDEMARK_RETURN_IF_ERROR(add_order_and_limit());
        std::set<std::string> measurements;
        for (const ResolvedSource& source : sources_) measurements.insert(source.measurement);
        SelectPlan plan{*std::move(root_),
                        std::move(column_names_),
                        std::move(column_types_),
                        grouping_.tags,
                        {measurements.begin(), measurements.end()},
                        schema_.names(),
                        time_.zone,
                        std::move(messages_)};
        return plan;
    }

private:
    Status refuse_unsupported() const {
        const auto unsupported = [](std::string what) {
            return Error(ErrorCode::Unsupported, std::move(what));
        };
        if (select_.into)
            return unsupported("SELECT .. INTO is not supported: write lines instead");
        if (select_.during || select_.except) {
            return unsupported("DURING and EXCEPT need calendars, which are not supported");
        }
        if (select_.fill && select_.fill->longest) {
            return unsupported("fill(previous, ..) with a limit is not supported");
        }
        if (select_.stale && select_.stale->hold && !select_.stale->hold->fixed_ns()) {
            return invalid("STALE " + print_duration(*select_.stale->hold) +
                           " has no fixed length: write it in days");
        }
        return success();
    }

    bool selects_time_only() const {
        return std::all_of(select_.items.begin(), select_.items.end(), [](const SelectItem& item) {
            return std::holds_alternative<VariableReference>(item.expression.node);
        });
    }

    Status refuse_constant_items() const {
        for (const Expression& item : items_.expressions) {
            std::vector<const Call*> calls;
            collect_calls(item, calls);
            std::vector<const VariableReference*> references;
            collect_references(item, references);
            if (calls.empty() && references.empty()) {
                return invalid("field must contain at least one variable");
            }
        }
        return success();
    }

    Status bind_time() {
        if (select_.time_zone) {
            TIDEMARK_ASSIGN_OR_RETURN(const TimeZone zone, TimeZone::find(select_.time_zone->name));
            time_.zone = zone;
        }
        if (select_.where) {
            TIDEMARK_ASSIGN_OR_RETURN(bounds_, bind_time_bounds(*select_.where, time_));
        }
        // What does not need the schema: regexes and * among the tags find nothing.
        TIDEMARK_ASSIGN_OR_RETURN(grouping_, bind_group_by(select_, Schema(), time_));
        if (context_.outer == nullptr) return success();
        const OuterQuery& outer = *context_.outer;
        // A row that stands for a whole range would stand for another one.
        const bool keeps_times =
            is_raw() || grouping_.buckets.step || outer.buckets.step.has_value();
        bounds_ = intersection(bounds_, outer.look_back_ns && keeps_times
                                            ? widened(outer.time, *outer.look_back_ns)
                                            : outer.time);
        return success();
    }

    bool is_raw() const {
        std::vector<const Call*> calls;
        for (const SelectItem& item : select_.items) collect_calls(item.expression, calls);
        return calls.empty();
    }

    Result<std::shared_ptr<const SelectPlan>> bind_subquery(const SelectStatement& inner) {
        const bool looks_back = look_back_ns(select_, kDefaultHoldNs).has_value();
        if (looks_back) TIDEMARK_RETURN_IF_ERROR(resolve_hold());
        OuterQuery outer{bounds_, grouping_.tags, grouping_.buckets, 1,
                         look_back_ns(select_, hold_ns_)};
        if (context_.outer != nullptr) {
            outer.depth = context_.outer->depth + 1;
            outer.group_tags.insert(outer.group_tags.end(), context_.outer->group_tags.begin(),
                                    context_.outer->group_tags.end());
            if (!outer.buckets.step) outer.buckets = context_.outer->buckets;
            // The range is wide enough already; what counts is that series stay apart.
            const bool stays_apart = context_.outer->look_back_ns && is_raw();
            if (!outer.look_back_ns && stays_apart) outer.look_back_ns = 0;
        }
        if (outer.depth > kMaxSubqueryDepth) {
            return Error(
                ErrorCode::LimitExceeded,
                "subqueries can be nested " + std::to_string(kMaxSubqueryDepth) + " deep at most");
        }
        BindContext context = context_;
        context.outer = &outer;
        TIDEMARK_ASSIGN_OR_RETURN(SelectPlan plan, bind_select(inner, context));
        for (const ResultMessage& message : plan.messages) warn(messages_, message.text);
        return std::make_shared<const SelectPlan>(std::move(plan));
    }

    void warn_of_unknown_tag(const std::string& tag) {
        if (schema_.tags().contains(tag)) return;
        if (schema_.fields().contains(tag)) {
            warn(messages_,
                 print_identifier(tag) + " is a field: GROUP BY takes tags and time(..)");
        } else if (auto text = schema_.unknown_name(tag, NameKind::Tag)) {
            warn(messages_, *std::move(text));
        }
    }

    void inherit_group_tags(const OuterQuery& outer) {
        std::set<std::string> tags(grouping_.tags.begin(), grouping_.tags.end());
        for (const std::string& tag : outer.group_tags) {
            if (schema_.tags().contains(tag)) tags.insert(tag);
        }
        if (outer.look_back_ns && is_raw()) {
            tags.insert(schema_.tags().begin(), schema_.tags().end());
        }
        grouping_.tags.assign(tags.begin(), tags.end());
    }

    Status resolve_names() {
        TIDEMARK_ASSIGN_OR_RETURN(
            sources_,
            resolve_sources(context_.store, select_.sources, context_.defaults,
                            [this](const SelectStatement& inner) { return bind_subquery(inner); }));
        schema_ = Schema::of(context_.store, sources_);
        for (const ResolvedSource& source : sources_) {
            if (source.subquery != nullptr) continue;
            const auto known = context_.store.measurements(source.database);
            if (std::find(known.begin(), known.end(), source.measurement) != known.end()) continue;
            warn(messages_, "there is no measurement " + print_identifier(source.measurement) +
                                suggestion(source.measurement, known));
        }
        return success();
    }

    Status bind_body() {
        std::vector<const Call*> calls;
        for (const Expression& item : items_.expressions) collect_calls(item, calls);
        const bool has_table = std::any_of(calls.begin(), calls.end(), [](const Call* call) {
            const FunctionInfo* info = find_function(call->name);
            return info != nullptr && info->function_class == FunctionClass::Table;
        });
        if (has_table) return bind_table(calls);
        const bool gives_rows = std::any_of(calls.begin(), calls.end(),
                                            [](const Call* call) { return is_row_call(*call); });
        if (gives_rows) return bind_row_calls(calls);
        return calls.empty() ? bind_rows() : bind_aggregates(calls);
    }

    TimeFrame time_frame(bool asks_for_states) const {
        const TimeBounds& bounds = series_.where.time;
        TimeFrame frame;
        frame.range = bounds.range;
        frame.has_lower = bounds.has_lower;
        frame.buckets = grouping_.buckets;
        if (!bounds.has_upper && asks_for_states) {
            frame.range.end_ns = context_.now_ns;
        } else if (!bounds.has_upper && grouping_.buckets.step) {
            // As in InfluxDB, which counts a sample of this very instant.
            frame.range.end_ns = saturating_add(context_.now_ns, 1);
        }
        frame.as_of_ns = std::min(context_.now_ns, frame.range.end_ns);
        return frame;
    }

    /// How long a value holds: as the query says, else its measurement, else its database (R6).
    Status resolve_hold() {
        if (select_.stale) {
            hold_ns_ = kHoldForever;
            if (select_.stale->hold) {
                hold_ns_ = select_.stale->hold->fixed_ns().value_or(kDefaultHoldNs);
            }
            return success();
        }
        std::vector<ResolvedSource> stored;
        TIDEMARK_RETURN_IF_ERROR(collect_stored_sources(select_, stored));
        std::optional<std::int64_t> declared_ns;
        for (const ResolvedSource& source : stored) {
            const std::int64_t ns = context_.store.stale_ns(source.database, source.measurement)
                                        .value_or(kDefaultHoldNs);
            if (declared_ns.value_or(ns) != ns) {
                return invalid(
                    "the measurements of this query were declared with different STALE: say in "
                    "the query which one it takes, such as STALE 5m");
            }
            declared_ns = ns;
        }
        hold_ns_ = declared_ns.value_or(kDefaultHoldNs);
        return success();
    }

    /// The measurements that a SELECT reads, those of its subqueries included.
    Status collect_stored_sources(const SelectStatement& select,
                                  std::vector<ResolvedSource>& stored) const {
        const auto enter =
            [&](const SelectStatement& inner) -> Result<std::shared_ptr<const SelectPlan>> {
            TIDEMARK_RETURN_IF_ERROR(collect_stored_sources(inner, stored));
            return std::make_shared<const SelectPlan>();
        };
        TIDEMARK_ASSIGN_OR_RETURN(
            std::vector<ResolvedSource> sources,
            resolve_sources(context_.store, select.sources, context_.defaults, enter));
        std::move(sources.begin(), sources.end(), std::back_inserter(stored));
        return success();
    }

    std::optional<Truth> unknown_as() const {
        if (!select_.unknown_as) return std::nullopt;
        return *select_.unknown_as == UnknownAs::Good ? Truth::True : Truth::False;
    }

    // ---- rows as they were written

    Status bind_rows() {
        if (grouping_.buckets.step) {
            return invalid("GROUP BY requires at least one aggregate function");
        }
        SelectRows rows;
        rows.series = series_;
        rows.frame = time_frame(false);
        BindHooks hooks;
        hooks.bind_leaf = [&](const Expression& leaf) { return bind_input(leaf, rows.columns); };
        TIDEMARK_ASSIGN_OR_RETURN(std::vector<RowExpression> columns, bind_columns(hooks));
        const bool has_field = std::any_of(rows.columns.begin(), rows.columns.end(),
                                           [](const InputColumn& input) { return !input.is_tag; });
        const bool has_subquery =
            std::any_of(sources_.begin(), sources_.end(),
                        [](const ResolvedSource& source) { return source.subquery != nullptr; });
        if (!has_field && has_subquery) {
            for (const auto& [name, type] : schema_.fields()) rows.witnesses.push_back(name);
        } else if (!has_field && !rows.columns.empty()) {
            warn(messages_, "only tags are selected: rows come with at least one field");
        }
        want_rows(rows);
        name_columns();
        column_types_ = column_types(columns, slot_types(rows.columns, schema_));
        root_ = LogicalPlan{std::move(rows)};
        HavingScope scope;
        scope.names = &items_.names;
        scope.columns = &columns;
        TIDEMARK_RETURN_IF_ERROR(add_having(scope));
        root_ = LogicalPlan{ComputeColumns{*std::move(root_), std::move(columns)}};
        return success();
    }

    void want_rows(SelectRows& rows) const {
        const Limits& limits = select_.limits;
        rows.may_shrink = context_.outer != nullptr || select_.having || limits.offset ||
                          limits.series_limit || limits.series_offset;
        const bool is_latest_first = select_.order_by.size() == 1 && is_descending();
        if (select_.having || limits.limit.value_or(0) == 0) return;
        if (is_ordered() && !is_latest_first) {
            rows.may_shrink = true;
            return;
        }
        rows.wants_latest = is_latest_first;
        if (__builtin_add_overflow(*limits.limit, limits.offset.value_or(0),
                                   &rows.wanted_rows.emplace())) {
            rows.wanted_rows.reset();
        }
    }

    bool is_ordered() const {
        return std::any_of(
            select_.order_by.begin(), select_.order_by.end(),
            [](const SortKey& key) { return key.descending || key.column != "time"; });
    }

    /// A field or tag of the row; the first slot is time's.
    Result<RowExpression> bind_input(const Expression& leaf, std::vector<InputColumn>& inputs) {
        const auto* reference = std::get_if<VariableReference>(&leaf.node);
        if (reference == nullptr) return invalid("cannot evaluate " + print(leaf) + " here");
        const ResolvedName name = schema_.resolve(*reference);
        // A name that only exists as the other kind: there is no such field, or no such tag.
        if (name.kind == NameKind::Unknown && schema_.has_name(name.name)) {
            return RowExpression{ConstantCell{}};
        }
        if (name.kind == NameKind::Unknown) {
            if (auto text = schema_.unknown_name(name.name)) {
                warn(messages_, *std::move(text));
            }
        }
        if (name.type && reference->cast && !can_convert(*name.type, *reference->cast)) {
            warn(messages_, name.name + " has type " + std::string(field_type_name(*name.type)) +
                                ": " + print(leaf) + " never has a value");
            return RowExpression{ConstantCell{}};
        }
        const InputColumn input{name.name, name.kind == NameKind::Tag};
        RowExpression slot{SlotReference{1 + slot_of(inputs, input)}};
        const bool converts = reference->cast && reference->cast != CastType::Field &&
                              reference->cast != CastType::Tag;
        if (!converts) return slot;
        return RowExpression{Conversion{std::move(slot), *reference->cast}};
    }

    // ---- one row per bucket

    Status bind_aggregates(const std::vector<const Call*>& calls) {
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
        column_types_ = column_types(columns, types);
        root_ = LogicalPlan{std::move(aggregate)};
        TIDEMARK_RETURN_IF_ERROR(add_fill(bound_calls, first_call));
        if (having) {
            root_ = LogicalPlan{
                FilterRows{*std::move(root_), *std::move(having), print(*select_.having)}};
        }
        root_ = LogicalPlan{ComputeColumns{*std::move(root_), std::move(columns)}};
        name_columns();
        return success();
    }

    /// Fields and tags may stand beside one call only, and only if it picks a sample.
    Status bind_beside(const CallList& list, std::vector<InputColumn>& beside) {
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
            return invalid(
                "mixing multiple selector functions with tags or fields is not supported");
        }
        for (const VariableReference* reference : references) {
            TIDEMARK_ASSIGN_OR_RETURN(const RowExpression slot,
                                      bind_input(Expression{{}, *reference}, beside));
            (void)slot;
        }
        return success();
    }

    Status finish_aggregate(AggregateWindows& aggregate) {
        const bool asks_for_states =
            std::any_of(aggregate.calls.begin(), aggregate.calls.end(),
                        [](const BoundCall& call) { return call.info().needs_carry_in(); });
        if (asks_for_states) {
            TIDEMARK_RETURN_IF_ERROR(refuse_field_conditions());
            TIDEMARK_RETURN_IF_ERROR(resolve_hold());
        }
        aggregate.series = series_;
        aggregate.frame = time_frame(asks_for_states);
        aggregate.hold_ns = hold_ns_;
        aggregate.unknown_as = unknown_as();
        for (const BoundCall& call : aggregate.calls) warn_of_single_samples(call);
        return success();
    }

    Status refuse_field_conditions() const {
        if (!series_.where.has_field_condition()) return success();
        return invalid(
            "a condition on a field in WHERE would stretch the time its samples hold: put it into "
            "the predicate of the function instead");
    }

    void warn_of_single_samples(const BoundCall& call) {
        if (call.for_ns == 0 || call.for_ns > hold_ns_) return;
        const std::string hold =
            hold_ns_ == kHoldForever
                ? "for ever (STALE NONE)"
                : "for " + print_duration({hold_ns_, DurationUnit::Nanosecond}) + " (STALE)";
        warn(messages_, "FOR " + print_duration({call.for_ns, DurationUnit::Nanosecond}) +
                            " can be met by a single sample, because one holds " + hold);
    }

    Status add_fill(const std::vector<BoundCall>& calls, std::size_t first_call) {
        if (!grouping_.buckets.step) return success();
        FillWindows fill{*std::move(root_), FillKind::Null, {}, first_call, {}};
        if (select_.fill) fill.kind = select_.fill->kind;
        // A row without values is none to the query around it, as in InfluxDB.
        if (context_.outer != nullptr && fill.kind == FillKind::Null) fill.kind = FillKind::None;
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

    // ---- calls that give rows of their own

    Status bind_row_calls(const std::vector<const Call*>& calls) {
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
        column_types_ = column_types(columns, types);
        if (having) {
            root_ = LogicalPlan{
                FilterRows{*std::move(root_), *std::move(having), print(*select_.having)}};
        }
        root_ = LogicalPlan{ComputeColumns{*std::move(root_), std::move(columns)}};
        name_columns();
        return success();
    }

    static std::size_t position(const std::vector<RowCall>& row_calls, const std::string& text) {
        const auto same = std::find_if(row_calls.begin(), row_calls.end(),
                                       [&](const RowCall& call) { return call.text == text; });
        return static_cast<std::size_t>(same - row_calls.begin());
    }

    /// Each different call once, by its kind.
    Status sort_calls(const std::vector<const Call*>& calls, std::vector<RowCall>& row_calls,
                      CallList& list) {
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

    /// Fields and tags may stand beside one call only, and only if it picks samples.
    Status check_company(const std::vector<RowCall>& row_calls, const CallList& list,
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

    /// Plans of all calls, the row calls before the others, side by side. Appends their types.
    Status join_row_calls(const std::vector<RowCall>& row_calls, const CallList& list,
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
        root_ =
            join.inputs.size() > 1 ? LogicalPlan{std::move(join)} : std::move(*join.inputs.front());
        return success();
    }

    /// Returns the type of what the steps of the call work on.
    Result<std::optional<FieldType>> plan_row_call(const RowCall& call,
                                                   const std::vector<InputColumn>& beside) {
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
                root_ =
                    LogicalPlan{PickSamples{series_, frame, *call.pick, beside, is_descending()}};
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

    bool is_descending() const {
        return !select_.order_by.empty() && select_.order_by.front().column == "time" &&
               select_.order_by.front().descending;
    }

    /// The first row of an answer that compares rows needs the bucket before it; the answer's order
    /// says which one that is. As in InfluxDB it is one bucket, however many steps there are.
    Status widen_for_steps(bool looks_back, TimeFrame& frame) const {
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

    Status plan_windows(const CallList& list, bool looks_back) {
        AggregateWindows aggregate;
        aggregate.calls = list.calls();
        aggregate.predicates = list.predicates();
        TIDEMARK_RETURN_IF_ERROR(finish_aggregate(aggregate));
        TIDEMARK_RETURN_IF_ERROR(widen_for_steps(looks_back, aggregate.frame));
        root_ = LogicalPlan{std::move(aggregate)};
        return add_fill(list.calls(), 1);
    }

    // ---- tables

    Status bind_table(const std::vector<const Call*>& calls) {
        if (calls.size() != 1 || items_.expressions.size() != 1 ||
            !std::holds_alternative<Call>(without_parentheses(items_.expressions[0]).node)) {
            return invalid(calls.front()->name + "() is a table and stands alone in its SELECT");
        }
        if (grouping_.buckets.step) {
            return invalid(calls.front()->name + "() cannot be combined with GROUP BY time(..)");
        }
        TIDEMARK_RETURN_IF_ERROR(refuse_field_conditions());
        TIDEMARK_RETURN_IF_ERROR(resolve_hold());
        CallList list(schema_, messages_);
        TIDEMARK_ASSIGN_OR_RETURN(const std::size_t index, list.add(*calls.front()));
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

    // ---- what all have in common

    Result<std::vector<RowExpression>> bind_columns(const BindHooks& hooks) const {
        std::vector<RowExpression> columns;
        columns.reserve(items_.expressions.size());
        for (const Expression& item : items_.expressions) {
            TIDEMARK_ASSIGN_OR_RETURN(RowExpression column, bind_row_expression(item, hooks));
            columns.push_back(std::move(column));
        }
        return columns;
    }

    /// HAVING over `columns` and calls, which are added to the list; nothing without HAVING.
    Result<std::optional<RowExpression>> bind_having_calls(
        const std::vector<RowExpression>& columns, CallList& list, std::size_t first_call) {
        using Bound = std::optional<RowExpression>;
        if (!select_.having) return Bound();
        HavingScope scope;
        scope.names = &items_.names;
        scope.columns = &columns;
        scope.expressions = &items_.expressions;
        scope.calls = &list;
        scope.first_call_slot = first_call;
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression having, bind_having(*select_.having, scope, time_));
        return Bound(std::move(having));
    }

    void name_columns() {
        column_names_ = {items_.time_name};
        column_names_.insert(column_names_.end(), items_.names.begin(), items_.names.end());
    }

    Status add_having(const HavingScope& scope) {
        if (!select_.having) return success();
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression condition,
                                  bind_having(*select_.having, scope, time_));
        root_ = LogicalPlan{
            FilterRows{*std::move(root_), std::move(condition), print(*select_.having)}};
        return success();
    }

    Status add_order_and_limit() {
        const Limits& limits = select_.limits;
        add_limit(std::nullopt, 0, limits.series_limit, limits.series_offset.value_or(0));
        // Behind SLIMIT, which counts series in their own order, also when times descend.
        if (is_ordered()) TIDEMARK_RETURN_IF_ERROR(add_order());
        add_limit(limits.limit, limits.offset.value_or(0), std::nullopt, 0);
        return success();
    }

    /// A limit of 0 is none.
    void add_limit(std::optional<std::uint64_t> limit, std::uint64_t offset,
                   std::optional<std::uint64_t> series_limit, std::uint64_t series_offset) {
        if (limit == 0U) limit.reset();
        if (series_limit == 0U) series_limit.reset();
        if (!limit && offset == 0 && !series_limit && series_offset == 0) return;
        root_ =
            LogicalPlan{LimitRows{*std::move(root_), limit, offset, series_limit, series_offset}};
    }

    Status add_order() {
        std::vector<OrderKey> keys;
        for (const SortKey& key : select_.order_by) {
            const auto column = key.column == "time" ? column_names_.begin()
                                                     : std::find(column_names_.begin() + 1,
                                                                 column_names_.end(), key.column);
            if (column == column_names_.end()) {
                return invalid("ORDER BY " + print_identifier(key.column) +
                               ": there is no such column" + suggestion(key.column, column_names_));
            }
            keys.push_back(
                {static_cast<std::size_t>(column - column_names_.begin()), key.descending});
        }
        root_ = LogicalPlan{OrderRows{*std::move(root_), std::move(keys)}};
        return success();
    }

    const SelectStatement& select_;
    const BindContext& context_;
    TimeContext time_;
    TimeBounds bounds_;
    std::vector<ResolvedSource> sources_;
    Schema schema_;
    Grouping grouping_;
    SelectItems items_;
    SeriesSelection series_;
    std::int64_t hold_ns_ = kDefaultHoldNs;
    std::vector<ResultMessage> messages_;
    std::optional<LogicalPlan> root_;
    std::vector<std::string> column_names_;
    std::vector<std::optional<FieldType>> column_types_;
};

}  // namespace

Result<SelectPlan> bind_select(const SelectStatement& select, const BindContext& context) {
    return SelectBinder(select, context).bind();
}

}  // namespace tidemark::query

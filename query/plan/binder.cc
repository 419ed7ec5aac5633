#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include "query/plan/messages.h"
#include "query/plan/name_suggestion.h"
#include "query/plan/outer_query.h"
#include "query/plan/select_binder.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

}  // namespace

Result<SelectPlan> SelectBinder::bind() {
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
    TIDEMARK_RETURN_IF_ERROR(bind_exclusions());
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

Status SelectBinder::refuse_unsupported() const {
    if (select_.into && context_.outer != nullptr) {
        return invalid("INTO belongs into the outermost SELECT: a subquery writes nothing");
    }
    if (select_.fill && select_.fill->longest && !select_.fill->longest->fixed_ns()) {
        return invalid("fill(previous, " + print_duration(*select_.fill->longest) +
                       ") has no fixed length: write it in days");
    }
    if (select_.stale && select_.stale->hold && !select_.stale->hold->fixed_ns()) {
        return invalid("STALE " + print_duration(*select_.stale->hold) +
                       " has no fixed length: write it in days");
    }
    return success();
}

bool SelectBinder::selects_time_only() const {
    return std::all_of(select_.items.begin(), select_.items.end(), [](const SelectItem& item) {
        return std::holds_alternative<VariableReference>(item.expression.node);
    });
}

Status SelectBinder::refuse_constant_items() const {
    for (const Expression& item : items_.expressions) {
        std::vector<const Call*> calls;
        collect_calls(item, calls);
        std::vector<const VariableReference*> references;
        collect_references(item, references);
        if (calls.empty() && references.empty()) {
            // Nothing in it needs a hook; abs() is told what it lacks.
            TIDEMARK_ASSIGN_OR_RETURN([[maybe_unused]] const RowExpression constant,
                                      bind_row_expression(item, {}));
            return invalid("field must contain at least one variable");
        }
    }
    return success();
}

Status SelectBinder::bind_time() {
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
    const bool keeps_times = is_raw() || grouping_.buckets.step || outer.buckets.step.has_value();
    bounds_ =
        intersection(bounds_, keeps_times && !counts_from_start() ? seen_by(outer) : outer.time);
    return success();
}

/// Whether rows before the range would change those in it.
bool SelectBinder::counts_from_start() const {
    const Limits& limits = select_.limits;
    if (limits.limit || limits.offset || limits.series_limit || limits.series_offset) return true;
    std::vector<const Call*> calls;
    for (const SelectItem& item : select_.items) collect_calls(item.expression, calls);
    return std::any_of(calls.begin(), calls.end(), [](const Call* call) {
        const FunctionInfo* info = find_function(call->name);
        return info != nullptr && info->function_class == FunctionClass::Transformation;
    });
}

/// Where the first window of the query begins (R2).
Result<std::int64_t> SelectBinder::first_window_ns() const {
    const std::int64_t begin_ns = bounds_.range.begin_ns;
    if (!bounds_.has_lower || !grouping_.buckets.step || !grouping_.buckets.window) return begin_ns;
    constexpr std::size_t kOneOrTwo = 2;  // A bucket may have no length.
    const TimeRange first_instant{begin_ns, saturating_add(begin_ns, 1)};
    if (first_instant.is_empty()) return begin_ns;
    TIDEMARK_ASSIGN_OR_RETURN(const auto buckets,
                              make_time_buckets(grouping_.buckets, first_instant, kOneOrTwo));
    return buckets.empty() ? begin_ns : std::min(begin_ns, buckets.front().window.begin_ns);
}

bool SelectBinder::is_raw() const {
    std::vector<const Call*> calls;
    for (const SelectItem& item : select_.items) collect_calls(item.expression, calls);
    return calls.empty();
}

Result<std::shared_ptr<const SelectPlan>> SelectBinder::bind_subquery(
    const SelectStatement& inner) {
    const bool depends_on_hold = look_back_ns(select_, 0) != look_back_ns(select_, kHoldForever);
    if (depends_on_hold) TIDEMARK_RETURN_IF_ERROR(resolve_hold());
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t window_ns, first_window_ns());
    OuterQuery outer{bounds_,           window_ns, grouping_.tags,
                     grouping_.buckets, 1,         look_back_ns(select_, hold_ns_)};
    outer.buckets.window.reset();  // The rows inside are of buckets, those outside of windows.
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

void SelectBinder::warn_of_unknown_tag(const std::string& tag) {
    if (schema_.tags().contains(tag)) return;
    if (schema_.fields().contains(tag)) {
        warn(messages_, print_identifier(tag) + " is a field: GROUP BY takes tags and time(..)");
    } else if (auto text = schema_.unknown_name(tag, NameKind::Tag)) {
        warn(messages_, *std::move(text));
    }
}

void SelectBinder::inherit_group_tags(const OuterQuery& outer) {
    std::set<std::string> tags(grouping_.tags.begin(), grouping_.tags.end());
    for (const std::string& tag : outer.group_tags) {
        if (schema_.tags().contains(tag)) tags.insert(tag);
    }
    if (outer.look_back_ns && is_raw() && !counts_from_start()) {
        tags.insert(schema_.tags().begin(), schema_.tags().end());
    }
    grouping_.tags.assign(tags.begin(), tags.end());
}

Status SelectBinder::resolve_names() {
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

Status SelectBinder::bind_body() {
    std::vector<const Call*> calls;
    for (const Expression& item : items_.expressions) collect_calls(item, calls);
    if (std::any_of(calls.begin(), calls.end(), is_table_call)) return bind_table(calls);
    const bool gives_rows = std::any_of(calls.begin(), calls.end(),
                                        [](const Call* call) { return is_row_call(*call); });
    if (gives_rows) return bind_row_calls(calls);
    return calls.empty() ? bind_rows() : bind_aggregates(calls);
}

TimeFrame SelectBinder::time_frame(bool asks_for_states) const {
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

Status SelectBinder::resolve_hold() {
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
        const std::int64_t ns =
            context_.store.stale_ns(source.database, source.measurement).value_or(kDefaultHoldNs);
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

Status SelectBinder::collect_stored_sources(const SelectStatement& select,
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

std::optional<Truth> SelectBinder::unknown_as() const {
    if (!select_.unknown_as) return std::nullopt;
    return *select_.unknown_as == UnknownAs::Good ? Truth::True : Truth::False;
}

Status SelectBinder::bind_rows() {
    if (has_exclusions()) return refuse_exclusions("rows as they were written");
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
    TIDEMARK_RETURN_IF_ERROR(type_columns(columns, slot_types(rows.columns, schema_)));
    root_ = LogicalPlan{std::move(rows)};
    HavingScope scope;
    scope.names = &items_.names;
    scope.columns = &columns;
    TIDEMARK_RETURN_IF_ERROR(add_having(scope));
    root_ = LogicalPlan{ComputeColumns{*std::move(root_), std::move(columns)}};
    return success();
}

void SelectBinder::want_rows(SelectRows& rows) const {
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

bool SelectBinder::is_ordered() const {
    return std::any_of(select_.order_by.begin(), select_.order_by.end(),
                       [](const SortKey& key) { return key.descending || key.column != "time"; });
}

Result<RowExpression> SelectBinder::bind_input(const Expression& leaf,
                                               std::vector<InputColumn>& inputs) {
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
        warn(messages_, name.name + " has type " + std::string(field_type_name(*name.type)) + ": " +
                            print(leaf) + " never has a value");
        return RowExpression{ConstantCell{}};
    }
    const InputColumn input{name.name, name.kind == NameKind::Tag};
    RowExpression slot{SlotReference{1 + slot_of(inputs, input)}};
    const bool converts =
        reference->cast && reference->cast != CastType::Field && reference->cast != CastType::Tag;
    if (!converts) return slot;
    return RowExpression{Conversion{std::move(slot), *reference->cast}};
}

bool SelectBinder::is_descending() const {
    return !select_.order_by.empty() && select_.order_by.front().column == "time" &&
           select_.order_by.front().descending;
}

Result<std::vector<RowExpression>> SelectBinder::bind_columns(const BindHooks& hooks) const {
    std::vector<RowExpression> columns;
    columns.reserve(items_.expressions.size());
    for (const Expression& item : items_.expressions) {
        TIDEMARK_ASSIGN_OR_RETURN(RowExpression column, bind_row_expression(item, hooks));
        columns.push_back(std::move(column));
    }
    return columns;
}

Status SelectBinder::type_columns(const std::vector<RowExpression>& columns,
                                  const ColumnTypes& slots) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        TIDEMARK_RETURN_IF_ERROR(check_math_arguments(columns[i], slots));
        const auto types = incompatible_types(columns[i], slots);
        if (!types) continue;
        return invalid("type error: " + print(items_.expressions[i]) +
                       ": incompatible types: " + std::string(field_type_name(types->first)) +
                       " and " + std::string(field_type_name(types->second)));
    }
    column_types_ = column_types(columns, slots);
    return success();
}

Result<std::optional<RowExpression>> SelectBinder::bind_having_calls(
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

void SelectBinder::name_columns() {
    column_names_ = {items_.time_name};
    column_names_.insert(column_names_.end(), items_.names.begin(), items_.names.end());
}

Status SelectBinder::add_having(const HavingScope& scope) {
    if (!select_.having) return success();
    TIDEMARK_ASSIGN_OR_RETURN(RowExpression condition, bind_having(*select_.having, scope, time_));
    root_ =
        LogicalPlan{FilterRows{*std::move(root_), std::move(condition), print(*select_.having)}};
    return success();
}

Status SelectBinder::add_order_and_limit() {
    const Limits& limits = select_.limits;
    add_limit(std::nullopt, 0, limits.series_limit, limits.series_offset.value_or(0));
    // Behind SLIMIT, which counts series in their own order, also when times descend.
    if (is_ordered()) TIDEMARK_RETURN_IF_ERROR(add_order());
    add_limit(limits.limit, limits.offset.value_or(0), std::nullopt, 0);
    return success();
}

void SelectBinder::add_limit(std::optional<std::uint64_t> limit, std::uint64_t offset,
                             std::optional<std::uint64_t> series_limit,
                             std::uint64_t series_offset) {
    if (limit == 0U) limit.reset();
    if (series_limit == 0U) series_limit.reset();
    if (!limit && offset == 0 && !series_limit && series_offset == 0) return;
    root_ = LogicalPlan{LimitRows{*std::move(root_), limit, offset, series_limit, series_offset}};
}

Status SelectBinder::add_order() {
    std::vector<OrderKey> keys;
    for (const SortKey& key : select_.order_by) {
        const auto column = key.column == "time" ? column_names_.begin()
                                                 : std::find(column_names_.begin() + 1,
                                                             column_names_.end(), key.column);
        if (column == column_names_.end()) {
            return invalid("ORDER BY " + print_identifier(key.column) +
                           ": there is no such column" + suggestion(key.column, column_names_));
        }
        keys.push_back({static_cast<std::size_t>(column - column_names_.begin()), key.descending});
    }
    root_ = LogicalPlan{OrderRows{*std::move(root_), std::move(keys)}};
    return success();
}

Result<SelectPlan> bind_select(const SelectStatement& select, const BindContext& context) {
    return SelectBinder(select, context).bind();
}

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/plan/binder.h"
#include "query/plan/column_types.h"
#include "query/plan/group_by.h"
#include "query/plan/having.h"
#include "query/plan/row_calls.h"
#include "query/plan/select_items.h"

namespace tidemark::query {

/// Binds one SELECT: bind() once, then it is used up. The parts are in binder.cc (names, times,
/// rows, order), bind_windows.cc (calls that give a row per bucket, and tables) and
/// bind_row_calls.cc (calls that give rows of their own). Not thread-safe.
class SelectBinder {
public:
    SelectBinder(const SelectStatement& select, const BindContext& context)
        : select_(select), context_(context), time_{context.now_ns, std::nullopt} {}

    Result<SelectPlan> bind();

private:
    Status refuse_unsupported() const;
    bool selects_time_only() const;
    Status refuse_constant_items() const;
    Status bind_time();
    bool is_raw() const;
    bool counts_from_start() const;
    Result<std::int64_t> first_window_ns() const;
    Result<std::shared_ptr<const SelectPlan>> bind_subquery(const SelectStatement& inner);
    void warn_of_unknown_tag(const std::string& tag);
    void inherit_group_tags(const OuterQuery& outer);
    Status resolve_names();
    Status bind_body();
    TimeFrame time_frame(bool asks_for_states) const;

    /// How long a value holds: as the query says, else its measurement, else its database (R6).
    Status resolve_hold();

    /// The measurements that a SELECT reads, those of its subqueries included.
    Status collect_stored_sources(const SelectStatement& select,
                                  std::vector<ResolvedSource>& stored) const;
    std::optional<Truth> unknown_as() const;

    /// What DURING and EXCEPT name, of the database that the measurements are in.
    Status bind_exclusions();
    Result<std::string> database_of_exclusions() const;
    bool has_exclusions() const { return series_.exclusions != nullptr; }
    /// DURING and EXCEPT go with functions that can leave time out.
    Status refuse_exclusions(const std::string& what) const;
    Status check_exclusions(const std::vector<BoundCall>& calls) const;

    // ---- rows as they were written

    Status bind_rows();
    void want_rows(SelectRows& rows) const;
    bool is_ordered() const;

    /// A field or tag of the row; the first slot is time's.
    Result<RowExpression> bind_input(const Expression& leaf, std::vector<InputColumn>& inputs);

    // ---- one row per bucket

    Status bind_aggregates(const std::vector<const Call*>& calls);

    /// Fields and tags may stand beside one call only, and only if it picks a sample.
    Status bind_beside(const CallList& list, std::vector<InputColumn>& beside);
    Status finish_aggregate(AggregateWindows& aggregate);
    Status refuse_field_conditions() const;
    void warn_of_single_samples(const BoundCall& call);
    Status add_fill(const std::vector<BoundCall>& calls, std::size_t first_call);
    Status look_before(FillWindows& fill) const;

    // ---- calls that give rows of their own

    Status bind_row_calls(const std::vector<const Call*>& calls);
    static std::size_t position(const std::vector<RowCall>& row_calls, const std::string& text);

    /// Each different call once, by its kind.
    Status sort_calls(const std::vector<const Call*>& calls, std::vector<RowCall>& row_calls,
                      CallList& list);

    /// Fields and tags may stand beside one call only, and only if it picks samples.
    Status check_company(const std::vector<RowCall>& row_calls, const CallList& list,
                         std::vector<InputColumn>& beside);

    /// Plans of all calls, the row calls before the others, side by side. Appends their types.
    Status join_row_calls(const std::vector<RowCall>& row_calls, const CallList& list,
                          const std::vector<InputColumn>& beside, ColumnTypes& types);

    /// Returns the type of what the steps of the call work on.
    Result<std::optional<FieldType>> plan_row_call(const RowCall& call,
                                                   const std::vector<InputColumn>& beside);
    bool is_descending() const;

    /// The first row of an answer that compares rows needs the bucket before it; the answer's order
    /// says which one that is. As in InfluxDB it is one bucket, however many steps there are.
    Status widen_for_steps(bool looks_back, TimeFrame& frame) const;
    Status plan_windows(const CallList& list, bool looks_back);

    // ---- tables

    Status bind_table(const std::vector<const Call*>& calls);

    // ---- what all have in common

    Result<std::vector<RowExpression>> bind_columns(const BindHooks& hooks) const;

    /// Notes the types of the answer's columns; refuses arithmetic that no row has a value for.
    Status type_columns(const std::vector<RowExpression>& columns, const ColumnTypes& slots);

    /// HAVING over `columns` and calls, which are added to the list; nothing without HAVING.
    Result<std::optional<RowExpression>> bind_having_calls(
        const std::vector<RowExpression>& columns, CallList& list, std::size_t first_call);
    void name_columns();
    Status add_having(const HavingScope& scope);
    Status add_order_and_limit();

    /// A limit of 0 is none.
    void add_limit(std::optional<std::uint64_t> limit, std::uint64_t offset,
                   std::optional<std::uint64_t> series_limit, std::uint64_t series_offset);
    Status add_order();

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

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/types.h>

#include "query/functions/exclusions.h"
#include "query/functions/state_timeline.h"
#include "query/functions/time_buckets.h"
#include "query/plan/call_binder.h"
#include "query/plan/predicate.h"
#include "query/plan/row_calls.h"
#include "query/plan/row_expression.h"
#include "query/plan/schema.h"
#include "query/plan/where_clause.h"
#include "query/syntax/box.h"

// What a SELECT means, before anyone has decided how to run it. Nodes are named for what is asked;
// query/operators has what runs.

namespace tidemark::query {

struct LogicalPlan;

/// The series a statement is about, and how they fall into groups.
struct SeriesSelection {
    std::vector<ResolvedSource> sources;
    WhereClause where;                    ///< Its time bounds are complete: see time_frame.
    std::vector<std::string> group_tags;  ///< Ascending, each once.
    /// DURING and EXCEPT; null: all time counts.
    std::shared_ptr<const Exclusions> exclusions;
};

/// [A, B), its buckets, and where the present is.
struct TimeFrame {
    TimeRange range;         ///< Without a lower bound it begins at int64's minimum.
    bool has_lower = false;  ///< Without one, each series starts at its own first sample (R2).
    BucketSpec buckets;
    std::int64_t as_of_ns = 0;  ///< R3: now, or B if that is earlier.
};

/// Rows as they were written. Yields time and `columns`.
struct SelectRows {
    SeriesSelection series;
    TimeFrame frame;
    std::vector<InputColumn> columns;
    /// Of every group only so many rows are wanted: the first ones, or those that come first when
    /// times descend.
    std::optional<std::size_t> wanted_rows;
    bool wants_latest = false;
    bool may_shrink = false;  ///< A later step takes rows or groups away.
    /// A row needs one of these or of its own fields. Where tags alone are selected from a
    /// subquery, they come with each of its rows; stored rows come with their fields only.
    std::vector<std::string> witnesses;
};

/// One row per bucket and group. Yields time, `beside`, and one cell per call.
struct AggregateWindows {
    SeriesSelection series;
    TimeFrame frame;
    std::vector<InputColumn> beside;  ///< Of the one sample that the only call, a selector, picks.
    std::vector<BoundCall> calls;
    std::vector<BoundPredicate> predicates;
    std::int64_t hold_ns = 0;         ///< H; kHoldForever is STALE NONE.
    std::optional<Truth> unknown_as;  ///< For uptime and downtime; nothing: left out (R5).
    bool keeps_sample_time = false;   ///< The row has the time of the selector's sample.
};

/// One row per true run. Yields time, the columns of episode_columns(), `tag_columns`, and if asked
/// for the duration, the inside and the unknown time in ns.
struct ListEpisodes {
    SeriesSelection series;
    TimeFrame frame;
    BoundCall call;
    std::vector<BoundPredicate> predicates;
    std::int64_t hold_ns = 0;
    std::vector<std::string> tag_columns;  ///< Tags that are not grouped by: whose run it is.
    bool yields_ns = false;
};

/// The samples that top, bottom or sample pick of each bucket and group, or its distinct values.
/// Yields time, `beside`, and the value.
struct PickSamples {
    SeriesSelection series;
    TimeFrame frame;
    BoundPick pick;
    std::vector<InputColumn> beside;
    /// distinct: the answer runs backwards, so values come in the order in which they are last
    /// seen.
    bool descending = false;
};

/// What transformations make of one column of successive rows. Yields time and one value.
struct TransformRows {
    Box<LogicalPlan> input;
    std::size_t slot = 1;
    std::vector<TransformationStep> steps;
    bool descending = false;  ///< From the last row to the first.
    std::string text;
};

/// Puts rows of several inputs side by side that have the same time, each row once. Yields time and
/// the columns of all inputs.
struct JoinByTime {
    std::vector<Box<LogicalPlan>> inputs;
    std::vector<std::size_t> widths;  ///< Columns of each input, without time.
    Cell missing;                     ///< Stands where an input has no row.
};

/// The rows of changes() or state_durations(). Yields time, the columns of table_columns(),
/// `tag_columns`, and if asked for state_durations' duration in ns.
struct ListValues {
    SeriesSelection series;
    TimeFrame frame;
    BoundCall call;
    std::int64_t hold_ns = 0;
    std::vector<std::string> tag_columns;  ///< As ListEpisodes'.
    bool yields_ns = false;
};

/// Gives buckets without a value one, or drops rows without any.
struct FillWindows {
    Box<LogicalPlan> input;
    FillKind kind = FillKind::Null;
    Cell number;                 ///< For Number.
    std::size_t first_slot = 1;  ///< Slots from here on are calls; the ones before stay.
    std::vector<bool> is_count;  ///< Per call: fill(null) of a count is 0, as in InfluxDB.
    /// Previous: how far a value is carried, from the start of its bucket; nothing: without end.
    std::optional<std::int64_t> longest_ns;
    /// With longest_ns and a lower bound: rows like the input's, of the time in front of the range.
    std::optional<Box<LogicalPlan>> before;
};

/// HAVING.
struct FilterRows {
    Box<LogicalPlan> input;
    RowExpression condition;
    std::string text;
};

/// Makes the columns of the answer; time stays in front.
struct ComputeColumns {
    Box<LogicalPlan> input;
    std::vector<RowExpression> columns;
};

struct OrderKey {
    std::size_t column = 0;  ///< Of the answer; 0 is time.
    bool descending = false;
};

/// Rows within each group. Descending by time turns the order of the groups around as well.
struct OrderRows {
    Box<LogicalPlan> input;
    std::vector<OrderKey> keys;
};

/// LIMIT and OFFSET within each group, SLIMIT and SOFFSET over groups.
struct LimitRows {
    Box<LogicalPlan> input;
    std::optional<std::uint64_t> limit;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> series_limit;
    std::uint64_t series_offset = 0;
};

struct LogicalPlan {
    std::variant<SelectRows, AggregateWindows, ListEpisodes, ListValues, PickSamples, TransformRows,
                 JoinByTime, FillWindows, FilterRows, ComputeColumns, OrderRows, LimitRows>
        node;
};

/// A statement ready to run.
struct SelectPlan {
    LogicalPlan root;
    std::vector<std::string> column_names;  ///< The first is time's.
    /// Of the same columns; nothing for one that holds null only.
    std::vector<std::optional<FieldType>> column_types;
    std::vector<std::string> group_tags;
    std::vector<std::string> measurements;  ///< Of the sources, ascending, each once.
    std::vector<std::string> input_names;   ///< Every field and tag of the sources.
    std::optional<TimeZone> time_zone;      ///< In which times are to be shown.
    std::vector<ResultMessage> messages;
};

}  // namespace tidemark::query

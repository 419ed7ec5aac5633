#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tidemark/result.h>
#include <tidemark/types.h>

// The one list of functions a query may call. The binder checks calls against it and decides from
// it what to ask of a scan; what a function computes is in the folds (sample_fold.h,
// percentile_rows.h, sample_picker.h, transformation.h, state_window.h, time_integral.h,
// counter_fold.h, held_values.h).

namespace tidemark::query {

enum class FunctionId : std::uint8_t {
    Count,
    Sum,
    Mean,
    Min,
    Max,
    First,
    Last,
    Spread,
    StdDev,
    Median,
    Percentile,
    PercentileDisc,
    PercentileCont,
    ApproxPercentile,
    Mode,
    CountDistinct,
    Distinct,
    Top,
    Bottom,
    Sample,
    Derivative,
    NonNegativeDerivative,
    Difference,
    NonNegativeDifference,
    MovingAverage,
    CumulativeSum,
    Elapsed,
    Integral,
    Share,
    ShareLe,
    TimeMean,
    TimeIn,
    TimeOut,
    Unknown,
    Excluded,
    Future,
    Uptime,
    Downtime,
    Coverage,
    UptimeLow,
    UptimeHigh,
    Longest,
    Current,
    Since,
    Episodes,
    EpisodeCount,
    Mttr,
    Mtbf,
    TimeIntegral,
    Increase,
    Rate,
    Resets,
    ChangeCount,
    TimePercentile,
    Changes,
    StateDurations,
    Sla,
    SlaVerdict,
    SlaBudget,
    SlaSpent,
    SlaLeft,
    Apdex,
    Nps,
    Trend,
    TrendSlope,
    TrendP,
    TrendCount,
    Correlate,
};

/// Who computes it.
enum class FunctionClass : std::uint8_t {
    Aggregate,  ///< SampleFold; the row's time is the bucket's.
    Selector,   ///< SampleFold; picks one sample, whose time is the row's without GROUP BY time.
    Quantile,   ///< PercentileRows. `percentile` is a selector as well.
    RowPicker,  ///< SamplePicker, DistinctFold: several rows per window.
    Transformation,  ///< Transformation: of successive values, of a field or of an aggregate.
    PointShare,      ///< ShareFold over the points at which a predicate is known, or two are.
    Trend,           ///< trend_of().
    Pairs,           ///< Correlation: of two fields of a series at once.
    TimeMean,        ///< TimeIntegral.
    Counter,         ///< CounterFold.
    HeldValue,       ///< The changes of a field (held_values.h).
    State,           ///< StateTimeline and its totals and runs.
    Table,           ///< Many rows for one call; stands alone in its SELECT.
    Columns,         ///< Several columns for one call, each a call of its own: column_calls().
};

enum class ArgumentKind : std::uint8_t {
    Field,           ///< A field; for count, sum, ... also * or a regex as in InfluxQL.
    OtherField,      ///< A second field of the same series.
    Lag,             ///< A duration by which the second field is taken earlier.
    Predicate,       ///< Over fields and tags of one series.
    Percent,         ///< A decimal as written, 0 to 100 (others give null, as in InfluxDB).
    Quantile,        ///< A decimal as written, in (0, 1].
    Limit,           ///< A number literal to compare the field with.
    RowCount,        ///< A positive integer: how many rows.
    Tags,            ///< Any number of tags or fields, before the last argument.
    Unit,            ///< A duration: the unit the answer comes in. Default 1s.
    EpisodeOptions,  ///< Any of FOR d, KEEP d, CLEAR predicate.
    Target,          ///< A number literal above zero that samples should not exceed.
    Objective,       ///< A share to be kept, as written: 0.999 or 99.9%.
};

struct ArgumentShape {
    ArgumentKind kind;
    bool is_required = true;
    bool may_repeat = false;  ///< Only the last one: percentile(f, 50, 90, 99).
};

/// What the function is computed from; decides Need and leaves of the ScanRequest.
enum class FunctionNeed : std::uint8_t {
    Summary,  ///< Need::Summary for the field: summaries, or values where none is exact.
    Values,   ///< Need::Values for the field.
    Leaves,   ///< The predicate's leaves, with carry-in.
    Points,   ///< The predicate's truth at each point; runs do when it is one single leaf.
};

enum class ResultRule : std::uint8_t {
    Integer,   ///< Always an integer.
    Float,     ///< Always a float.
    Field,     ///< The field's own type.
    Duration,  ///< Float in the unit asked for; an integer when that is 1ns.
    Time,      ///< An instant.
    Table,     ///< Several columns, see table_columns() and column_calls().
    Text,      ///< A word.
};

/// One row of the table. Constant, lives for ever.
struct FunctionInfo {
    FunctionId id;
    std::string_view name;
    FunctionClass function_class;
    FunctionNeed need;
    ResultRule result;
    std::array<ArgumentShape, 3> arguments;
    std::size_t argument_count;
    /// Field types it takes, as bits 1 << FieldType; 0 when its argument is a predicate.
    std::uint8_t field_types;
    bool is_selector = false;  ///< Picks samples: has a time of its own, may stand beside fields.
    bool takes_run_options = false;  ///< FOR, KEEP and CLEAR.

    bool needs_carry_in() const {
        return function_class == FunctionClass::State || function_class == FunctionClass::Table ||
               function_class == FunctionClass::TimeMean ||
               function_class == FunctionClass::Counter ||
               function_class == FunctionClass::HeldValue;
    }
    /// It does not give one row per bucket.
    bool gives_rows() const {
        return function_class == FunctionClass::RowPicker ||
               function_class == FunctionClass::Transformation;
    }
    /// Its answer depends on where a run began, however far back (CarryIn::RunStart).
    bool needs_run_start() const {
        return id == FunctionId::Current || id == FunctionId::Since || id == FunctionId::Episodes ||
               id == FunctionId::Mttr;
    }
};

/// One of the columns that a call of class Columns gives.
struct ColumnCall {
    std::string_view name;       ///< Of the column.
    std::string_view function;   ///< What computes it, from the first arguments of the call.
    std::size_t argument_count;  ///< How many of them it takes at most.
};

/// The columns of a function of class Columns, in order; none for other functions.
std::span<const ColumnCall> column_calls(FunctionId id);

/// What a statement calls the function: "sla" for "sla(budget)", which is the name of a column of
/// it and which no statement can spell.
std::string_view spelled_name(std::string_view name);

/// Every function, in the order of FunctionId.
std::span<const FunctionInfo> function_table();

const FunctionInfo& function_info(FunctionId id);

/// Names are matched without regard to case. Null when there is none.
const FunctionInfo* find_function(std::string_view name);

/// The known name nearest to `name` (one edit for every three letters), if any.
std::optional<std::string_view> nearest_function_name(std::string_view name);

/// "undefined function foo(), did you mean first()?"
Error unknown_function_error(std::string_view name);

/// InvalidArgument, in InfluxDB's words where it has any, when `info` cannot be computed over a
/// field of this type: "unsupported mean iterator type: string".
Status check_field_type(const FunctionInfo& info, FieldType type);

/// The type of a column of results of ResultRule::Field, Integer and Float; `field` is the type of
/// the function's field. (sum of an integer column is Integer; mean is Float.)
FieldType result_type(const FunctionInfo& info, FieldType field);

/// The columns episodes() gives besides time: end, duration, inside, open, peak, mean, unknown.
std::span<const std::string_view> episode_columns();

/// The columns a function of class Table gives besides time.
std::span<const std::string_view> table_columns(FunctionId id);

}  // namespace tidemark::query

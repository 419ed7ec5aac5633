#include "query/functions/function_table.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <vector>

#include "query/functions/math_functions.h"

namespace tidemark::query {
namespace {

constexpr std::uint8_t bit(FieldType type) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(type));
}
constexpr std::uint8_t kNumeric =
    bit(FieldType::Float) | bit(FieldType::Integer) | bit(FieldType::Unsigned);
constexpr std::uint8_t kOrdered = kNumeric | bit(FieldType::Boolean);  // min(true) is InfluxDB's.
constexpr std::uint8_t kAnyType = kOrdered | bit(FieldType::String);
constexpr std::uint8_t kNoField = 0;

constexpr ArgumentShape kField{ArgumentKind::Field};
constexpr ArgumentShape kOtherField{ArgumentKind::OtherField};
constexpr ArgumentShape kLag{ArgumentKind::Lag, false, false};
constexpr ArgumentShape kPredicate{ArgumentKind::Predicate};
constexpr ArgumentShape kPercent{ArgumentKind::Percent};
constexpr ArgumentShape kPercents{ArgumentKind::Percent, true, true};
constexpr ArgumentShape kQuantiles{ArgumentKind::Quantile, true, true};
constexpr ArgumentShape kLimit{ArgumentKind::Limit};
constexpr ArgumentShape kRowCount{ArgumentKind::RowCount};
constexpr ArgumentShape kTags{ArgumentKind::Tags, false, true};
constexpr ArgumentShape kUnit{ArgumentKind::Unit, false, false};
constexpr ArgumentShape kTarget{ArgumentKind::Target};
constexpr ArgumentShape kObjective{ArgumentKind::Objective};
constexpr ArgumentShape kOptions{ArgumentKind::EpisodeOptions, false, true};
constexpr ArgumentShape kNone{ArgumentKind::Unit, false, false};

constexpr bool kSelector = true;
constexpr bool kRunOptions = true;

FunctionInfo sample_function(FunctionId id, std::string_view name, FunctionNeed need,
                             ResultRule result, std::uint8_t types, bool is_selector = false) {
    const auto function_class = is_selector ? FunctionClass::Selector : FunctionClass::Aggregate;
    return {id, name,  function_class, need, result, {kField, kNone, kNone},
            1,  types, is_selector,    false};
}

FunctionInfo quantile_function(FunctionId id, std::string_view name, ResultRule result,
                               ArgumentShape parameter, bool is_selector = false) {
    return {id,
            name,
            FunctionClass::Quantile,
            FunctionNeed::Values,
            result,
            {kField, parameter, kNone},
            2,
            kNumeric,
            is_selector,
            false};
}

FunctionInfo picker_function(FunctionId id, std::string_view name, std::uint8_t types,
                             std::array<ArgumentShape, 3> arguments, std::size_t argument_count,
                             bool is_selector) {
    return {id,
            name,
            FunctionClass::RowPicker,
            FunctionNeed::Values,
            ResultRule::Field,
            arguments,
            argument_count,
            types,
            is_selector,
            false};
}

/// `parameter` is kNone for functions of the values alone.
FunctionInfo transformation(FunctionId id, std::string_view name, ResultRule result,
                            std::size_t argument_count, ArgumentShape parameter,
                            std::uint8_t types = kNumeric) {
    return {id,
            name,
            FunctionClass::Transformation,
            FunctionNeed::Values,
            result,
            {kField, parameter, kNone},
            argument_count,
            types,
            false,
            false};
}

FunctionInfo duration_function(FunctionId id, std::string_view name, bool takes_runs = false) {
    return {
        id,
        name,
        FunctionClass::State,
        FunctionNeed::Leaves,
        ResultRule::Duration,
        takes_runs ? std::array{kPredicate, kOptions, kUnit} : std::array{kPredicate, kUnit, kNone},
        takes_runs ? std::size_t{3} : std::size_t{2},
        kNoField,
        false,
        takes_runs};
}

FunctionInfo ratio_function(FunctionId id, std::string_view name) {
    return {id,
            name,
            FunctionClass::State,
            FunctionNeed::Leaves,
            ResultRule::Float,
            {kPredicate, kNone, kNone},
            1,
            kNoField,
            false,
            false};
}

/// sla(P, objective [, unit]) and its columns; the verdict takes no unit.
FunctionInfo sla_function(FunctionId id, std::string_view name, FunctionClass function_class,
                          ResultRule result) {
    return {id,
            name,
            function_class,
            FunctionNeed::Leaves,
            result,
            {kPredicate, kObjective, kUnit},
            result == ResultRule::Text ? std::size_t{2} : std::size_t{3},
            kNoField,
            false,
            false};
}

/// A function of a field over time; `arguments` are up to three.
FunctionInfo field_function(FunctionId id, std::string_view name, FunctionClass function_class,
                            ResultRule result, std::uint8_t types,
                            std::initializer_list<ArgumentShape> arguments) {
    FunctionInfo info{id,     name, function_class,   FunctionNeed::Summary,
                      result, {},   arguments.size(), types,
                      false,  false};
    std::ranges::copy(arguments, info.arguments.begin());
    return info;
}

/// The same, computed from values and never from summaries.
FunctionInfo value_function(FunctionId id, std::string_view name, FunctionClass function_class,
                            ResultRule result, std::initializer_list<ArgumentShape> arguments) {
    FunctionInfo info = field_function(id, name, function_class, result, kNumeric, arguments);
    info.need = FunctionNeed::Values;
    return info;
}

std::vector<FunctionInfo> make_table() {
    using enum FunctionId;
    using enum FunctionNeed;
    std::vector<FunctionInfo> table{
        sample_function(Count, "count", Summary, ResultRule::Integer, kAnyType),
        sample_function(Sum, "sum", Summary, ResultRule::Field, kNumeric),
        sample_function(Mean, "mean", Summary, ResultRule::Float, kNumeric),
        sample_function(Min, "min", Summary, ResultRule::Field, kOrdered, kSelector),
        sample_function(Max, "max", Summary, ResultRule::Field, kOrdered, kSelector),
        sample_function(First, "first", Summary, ResultRule::Field, kAnyType, kSelector),
        sample_function(Last, "last", Summary, ResultRule::Field, kAnyType, kSelector),
        sample_function(Spread, "spread", Summary, ResultRule::Field, kNumeric),
        sample_function(StdDev, "stddev", Values, ResultRule::Float, kNumeric),
        quantile_function(Median, "median", ResultRule::Float, kNone),
        quantile_function(Percentile, "percentile", ResultRule::Field, kPercents, kSelector),
        quantile_function(PercentileDisc, "percentile_disc", ResultRule::Field, kQuantiles),
        quantile_function(PercentileCont, "percentile_cont", ResultRule::Float, kQuantiles),
        {ApproxPercentile,
         "approx_percentile",
         FunctionClass::Aggregate,
         Values,
         ResultRule::Float,
         {kField, kPercents, kNone},
         2,
         kNumeric,
         false,
         false},
        sample_function(Mode, "mode", Values, ResultRule::Field, kAnyType),
        // count(distinct(f)): no name that a statement can spell.
        sample_function(CountDistinct, "count(distinct)", Values, ResultRule::Integer, kAnyType),
        picker_function(Distinct, "distinct", kAnyType, {kField, kNone, kNone}, 1, false),
        picker_function(Top, "top", kNumeric, {kField, kTags, kRowCount}, 3, kSelector),
        picker_function(Bottom, "bottom", kNumeric, {kField, kTags, kRowCount}, 3, kSelector),
        picker_function(Sample, "sample", kAnyType, {kField, kRowCount, kNone}, 2, kSelector),
        transformation(Derivative, "derivative", ResultRule::Float, 2, kUnit),
        transformation(NonNegativeDerivative, "non_negative_derivative", ResultRule::Float, 2,
                       kUnit),
        transformation(Difference, "difference", ResultRule::Field, 1, kNone),
        transformation(NonNegativeDifference, "non_negative_difference", ResultRule::Field, 1,
                       kNone),
        transformation(MovingAverage, "moving_average", ResultRule::Float, 2, kRowCount),
        transformation(CumulativeSum, "cumulative_sum", ResultRule::Field, 1, kNone),
        transformation(Elapsed, "elapsed", ResultRule::Integer, 2, kUnit, kAnyType),
        transformation(Integral, "integral", ResultRule::Float, 2, kUnit),
        {Share,
         "share",
         FunctionClass::PointShare,
         Points,
         ResultRule::Float,
         {kPredicate, kNone, kNone},
         1,
         kNoField,
         false,
         false},
        {ShareLe,
         "share_le",
         FunctionClass::PointShare,
         Points,
         ResultRule::Float,
         {kField, kLimit, kNone},
         2,
         kNumeric,
         false,
         false},
        {TimeMean,
         "time_mean",
         FunctionClass::TimeMean,
         Summary,
         ResultRule::Float,
         {kField, kNone, kNone},
         1,
         kNumeric,
         false,
         false},
        duration_function(TimeIn, "time_in"),
        duration_function(TimeOut, "time_out"),
        duration_function(Unknown, "unknown"),
        duration_function(Excluded, "excluded"),
        duration_function(Future, "future"),
        ratio_function(Uptime, "uptime"),
        ratio_function(Downtime, "downtime"),
        ratio_function(Coverage, "coverage"),
        ratio_function(UptimeLow, "uptime_low"),
        ratio_function(UptimeHigh, "uptime_high"),
        duration_function(Longest, "longest", kRunOptions),
        duration_function(Current, "current", kRunOptions),
        {Since,
         "since",
         FunctionClass::State,
         Leaves,
         ResultRule::Time,
         {kPredicate, kOptions, kNone},
         2,
         kNoField,
         false,
         kRunOptions},
        {Episodes,
         "episodes",
         FunctionClass::Table,
         Leaves,
         ResultRule::Table,
         {kPredicate, kOptions, kUnit},
         3,
         kNoField,
         false,
         kRunOptions},
        {EpisodeCount,
         "episode_count",
         FunctionClass::State,
         Leaves,
         ResultRule::Integer,
         {kPredicate, kOptions, kNone},
         2,
         kNoField,
         false,
         kRunOptions},
        duration_function(Mttr, "mttr", kRunOptions),
        duration_function(Mtbf, "mtbf", kRunOptions),
        field_function(TimeIntegral, "time_integral", FunctionClass::TimeMean, ResultRule::Float,
                       kNumeric, {kField, kUnit}),
        field_function(Increase, "increase", FunctionClass::Counter, ResultRule::Field, kNumeric,
                       {kField}),
        field_function(Rate, "rate", FunctionClass::Counter, ResultRule::Float, kNumeric, {kField}),
        field_function(Resets, "resets", FunctionClass::Counter, ResultRule::Integer, kNumeric,
                       {kField}),
        field_function(ChangeCount, "change_count", FunctionClass::HeldValue, ResultRule::Integer,
                       kAnyType, {kField}),
        field_function(TimePercentile, "time_percentile", FunctionClass::HeldValue,
                       ResultRule::Field, kNumeric, {kField, kPercent}),
        field_function(Changes, "changes", FunctionClass::Table, ResultRule::Table, kAnyType,
                       {kField}),
        field_function(StateDurations, "state_durations", FunctionClass::Table, ResultRule::Table,
                       kAnyType, {kField, kUnit}),
        sla_function(Sla, "sla", FunctionClass::Columns, ResultRule::Table),
        sla_function(SlaVerdict, "sla(verdict)", FunctionClass::State, ResultRule::Text),
        sla_function(SlaBudget, "sla(budget)", FunctionClass::State, ResultRule::Duration),
        sla_function(SlaSpent, "sla(spent)", FunctionClass::State, ResultRule::Duration),
        sla_function(SlaLeft, "sla(left)", FunctionClass::State, ResultRule::Duration),
        {Apdex,
         "apdex",
         FunctionClass::PointShare,
         Points,
         ResultRule::Float,
         {kField, kTarget, kNone},
         2,
         kNumeric,
         false,
         false},
        sample_function(Nps, "nps", Values, ResultRule::Float, kNumeric),
        value_function(Trend, "trend", FunctionClass::Columns, ResultRule::Table, {kField}),
        value_function(TrendSlope, "trend(slope)", FunctionClass::Trend, ResultRule::Float,
                       {kField}),
        value_function(TrendP, "trend(p)", FunctionClass::Trend, ResultRule::Float, {kField}),
        value_function(TrendCount, "trend(n)", FunctionClass::Trend, ResultRule::Integer, {kField}),
        value_function(Correlate, "correlate", FunctionClass::Pairs, ResultRule::Float,
                       {kField, kOtherField, kLag}),
    };
    // median takes no parameter.
    table[static_cast<std::size_t>(Median)].argument_count = 1;
    return table;
}

const std::vector<FunctionInfo>& table() {
    static const std::vector<FunctionInfo> kTable = make_table();
    return kTable;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
/// string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            cost[i][j] = std::min({replaced, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

// What a function is called that other languages know under `name`.
std::optional<std::string> meant_function(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
        {"avg", "mean()"},
        {"average", "mean()"},
        {"quantile", "percentile_disc()"},
        {"availability", "uptime()"}};
    const std::string wanted = lower_case(name);
    for (const auto& [other, meant] : kOtherNames) {
        if (wanted == other) return std::string(meant);
    }
    // p95, p99, p999
    const std::string digits = wanted.substr(std::min<std::size_t>(wanted.size(), 1));
    const bool is_rank = wanted.starts_with('p') && digits.size() >= 2 && digits.size() <= 4 &&
                         digits.find_first_not_of("0123456789") == std::string::npos;
    if (!is_rank) return std::nullopt;
    return "percentile_disc(.., 0." + digits + ")";
}

}  // namespace

std::span<const FunctionInfo> function_table() { return table(); }

const FunctionInfo& function_info(FunctionId id) { return table()[static_cast<std::size_t>(id)]; }

const FunctionInfo* find_function(std::string_view name) {
    const std::string wanted = lower_case(name);
    const auto found = std::ranges::find(table(), std::string_view(wanted), &FunctionInfo::name);
    return found == table().end() ? nullptr : &*found;
}

std::optional<std::string_view> nearest_function_name(std::string_view name) {
    constexpr std::size_t kLongestName = 64;  // Longer ones are no slips of a known name.
    if (name.empty() || name.size() > kLongestName) return std::nullopt;
    const std::string wanted = lower_case(name);
    // One edit in every three letters, so that "xy" is not taken for "min".
    std::size_t best = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    std::optional<std::string_view> nearest;
    const auto consider = [&](std::string_view known) {
        const std::size_t distance = edit_distance(wanted, known);
        if (distance >= best) return;
        best = distance;
        nearest = known;
    };
    for (const FunctionInfo& info : table()) {
        if (spelled_name(info.name) == info.name) consider(info.name);
    }
    for (const MathFunction& function : math_functions()) consider(function.name);
    return nearest;
}

Error unknown_function_error(std::string_view name) {
    std::string message = "undefined function " + std::string(name) + "()";
    if (const auto meant = meant_function(name)) {
        message += ", did you mean " + *meant + "?";
    } else if (const auto nearest = nearest_function_name(name)) {
        message += ", did you mean " + std::string(*nearest) + "()?";
    }
    return Error(ErrorCode::InvalidArgument, std::move(message));
}

Status check_field_type(const FunctionInfo& info, FieldType type) {
    if (info.field_types == kNoField || (info.field_types & bit(type)) != 0) return success();
    return Error(ErrorCode::InvalidArgument,
                 "unsupported " + std::string(spelled_name(info.name)) +
                     " iterator type: " + std::string(field_type_name(type)));
}

FieldType result_type(const FunctionInfo& info, FieldType field) {
    switch (info.result) {
        case ResultRule::Integer:
            return FieldType::Integer;
        case ResultRule::Field:
            return field;
        case ResultRule::Text:
            return FieldType::String;
        case ResultRule::Float:
        case ResultRule::Duration:
        case ResultRule::Time:
        case ResultRule::Table:
            break;
    }
    return FieldType::Float;
}

std::span<const ColumnCall> column_calls(FunctionId id) {
    static constexpr std::array<ColumnCall, 7> kSla = {{{"verdict", "sla(verdict)", 2},
                                                        {"uptime", "uptime", 1},
                                                        {"low", "uptime_low", 1},
                                                        {"high", "uptime_high", 1},
                                                        {"budget", "sla(budget)", 3},
                                                        {"spent", "sla(spent)", 3},
                                                        {"left", "sla(left)", 3}}};
    static constexpr std::array<ColumnCall, 3> kTrend = {
        {{"slope", "trend(slope)", 1}, {"p", "trend(p)", 1}, {"n", "trend(n)", 1}}};
    if (id == FunctionId::Sla) return kSla;
    if (id == FunctionId::Trend) return kTrend;
    return {};
}

std::string_view spelled_name(std::string_view name) { return name.substr(0, name.find('(')); }

std::span<const std::string_view> table_columns(FunctionId id) {
    static constexpr std::array<std::string_view, 1> kChanges = {"value"};
    static constexpr std::array<std::string_view, 4> kDurations = {"value", "duration", "share",
                                                                   "entries"};
    if (id == FunctionId::Changes) return kChanges;
    if (id == FunctionId::StateDurations) return kDurations;
    return episode_columns();
}

std::span<const std::string_view> episode_columns() {
    static constexpr std::array<std::string_view, 7> kColumns = {
        "end", "duration", "inside", "open", "peak", "mean", "unknown"};
    return kColumns;
}

}  // namespace tidemark::query

#include "query/plan/outer_query.h"

#include <algorithm>
#include <limits>

#include "query/functions/function_table.h"
#include "query/plan/select_items.h"
#include "query/plan/time_expression.h"

namespace tidemark::query {
namespace {

/// Nothing that is wrong with the argument is told here.
std::int64_t lag_ns_of(const Call& call) {
    const bool has_lag = call.arguments.size() > 2;
    const auto ns = has_lag ? constant_duration_ns(call.arguments[2]) : std::nullopt;
    return std::max<std::int64_t>(0, ns.value_or(0));
}

/// A value that holds at the start is at most H old. Where a run began matters however far back,
/// and so does a sample that some functions count from.
std::optional<std::int64_t> look_back_of(const Call& call, std::int64_t hold_ns) {
    const FunctionInfo* info = find_function(call.name);
    if (info != nullptr && info->function_class == FunctionClass::Columns) {
        std::optional<std::int64_t> longest;
        for (const ColumnCall& column : column_calls(info->id)) {
            const auto ns = look_back_of({std::string(column.function), {}, {}}, hold_ns);
            if (ns) longest = std::max(longest.value_or(*ns), *ns);
        }
        return longest;
    }
    if (info == nullptr) return std::nullopt;
    // These look at each series by itself, and at a second field some time before the first.
    if (info->function_class == FunctionClass::Trend) return 0;
    if (info->function_class == FunctionClass::Pairs) return lag_ns_of(call);
    if (!info->needs_carry_in()) return std::nullopt;
    const bool asks_for_values = info->function_class == FunctionClass::State ||
                                 info->function_class == FunctionClass::TimeMean;
    const bool is_bounded =
        asks_for_values && !info->needs_run_start() && call.named_arguments.empty();
    return is_bounded ? hold_ns : kHoldForever;
}

}  // namespace

std::optional<std::int64_t> look_back_ns(const SelectStatement& select, std::int64_t hold_ns) {
    std::vector<const Call*> calls;
    for (const SelectItem& item : select.items) collect_calls(item.expression, calls);
    if (select.having) collect_calls(*select.having, calls);
    std::optional<std::int64_t> longest;
    for (const Call* call : calls) {
        const auto ns = look_back_of(*call, hold_ns);
        if (ns) longest = std::max(longest.value_or(*ns), *ns);
    }
    return longest;
}

TimeBounds intersection(const TimeBounds& left, const TimeBounds& right) {
    return {{std::max(left.range.begin_ns, right.range.begin_ns),
             std::min(left.range.end_ns, right.range.end_ns)},
            left.has_lower || right.has_lower,
            left.has_upper || right.has_upper};
}

TimeBounds widened(const TimeBounds& bounds, std::int64_t look_back_ns) {
    TimeBounds wide = bounds;
    if (look_back_ns == kHoldForever) {
        wide.has_lower = false;
        wide.range.begin_ns = std::numeric_limits<std::int64_t>::min();
    } else if (bounds.has_lower) {
        wide.range.begin_ns = saturating_add(bounds.range.begin_ns, -look_back_ns);
    }
    return wide;
}

TimeBounds seen_by(const OuterQuery& outer) {
    TimeBounds seen = outer.time;
    if (seen.has_lower) {
        seen.range.begin_ns = std::min(seen.range.begin_ns, outer.first_window_ns);
    }
    return outer.look_back_ns ? widened(seen, *outer.look_back_ns) : seen;
}

}  // namespace tidemark::query

#include "query/plan/group_by.h"

#include <set>

#include <re2/re2.h>

#include "query/plan/row_expression.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;

/// Under tz() whole days are local days, also when they were written as hours or weeks.
BucketStep bucket_step(const Duration& duration, bool has_zone) {
    switch (duration.unit) {
        case DurationUnit::CalendarWeek:
            return {duration.count, StepUnit::Week};
        case DurationUnit::Month:
            return {duration.count, StepUnit::Month};
        case DurationUnit::Quarter:
            return {duration.count, StepUnit::Quarter};
        case DurationUnit::Year:
            return {duration.count, StepUnit::Year};
        case DurationUnit::Nanosecond:
        case DurationUnit::Day:
        case DurationUnit::Week:
            break;
    }
    const std::int64_t ns = duration.fixed_ns().value_or(0);
    if (has_zone && ns % kDayNs == 0) return {ns / kDayNs, StepUnit::Day};
    return {ns, StepUnit::Nanosecond};
}

Result<std::int64_t> offset_ns(const Expression& offset, const TimeContext& context) {
    if (const auto ns = constant_duration_ns(offset)) return *ns;
    return evaluate_instant(offset, context);
}

}  // namespace

Result<Grouping> bind_group_by(const SelectStatement& select, const Schema& schema,
                               const TimeContext& context) {
    Grouping grouping;
    grouping.buckets.zone = context.zone;
    std::set<std::string> tags;
    for (const Dimension& dimension : select.group_by) {
        if (const auto* time = std::get_if<TimeDimension>(&dimension)) {
            if (grouping.buckets.step) {
                return Error(ErrorCode::InvalidArgument, "multiple time dimensions not allowed");
            }
            grouping.buckets.step = bucket_step(time->width, context.zone.has_value());
            if (time->offset) {
                TIDEMARK_ASSIGN_OR_RETURN(grouping.buckets.offset_ns,
                                          offset_ns(*time->offset, context));
            }
        } else if (const auto* tag = std::get_if<TagDimension>(&dimension)) {
            tags.insert(tag->name);
        } else if (const auto* regex = std::get_if<RegexDimension>(&dimension)) {
            TIDEMARK_ASSIGN_OR_RETURN(const auto compiled, compile_regex(regex->regex));
            for (const std::string& name : schema.tags()) {
                if (regex_matches(*compiled, name)) tags.insert(name);
            }
        } else {
            tags.insert(schema.tags().begin(), schema.tags().end());
        }
    }
    grouping.tags.assign(tags.begin(), tags.end());
    if (select.window) {
        if (!grouping.buckets.step) {
            return Error(ErrorCode::InvalidArgument,
                         "WINDOW widens the buckets of GROUP BY time(..), which is missing");
        }
        grouping.buckets.window = bucket_step(select.window->width, context.zone.has_value());
    }
    return grouping;
}

}  // namespace tidemark::query

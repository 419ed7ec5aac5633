#include "query/functions/time_buckets.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <utility>

#include <date/date.h>
#include <date/tz.h>

#include "query/functions/double_double.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kDayNs = 86'400 * kSecondNs;
/// 1970-01-01 was a Thursday; its week began three days before.
constexpr std::int64_t kFirstMonday = -3;

std::int64_t saturate(WideInteger value) {
    return static_cast<std::int64_t>(std::clamp<WideInteger>(value, kEarliest, kLatest));
}

std::int64_t floor_divide(WideInteger dividend, std::int64_t divisor) {
    WideInteger quotient = dividend / divisor;
    if (dividend % divisor < 0) --quotient;
    return saturate(quotient);
}

date::sys_seconds seconds_of(std::int64_t time_ns) {
    return date::sys_seconds(std::chrono::seconds(floor_divide(time_ns, kSecondNs)));
}

const date::time_zone& zone_of(const void* zone) {
    return *static_cast<const date::time_zone*>(zone);
}

std::int64_t months_of(std::int64_t local_ns) {
    const date::local_days day{date::days(static_cast<int>(floor_divide(local_ns, kDayNs)))};
    const date::year_month_day civil(day);
    return (static_cast<int>(civil.year()) - 1970) * 12 +
           static_cast<int>(static_cast<unsigned>(civil.month())) - 1;
}

/// Midnight of the first day of the month that many months after 1970-01, on the local clock.
WideInteger first_day_of_month_ns(std::int64_t months) {
    const auto year = static_cast<int>(1970 + floor_divide(months, 12));
    const auto month = static_cast<unsigned>(months - 12 * floor_divide(months, 12)) + 1;
    const date::local_days day(date::year(year) / date::month(month) / 1);
    return WideInteger{day.time_since_epoch().count()} * kDayNs;
}

/// A step in its base unit: nanoseconds, days or months.
struct BaseStep {
    enum class Unit : std::uint8_t { Nanosecond, Day, Month };
    Unit unit;
    std::int64_t count;
};

BaseStep base_step(const BucketStep& step) {
    using Unit = BaseStep::Unit;
    const auto times = [&](std::int64_t factor) {
        return saturate(WideInteger{step.count} * factor);
    };
    switch (step.unit) {
        case StepUnit::Nanosecond:
            return {Unit::Nanosecond, step.count};
        case StepUnit::Day:
            return {Unit::Day, step.count};
        case StepUnit::Week:
            return {Unit::Day, times(7)};
        case StepUnit::Month:
            return {Unit::Month, step.count};
        case StepUnit::Quarter:
            return {Unit::Month, times(3)};
        case StepUnit::Year:
            return {Unit::Month, times(12)};
    }
    return {Unit::Nanosecond, step.count};
}

/// Months from 1970 beyond which nanoseconds in int64 have ended.
constexpr WideInteger kMonthLimit = WideInteger{12} * 300;

/// Days and months on a local clock; a day of the month that does not exist becomes the last one.
std::int64_t shift_local_ns(std::int64_t local_ns, const BaseStep& step, std::int64_t sign) {
    const WideInteger distance = WideInteger{step.count} * sign;
    if (step.unit != BaseStep::Unit::Month) return saturate(local_ns + distance * kDayNs);
    const std::int64_t months = months_of(local_ns);
    const auto target = static_cast<std::int64_t>(
        std::clamp<WideInteger>(months + distance, -kMonthLimit, kMonthLimit));
    const WideInteger into_month_ns = local_ns - first_day_of_month_ns(months);
    const WideInteger target_ns = first_day_of_month_ns(target);
    const WideInteger month_ns = first_day_of_month_ns(target + 1) - target_ns;
    if (into_month_ns < month_ns) return saturate(target_ns + into_month_ns);
    return saturate(target_ns + month_ns - kDayNs + into_month_ns % kDayNs);
}

/// The starts of buckets, by number.
class BucketStarts {
public:
    BucketStarts(const BucketStep& step, std::int64_t offset_ns, std::optional<TimeZone> zone)
        : step_(step), base_(base_step(step)), offset_ns_(offset_ns), zone_(zone) {}

    bool is_calendar() const { return base_.unit != BaseStep::Unit::Nanosecond; }

    /// The local date-time at which bucket `number` starts by the calendar.
    std::int64_t local_label_ns(std::int64_t number) const {
        const WideInteger count = WideInteger{base_.count} * number;
        if (base_.unit == BaseStep::Unit::Month) {
            const auto months = static_cast<std::int64_t>(
                std::clamp<WideInteger>(count, -kMonthLimit, kMonthLimit));
            return saturate(first_day_of_month_ns(months) + offset_ns_);
        }
        const std::int64_t first_day = step_.unit == StepUnit::Week ? kFirstMonday : 0;
        const WideInteger days = std::clamp<WideInteger>(first_day + count, -200'000, 200'000);
        return saturate(days * kDayNs + offset_ns_);
    }

    /// Calendar units: the number of the bucket that holds `time_ns`.
    std::int64_t number_at(std::int64_t time_ns) const {
        const std::int64_t local_ns =
            saturate(WideInteger{time_ns} + zone_offset_ns(time_ns) - offset_ns_);
        std::int64_t number = 0;
        if (base_.unit == BaseStep::Unit::Month) {
            number = floor_divide(months_of(local_ns), base_.count);
        } else {
            const std::int64_t first_day = step_.unit == StepUnit::Week ? kFirstMonday : 0;
            number = floor_divide(floor_divide(local_ns, kDayNs) - first_day, base_.count);
        }
        // Clocks that were set back may show the date of the bucket before or after.
        while (calendar_start_ns(number) > time_ns) --number;
        while (calendar_start_ns(number + 1) <= time_ns &&
               calendar_start_ns(number + 1) < kLatest) {
            ++number;
        }
        return number;
    }

    std::int64_t calendar_start_ns(std::int64_t number) const {
        const std::int64_t local_ns = local_label_ns(number);
        // A label beyond the range of int64 stands for the end of time in every zone.
        if (local_ns == kEarliest || local_ns == kLatest) return local_ns;
        return zone_ ? zone_->first_instant_at(local_ns) : local_ns;
    }

    /// Fixed steps: the bucket that holds `time_ns`. Under a zone as InfluxDB 1.8 does it: aligned
    /// to the local clock, and corrected when the zone's offset changes inside by less than a step.
    TimeRange fixed_bucket_at(std::int64_t time_ns) const {
        const WideInteger shifted = WideInteger{time_ns} - offset_ns_;
        const std::int64_t zone_ns = zone_offset_ns(saturate(shifted));
        WideInteger into = (shifted + zone_ns) % base_.count;
        if (into < 0) into += base_.count;
        WideInteger begin = WideInteger{time_ns} - into;
        WideInteger end = begin + base_.count;
        if (zone_) {
            const auto is_small = [&](std::int64_t change_ns) {
                return change_ns != 0 && change_ns < base_.count && -change_ns < base_.count;
            };
            const std::int64_t begin_change = zone_ns - zone_offset_ns(saturate(begin));
            if (is_small(begin_change)) begin += begin_change;
            const std::int64_t end_zone_ns = zone_offset_ns(saturate(end));
            const std::int64_t end_change = zone_ns - end_zone_ns;
            // Time that is repeated belongs to this bucket; time that is skipped only when the
            // clock jumps before the corrected end.
            if (is_small(end_change) &&
                (end_change > 0 || zone_offset_ns(saturate(end + end_change)) == end_zone_ns)) {
                end += end_change;
            }
        }
        return {saturate(begin), saturate(end)};
    }

    std::int64_t zone_offset_ns(std::int64_t time_ns) const {
        return zone_ ? zone_->offset_ns_at(time_ns) : 0;
    }

    /// `time_ns` moved by `sign` times `step`; calendar units move on the local clock, where the
    /// moment shows `local_ns`.
    std::int64_t shift_ns(std::int64_t time_ns, std::int64_t local_ns, const BaseStep& step,
                          std::int64_t sign) const {
        if (step.unit == BaseStep::Unit::Nanosecond) {
            return saturate(WideInteger{time_ns} + WideInteger{step.count} * sign);
        }
        const std::int64_t target = shift_local_ns(local_ns, step, sign);
        return zone_ ? zone_->first_instant_at(target) : target;
    }

private:
    BucketStep step_;
    BaseStep base_;
    std::int64_t offset_ns_;
    std::optional<TimeZone> zone_;
};

/// A bucket before its window is worked out; the local times are what the calendar says, which the
/// clock may never have shown.
struct BucketSpan {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    std::int64_t begin_local_ns;
    std::int64_t end_local_ns;
};

/// Walks over buckets in order.
class BucketWalk {
public:
    BucketWalk(const BucketStarts& starts, std::int64_t time_ns) : starts_(starts) {
        if (starts_.is_calendar()) {
            number_ = starts_.number_at(time_ns);
            set_calendar_span();
        } else {
            const TimeRange bucket = starts_.fixed_bucket_at(time_ns);
            set_fixed_span(bucket.begin_ns, std::max(bucket.end_ns, time_ns + 1));
        }
    }

    const BucketSpan& span() const { return span_; }

    /// False at the end of time.
    bool advance() {
        if (span_.end_ns == kLatest) return false;
        if (starts_.is_calendar()) {
            do {
                ++number_;
                set_calendar_span();
            } while (span_.begin_ns == span_.end_ns && span_.end_ns != kLatest);
            return span_.begin_ns < span_.end_ns;
        }
        const TimeRange bucket = starts_.fixed_bucket_at(span_.end_ns);
        // The walk decides where a bucket begins, so that buckets tile time at every clock change.
        set_fixed_span(span_.end_ns, std::max(bucket.end_ns, span_.end_ns + 1));
        return true;
    }

private:
    void set_calendar_span() {
        span_ = {starts_.calendar_start_ns(number_), starts_.calendar_start_ns(number_ + 1),
                 starts_.local_label_ns(number_), starts_.local_label_ns(number_ + 1)};
    }
    void set_fixed_span(std::int64_t begin_ns, std::int64_t end_ns) {
        const auto local = [&](std::int64_t time_ns) {
            return saturate(WideInteger{time_ns} + starts_.zone_offset_ns(time_ns));
        };
        span_ = {begin_ns, end_ns, local(begin_ns), local(end_ns)};
    }

    const BucketStarts& starts_;
    std::int64_t number_ = 0;
    BucketSpan span_{};
};

/// R2: A - max(0, window - step), the earliest begin of a window.
std::int64_t earliest_begin_ns(const BucketStarts& starts, const BucketSpan& first,
                               std::int64_t range_begin_ns, const BaseStep& step,
                               const BaseStep& window) {
    std::int64_t local_ns = first.begin_local_ns;
    if (range_begin_ns != first.begin_ns) {
        local_ns = saturate(WideInteger{range_begin_ns} + starts.zone_offset_ns(range_begin_ns));
    }
    if (step.unit == window.unit) {
        if (window.count <= step.count) return range_begin_ns;
        return starts.shift_ns(range_begin_ns, local_ns, {step.unit, window.count - step.count},
                               -1);
    }
    const std::int64_t end_ns = starts.shift_ns(range_begin_ns, local_ns, step, 1);
    const std::int64_t end_local_ns =
        step.unit == BaseStep::Unit::Nanosecond
            ? saturate(WideInteger{end_ns} + starts.zone_offset_ns(end_ns))
            : shift_local_ns(local_ns, step, 1);
    return std::min(range_begin_ns, starts.shift_ns(end_ns, end_local_ns, window, -1));
}

Status check_step(const BucketStep& step, std::string_view what) {
    if (step.count > 0) return success();
    return Error(ErrorCode::InvalidArgument, std::string(what) + " must be a positive duration");
}

Status check_spec(const BucketSpec& spec) {
    if (spec.step) TIDEMARK_RETURN_IF_ERROR(check_step(*spec.step, "GROUP BY time()"));
    if (!spec.window) return success();
    if (!spec.step) {
        return Error(ErrorCode::InvalidArgument, "WINDOW needs GROUP BY time()");
    }
    return check_step(*spec.window, "WINDOW");
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view name) {
    try {
        return TimeZone(date::locate_zone(std::string(name)));
    } catch (const std::exception&) {
        return Error(ErrorCode::InvalidArgument,
                     "unable to find time zone '" + std::string(name) +
                         "'; expected a name of the tz database, like Europe/Berlin");
    }
}

std::int64_t TimeZone::offset_ns_at(std::int64_t time_ns) const {
    return zone_of(zone_).get_info(seconds_of(time_ns)).offset.count() * kSecondNs;
}

std::int64_t TimeZone::first_instant_at(std::int64_t local_ns) const {
    const std::chrono::seconds local_s(floor_divide(local_ns, kSecondNs));
    const date::local_info info = zone_of(zone_).get_info(date::local_seconds(local_s));
    if (info.result == date::local_info::nonexistent) {
        // The clock jumps over it: the jump itself.
        return saturate(WideInteger{info.first.end.time_since_epoch().count()} * kSecondNs);
    }
    return saturate(WideInteger{local_ns} - WideInteger{info.first.offset.count()} * kSecondNs);
}

std::string_view TimeZone::name() const { return zone_of(zone_).name(); }

Result<std::vector<TimeBucket>> make_time_buckets(const BucketSpec& spec, const TimeRange& range,
                                                  std::size_t bucket_limit) {
    TIDEMARK_RETURN_IF_ERROR(check_spec(spec));
    std::vector<TimeBucket> buckets;
    if (range.is_empty()) return buckets;
    if (!spec.step) {
        buckets.push_back({range.begin_ns, range});
        return buckets;
    }
    const BucketStarts starts(*spec.step, spec.offset_ns, spec.zone);
    const BaseStep step = base_step(*spec.step);
    // A window as wide as the step is no window: a bucket in which the clock changes keeps its
    // hour.
    const bool has_window = spec.window && *spec.window != *spec.step;
    const BaseStep window = base_step(spec.window.value_or(*spec.step));
    BucketWalk walk(starts, range.begin_ns);
    const std::int64_t earliest_ns =
        earliest_begin_ns(starts, walk.span(), range.begin_ns, step, window);
    do {
        const BucketSpan& span = walk.span();
        if (span.begin_ns >= range.end_ns) break;
        if (buckets.size() == bucket_limit) {
            return Error(ErrorCode::LimitExceeded,
                         "GROUP BY time() makes more than " + std::to_string(bucket_limit) +
                             " buckets; use a longer step or a shorter time range");
        }
        std::int64_t begin_ns = span.begin_ns;
        if (has_window) begin_ns = starts.shift_ns(span.end_ns, span.end_local_ns, window, -1);
        const std::int64_t end_ns = std::min(span.end_ns, range.end_ns);
        begin_ns = std::min(std::max(begin_ns, earliest_ns), end_ns);
        buckets.push_back({span.begin_ns, {begin_ns, end_ns}});
    } while (walk.advance());
    return buckets;
}

std::optional<std::int64_t> fixed_step_ns(const BucketStep& step) {
    const WideInteger count = step.count;
    switch (step.unit) {
        case StepUnit::Nanosecond:
            return step.count;
        case StepUnit::Day:
            return saturate(count * kDayNs);
        case StepUnit::Week:
            return saturate(count * kDayNs * 7);
        case StepUnit::Month:
        case StepUnit::Quarter:
        case StepUnit::Year:
            break;
    }
    return std::nullopt;
}

Result<TimeRange> bucket_at(const BucketSpec& spec, std::int64_t time_ns) {
    TIDEMARK_RETURN_IF_ERROR(check_spec(spec));
    const BucketStarts starts(*spec.step, spec.offset_ns, spec.zone);
    const BucketWalk walk(starts, time_ns);
    return TimeRange{walk.span().begin_ns, walk.span().end_ns};
}

std::vector<std::int64_t> window_edges(const std::vector<TimeBucket>& buckets) {
    std::vector<std::int64_t> edges;
    edges.reserve(2 * buckets.size());
    for (const TimeBucket& bucket : buckets) {
        if (bucket.window.is_empty()) continue;
        edges.push_back(bucket.window.begin_ns);
        edges.push_back(bucket.window.end_ns);
    }
    std::ranges::sort(edges);
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    return edges;
}

TimeRange window_hull(const std::vector<TimeBucket>& buckets) {
    if (buckets.empty()) return {0, 0};
    TimeRange hull = buckets.front().window;
    for (const TimeBucket& bucket : buckets) {
        hull.begin_ns = std::min(hull.begin_ns, bucket.window.begin_ns);
        hull.end_ns = std::max(hull.end_ns, bucket.window.end_ns);
    }
    return hull;
}

}  // namespace tidemark::query

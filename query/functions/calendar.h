#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "query/functions/time_buckets.h"
#include "query/functions/time_ranges.h"

namespace tidemark::query {

/// Hours that come again every week, on a local clock.
struct WeeklyHours {
    int weekday = 0;       ///< On which they begin: 0 is Monday.
    int begin_minute = 0;  ///< Since midnight of that day.
    int end_minute = 0;    ///< Of the same midnight: above 1440 on the day after.
    bool operator==(const WeeklyHours&) const = default;
};

/// Reads `Mon-Fri 09:00-18:00, Sat 09:00-12:00`: days are Mon Tue Wed Thu Fri Sat Sun, in any case,
/// and `Fri-Mon` goes over the weekend. Hours end at 24:00 at the latest, or, when the end is not
/// after the begin, on the day after (`22:00-06:00`). InvalidArgument with the place in the text.
Result<std::vector<WeeklyHours>> parse_weekly_hours(std::string_view text);

/// When something is open: hours of a week on the clocks of a zone, but for some dates.
///
/// Hours begin at the first instant whose local date-time is at or after theirs, and end likewise
/// (R12). So of hours that the clock skips only the rest counts, and those that it shows twice
/// count twice where the repetition lies between begin and end.
///
/// Thread-safe.
class Calendar {
public:
    /// `except_dates`: `2026-12-25`; no time of these local dates is open. InvalidArgument for what
    /// cannot be read.
    static Result<Calendar> make(std::string_view zone, std::string_view hours,
                                 std::span<const std::string> except_dates);

    /// The open time in `range`, in normal form. Costs time by the day.
    TimeRanges open_within(const TimeRange& range) const;

private:
    explicit Calendar(TimeZone zone) : zone_(zone) {}

    TimeRange local_range(std::int64_t day, int begin_minute, int end_minute) const;

    TimeZone zone_;
    std::vector<WeeklyHours> hours_;
    std::vector<std::int64_t> except_days_;  // Since 1970, ascending, each once.
};

}  // namespace tidemark::query

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tidemark/types.h>

#include "query/functions/calendar.h"

namespace tidemark::oracle {

/// A calendar of the language, to be looked at minute by minute.
struct NaiveCalendar {
    std::string zone;
    std::vector<query::WeeklyHours> hours;
    std::vector<std::int64_t> except_days;  ///< Since 1970.
};

/// TZ .. HOURS .. EXCEPT DATES ..
std::string clauses_of(const NaiveCalendar& calendar);

/// The open time of all days that touch `range`. Edges of hours are found by walking over the
/// minutes until the local clock shows them.
std::vector<TimeRange> open_time(const NaiveCalendar& calendar, const TimeRange& range);

/// The minutes of `range`, which begins and ends with one, that are closed.
std::vector<TimeRange> closed_minutes(const NaiveCalendar& calendar, const TimeRange& range);

}  // namespace tidemark::oracle

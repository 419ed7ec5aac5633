#include "tests/oracle/naive_calendar.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include "query/functions/time_buckets.h"

namespace tidemark::oracle {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kDayMinutes = 1440;

query::TimeZone zone_of(const NaiveCalendar& calendar) {
    const auto zone = query::TimeZone::find(calendar.zone);
    if (!zone) throw std::runtime_error(zone.error().message());
    return zone.value();
}

/// The first minute since 1970 at which the local clock shows `local_minute` or more.
std::int64_t first_minute_at(const query::TimeZone& zone, std::int64_t local_minute) {
    std::int64_t minute = local_minute - 15 * 60;  // No clock is further ahead of UTC.
    while (minute + zone.offset_ns_at(minute * kMinuteNs) / kMinuteNs < local_minute) ++minute;
    return minute;
}

std::string clock_text(int minute) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%02d:%02d", minute / 60, minute % 60);
    return text.data();
}

/// The date by counting days from 1970-01-01.
std::string date_text(std::int64_t day) {
    int year = 1970;
    const auto days_of_year = [&] {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365;
    };
    while (day < 0) {
        --year;
        day += days_of_year();
    }
    while (day >= days_of_year()) {
        day -= days_of_year();
        ++year;
    }
    const std::array<int, 12> lengths = {
        31, days_of_year() == 366 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    std::size_t month = 0;
    while (day >= lengths.at(month)) day -= lengths.at(month++);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", year, static_cast<int>(month + 1),
                  static_cast<int>(day + 1));
    return text.data();
}

}  // namespace

std::string clauses_of(const NaiveCalendar& calendar) {
    static const std::array<const char*, 7> kDays = {"Mon", "Tue", "Wed", "Thu",
                                                     "Fri", "Sat", "Sun"};
    std::string text = "TZ '" + calendar.zone + "' HOURS '";
    for (std::size_t i = 0; i < calendar.hours.size(); ++i) {
        const query::WeeklyHours& hours = calendar.hours[i];
        const int end = hours.end_minute > kDayMinutes ? hours.end_minute - 1440 : hours.end_minute;
        text += std::string(i == 0 ? "" : ", ") +
                kDays.at(static_cast<std::size_t>(hours.weekday)) + " " +
                clock_text(hours.begin_minute) + "-" + clock_text(end);
    }
    text += "'";
    for (std::size_t i = 0; i < calendar.except_days.size(); ++i) {
        text += (i == 0 ? " EXCEPT DATES '" : ", '") + date_text(calendar.except_days[i]) + "'";
    }
    return text;
}

std::vector<TimeRange> open_time(const NaiveCalendar& calendar, const TimeRange& range) {
    const query::TimeZone zone = zone_of(calendar);
    std::vector<TimeRange> open;
    const std::int64_t first_day = range.begin_ns / kMinuteNs / kDayMinutes - 4;
    const std::int64_t last_day = range.end_ns / kMinuteNs / kDayMinutes + 4;
    for (std::int64_t day = first_day; day <= last_day; ++day) {
        const auto weekday = static_cast<int>(((day + 3) % 7 + 7) % 7);
        for (const query::WeeklyHours& hours : calendar.hours) {
            if (hours.weekday != weekday) continue;
            const std::int64_t midnight = day * kDayMinutes;
            open.push_back({first_minute_at(zone, midnight + hours.begin_minute) * kMinuteNs,
                            first_minute_at(zone, midnight + hours.end_minute) * kMinuteNs});
        }
    }
    return open;
}

std::vector<TimeRange> closed_minutes(const NaiveCalendar& calendar, const TimeRange& range) {
    const query::TimeZone zone = zone_of(calendar);
    const std::vector<TimeRange> open = open_time(calendar, range);
    std::vector<TimeRange> exempted;
    for (const std::int64_t day : calendar.except_days) {
        exempted.push_back({first_minute_at(zone, day * kDayMinutes) * kMinuteNs,
                            first_minute_at(zone, (day + 1) * kDayMinutes) * kMinuteNs});
    }
    const auto is_in = [](const std::vector<TimeRange>& ranges, std::int64_t time_ns) {
        return std::any_of(ranges.begin(), ranges.end(),
                           [&](const TimeRange& one) { return one.contains(time_ns); });
    };
    std::vector<TimeRange> closed;
    for (std::int64_t time_ns = range.begin_ns; time_ns < range.end_ns; time_ns += kMinuteNs) {
        if (is_in(open, time_ns) && !is_in(exempted, time_ns)) continue;
        if (!closed.empty() && closed.back().end_ns == time_ns) {
            closed.back().end_ns += kMinuteNs;
        } else {
            closed.push_back({time_ns, time_ns + kMinuteNs});
        }
    }
    return closed;
}

}  // namespace tidemark::oracle

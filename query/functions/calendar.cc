#include "query/functions/calendar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include <date/date.h>

namespace tidemark::query {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kDayNs = 1440 * kMinuteNs;
constexpr int kDayMinutes = 1440;
constexpr int kWeekDays = 7;
/// Days since 1970 whose local times are sure to fit into int64 nanoseconds.
constexpr std::int64_t kDayLimit = 106'000;
constexpr std::array<std::string_view, kWeekDays> kDayNames = {"Mon", "Tue", "Wed", "Thu",
                                                               "Fri", "Sat", "Sun"};

/// Reads HOURS from the left.
class HoursReader {
public:
    explicit HoursReader(std::string_view text) : text_(text) {}

    Result<std::vector<WeeklyHours>> read() {
        std::vector<WeeklyHours> hours;
        do {
            TIDEMARK_RETURN_IF_ERROR(read_item(hours));
        } while (accept(','));
        if (offset_ < text_.size()) return unexpected("a comma or the end");
        return hours;
    }

private:
    Status read_item(std::vector<WeeklyHours>& hours) {
        TIDEMARK_ASSIGN_OR_RETURN(const int first_day, read_day());
        int last_day = first_day;
        if (accept('-')) {
            TIDEMARK_ASSIGN_OR_RETURN(last_day, read_day());
        }
        skip_blanks();
        const std::size_t place = offset_;
        TIDEMARK_ASSIGN_OR_RETURN(const int begin_minute, read_clock());
        if (!accept('-')) return unexpected("-");
        TIDEMARK_ASSIGN_OR_RETURN(int end_minute, read_clock());
        if (begin_minute == kDayMinutes) return error_at(place, "hours cannot begin at 24:00");
        if (begin_minute == end_minute) {
            return error_at(place, "the hours are empty: they end where they begin");
        }
        if (end_minute < begin_minute) end_minute += kDayMinutes;
        for (int day = first_day;; day = (day + 1) % kWeekDays) {
            hours.push_back({day, begin_minute, end_minute});
            if (day == last_day) return success();
        }
    }

    Result<int> read_day() {
        skip_blanks();
        for (int day = 0; day < kWeekDays; ++day) {
            const std::string_view name = kDayNames[static_cast<std::size_t>(day)];
            if (!is_word_here(name)) continue;
            offset_ += name.size();
            return day;
        }
        return unexpected("a day (Mon, Tue, Wed, Thu, Fri, Sat or Sun)");
    }

    bool is_word_here(std::string_view word) const {
        const std::string_view here = text_.substr(offset_, word.size());
        const auto is_same = [](char left, char right) {
            return std::tolower(static_cast<unsigned char>(left)) ==
                   std::tolower(static_cast<unsigned char>(right));
        };
        const bool goes_on =
            offset_ + word.size() < text_.size() &&
            std::isalpha(static_cast<unsigned char>(text_[offset_ + word.size()])) != 0;
        return !goes_on && std::ranges::equal(here, word, is_same);
    }

    /// `09:00`, in minutes; up to 24:00.
    Result<int> read_clock() {
        skip_blanks();
        const std::size_t place = offset_;
        const auto hour = read_two_digits();
        const bool has_colon = hour && offset_ < text_.size() && text_[offset_] == ':';
        if (has_colon) ++offset_;
        const auto minute = has_colon ? read_two_digits() : std::nullopt;
        const bool is_clock =
            minute && *hour <= 24 && *minute <= 59 && (*hour < 24 || *minute == 0);
        if (is_clock) return *hour * 60 + *minute;
        offset_ = place;
        return unexpected("a time from 00:00 to 24:00");
    }

    std::optional<int> read_two_digits() {
        const std::string_view digits = text_.substr(offset_, 2);
        int number = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (digits.size() < 2 || read.ec != std::errc() || read.ptr != digits.data() + 2 ||
            digits.front() == '-') {
            return std::nullopt;
        }
        offset_ += 2;
        return number;
    }

    void skip_blanks() {
        while (offset_ < text_.size() && text_[offset_] == ' ') ++offset_;
    }

    bool accept(char symbol) {
        skip_blanks();
        if (offset_ >= text_.size() || text_[offset_] != symbol) return false;
        ++offset_;
        return true;
    }

    Error unexpected(std::string_view expected) const {
        const std::string_view rest = text_.substr(offset_);
        const std::string_view word =
            rest.substr(0, std::min(rest.find_first_of(" ,"), rest.size()));
        const std::string found =
            rest.empty() ? "the end" : std::string(word.empty() ? rest.substr(0, 1) : word);
        return error_at(offset_, "found " + found + ", expected " + std::string(expected));
    }

    Error error_at(std::size_t offset, const std::string& what) const {
        return {ErrorCode::InvalidArgument,
                "HOURS '" + std::string(text_) + "', character " + std::to_string(offset + 1) +
                    ": " + what + "; write them like 'Mon-Fri 09:00-18:00, Sat 09:00-12:00'"};
    }

    std::string_view text_;
    std::size_t offset_ = 0;
};

std::optional<int> digits_of(std::string_view text) {
    int number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return is_number && number >= 0 ? std::optional(number) : std::nullopt;
}

/// Days since 1970 of `2026-12-25`.
Result<std::int64_t> parse_date(const std::string& text) {
    const bool has_shape = text.size() == 10 && text[4] == '-' && text[7] == '-';
    const auto year = has_shape ? digits_of(std::string_view(text).substr(0, 4)) : std::nullopt;
    const auto month = has_shape ? digits_of(std::string_view(text).substr(5, 2)) : std::nullopt;
    const auto day = has_shape ? digits_of(std::string_view(text).substr(8, 2)) : std::nullopt;
    if (year && month && day) {
        const date::year_month_day civil{date::year{*year},
                                         date::month{static_cast<unsigned>(*month)},
                                         date::day{static_cast<unsigned>(*day)}};
        if (civil.ok()) return date::local_days(civil).time_since_epoch().count();
    }
    return Error(ErrorCode::InvalidArgument,
                 "EXCEPT DATES '" + text + "': expected a date such as '2026-12-25'");
}

std::int64_t floor_day(std::int64_t local_ns) {
    const std::int64_t day = local_ns / kDayNs;
    return local_ns % kDayNs < 0 ? day - 1 : day;
}

/// 0 is Monday; 1970-01-01 was a Thursday.
int weekday_of(std::int64_t day) {
    const auto rest = static_cast<int>((day + 3) % kWeekDays);
    return rest < 0 ? rest + kWeekDays : rest;
}

}  // namespace

Result<std::vector<WeeklyHours>> parse_weekly_hours(std::string_view text) {
    return HoursReader(text).read();
}

Result<Calendar> Calendar::make(std::string_view zone, std::string_view hours,
                                std::span<const std::string> except_dates) {
    TIDEMARK_ASSIGN_OR_RETURN(const TimeZone found, TimeZone::find(zone));
    Calendar calendar(found);
    TIDEMARK_ASSIGN_OR_RETURN(calendar.hours_, parse_weekly_hours(hours));
    for (const std::string& text : except_dates) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t day, parse_date(text));
        if (day >= -kDayLimit && day <= kDayLimit) calendar.except_days_.push_back(day);
    }
    std::ranges::sort(calendar.except_days_);
    calendar.except_days_.erase(
        std::unique(calendar.except_days_.begin(), calendar.except_days_.end()),
        calendar.except_days_.end());
    return calendar;
}

TimeRange Calendar::local_range(std::int64_t day, int begin_minute, int end_minute) const {
    const std::int64_t midnight_ns = day * kDayNs;
    return {zone_.first_instant_at(midnight_ns + begin_minute * kMinuteNs),
            zone_.first_instant_at(midnight_ns + end_minute * kMinuteNs)};
}

TimeRanges Calendar::open_within(const TimeRange& range) const {
    if (range.is_empty()) return {};
    // Two days more at either end: no clock is further from UTC, and hours may begin the day
    // before.
    const std::int64_t first_day = std::max(floor_day(range.begin_ns) - 2, -kDayLimit);
    const std::int64_t last_day = std::min(floor_day(range.end_ns) + 2, kDayLimit);
    TimeRanges open;
    for (std::int64_t day = first_day; day <= last_day; ++day) {
        for (const WeeklyHours& hours : hours_) {
            if (hours.weekday != weekday_of(day)) continue;
            open.push_back(local_range(day, hours.begin_minute, hours.end_minute));
        }
    }
    TimeRanges closed;
    for (const std::int64_t day : except_days_) {
        if (day < first_day || day > last_day) continue;
        closed.push_back(local_range(day, 0, kDayMinutes));
    }
    return clipped(difference(normalised(std::move(open)), normalised(std::move(closed))), range);
}

}  // namespace tidemark::query

#include "query/syntax/duration.h"

#include <array>
#include <charconv>
#include <limits>

namespace tidemark::query {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kDayNs = 86'400 * kSecondNs;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLongestYears = 292;  // As many as fit into 64 bits of nanoseconds.

struct UnitRow {
    std::string_view name;
    DurationUnit unit;
    std::int64_t ns;         // Of one; 0: no fixed length.
    std::int64_t count_max;  // Above it the length does not fit.
};

constexpr std::array kUnits = {
    UnitRow{"ns", DurationUnit::Nanosecond, 1, kMax},
    UnitRow{"u", DurationUnit::Nanosecond, 1'000, kMax / 1'000},
    UnitRow{"\xc2\xb5", DurationUnit::Nanosecond, 1'000, kMax / 1'000},  // U+00B5 micro sign
    UnitRow{"\xce\xbc", DurationUnit::Nanosecond, 1'000, kMax / 1'000},  // U+03BC Greek mu
    UnitRow{"ms", DurationUnit::Nanosecond, 1'000'000, kMax / 1'000'000},
    UnitRow{"s", DurationUnit::Nanosecond, kSecondNs, kMax / kSecondNs},
    UnitRow{"m", DurationUnit::Nanosecond, 60 * kSecondNs, kMax / (60 * kSecondNs)},
    UnitRow{"h", DurationUnit::Nanosecond, 3'600 * kSecondNs, kMax / (3'600 * kSecondNs)},
    UnitRow{"d", DurationUnit::Day, kDayNs, kMax / kDayNs},
    UnitRow{"w", DurationUnit::Week, 7 * kDayNs, kMax / (7 * kDayNs)},
    UnitRow{"wk", DurationUnit::CalendarWeek, 7 * kDayNs, kMax / (7 * kDayNs)},
    UnitRow{"mo", DurationUnit::Month, 0, kLongestYears * 12},
    UnitRow{"q", DurationUnit::Quarter, 0, kLongestYears * 4},
    UnitRow{"y", DurationUnit::Year, 0, kLongestYears},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_calendar_only(DurationUnit unit) {
    return unit == DurationUnit::CalendarWeek || unit == DurationUnit::Month ||
           unit == DurationUnit::Quarter || unit == DurationUnit::Year;
}

const UnitRow* find_unit(std::string_view name) {
    for (const UnitRow& row : kUnits) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

struct Part {
    std::int64_t count = 0;
    const UnitRow* row = nullptr;
};

// Takes one `15s` off the front of `text`.
std::optional<Part> take_part(std::string_view& text) {
    std::size_t digit_count = 0;
    while (digit_count < text.size() && is_digit(text[digit_count])) ++digit_count;
    std::size_t unit_end = digit_count;
    while (unit_end < text.size() && !is_digit(text[unit_end])) ++unit_end;
    Part part;
    const char* const digits_end = text.data() + digit_count;
    if (std::from_chars(text.data(), digits_end, part.count).ec != std::errc{}) return std::nullopt;
    part.row = find_unit(text.substr(digit_count, unit_end - digit_count));
    if (part.row == nullptr || part.count > part.row->count_max) return std::nullopt;
    text.remove_prefix(unit_end);
    return part;
}

}  // namespace

std::optional<std::int64_t> Duration::fixed_ns() const {
    switch (unit) {
        case DurationUnit::Nanosecond:
            return count;
        case DurationUnit::Day:
            return count * kDayNs;
        case DurationUnit::Week:
        case DurationUnit::CalendarWeek:
            return count * 7 * kDayNs;
        case DurationUnit::Month:
        case DurationUnit::Quarter:
        case DurationUnit::Year:
            break;
    }
    return std::nullopt;
}

std::optional<Duration> parse_duration(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::int64_t sign = negative ? -1 : 1;
    std::optional<Part> part = take_part(text);
    if (!part) return std::nullopt;
    if (text.empty() && part->row->unit != DurationUnit::Nanosecond) {
        return Duration{sign * part->count, part->row->unit};
    }
    std::int64_t total_ns = 0;
    while (true) {
        if (is_calendar_only(part->row->unit)) return std::nullopt;
        const std::int64_t part_ns = part->count * part->row->ns;
        if (part_ns > kMax - total_ns) return std::nullopt;
        total_ns += part_ns;
        if (text.empty()) return Duration{sign * total_ns, DurationUnit::Nanosecond};
        part = take_part(text);
        if (!part) return std::nullopt;
    }
}

std::string print_duration(const Duration& duration) {
    if (duration.unit != DurationUnit::Nanosecond) {
        for (const UnitRow& row : kUnits) {
            if (row.unit == duration.unit) return std::to_string(duration.count).append(row.name);
        }
    }
    if (duration.count == 0) return "0s";
    const UnitRow* best = kUnits.data();
    for (const UnitRow& row : kUnits) {
        const bool divides = row.unit == DurationUnit::Nanosecond && duration.count % row.ns == 0;
        if (divides && row.ns > best->ns) best = &row;
    }
    return std::to_string(duration.count / best->ns).append(best->name);
}

std::string print_rounded_duration(std::int64_t ns) {
    constexpr std::int64_t kMillisecondNs = 1'000'000;
    const auto size_ns = ns < 0 ? -static_cast<double>(ns) : static_cast<double>(ns);
    std::int64_t step_ns = 1;
    if (size_ns >= 10e3) step_ns = 1'000;
    if (size_ns >= 1e9) step_ns = kMillisecondNs;
    if (size_ns >= 600e9) step_ns = kSecondNs;
    if (size_ns >= static_cast<double>(kDayNs)) step_ns = 60 * kSecondNs;
    // Halves go away from zero; what the rounding adds does not overflow.
    std::int64_t rest = ns / step_ns;
    const std::int64_t remainder = ns % step_ns;
    if (remainder >= step_ns - step_ns / 2 && step_ns > 1) ++rest;
    if (-remainder >= step_ns - step_ns / 2 && step_ns > 1) --rest;
    if (rest == 0) return "0s";
    std::string text = rest < 0 ? "-" : "";
    for (const std::string_view name : {"d", "h", "m", "s", "ms", "u", "ns"}) {
        const std::int64_t unit_ns = find_unit(name)->ns;
        if (unit_ns < step_ns) break;
        const std::int64_t count = rest / (unit_ns / step_ns);
        rest %= unit_ns / step_ns;
        if (count != 0) text += std::to_string(count < 0 ? -count : count).append(name);
    }
    return text;
}

std::string print_go_duration(std::int64_t ns) {
    // count / unit_ns with as many decimals as it takes.
    const auto decimal = [](std::int64_t count, std::int64_t unit_ns) {
        std::string text = std::to_string(count / unit_ns);
        std::string decimals = std::to_string(unit_ns + count % unit_ns).substr(1);
        decimals.erase(decimals.find_last_not_of('0') + 1);
        return decimals.empty() ? text : text + "." + decimals;
    };
    if (ns == 0) return "0s";
    if (ns < 1'000) return std::to_string(ns) + "ns";
    if (ns < 1'000'000) return decimal(ns, 1'000) + "µs";
    if (ns < kSecondNs) return decimal(ns, 1'000'000) + "ms";
    const std::int64_t minutes = ns / (60 * kSecondNs);
    std::string text = decimal(ns % (60 * kSecondNs), kSecondNs) + "s";
    if (minutes > 0) text = std::to_string(minutes % 60) + "m" + text;
    if (minutes >= 60) text = std::to_string(minutes / 60) + "h" + text;
    return text;
}

}  // namespace tidemark::query

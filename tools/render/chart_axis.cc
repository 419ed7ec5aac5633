#include "tools/render/chart_axis.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "tools/render/duration_text.h"

namespace tidemark::tools {
namespace {

constexpr double kTickCount = 5;      // About so many on the value axis.
constexpr double kMostValue = 1e300;  // Beyond it differences are infinite.
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kDaySeconds = 86'400;

// Steps that clocks are read in, in seconds.
constexpr std::array<std::int64_t, 25> kClockSteps = {
    1,      2,      5,       10,      15,      30,       60,      120,   300,
    600,    900,    1800,    3600,    7200,    10800,    21600,   43200, 86400,
    172800, 604800, 1209600, 2592000, 7776000, 15552000, 31536000};

// 1, 2 or 5 times a power of ten, at least `step`.
double round_step(double step) {
    const double power = std::pow(10.0, std::floor(std::log10(step)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= step * 0.999999) return factor * power;
    }
    return 10 * power;
}

double round_duration_step(double seconds) {
    for (const std::int64_t step : kClockSteps) {
        if (static_cast<double>(step) >= seconds * 0.999999 && seconds > 0.5) {
            return static_cast<double>(step);
        }
    }
    return round_step(seconds);
}

bool is_in_seconds(const LinePanel& panel) {
    return panel.meaning == ColumnMeaning::Duration && !panel.has_given_unit;
}

struct Span {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void add(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

Span span_of(const LinePanel& panel) {
    Span span;
    for (const ChartLine& line : panel.lines) {
        for (const ChartPoint& point : line.points) {
            if (point.value) span.add(std::clamp(*point.value, -kMostValue, kMostValue));
        }
    }
    if (span.low > span.high) return {0, 1};
    const double height = span.high - span.low;
    const Span values = span;
    for (const Threshold& threshold : panel.thresholds) {
        // Further away it would squash the values into a line.
        constexpr double kMostHeights = 4;
        const double distance =
            std::max(values.low - threshold.value, threshold.value - values.high);
        if (height == 0 || distance <= kMostHeights * height) span.add(threshold.value);
    }
    const double magnitude = std::max(std::abs(span.low), std::abs(span.high));
    if (span.high - span.low <= magnitude * 1e-9 || span.high - span.low < 1e-300) {
        // One value stands in the middle, and zero stays in sight of what is near to it.
        const double margin = magnitude < 1e-290 ? 1 : magnitude / 2;
        span.low -= magnitude < 1e-290 ? 0 : margin;
        span.high += margin;
        if (panel.meaning == ColumnMeaning::Share) span.high = std::min(span.high, 1.0);
    }
    return span;
}

std::string number_label(double value, double step) {
    const double magnitude = std::abs(value);
    if (magnitude != 0 && (magnitude >= 1e7 || magnitude < 1e-4))
        return fmt::format("{:.4g}", value);
    const double digits = step > 0 ? std::ceil(-std::log10(step) - 1e-6) : 0;
    return fmt::format("{:.{}f}", value, static_cast<int>(std::clamp(digits, 0.0, 9.0)));
}

std::string tick_label(const LinePanel& panel, double value, double step) {
    if (panel.meaning == ColumnMeaning::Share) return number_label(value * 100, step * 100) + "%";
    if (is_in_seconds(panel)) return duration_text(value);
    return number_label(value, step);
}

using LocalTime = std::chrono::sys_time<std::chrono::seconds>;

std::int64_t local_seconds(std::int64_t time_ns, std::int32_t offset_seconds) {
    const std::int64_t seconds =
        time_ns / kSecondNs - (time_ns % kSecondNs < 0 ? 1 : 0);  // Rounds down.
    return seconds + offset_seconds;
}

std::string time_text(std::int64_t seconds, bool has_date, bool has_time, bool has_seconds) {
    const LocalTime time{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text;
    if (has_date) {
        text = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    }
    if (!has_time) return text;
    if (has_date) text += ' ';
    text += fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count());
    if (has_seconds) text += fmt::format(":{:02}", clock.seconds().count());
    return text;
}

std::string zone_text(std::int32_t offset_seconds) {
    if (offset_seconds == 0) return "UTC";
    const std::int32_t minutes = std::abs(offset_seconds) / 60;
    return fmt::format("{}{:02}:{:02}", offset_seconds < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace

ValueAxis make_value_axis(const LinePanel& panel) {
    const Span span = span_of(panel);
    const double rough = (span.high - span.low) / kTickCount;
    double step = is_in_seconds(panel) ? round_duration_step(rough) : round_step(rough);
    ValueAxis axis;
    const double first = std::floor(span.low / step + 1e-9);
    const double last = std::ceil(span.high / step - 1e-9);
    for (double tick = first; tick <= last; ++tick) {
        axis.ticks.push_back(tick * step);
        axis.labels.push_back(tick_label(panel, tick * step, step));
    }
    axis.low = axis.ticks.front();
    axis.high = axis.ticks.back();
    return axis;
}

std::string value_label(const LinePanel& panel, double value) {
    if (panel.meaning == ColumnMeaning::Share) return fmt::format("{:.6g}%", value * 100);
    if (is_in_seconds(panel)) return duration_text(value);
    return fmt::format("{:.6g}", value);
}

TimeAxis make_time_axis(const ChartRange& range, std::size_t width) {
    TimeAxis axis;
    axis.labels.assign(width, ' ');
    const std::int64_t begin = local_seconds(range.begin_ns, range.offset_seconds);
    const std::int64_t end = local_seconds(range.end_ns, range.offset_seconds);
    const std::int64_t length = std::max<std::int64_t>(end - begin, 1);
    constexpr std::int64_t kLabelWidth = 14;  // A label and the room behind it.
    const std::int64_t count =
        std::max<std::int64_t>(static_cast<std::int64_t>(width) / kLabelWidth, 1);
    const auto fits = [&](std::int64_t step) { return length / step <= count; };
    const auto found = std::ranges::find_if(kClockSteps, fits);
    const std::int64_t step = found != kClockSteps.end()
                                  ? *found
                                  : kClockSteps.back() * (length / kClockSteps.back() / count + 1);
    const bool is_date = step >= kDaySeconds;
    std::size_t free_from = 0;
    const std::int64_t first = begin / step + (begin % step > 0 ? 1 : 0);
    for (std::int64_t tick = first * step; tick <= end; tick += step) {
        const double share = static_cast<double>(tick - begin) / static_cast<double>(length);
        const auto column =
            static_cast<std::size_t>(std::lround(share * static_cast<double>(width - 1)));
        axis.marks.push_back(column);
        const bool is_midnight = tick % kDaySeconds == 0 && length > kDaySeconds;
        const bool has_date = is_date || is_midnight;
        const std::string label = time_text(tick, has_date, !has_date, step < 60);
        if (column < free_from || column + label.size() > width) continue;
        axis.labels.replace(column, label.size(), label);
        free_from = column + label.size() + 1;
    }
    axis.labels.erase(axis.labels.find_last_not_of(' ') + 1);
    return axis;
}

std::string range_text(const ChartRange& range) {
    const bool is_short = width_ns(range.begin_ns, range.end_ns) < 600e9;
    const auto text = [&](std::int64_t ns) {
        return time_text(local_seconds(ns, range.offset_seconds), true, true, is_short);
    };
    return fmt::format("{} to {} {}", text(range.begin_ns), text(range.end_ns),
                       zone_text(range.offset_seconds));
}

}  // namespace tidemark::tools

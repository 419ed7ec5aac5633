#include "query/functions/time_integral.h"

#include <algorithm>
#include <variant>

#include "query/functions/column_access.h"
#include "query/functions/state_timeline.h"

namespace tidemark::query {
namespace {

DoubleDouble as_double_double(double value) { return {value, 0}; }
DoubleDouble as_double_double(std::int64_t value) { return to_double_double(value); }
DoubleDouble as_double_double(std::uint64_t value) {
    return to_double_double(static_cast<WideInteger>(value));
}

DoubleDouble as_double_double(const Value& value) {
    if (const auto* number = std::get_if<double>(&value)) return as_double_double(*number);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return as_double_double(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&value)) return as_double_double(*number);
    return {};  // The function table admits numbers only.
}

}  // namespace

TimeIntegral::TimeIntegral(std::span<const TimeRange> windows, std::int64_t hold_ns,
                           std::int64_t as_of_ns)
    : hold_ns_(hold_ns), as_of_ns_(as_of_ns), windows_(windows.begin(), windows.end()) {
    edges_.reserve(2 * windows_.size());
    for (const TimeRange& window : windows_) {
        if (window.is_empty()) continue;
        edges_.push_back(window.begin_ns);
        edges_.push_back(window.end_ns);
    }
    if (!edges_.empty()) {
        const auto [first, last] = std::ranges::minmax(edges_);
        if (first < as_of_ns && as_of_ns < last) edges_.push_back(as_of_ns);
    }
    std::ranges::sort(edges_);
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
    parts_.resize(edges_.empty() ? 0 : edges_.size() - 1);
}

void TimeIntegral::begin_series(const std::optional<CarriedValue>& carried) {
    part_cursor_ = 0;
    has_sample_ = carried.has_value();
    if (!carried) return;
    sample_ns_ = carried->time_ns;
    sample_value_ = as_double_double(carried->value);
}

bool TimeIntegral::can_use(const ColumnSummary& summary) const {
    return summary.non_null_count == 0 || summary.largest_gap_ns <= hold_ns_;
}

void TimeIntegral::hold_until(std::int64_t end_ns) {
    if (!has_sample_) return;
    const std::int64_t until_ns = std::min({end_ns, hold_end_ns(sample_ns_, hold_ns_), as_of_ns_});
    std::int64_t from_ns = sample_ns_;
    while (part_cursor_ < parts_.size() && from_ns < until_ns) {
        const std::int64_t part_end_ns = edges_[part_cursor_ + 1];
        if (part_end_ns <= from_ns) {
            ++part_cursor_;
            continue;
        }
        from_ns = std::max(from_ns, edges_[part_cursor_]);
        const WideInteger held_ns = WideInteger{std::min(part_end_ns, until_ns)} - from_ns;
        if (held_ns <= 0) return;
        Part& part = parts_[part_cursor_];
        part.integral = add(part.integral, multiply(sample_value_, to_double_double(held_ns)));
        part.known_ns += static_cast<WideUnsigned>(held_ns);
        from_ns = std::min(part_end_ns, until_ns);
    }
}

void TimeIntegral::add_sample(std::int64_t time_ns, const DoubleDouble& value) {
    hold_until(time_ns);
    has_sample_ = true;
    sample_ns_ = time_ns;
    sample_value_ = value;
}

void TimeIntegral::add_summary(const ColumnSummary& summary) {
    if (summary.non_null_count == 0) return;
    hold_until(summary.first_ns);
    while (part_cursor_ < parts_.size() && edges_[part_cursor_ + 1] <= summary.first_ns) {
        ++part_cursor_;
    }
    const bool is_inside = part_cursor_ < parts_.size() && edges_[part_cursor_] <= summary.first_ns;
    if (is_inside && summary.first_ns < as_of_ns_) {
        Part& part = parts_[part_cursor_];
        part.integral = add(part.integral, summary.integral);
        part.known_ns += static_cast<WideUnsigned>(WideInteger{summary.last_ns} - summary.first_ns);
    }
    has_sample_ = true;
    sample_ns_ = summary.last_ns;
    sample_value_ = as_double_double(summary.last);
}

void TimeIntegral::add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                              std::size_t begin, std::size_t end) {
    for_each_number(values, begin, end, [&](std::size_t row, auto number) {
        add_sample(times[row], as_double_double(number));
    });
}

void TimeIntegral::end_series() {
    hold_until(as_of_ns_);
    has_sample_ = false;
}

TimeIntegral::WindowResult TimeIntegral::window(std::size_t window_index) const {
    WindowResult result;
    const TimeRange& range = windows_[window_index];
    if (range.is_empty()) return result;
    const auto first = std::ranges::lower_bound(edges_, range.begin_ns);
    for (auto i = static_cast<std::size_t>(first - edges_.begin()); edges_[i] < range.end_ns; ++i) {
        result.integral = add(result.integral, parts_[i].integral);
        result.known_ns += parts_[i].known_ns;
    }
    return result;
}

Cell TimeIntegral::mean(std::size_t window_index) const {
    const WindowResult result = window(window_index);
    if (result.known_ns == 0) return std::monostate{};
    const auto known_ns = static_cast<WideInteger>(result.known_ns);
    return float_cell(divide(result.integral, to_double_double(known_ns)).rounded());
}

}  // namespace tidemark::query

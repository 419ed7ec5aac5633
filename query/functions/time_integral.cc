#include "query/functions/time_integral.h"

#include <algorithm>
#include <variant>

#include "query/functions/column_access.h"
#include "query/functions/state_timeline.h"
#include "query/functions/time_ranges.h"
#include "storage/base/assert.h"

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

void TimeIntegral::begin_series(const std::optional<CarriedValue>& carried,
                                std::span<const TimeRange> excluded) {
    part_cursor_ = 0;
    excluded_ = excluded;
    sliding_.reset();
    series_ = {};
    has_sample_ = carried.has_value();
    if (!carried) return;
    count_samples(1, carried->time_ns, carried->time_ns);
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
        const TimeRange held{from_ns, std::min(part_end_ns, until_ns)};
        if (held.is_empty()) return;
        const auto held_ns = static_cast<WideInteger>(length_ns(held.begin_ns, held.end_ns) -
                                                      covered_ns(excluded_, held));
        WindowResult& part = parts_[part_cursor_];
        part.integral = add(part.integral, multiply(sample_value_, to_double_double(held_ns)));
        part.known_ns += static_cast<WideUnsigned>(held_ns);
        series_.known_ns += static_cast<WideUnsigned>(held_ns);
        from_ns = std::min(part_end_ns, until_ns);
    }
}

void TimeIntegral::count_samples(std::uint64_t count, std::int64_t first_ns, std::int64_t last_ns) {
    if (series_.sample_count == 0) series_.first_ns = first_ns;
    series_.sample_count += count;
    series_.last_ns = last_ns;
}

void TimeIntegral::add_sample(std::int64_t time_ns, const DoubleDouble& value) {
    hold_until(time_ns);
    count_samples(1, time_ns, time_ns);
    has_sample_ = true;
    sample_ns_ = time_ns;
    sample_value_ = value;
}

void TimeIntegral::add_summary(const ColumnSummary& summary) {
    if (summary.non_null_count == 0) return;
    TIDEMARK_ASSERT(can_use(summary), "a summary does not stand for a gap beyond the hold limit");
    hold_until(summary.first_ns);
    count_samples(summary.non_null_count, summary.first_ns, summary.last_ns);
    while (part_cursor_ < parts_.size() && edges_[part_cursor_ + 1] <= summary.first_ns) {
        ++part_cursor_;
    }
    const bool is_inside = part_cursor_ < parts_.size() && edges_[part_cursor_] <= summary.first_ns;
    const bool counts = summary.first_ns < as_of_ns_ && !contains(excluded_, summary.first_ns);
    if (is_inside && counts) {
        const std::uint64_t known_ns = length_ns(summary.first_ns, summary.last_ns);
        parts_[part_cursor_].integral = add(parts_[part_cursor_].integral, summary.integral);
        parts_[part_cursor_].known_ns += known_ns;
        series_.known_ns += known_ns;
    }
    has_sample_ = true;
    sample_ns_ = summary.last_ns;
    sample_value_ = as_double_double(summary.last);
}

void TimeIntegral::add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                              std::size_t begin, std::size_t end) {
    for_each_number_or_end(
        values, begin, end,
        [&](std::size_t row, auto number) { add_sample(times[row], as_double_double(number)); },
        [&](std::size_t row) {
            hold_until(times[row]);
            has_sample_ = false;
        });
}

TimeIntegral::SeriesResult TimeIntegral::end_series() {
    hold_until(as_of_ns_);
    has_sample_ = false;
    return series_;
}

void TimeIntegral::AddResults::operator()(WindowResult& target, const WindowResult& source) const {
    target.integral = add(target.integral, source.integral);
    target.known_ns += source.known_ns;
}

TimeIntegral::WindowResult TimeIntegral::window(std::size_t window_index) {
    const TimeRange& range = windows_[window_index];
    if (range.is_empty()) return {};
    if (!sliding_) sliding_.emplace(parts_, AddResults());
    const auto position = [&](std::int64_t edge_ns) {
        const auto edge = std::ranges::lower_bound(edges_, edge_ns);
        return static_cast<std::size_t>(edge - edges_.begin());
    };
    return sliding_->merged(position(range.begin_ns), position(range.end_ns));
}

Cell TimeIntegral::WindowResult::mean() const {
    if (known_ns == 0) return std::monostate{};
    return float_cell(
        divide(integral, to_double_double(static_cast<WideInteger>(known_ns))).rounded());
}

Cell TimeIntegral::WindowResult::area(std::int64_t unit_ns) const {
    if (known_ns == 0) return std::monostate{};
    return float_cell(divide(integral, to_double_double(unit_ns)).rounded());
}

}  // namespace tidemark::query

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <string>

#include "storage/base/assert.h"
#include "storage/summary/double_double.h"
#include "storage/summary/summary.h"
#include "storage/summary/time_distance.h"

namespace tidemark::storage {
namespace {

/// What does not depend on the type.
ColumnSummary begin_summary(FieldType type, std::uint64_t row_count,
                            std::span<const std::int64_t> times, std::size_t value_count) {
    TIDEMARK_ASSERT(times.size() == value_count, "a time for each value");
    TIDEMARK_ASSERT(value_count <= row_count, "more values than rows");
    ColumnSummary summary = empty_summary(type);
    summary.row_count = row_count;
    summary.non_null_count = value_count;
    if (times.empty()) return summary;
    summary.first_ns = times.front();
    summary.last_ns = times.back();
    std::uint64_t largest_gap = 0;
    for (std::size_t i = 1; i < times.size(); ++i) {
        largest_gap = std::max(largest_gap, distance_between(times[i - 1], times[i]));
    }
    summary.largest_gap_ns = saturated_ns(largest_gap);
    return summary;
}

/// Calls visit(begin, end, distance) for the values [begin, end), each of which is held for
/// `distance`; the last value of all is held for no time and left out.
template <typename Visit>
void for_each_distance(std::span<const std::int64_t> times, Visit visit) {
    std::size_t begin = 0;
    while (begin + 1 < times.size()) {
        const std::uint64_t distance = distance_between(times[begin], times[begin + 1]);
        std::size_t end = begin + 1;
        while (end + 1 < times.size() && distance_between(times[end], times[end + 1]) == distance) {
            ++end;
        }
        visit(begin, end, distance);
        begin = end;
    }
}

// Flips all bits but the sign of negative doubles, and back: as signed integers they are then in
// the order of the values, -0.0 below +0.0.
std::int64_t flip_negative(std::int64_t bits) {
    return bits ^ static_cast<std::int64_t>(static_cast<std::uint64_t>(bits >> 63) >> 1);
}
std::int64_t order_of(double value) { return flip_negative(std::bit_cast<std::int64_t>(value)); }
double value_of(std::int64_t order) { return std::bit_cast<double>(flip_negative(order)); }

template <typename T>
struct Extremes {
    T min;
    T max;
};

/// Without branches, unlike std::minmax_element.
template <typename T, typename Value, typename Order>
Extremes<T> extremes_of(std::span<const Value> values, Order order_of_value) {
    Extremes<T> extremes{order_of_value(values.front()), order_of_value(values.front())};
    for (const Value value : values) {
        const T order = order_of_value(value);
        extremes.min = std::min(extremes.min, order);
        extremes.max = std::max(extremes.max, order);
    }
    return extremes;
}

template <typename T>
ColumnSummary summarise_whole_numbers(FieldType type, std::uint64_t row_count,
                                      std::span<const std::int64_t> times,
                                      std::span<const T> values) {
    ColumnSummary summary = begin_summary(type, row_count, times, values.size());
    if (values.empty()) return summary;
    const Extremes<T> extremes = extremes_of<T>(values, std::identity{});
    summary.has_values = true;
    summary.min = extremes.min;
    summary.max = extremes.max;
    summary.first = values.front();
    summary.last = values.back();
    summary.is_non_decreasing = std::ranges::is_sorted(values);
    const auto sum_between = [&](std::size_t begin, std::size_t end) {
        Int128 sum = 0;
        for (std::size_t i = begin; i < end; ++i) sum += values[i];
        return sum;
    };
    for_each_distance(times, [&](std::size_t begin, std::size_t end, std::uint64_t distance) {
        const Int128 sum = sum_between(begin, end);
        summary.integer_sum += sum;
        summary.integral = add(summary.integral, multiply(to_double_double(sum), distance));
    });
    summary.integer_sum += values.back();
    return summary;
}

}  // namespace

ColumnSummary empty_summary(FieldType type) {
    ColumnSummary summary;
    summary.type = type;
    summary.is_non_decreasing = type != FieldType::String;
    return summary;
}

ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const double> values) {
    ColumnSummary summary = begin_summary(FieldType::Float, row_count, times, values.size());
    if (values.empty()) return summary;
    const auto extremes = extremes_of<std::int64_t>(values, order_of);
    // In this order NaNs stand outside of the infinities.
    const bool has_nan = std::isnan(value_of(extremes.min)) || std::isnan(value_of(extremes.max));
    summary.has_values = !has_nan;
    summary.is_non_decreasing = false;
    if (has_nan) return summary;
    summary.min = value_of(extremes.min);
    summary.max = value_of(extremes.max);
    summary.first = values.front();
    summary.last = values.back();
    summary.is_non_decreasing = std::ranges::is_sorted(values);
    for_each_distance(times, [&](std::size_t begin, std::size_t end, std::uint64_t distance) {
        if (end - begin == 1) {  // As all are where times are irregular. A sum is never -0.0.
            const double value = values[begin] + 0.0;
            summary.sum = add(summary.sum, {value, 0});
            summary.integral = add(summary.integral, multiply(value, distance));
            return;
        }
        const DoubleDouble sum = sum_of(values.subspan(begin, end - begin));
        summary.sum = add(summary.sum, sum);
        summary.integral = add(summary.integral, multiply(sum, distance));
    });
    summary.sum = add(summary.sum, {values.back(), 0});
    return summary;
}

ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const std::int64_t> values) {
    return summarise_whole_numbers(FieldType::Integer, row_count, times, values);
}

ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const std::uint64_t> values) {
    return summarise_whole_numbers(FieldType::Unsigned, row_count, times, values);
}

ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const std::uint8_t> values) {
    ColumnSummary summary = begin_summary(FieldType::Boolean, row_count, times, values.size());
    if (values.empty()) return summary;
    const auto [min, max] = std::ranges::minmax_element(values);
    summary.has_values = true;
    summary.min = *min != 0;
    summary.max = *max != 0;
    summary.first = values.front() != 0;
    summary.last = values.back() != 0;
    summary.is_non_decreasing = std::ranges::is_sorted(values);
    for (std::size_t i = 1; i < values.size(); ++i) {
        summary.transition_count += values[i] != values[i - 1] ? 1U : 0U;
        if (values[i - 1] == 0) continue;
        summary.true_ns =
            saturated_sum_ns(summary.true_ns, distance_between(times[i - 1], times[i]));
    }
    return summary;
}

ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const std::string_view> values) {
    ColumnSummary summary = begin_summary(FieldType::String, row_count, times, values.size());
    if (values.empty()) return summary;
    const auto [min, max] = std::ranges::minmax_element(values);
    const std::string_view kept[] = {*min, *max, values.front(), values.back()};
    summary.has_values = std::ranges::all_of(
        kept, [](std::string_view text) { return text.size() <= kSummaryStringLimitBytes; });
    if (!summary.has_values) return summary;
    summary.min = std::string(*min);
    summary.max = std::string(*max);
    summary.first = std::string(values.front());
    summary.last = std::string(values.back());
    return summary;
}

}  // namespace tidemark::storage

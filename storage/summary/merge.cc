#include <algorithm>
#include <cmath>

#include "storage/base/assert.h"
#include "storage/summary/double_double.h"
#include "storage/summary/summary.h"
#include "storage/summary/time_distance.h"

namespace tidemark::storage {
namespace {

bool is_below(const Value& left, const Value& right) {
    const auto* left_float = std::get_if<double>(&left);
    const auto* right_float = std::get_if<double>(&right);
    if (left_float != nullptr && *left_float == *right_float) {
        return std::signbit(*left_float) && !std::signbit(*right_float);
    }
    return left < right;
}

/// The integral of a value held for some time; zero for what is no number.
DoubleDouble held_integral(const Value& value, std::uint64_t distance) {
    if (const auto* number = std::get_if<double>(&value)) return multiply(*number, distance);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return multiply(to_double_double(*number), distance);
    }
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
        return multiply(to_double_double(static_cast<Int128>(*number)), distance);
    }
    return {};
}

void merge_values(ColumnSummary& merged, const ColumnSummary& right) {
    const bool has_values = merged.has_values && right.has_values;
    if (has_values) {
        if (is_below(right.min, merged.min)) merged.min = right.min;
        if (is_below(merged.max, right.max)) merged.max = right.max;
        merged.last = right.last;
    } else {
        merged.min = merged.max = merged.first = merged.last = Value{};
    }
    merged.has_values = has_values;
}

/// What is known of numbers with a NaN among them.
void forget_sums(ColumnSummary& summary) {
    summary.sum = {};
    summary.integral = {};
    summary.is_non_decreasing = false;
}

}  // namespace

ColumnSummary merge(const ColumnSummary& left, const ColumnSummary& right) {
    TIDEMARK_ASSERT(left.type == right.type, "summaries of columns of different types");
    if (left.non_null_count == 0 || right.non_null_count == 0) {
        ColumnSummary merged = left.non_null_count == 0 ? right : left;
        merged.row_count = left.row_count + right.row_count;
        return merged;
    }
    TIDEMARK_ASSERT(left.last_ns < right.first_ns, "summaries out of order");
    const std::uint64_t gap = distance_between(left.last_ns, right.first_ns);
    ColumnSummary merged = left;
    merged.row_count += right.row_count;
    merged.non_null_count += right.non_null_count;
    merged.last_ns = right.last_ns;
    merged.largest_gap_ns =
        std::max({left.largest_gap_ns, saturated_ns(gap), right.largest_gap_ns});
    merged.sum = add(left.sum, right.sum);
    merged.integer_sum += right.integer_sum;
    merged.integral = add(add(left.integral, held_integral(left.last, gap)), right.integral);
    merged.is_non_decreasing =
        left.is_non_decreasing && right.is_non_decreasing && left.last <= right.first;
    if (left.type == FieldType::Boolean) {
        const std::uint64_t true_gap = std::get<bool>(left.last) ? gap : 0;
        merged.true_ns = saturated_sum_ns(left.true_ns, true_gap);
        merged.true_ns =
            saturated_sum_ns(merged.true_ns, static_cast<std::uint64_t>(right.true_ns));
        merged.transition_count += right.transition_count + (left.last != right.first ? 1 : 0);
    }
    merge_values(merged, right);
    if (merged.type == FieldType::Float && !merged.has_values) forget_sums(merged);
    return merged;
}

}  // namespace tidemark::storage

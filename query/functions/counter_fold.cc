#include "query/functions/counter_fold.h"

#include <limits>
#include <string>
#include <variant>

#include "query/functions/column_access.h"
#include "query/functions/state_timeline.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

template <typename T>
Result<Cell> integer_cell(WideInteger sum) {
    const bool fits = sum >= WideInteger{std::numeric_limits<T>::min()} &&
                      sum <= WideInteger{std::numeric_limits<T>::max()};
    if (fits) return Cell(static_cast<T>(sum));
    return Error(ErrorCode::InvalidArgument,
                 "the increase does not fit into 64 bits: ask for shorter windows");
}

}  // namespace

void CounterPart::Amount::add(const Amount& other) {
    integer += other.integer;
    number = query::add(number, other.number);
}

void CounterPart::merge(const CounterPart& other) {
    sample_count += other.sample_count;
    reset_count += other.reset_count;
    increase.add(other.increase);
    near.add(other.near);
}

Result<Cell> increase_cell(const CounterPart& part, FieldType type) {
    if (part.sample_count == 0) return Cell(std::monostate{});
    if (type == FieldType::Float) return float_cell(part.increase.number.rounded());
    if (type == FieldType::Unsigned) return integer_cell<std::uint64_t>(part.increase.integer);
    return integer_cell<std::int64_t>(part.increase.integer);
}

Cell rate_cell(const CounterPart& part, FieldType type, WideUnsigned known_ns) {
    if (known_ns == 0) return std::monostate{};
    const DoubleDouble amount =
        type == FieldType::Float ? part.near.number : to_double_double(part.near.integer);
    const DoubleDouble seconds =
        divide(to_double_double(static_cast<WideInteger>(known_ns)), to_double_double(kSecondNs));
    return float_cell(divide(amount, seconds).rounded());
}

CounterFold::Number CounterFold::number_of(const Value& value) {
    if (const auto* number = std::get_if<double>(&value)) return {0, *number};
    if (const auto* number = std::get_if<std::int64_t>(&value)) return {*number, 0};
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
        return {static_cast<WideInteger>(*number), 0};
    }
    return {};  // The function table admits numbers only.
}

void CounterFold::begin_series(const std::optional<CarriedValue>& carried) {
    has_sample_ = carried.has_value();
    if (!carried) return;
    is_holding_ = !carried->is_ended;
    sample_ns_ = carried->time_ns;
    sample_ = number_of(carried->value);
}

bool CounterFold::is_below(const Number& left, const Number& right) const {
    return type_ == FieldType::Float ? left.number < right.number : left.integer < right.integer;
}

CounterPart::Amount CounterFold::difference(const Number& later, const Number& earlier) const {
    if (type_ == FieldType::Float) return {0, two_sum(later.number, -earlier.number)};
    return {later.integer - earlier.integer, {}};
}

void CounterFold::add_sample(std::int64_t time_ns, const Number& value, CounterPart& part) {
    ++part.sample_count;
    if (has_sample_) {
        const bool is_reset = is_below(value, sample_);
        if (is_reset) ++part.reset_count;
        const CounterPart::Amount step = difference(value, is_reset ? Number() : sample_);
        part.increase.add(step);
        // A hold that ends in the very instant of the sample leaves no time unknown between.
        const bool is_near = is_holding_ && time_ns <= hold_end_ns(sample_ns_, hold_ns_);
        if (is_near && time_ns < as_of_ns_) part.near.add(step);
    }
    has_sample_ = true;
    is_holding_ = true;
    sample_ns_ = time_ns;
    sample_ = value;
}

bool CounterFold::can_use(const ColumnSummary& summary, bool needs_near) const {
    if (summary.non_null_count == 0) return true;
    if (!summary.has_values || !summary.is_non_decreasing) return false;
    return !needs_near || summary.largest_gap_ns <= hold_ns_;
}

void CounterFold::add_summary(const ColumnSummary& summary, CounterPart& part) {
    if (summary.non_null_count == 0) return;
    add_sample(summary.first_ns, number_of(summary.first), part);
    const Number last = number_of(summary.last);
    const CounterPart::Amount inside = difference(last, sample_);
    part.sample_count += summary.non_null_count - 1;
    part.increase.add(inside);
    if (summary.first_ns < as_of_ns_) part.near.add(inside);
    sample_ns_ = summary.last_ns;
    sample_ = last;
}

void CounterFold::add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                             std::size_t begin, std::size_t end, CounterPart& part) {
    const auto add_row = [&](std::size_t row, auto number) {
        if constexpr (std::is_same_v<decltype(number), double>) {
            add_sample(times[row], {0, number}, part);
        } else {
            add_sample(times[row], {static_cast<WideInteger>(number), 0}, part);
        }
    };
    for_each_number_or_end(values, begin, end, add_row, [&](std::size_t) { is_holding_ = false; });
}

}  // namespace tidemark::query

#include "tests/summary/summary_samples.h"

#include <bit>
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "storage/summary/summary.h"

namespace tidemark::tests {
namespace {

using Random = std::mt19937_64;

std::vector<std::int64_t> sample_times(Random& random, std::size_t count) {
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> times;
    const std::uint64_t shape = random() % 4;
    std::int64_t time = 1'700'000'000'000'000'000;
    for (std::size_t i = 0; i < count; ++i) {
        switch (shape) {
            case 0:
                time += 10'000'000'000;
                break;
            case 1:
                time += static_cast<std::int64_t>(random() % 20'000'000'000) + 1;
                break;
            case 2:
                time += random() % 20 == 0 ? 3'600'000'000'000 : 1'000'000'000;
                break;
            default:
                time = i == 0 ? kMin : time + kMax / static_cast<std::int64_t>(count);
                break;
        }
        times.push_back(time);
    }
    if (shape == 3 && count > 1) times.back() = kMax;
    return times;
}

double sample_float(Random& random, std::uint64_t shape) {
    switch (shape) {
        case 0:
            return static_cast<double>(random() % 10'000) / 100;
        case 1:
            return static_cast<double>(static_cast<std::int64_t>(random())) / 1e3;
        case 2:
            return std::ldexp(static_cast<double>(random() % 2'001) - 1'000,
                              static_cast<int>(random() % 200) - 100);
        case 3:
            return random() % 2 == 0 ? 0.0 : -0.0;
        default:
            return random() % 3 == 0 ? 1e16 : (random() % 2 == 0 ? 1.0 : -1e16);
    }
}

SampleColumn sample_column(Random& random, FieldType type, std::size_t count) {
    SampleColumn column;
    column.type = type;
    column.times = sample_times(random, count);
    const std::uint64_t shape = random() % 5;
    bool up = true;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t bits = random();
        up = up != (random() % (shape * 3 + 2) == 0);
        switch (type) {
            case FieldType::Float:
                column.floats.push_back(sample_float(random, shape));
                break;
            case FieldType::Integer:
                column.integers.push_back(shape == 0 ? static_cast<std::int64_t>(i)
                                                     : static_cast<std::int64_t>(bits));
                break;
            case FieldType::Unsigned:
                column.unsigneds.push_back(shape == 0 ? bits : bits % 1'000);
                break;
            case FieldType::Boolean:
                column.booleans.push_back(up ? 1 : 0);
                break;
            case FieldType::String:
                column.strings.emplace_back(shape == 0 ? bits % 40 : bits % 9, 'a' + bits % 7);
                break;
        }
    }
    return column;
}

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

bool is_same_value(const Value& left, const Value& right) {
    if (left.index() != right.index()) return false;
    if (const auto* number = std::get_if<double>(&left)) {
        return bits_of(*number) == bits_of(std::get<double>(right));
    }
    return left == right;
}

void check_same_sum(const DoubleDouble& left, const DoubleDouble& right) {
    CHECK(bits_of(left.high) == bits_of(right.high));
    CHECK(bits_of(left.low) == bits_of(right.low));
}

}  // namespace

std::vector<SampleColumn> sample_columns() {
    Random random(11);
    std::vector<SampleColumn> columns;
    for (const auto type : {FieldType::Float, FieldType::Integer, FieldType::Unsigned,
                            FieldType::Boolean, FieldType::String}) {
        for (const std::size_t count : {1U, 2U, 3U, 10U, 40U, 128U, 1024U}) {
            for (int round = 0; round < 12; ++round) {
                columns.push_back(sample_column(random, type, count));
            }
        }
    }
    return columns;
}

ColumnSummary summarise_part(const SampleColumn& column, std::size_t begin, std::size_t end,
                             std::uint64_t null_count) {
    const std::size_t count = end - begin;
    const std::uint64_t row_count = count + null_count;
    const auto times = std::span(column.times).subspan(begin, count);
    const auto part = [=](const auto& values) { return std::span(values).subspan(begin, count); };
    switch (column.type) {
        case FieldType::Float:
            return storage::summarise(row_count, times, part(column.floats));
        case FieldType::Integer:
            return storage::summarise(row_count, times, part(column.integers));
        case FieldType::Unsigned:
            return storage::summarise(row_count, times, part(column.unsigneds));
        case FieldType::Boolean:
            return storage::summarise(row_count, times, part(column.booleans));
        case FieldType::String:
            break;
    }
    const std::vector<std::string_view> views(column.strings.begin(), column.strings.end());
    return storage::summarise(row_count, times, part(views));
}

void check_same_but_sums(const ColumnSummary& left, const ColumnSummary& right) {
    CHECK(left.type == right.type);
    CHECK(left.row_count == right.row_count);
    CHECK(left.non_null_count == right.non_null_count);
    CHECK(left.first_ns == right.first_ns);
    CHECK(left.last_ns == right.last_ns);
    CHECK(left.largest_gap_ns == right.largest_gap_ns);
    CHECK(left.is_non_decreasing == right.is_non_decreasing);
    CHECK((left.integer_sum == right.integer_sum));
    CHECK(left.true_ns == right.true_ns);
    CHECK(left.transition_count == right.transition_count);
    // Whether a string column keeps its values depends on the parts it was merged of.
    if (left.type == FieldType::String && left.has_values != right.has_values) return;
    CHECK(left.has_values == right.has_values);
    CHECK(is_same_value(left.min, right.min));
    CHECK(is_same_value(left.max, right.max));
    CHECK(is_same_value(left.first, right.first));
    CHECK(is_same_value(left.last, right.last));
}

void check_same(const ColumnSummary& left, const ColumnSummary& right) {
    check_same_but_sums(left, right);
    CHECK(left.has_values == right.has_values);
    check_same_sum(left.sum, right.sum);
    check_same_sum(left.integral, right.integral);
}

}  // namespace tidemark::tests

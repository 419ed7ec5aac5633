#include "storage/summary/summary.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "tests/summary/summary_samples.h"

namespace tidemark::tests {
namespace {

using storage::empty_summary;
using storage::merge;
using storage::summarise;
using Rational = boost::multiprecision::cpp_rational;
using Integer = boost::multiprecision::cpp_int;

/// A sum and the sum of magnitudes, both exact.
struct ExactSum {
    Rational sum;
    Rational magnitudes;

    void add(const Rational& value) {
        sum += value;
        magnitudes += abs(value);
    }
};

std::vector<Rational> exact_values(const SampleColumn& column) {
    std::vector<Rational> values;
    for (const double value : column.floats) values.emplace_back(value);
    for (const std::int64_t value : column.integers) values.emplace_back(value);
    for (const std::uint64_t value : column.unsigneds) values.emplace_back(value);
    return values;
}

ExactSum exact_sum(const SampleColumn& column) {
    ExactSum exact;
    for (const Rational& value : exact_values(column)) exact.add(value);
    return exact;
}

ExactSum exact_integral(const SampleColumn& column) {
    ExactSum exact;
    const auto values = exact_values(column);
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        exact.add(values[i] * Rational(Integer(column.times[i + 1]) - Integer(column.times[i])));
    }
    return exact;
}

/// R17: 1 ulp of the result + 2^-80 of the sum of magnitudes.
void check_within_bound(const DoubleDouble& sum, const ExactSum& exact) {
    const double rounded = sum.rounded();
    REQUIRE(std::isfinite(rounded));
    const double ulp = std::nextafter(std::abs(rounded), INFINITY) - std::abs(rounded);
    const Rational bound = Rational(ulp) + exact.magnitudes / Rational(Integer(1) << 80);
    CHECK(abs(Rational(rounded) - exact.sum) <= bound);
}

void check_sums(const ColumnSummary& summary, const SampleColumn& column) {
    if (column.type == FieldType::Float) check_within_bound(summary.sum, exact_sum(column));
    if (!exact_values(column).empty()) {
        check_within_bound(summary.integral, exact_integral(column));
    }
}

/// Summaries of random neighbouring parts, merged in random order; some rows are null.
ColumnSummary merge_random_parts(const SampleColumn& column, std::uint64_t null_count,
                                 std::mt19937_64& random) {
    std::vector<ColumnSummary> parts;
    for (std::size_t begin = 0; begin < column.size();) {
        const std::size_t end = std::min(column.size(), begin + 1 + random() % 60);
        const std::uint64_t nulls = std::min<std::uint64_t>(null_count, random() % 3);
        null_count -= nulls;
        parts.push_back(summarise_part(column, begin, end, nulls));
        begin = end;
    }
    ColumnSummary only_nulls = empty_summary(column.type);
    only_nulls.row_count = null_count;
    const auto place = static_cast<std::ptrdiff_t>(random() % (parts.size() + 1));
    parts.insert(parts.begin() + place, only_nulls);
    while (parts.size() > 1) {
        const std::size_t left = random() % (parts.size() - 1);
        parts[left] = merge(parts[left], parts[left + 1]);
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(left) + 1);
    }
    return parts.front();
}

}  // namespace

TEST_CASE("a float summary says what is known of its values", "[summary]") {
    const std::vector<std::int64_t> times = {100, 110, 130, 140};
    const std::vector<double> values = {2.0, 5.0, -1.0, 4.0};
    const ColumnSummary summary = summarise(7, times, values);
    CHECK(summary.type == FieldType::Float);
    CHECK(summary.row_count == 7);
    CHECK(summary.non_null_count == 4);
    CHECK(summary.first_ns == 100);
    CHECK(summary.last_ns == 140);
    CHECK(summary.largest_gap_ns == 20);
    CHECK(summary.has_values);
    CHECK(summary.min == Value(-1.0));
    CHECK(summary.max == Value(5.0));
    CHECK(summary.first == Value(2.0));
    CHECK(summary.last == Value(4.0));
    CHECK(summary.sum.rounded() == 10.0);
    CHECK(summary.integral.rounded() == 2.0 * 10 + 5.0 * 20 - 1.0 * 10);
    CHECK_FALSE(summary.is_non_decreasing);
}

TEST_CASE("a boolean summary measures the time that is true", "[summary]") {
    const std::vector<std::int64_t> times = {0, 10, 15, 35, 36};
    const std::vector<std::uint8_t> values = {1, 0, 1, 1, 0};
    const ColumnSummary summary = summarise(5, times, values);
    CHECK(summary.true_ns == 10 + 20 + 1);
    CHECK(summary.transition_count == 3);
    CHECK(summary.min == Value(false));
    CHECK(summary.max == Value(true));
    CHECK(summary.first == Value(true));
    CHECK(summary.last == Value(false));
}

TEST_CASE("the smaller zero is the negative one", "[summary]") {
    const std::vector<std::int64_t> times = {1, 2, 3};
    const ColumnSummary summary = summarise(3, times, std::vector<double>{0.0, -0.0, 0.0});
    CHECK(std::signbit(std::get<double>(summary.min)));
    CHECK_FALSE(std::signbit(std::get<double>(summary.max)));
    CHECK(summary.is_non_decreasing);

    const std::vector<std::int64_t> first_time = {1};
    const std::vector<std::int64_t> second_time = {2};
    const ColumnSummary merged = merge(summarise(1, first_time, std::vector<double>{0.0}),
                                       summarise(1, second_time, std::vector<double>{-0.0}));
    CHECK(std::signbit(std::get<double>(merged.min)));
    CHECK_FALSE(std::signbit(std::get<double>(merged.max)));
}

TEST_CASE("long strings leave a summary without values", "[summary]") {
    const std::vector<std::int64_t> times = {1, 2};
    const std::string limit(storage::kSummaryStringLimitBytes, 'x');
    const std::string longer = limit + "x";
    const std::vector<std::string_view> kept = {limit, "a"};
    const ColumnSummary with_values = summarise(2, times, kept);
    CHECK(with_values.has_values);
    CHECK(with_values.max == Value(limit));
    const std::vector<std::string_view> too_long = {longer, "a"};
    const ColumnSummary without = summarise(2, times, too_long);
    CHECK_FALSE(without.has_values);
    CHECK(without.non_null_count == 2);
    CHECK(without.last_ns == 2);

    const std::vector<std::int64_t> later = {3};
    const std::vector<std::string_view> short_one = {"b"};
    const ColumnSummary merged = merge(without, summarise(1, later, short_one));
    CHECK_FALSE(merged.has_values);
    CHECK(merged.last_ns == 3);
}

TEST_CASE("times at both ends of their range saturate", "[summary]") {
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    const std::vector<std::int64_t> times = {kMin, kMax};
    const ColumnSummary booleans = summarise(2, times, std::vector<std::uint8_t>{1, 1});
    CHECK(booleans.largest_gap_ns == kMax);
    CHECK(booleans.true_ns == kMax);
    const ColumnSummary floats = summarise(2, times, std::vector<double>{1.0, 1.0});
    CHECK(floats.integral.high + floats.integral.low == 18446744073709551616.0);
    CHECK(floats.integral.low == -1.0);
}

TEST_CASE("an empty summary is neutral", "[summary]") {
    for (const SampleColumn& column : sample_columns()) {
        const ColumnSummary summary = summarise_part(column, 0, column.size());
        ColumnSummary nothing = empty_summary(column.type);
        check_same(merge(nothing, summary), summary);
        check_same(merge(summary, nothing), summary);
        nothing.row_count = 5;
        CHECK(merge(summary, nothing).row_count == summary.row_count + 5);
        CHECK(merge(summary, nothing).non_null_count == summary.non_null_count);
    }
}

TEST_CASE("a summary of many parts is the summary of the whole", "[summary]") {
    std::mt19937_64 random(12);
    for (const SampleColumn& column : sample_columns()) {
        const std::uint64_t null_count = random() % 20;
        const ColumnSummary whole = summarise_part(column, 0, column.size(), null_count);
        INFO(field_type_name(column.type) << ", " << column.size() << " values");
        check_sums(whole, column);
        for (int round = 0; round < 3; ++round) {
            const ColumnSummary merged = merge_random_parts(column, null_count, random);
            check_same_but_sums(merged, whole);
            check_sums(merged, column);
        }
    }
}

TEST_CASE("with a NaN a summary counts, and says nothing of values", "[summary]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<std::int64_t> times = {1, 2, 5};
    for (const std::vector<double>& values :
         {std::vector{nan, 1.0, 2.0}, std::vector{1.0, -nan, 2.0}, std::vector{nan, nan, nan}}) {
        const ColumnSummary summary = summarise(4, times, values);
        CHECK(summary.non_null_count == 3);
        CHECK(summary.largest_gap_ns == 3);
        CHECK_FALSE(summary.has_values);
        CHECK_FALSE(summary.is_non_decreasing);
        std::vector<std::byte> bytes;
        storage::write_summary(summary, {4, 1, 5}, bytes);
        storage::ByteReader reader(bytes);
        const auto read = storage::read_summary(FieldType::Float, {4, 1, 5}, reader);
        REQUIRE(read);
        CHECK(reader.is_at_end());
        check_same_but_sums(read.value(), summary);
        CHECK(read.value().sum.rounded() == 0);

        const std::vector<std::int64_t> later = {9};
        const ColumnSummary other = summarise(1, later, std::vector{7.0});
        const ColumnSummary merged = merge(summary, other);
        CHECK(merged.non_null_count == 4);
        CHECK(merged.largest_gap_ns == 4);
        CHECK_FALSE(merged.has_values);
        CHECK_FALSE(merged.is_non_decreasing);
        CHECK(merged.sum.rounded() == 0);
    }
}

TEST_CASE("a sum that leaves the range of double is infinite and no NaN", "[summary]") {
    const std::vector<std::int64_t> times = {1, 2, 3};
    const ColumnSummary summary = summarise(3, times, std::vector<double>{1e308, 1e308, 1.0});
    CHECK(std::isinf(summary.sum.rounded()));
    const std::vector<std::int64_t> later = {4};
    CHECK(std::isinf(merge(summary, summarise(1, later, std::vector<double>{2.0})).sum.rounded()));
}

}  // namespace tidemark::tests

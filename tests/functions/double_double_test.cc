#include "query/functions/double_double.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "query/functions/decimal.h"

namespace tidemark::query {
namespace {

constexpr WideInteger kTwoTo64 = WideInteger{1} << 64U;

TEST_CASE("a sum in double-double keeps what plain doubles lose", "[functions]") {
    DoubleDouble sum;
    for (const double term : {1e16, 1.0, -1e16, 1e-3}) sum = add(sum, term);
    CHECK(sum.rounded() == 1.001);
}

TEST_CASE("the sum of a column equals its exact sum, rounded once", "[functions]") {
    std::mt19937_64 random(7);
    for (const std::size_t count : {0U, 1U, 3U, 1024U, 1025U, 5000U}) {
        // Multiples of 2^-20 below 2^40 in magnitude: their exact sum fits into 128 bits.
        std::vector<double> values;
        WideInteger exact = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto units = static_cast<std::int64_t>(random() >> 4U) - (std::int64_t{1} << 59U);
            const std::int64_t kept = units >> 7U;  // At most 53 bits.
            exact += kept;
            values.push_back(std::ldexp(static_cast<double>(kept), -20));
        }
        INFO(count << " values");
        CHECK(sum_of(values).rounded() == std::ldexp(static_cast<double>(exact), -20));
    }
}

TEST_CASE("integers of more than 53 bits become double-doubles exactly", "[functions]") {
    const WideInteger integer = (WideInteger{1} << 100U) + 12345;
    const DoubleDouble positive = to_double_double(integer);
    CHECK(static_cast<WideInteger>(positive.high) + static_cast<WideInteger>(positive.low) ==
          integer);
    const DoubleDouble negative = to_double_double(-integer);
    CHECK(negative.high == -positive.high);
    CHECK(negative.low == -positive.low);
    const auto smallest = to_double_double(std::numeric_limits<std::int64_t>::min());
    CHECK(smallest.high == -0x1p63);
    CHECK(smallest.low == 0);
}

TEST_CASE("division and multiplication undo each other far below a double's precision",
          "[functions]") {
    const DoubleDouble third = divide({1, 0}, {3, 0});
    CHECK(multiply(third, {3, 0}).rounded() == 1.0);
    CHECK(std::abs(add(multiply(third, {3, 0}), -1.0).rounded()) < 1e-30);
}

TEST_CASE("a ratio of integers is rounded once, whatever their size", "[functions]") {
    CHECK(exact_ratio(1, 3) == 1.0 / 3.0);
    CHECK(exact_ratio(-7, 2) == -3.5);
    CHECK(exact_ratio(0, kTwoTo64) == 0);
    // 2^64 + 2^11 lies halfway between two doubles; the remainder decides.
    CHECK(exact_ratio((kTwoTo64 + 2048) * 3, 3) == 0x1p64);
    CHECK(exact_ratio((kTwoTo64 + 2048) * 3 + 1, 3) == 0x1p64 + 4096);
    CHECK(exact_ratio(kTwoTo64 / 3, static_cast<WideUnsigned>(kTwoTo64)) ==
          static_cast<double>(6148914691236517205) / 0x1p64);
}

TEST_CASE("a decimal is kept as written", "[functions]") {
    const auto seven_percent = Decimal::parse("0.07");
    REQUIRE(seven_percent.has_value());
    CHECK(Decimal(seven_percent.value()).ceil_of(100) == 7);
    CHECK(std::ceil(0.07 * 100) == 8);  // What a double would have said.
    CHECK(Decimal::parse("0.99").value().ceil_of(101) == 100);
    CHECK(Decimal::parse("1").value().ceil_of(12) == 12);
    CHECK(Decimal::parse(".5").value().to_double() == 0.5);
    CHECK(Decimal::parse("99.900").value().to_double() == 99.9);
    CHECK(Decimal::parse("0.000").value().is_zero());
    CHECK(Decimal::parse("1.0000001").value().is_above_one());
    CHECK_FALSE(Decimal::parse("1.000").value().is_above_one());
}

TEST_CASE("a decimal splits a count into its whole part and the rest", "[functions]") {
    const auto parts = Decimal::parse("0.99").value().parts_of(29);
    CHECK(parts.whole == 28);
    CHECK(parts.fraction == 0.71);
    CHECK(Decimal::parse("0.07").value().parts_of(100).fraction == 0);
}

TEST_CASE("what is no decimal is refused with what was expected", "[functions]") {
    for (const char* text : {"", ".", "1.2.3", "-1", "1e3", "0.5x"}) {
        INFO(text);
        CHECK_FALSE(Decimal::parse(text).has_value());
    }
    CHECK(Decimal::parse("1e3").error().message() ==
          "expected a decimal number like 0.95, found '1e3'");
    CHECK(Decimal::parse("0.1234567890123456789").error().message() ==
          "'0.1234567890123456789' has more than 18 digits");
}

}  // namespace
}  // namespace tidemark::query

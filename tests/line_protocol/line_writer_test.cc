#include "storage/line_protocol/line_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/line_protocol/float_text.h"
#include "tests/line_protocol/points.h"

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::tests::add_point;
using tidemark::tests::PlainPoint;

namespace {

std::string written(const PlainPoint& point, TimePrecision precision = TimePrecision::Nanoseconds) {
    WriteBatch batch;
    add_point(batch, point);
    std::string out;
    const Status status = append_lines(batch, precision, out);
    return status ? out : "error: " + status.error().message() + out;
}

std::string float_text(double value, FloatStyle style) {
    std::string out;
    append_float(value, style, out);
    return out;
}

}  // namespace

TEST_CASE("a point is written as one line", "[line_protocol]") {
    CHECK(written({"cpu",
                   {{"host", "a b"}},
                   {{"f", 0.5},
                    {"i", std::int64_t{-1}},
                    {"u", std::uint64_t{2}},
                    {"b", true},
                    {"s", std::string("say \"\\\"\n")}},
                   7}) == "cpu,host=a\\ b f=0.5,i=-1i,u=2u,b=true,s=\"say \\\"\\\\\\\"\n\" 7\n");
    CHECK(written({"m", {}, {{"f", 1.0}}, std::nullopt}) == "m f=1\n");
}

TEST_CASE("a written time is rounded towards the past", "[line_protocol]") {
    const auto at = [](std::int64_t time_ns) {
        return written({"m", {}, {{"f", 1.0}}, time_ns}, TimePrecision::Milliseconds);
    };
    CHECK(at(1'999'999) == "m f=1 1\n");
    CHECK(at(-1) == "m f=1 -1\n");
    CHECK(at(-1'000'000) == "m f=1 -1\n");
}

TEST_CASE("what no line can hold is refused with the reason", "[line_protocol]") {
    CHECK(written({"", {}, {{"f", 1.0}}, {}}) == "error: measurement \"\" is empty");
    CHECK(written({"#m", {}, {{"f", 1.0}}, {}}) ==
          "error: measurement \"#m\" begins like a comment");
    CHECK(written({"m\\", {}, {{"f", 1.0}}, {}}) ==
          "error: measurement \"m\\\" ends in a backslash");
    CHECK(written({"m", {{"a\n", "b"}}, {{"f", 1.0}}, {}}) ==
          "error: tag key \"a\n\" holds a control character");
    CHECK(written({"m", {{"a", ""}}, {{"f", 1.0}}, {}}) == "error: value of tag \"\" is empty");
    CHECK(written({"m", {{"a", "1"}, {"b", "2"}, {"a", "3"}}, {{"f", 1.0}}, {}}) ==
          "error: tag key \"a\" is there twice");
    CHECK(written({"m", {{"time", "1"}}, {{"f", 1.0}}, {}}) ==
          "error: tag key \"time\" is reserved");
    CHECK(written({"m", {}, {{"time", 1.0}}, {}}) == "error: field key \"time\" is reserved");
    CHECK(written({"m", {}, {{"\xff", 1.0}}, {}}) == "error: field key \"\xff\" is not UTF-8");
    CHECK(written({"m", {}, {{"f", std::string("\xff")}}, {}}) ==
          "error: value of field \"f\" is not UTF-8");
    CHECK(written({"m", {}, {}, {}}) == "error: point of \"m\" has no fields");
    CHECK(written({"m", {}, {{"f", std::numeric_limits<double>::infinity()}}, {}}) ==
          "error: value of field \"f\" is not finite");
}

TEST_CASE("NaN is written as what a parser that accepts it reads", "[line_protocol]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(written({"m", {}, {{"f", nan}, {"g", 1.0}}, 5}) == "m f=nan,g=1 5\n");
}

TEST_CASE("decimals are as short as they can be", "[line_protocol]") {
    std::mt19937_64 random(42);
    const auto check = [](double value) {
        std::array<char, 400> expected;
        const auto [end, error] = std::to_chars(expected.data(), expected.data() + expected.size(),
                                                value, std::chars_format::fixed);
        const std::string_view text(expected.data(),
                                    static_cast<std::size_t>(end - expected.data()));
        if (float_text(value, FloatStyle::Decimal) != text) {
            FAIL(float_text(value, FloatStyle::Decimal) << " instead of " << text);
        }
    };
    for (int round = 0; round < 200'000; ++round) {
        const auto digits = static_cast<double>(random() >> (random() % 50 + 10));
        const double value = digits / std::pow(10, random() % 12);
        for (const double near : {value, std::nextafter(value, 0), std::nextafter(value, 1e300)}) {
            check(near);
            check(-near);
        }
    }
    for (const double value : {0.0, -0.0, 1e-4, 9.999999e-5, 999'999'999.999999, 1e9, 0.1 + 0.2}) {
        check(value);
    }
    CHECK(float_text(999'999.5, FloatStyle::Shortest) == "999999.5");
    CHECK(float_text(1e6, FloatStyle::Shortest) == "1e+06");
    CHECK(float_text(0.0001, FloatStyle::Shortest) == "0.0001");
}

TEST_CASE("floats are written as Go writes them", "[line_protocol]") {
    struct Case {
        double value;
        const char* shortest;
        const char* json;
    };
    const Case cases[] = {
        {0.0, "0", "0"},
        {-0.0, "-0", "-0"},
        {1.0, "1", "1"},
        {-0.64, "-0.64", "-0.64"},
        {123456.0, "123456", "123456"},
        {999999.5, "999999.5", "999999.5"},
        {1e6, "1e+06", "1000000"},
        {6632243.0, "6.632243e+06", "6632243"},
        {0.0001, "0.0001", "0.0001"},
        {0.00001, "1e-05", "0.00001"},
        {1e-6, "1e-06", "0.000001"},
        {1e-7, "1e-07", "1e-7"},
        {1.5e-10, "1.5e-10", "1.5e-10"},
        {1e20, "1e+20", "100000000000000000000"},
        {123456789012345670000.0, "1.2345678901234567e+20", "123456789012345670000"},
        {1e21, "1e+21", "1e+21"},
        {5e-324, "5e-324", "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308"},
        {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
    };
    for (const Case& c : cases) {
        CHECK(float_text(c.value, FloatStyle::Shortest) == c.shortest);
        CHECK(float_text(c.value, FloatStyle::Json) == c.json);
    }
}

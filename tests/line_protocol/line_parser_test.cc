#include "storage/line_protocol/line_parser.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/line_protocol/points.h"

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::tests::plain_points;
using tidemark::tests::PlainPoint;

namespace {

std::vector<PlainPoint> points_of(std::string_view text, const LineParserOptions& options = {}) {
    const ParsedLines lines = parse_lines(text, options);
    for (const RejectedLine& line : lines.rejected) UNSCOPED_INFO(line.message());
    CHECK(lines.rejected_count == 0);
    return plain_points(lines.batch);
}

std::vector<std::string> messages_of(std::string_view text, const LineParserOptions& options = {}) {
    std::vector<std::string> messages;
    for (const RejectedLine& line : parse_lines(text, options).rejected) {
        messages.push_back(line.message());
    }
    return messages;
}

Value value_of(const std::string& spelling) {
    const auto points = points_of("m f=" + spelling);
    REQUIRE(points.size() == 1);
    REQUIRE(points[0].fields.size() == 1);
    return points[0].fields[0].second;
}

// The one thing wrong with `m f=SPELLING`.
std::string complaint_about(const std::string& spelling) {
    const auto messages = messages_of("m f=" + spelling);
    REQUIRE(messages.size() == 1);
    return messages[0];
}

constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMinInteger = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("a line becomes a point with its tags, fields and time", "[line_protocol]") {
    const PlainPoint expected{"cpu",
                              {{"host", "a"}, {"region", "eu"}},
                              {{"usage", 70.5}, {"cores", std::int64_t{8}}, {"state", "busy"}},
                              1700000000000000000};
    CHECK(
        points_of("cpu,host=a,region=eu usage=70.5,cores=8i,state=\"busy\" 1700000000000000000") ==
        std::vector{expected});
}

TEST_CASE("every spelling of a boolean is read", "[line_protocol]") {
    for (const char* spelling : {"t", "T", "true", "True", "TRUE"}) {
        CHECK(value_of(spelling) == Value(true));
    }
    for (const char* spelling : {"f", "F", "false", "False", "FALSE"}) {
        CHECK(value_of(spelling) == Value(false));
    }
    for (const char* spelling : {"tRUE", "truee", "tr", "fALSE", "Falsey", "yes"}) {
        CHECK(complaint_about(spelling) ==
              "line 1, column 5: expected field value, found \"" + std::string(spelling) + "\"");
    }
}

TEST_CASE("every form of a float is read", "[line_protocol]") {
    CHECK(value_of("1") == Value(1.0));
    CHECK(value_of("1.") == Value(1.0));
    CHECK(value_of(".5") == Value(0.5));
    CHECK(value_of("-.5e1") == Value(-5.0));
    CHECK(value_of("1e3") == Value(1000.0));
    CHECK(value_of("1E+3") == Value(1000.0));
    CHECK(value_of("1.5e-3") == Value(0.0015));
    CHECK(value_of("007.25") == Value(7.25));
    CHECK(value_of("1.7976931348623157e308") == Value(std::numeric_limits<double>::max()));
    CHECK(value_of("5e-324") == Value(5e-324));
    CHECK(value_of("1e-400") == Value(0.0));
    CHECK(std::signbit(std::get<double>(value_of("-0"))));
    CHECK(value_of("9007199254740993") == Value(9007199254740992.0));
}

TEST_CASE("what is no finite number is refused", "[line_protocol]") {
    for (const char* spelling : {"inf", "-inf", "+Inf", "-Infinity", "-nan"}) {
        CHECK(complaint_about(spelling) ==
              "line 1, column 5: expected finite number, found \"" + std::string(spelling) + "\"");
    }
    for (const char* spelling : {"NaN", "nan"}) {
        CHECK(
            complaint_about(spelling) ==
            "line 1, column 5: expected finite number (ALTER DATABASE .. SET NAN ACCEPT takes nan "
            "as well), found \"" +
                std::string(spelling) + "\"");
    }
    for (const char* spelling : {"1e309", "-1.8e308"}) {
        CHECK(complaint_about(spelling) ==
              "line 1, column 5: expected float of at most 1.7976931348623157e308, found \"" +
                  std::string(spelling) + "\"");
    }
    for (const char* spelling : {"-", ".", "-.", "1e", "1e+", "0x10", "1_000", "+1", "1.2.3", "--1",
                                 "1f", "0.-1", "e5", "abc"}) {
        CHECK(complaint_about(spelling) ==
              "line 1, column 5: expected field value, found \"" + std::string(spelling) + "\"");
    }
}

TEST_CASE("nan is a number where it is accepted, and infinity is not", "[line_protocol]") {
    LineParser parser({.accepts_nan = true});
    ParsedLines lines;
    const auto parse = [&](std::string_view text) {
        lines.clear();
        parser.parse(text, TextEnd::Complete, lines);
        return lines.rejected.empty() ? "taken" : lines.rejected[0].message();
    };
    for (const std::string spelling : {"nan", "NaN", "NAN"}) {
        CHECK(parse("m f=" + spelling + ",g=1 7\n") == "taken");
        REQUIRE(lines.batch.point_count() == 1);
        CHECK(lines.batch.point(0).field_count == 2);
        CHECK(std::isnan(lines.batch.field(0, 0).float_value));
    }
    CHECK(parse("m f=-nan\n") == "line 4, column 5: expected finite number, found \"-nan\"");
    CHECK(parse("m f=inf\n") == "line 5, column 5: expected finite number, found \"inf\"");
    CHECK(parse("m f=nano\n") == "line 6, column 5: expected field value, found \"nano\"");
    parser.set_accepts_nan(false);
    CHECK(parse("m f=nan\n").starts_with("line 7, column 5: expected finite number ("));
}

TEST_CASE("integers keep to their range", "[line_protocol]") {
    CHECK(value_of("1i") == Value(std::int64_t{1}));
    CHECK(value_of("-0009223372036854775808i") == Value(kMinInteger));
    CHECK(value_of("9223372036854775807i") == Value(kMaxInteger));
    CHECK(value_of("1u") == Value(std::uint64_t{1}));
    CHECK(value_of("00018446744073709551615u") == Value(std::uint64_t{18446744073709551615U}));
    CHECK(complaint_about("9223372036854775808i") ==
          "line 1, column 5: expected integer from -9223372036854775808 to 9223372036854775807, "
          "found \"9223372036854775808i\"");
    CHECK(complaint_about("18446744073709551616u") ==
          "line 1, column 5: expected unsigned integer from 0 to 18446744073709551615, found "
          "\"18446744073709551616u\"");
    for (const char* spelling : {"-1u", "1.5i", "1ii", "1e3i", "-i", "1ui", "--1i"}) {
        CHECK(complaint_about(spelling) ==
              "line 1, column 5: expected field value, found \"" + std::string(spelling) + "\"");
    }
}

TEST_CASE("a string unescapes quotes and backslashes only", "[line_protocol]") {
    CHECK(value_of(R"("")") == Value(std::string()));
    CHECK(value_of(R"("say \"hi\"")") == Value(std::string(R"(say "hi")")));
    CHECK(value_of(R"("C:\temp\new\\")") == Value(std::string(R"(C:\temp\new\)")));
    CHECK(value_of(R"("a\\\"b")") == Value(std::string(R"(a\"b)")));
    CHECK(value_of(R"("\n\t\,\ \=")") == Value(std::string(R"(\n\t\,\ \=)")));
    CHECK(value_of("\"a b,c=d #e\"") == Value(std::string("a b,c=d #e")));
    CHECK(value_of("\"one\ntwo\r\nthree\"") == Value(std::string("one\ntwo\r\nthree")));
    CHECK(value_of(std::string("\"nul \0 tab \t\"", 13)) ==
          Value(std::string("nul \0 tab \t", 11)));
    CHECK(value_of("\"a string of more than sixteen bytes: \u20ac\"") ==
          Value(std::string("a string of more than sixteen bytes: \u20ac")));
    CHECK(complaint_about("'text'") ==
          "line 1, column 5: expected field value (strings take double quotes), found \"'text'\"");
    CHECK(complaint_about("\"a\"b") ==
          "line 1, column 8: expected \",\", a space or the end of the line after the field value, "
          "found \"b\"");
}

TEST_CASE("names unescape what would end them, and nothing else", "[line_protocol]") {
    const PlainPoint separators{"a, b=", {{"k, =", "v, ="}}, {{"f, =", 1.0}}, {}};
    CHECK(points_of(R"(a\,\ b=,k\,\ \==v\,\ \= f\,\ \==1)") == std::vector{separators});
    const PlainPoint backslashes{R"(a\b\=)", {{R"(k\n)", R"(\\v)"}}, {{R"(f\"x)", 1.0}}, {}};
    CHECK(points_of(R"(a\b\=,k\n=\\v f\"x=1)") == std::vector{backslashes});
    // A backslash in front of an escape: the first stands for itself.
    const PlainPoint both{"m", {{"t", R"(\ x)"}}, {{"f", 1.0}}, {}};
    CHECK(points_of(R"(m,t=\\ x f=1)") == std::vector{both});
}

TEST_CASE("quotes mean nothing outside a field value", "[line_protocol]") {
    const PlainPoint expected{R"("cpu")", {{R"("host")", R"("a)"}}, {{R"("f)", 1.0}}, 7};
    CHECK(points_of("\"cpu\",\"host\"=\"a \"f=1 7\n") == std::vector{expected});
}

TEST_CASE("blank lines, comments, CRLF and spaces around a line are accepted", "[line_protocol]") {
    const PlainPoint expected{"m", {}, {{"f", 1.0}}, 7};
    CHECK(points_of("\n  \r\n# comment, \"with\tanything\"\n  # another\n  m   f=1   7  \r\n\n") ==
          std::vector{expected});
    CHECK(points_of("m f=1 7\r\nm f=1 7\r") == std::vector{expected, expected});
    CHECK(points_of("m f=1 7\r\n#") == std::vector{expected});
    CHECK(points_of("").empty());
    CHECK(messages_of("# bell \x07\nm f=1") ==
          std::vector<std::string>{
              "line 1, column 8: expected printable text in a comment, found \"\\x07\""});
}

TEST_CASE("a time is scaled by the precision", "[line_protocol]") {
    const auto time_of = [](std::string_view name, std::string_view digits) {
        const auto precision = parse_time_precision(name);
        REQUIRE(precision.has_value());
        const auto points = points_of("m f=1 " + std::string(digits), {.precision = *precision});
        REQUIRE(points.size() == 1);
        return points[0].time_ns;
    };
    for (const char* name : {"ns", "n"}) CHECK(time_of(name, "-7") == -7);
    for (const char* name : {"us", "u", "\u00b5s", "\u03bcs"}) CHECK(time_of(name, "7") == 7'000);
    CHECK(time_of("ms", "7") == 7'000'000);
    CHECK(time_of("s", "-007") == -7'000'000'000);
    CHECK(time_of("m", "7") == 420'000'000'000);
    CHECK(time_of("h", "7") == 25'200'000'000'000);
    CHECK_FALSE(parse_time_precision("").has_value());
    CHECK_FALSE(parse_time_precision("d").has_value());
    CHECK(points_of("m f=1")[0].time_ns == std::nullopt);
}

TEST_CASE("a time that does not fit 64-bit nanoseconds is refused", "[line_protocol]") {
    CHECK(points_of("m f=1 9223372036854775807")[0].time_ns == kMaxInteger);
    CHECK(points_of("m f=1 -9223372036854775808")[0].time_ns == kMinInteger);
    const std::string expected =
        "line 1, column 7: expected timestamp within the range of 64-bit nanoseconds, found ";
    CHECK(messages_of("m f=1 9223372036854775808") ==
          std::vector{expected + "\"9223372036854775808\""});
    CHECK(messages_of("m f=1 9223372036855", {.precision = TimePrecision::Milliseconds}) ==
          std::vector{expected +
                      "\"9223372036855\", which looks like ms (send it with precision=ms)"});
    CHECK(messages_of("m f=1 1700000000000000000", {.precision = TimePrecision::Milliseconds}) ==
          std::vector{expected + "\"1700000000000000000\", which looks like ns (send it with "
                                 "precision=ns)"});
    CHECK(points_of("m f=1 9223372036854", {.precision = TimePrecision::Milliseconds})[0].time_ns ==
          9223372036854000000);
}

TEST_CASE("a bad line is told with line, column, what was expected and found", "[line_protocol]") {
    const std::pair<std::string, std::string> cases[] = {
        {"cpu", "column 4: expected tags or fields after the measurement, found end of input"},
        {"cpu\n", "column 4: expected tags or fields after the measurement, found end of line"},
        {"cpu \n", "column 5: expected field key, found end of line"},
        {",a=b f=1", "column 1: expected measurement, found \",a=b\""},
        {"cpu, f=1", "column 5: expected tag key, found \" f=1\""},
        {"cpu,host f=1", "column 9: expected \"=\" after the tag key, found \" f=1\""},
        {"cpu,host= f=1", "column 10: expected tag value, found \" f=1\""},
        {"cpu,host=a\n",
         "column 11: expected another tag or fields after the tag value, found end of line"},
        {"cpu,host=a=b f=1",
         "column 11: expected another tag or fields after the tag value, found \"=b\""},
        {"cpu 70", "column 7: expected \"=\" after the field key, found end of input"},
        {"cpu f=", "column 7: expected field value, found end of input"},
        {"cpu f=,g=1", "column 7: expected field value, found \",g=1\""},
        {"cpu f=abc,g=1", "column 7: expected field value, found \"abc\""},
        {"cpu f=1,", "column 9: expected field key, found end of input"},
        {"cpu f=1, g=2", "column 9: expected field key, found \" g=2\""},
        {"cpu =1", "column 5: expected field key, found \"=1\""},
        {"cpu f=1 yesterday", "column 9: expected timestamp, found \"yesterday\""},
        {"cpu f=1 17.5", "column 9: expected timestamp, found \"17.5\""},
        {"cpu f=1 -", "column 9: expected timestamp, found \"-\""},
        {"cpu f=1 7 8", "column 11: expected end of line after the timestamp, found \"8\""},
        {"cpu f=1\rx", "column 8: expected timestamp, found \"\\x0dx\""},
        {"cpu\tf=1", "column 4: expected tags or fields after the measurement, found \"\\x09f=1\""},
        {"cpu,a=1,b=2,a=3 f=1", "column 13: expected each tag key once, found \"a=3\""},
        {"cpu,time=1 f=1", "column 5: expected a key other than \"time\", found \"time=1\""},
        {"cpu f=1,time=2", "column 9: expected a key other than \"time\", found \"time=2\""},
        {"cpu,\xff=1 f=1", "column 5: expected valid UTF-8, found \"\\xff=1\""},
        {"cpu f=\"\xc0\x80\"", "column 7: expected valid UTF-8, found \"\"\\xc0\\x80\"\""},
        {"cpu f=\"abc", "column 7: expected closing quote of a string field, found end of input"},
    };
    for (const auto& [text, expected] : cases) {
        INFO(text);
        CHECK(messages_of(text) == std::vector{"line 1, " + expected});
    }
}

TEST_CASE("a message quotes a bounded piece of what it found", "[line_protocol]") {
    CHECK(messages_of("m f=" + std::string(100, 'x')) ==
          std::vector{"line 1, column 5: expected field value, found \"" + std::string(40, 'x') +
                      "\""});
    // Forty bytes end inside the euro sign, which is left out whole.
    CHECK(messages_of("m f=" + std::string(38, 'x') + "\u20ac\u20ac") ==
          std::vector{"line 1, column 5: expected field value, found \"" + std::string(38, 'x') +
                      "\""});
}

TEST_CASE("a batch keeps its good lines and reports every bad one", "[line_protocol]") {
    const ParsedLines lines = parse_lines(
        "a f=1 1\n"
        "b\n"
        "# c\n"
        "d s=\"two\nlines\",g=x 2\n"
        "e s=\"two\nlines\" 3\n"
        "f f=inf\n"
        "g f=7i 4",
        {});
    REQUIRE(lines.batch.point_count() == 3);
    CHECK(lines.line_numbers == std::vector<std::uint64_t>{1, 6, 9});
    REQUIRE(lines.rejected.size() == 3);
    CHECK(lines.rejected_count == 3);
    CHECK(lines.rejected[0].message() ==
          "line 2, column 2: expected tags or fields after the measurement, found end of line");
    CHECK(lines.rejected[1].message() == "line 5, column 10: expected field value, found \"x\"");
    CHECK(lines.rejected[2].message() == "line 8, column 5: expected finite number, found \"inf\"");
}

TEST_CASE("a string that is never closed costs its line only", "[line_protocol]") {
    const ParsedLines lines = parse_lines("a s=\"open\nb f=1\nc f=2\n", {});
    CHECK(plain_points(lines.batch).size() == 2);
    CHECK(lines.line_numbers == std::vector<std::uint64_t>{2, 3});
    REQUIRE(lines.rejected.size() == 1);
    CHECK(lines.rejected[0].message() ==
          "line 1, column 5: expected closing quote of a string field, found end of input");
}

TEST_CASE("a line longer than the limit is refused, its neighbours are kept", "[line_protocol]") {
    const LineParserOptions options{.line_size_limit_bytes = 16};
    const std::string long_line = "m f=" + std::string(40, '1') + "\n";
    const ParsedLines lines = parse_lines("a f=1\n" + long_line + "b f=2\n", options);
    CHECK(lines.line_numbers == std::vector<std::uint64_t>{1, 3});
    REQUIRE(lines.rejected.size() == 1);
    CHECK(lines.rejected[0].message() ==
          "line 2, column 1: expected line of at most 16 bytes, found a longer one");
    CHECK(points_of("m f=12345678901\n", options).size() == 1);  // 16 bytes.
    CHECK(messages_of("m f=123456789012\n", options).size() == 1);
}

TEST_CASE("descriptions of bad lines are bounded, their count is not", "[line_protocol]") {
    const ParsedLines lines = parse_lines("a\nb\nc\nd\n", {.rejected_line_limit = 2});
    CHECK(lines.rejected.size() == 2);
    CHECK(lines.rejected_count == 4);
}

TEST_CASE("a stream leaves an incomplete line for the next call", "[line_protocol]") {
    LineParser parser({});
    ParsedLines lines;
    CHECK(parser.parse("a f=1\nb s=\"x\ny", TextEnd::MayContinue, lines) == 6);
    CHECK(lines.batch.point_count() == 1);
    CHECK(parser.parse("b s=\"x\ny\"\nc", TextEnd::MayContinue, lines) == 10);
    CHECK(lines.batch.point_count() == 2);
    CHECK(parser.parse("c f=3", TextEnd::Complete, lines) == 5);
    CHECK(lines.line_numbers == std::vector<std::uint64_t>{1, 2, 4});
    CHECK(lines.rejected_count == 0);
}

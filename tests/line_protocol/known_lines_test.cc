#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/line_protocol/line_parser.h"
#include "tests/line_protocol/points.h"

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::tests;

// A parser that has seen lines reads the next ones in a faster way. What they say must be what they
// say to a parser that has seen none.

namespace {

const std::vector<std::string> kKeys = {"m", "m,a=b", "m,a=c", "m,a=b,c=d", "m2,a=b", "m,a=\u20ac"};

const std::vector<std::string> kValues = {"1",
                                          "-1",
                                          "0",
                                          "-0",
                                          "-0.0",
                                          "1.5",
                                          "007.50",
                                          "1.",
                                          ".5",
                                          "-.5",
                                          "-",
                                          ".",
                                          "1..2",
                                          "1.2.3",
                                          "70.25",
                                          "0.1",
                                          "123456.789",
                                          "0.3000000000000000444",
                                          "9007199254740992",
                                          "9007199254740993",
                                          "900719925474099.3",
                                          "0.1234567890123456789012345",
                                          "18446744073709551616",
                                          "99999999999999999999.5",
                                          "0.00000000000000000000001",
                                          "1e3",
                                          "1.5e-3",
                                          "1E3",
                                          "1e999",
                                          "-1e999",
                                          "5e-324",
                                          "1i",
                                          "-1i",
                                          "0i",
                                          "-0i",
                                          "007i",
                                          "9223372036854775807i",
                                          "9223372036854775808i",
                                          "-9223372036854775808i",
                                          "1.5i",
                                          "i",
                                          "1ii",
                                          "1iu",
                                          "1u",
                                          "0u",
                                          "-1u",
                                          "-0u",
                                          "9223372036854775808u",
                                          "18446744073709551615u",
                                          "18446744073709551616u",
                                          "t",
                                          "T",
                                          "true",
                                          "True",
                                          "TRUE",
                                          "f",
                                          "F",
                                          "false",
                                          "False",
                                          "FALSE",
                                          "tr",
                                          "truetrue",
                                          "\"\"",
                                          "\"a b,c=d\"",
                                          "\"a\\\"b\"",
                                          "\"C:\\temp\"",
                                          "\"\u20ac\"",
                                          "\"\xff\"",
                                          "\"open",
                                          "\"a\"b",
                                          "nan",
                                          "inf",
                                          "",
                                          " ",
                                          "x",
                                          "+1",
                                          "0x10",
                                          "1_000"};

const std::vector<std::string> kEnds = {"",
                                        " 5",
                                        " -5",
                                        " 1767571200000000000",
                                        " 9223372036854775807",
                                        " 9223372036854775808",
                                        " -9223372036854775808",
                                        " 99999999999999999999",
                                        " 5 ",
                                        "  5",
                                        " 5x",
                                        " +5",
                                        " 05",
                                        " -",
                                        " ",
                                        "\r",
                                        " 5\r",
                                        " 5\r\r",
                                        " 5.5",
                                        " 5i",
                                        ",",
                                        ",g",
                                        ",g=",
                                        "\t"};

/// What `line` says to a parser that has seen `lines_before`, which are good.
void check_known(const std::string& lines_before, std::size_t count_before,
                 const std::string& line) {
    INFO(line);
    const ParsedLines alone = parse_lines(line, {});
    const ParsedLines known = parse_lines(lines_before + line, {});
    std::vector<PlainPoint> points = plain_points(known.batch);
    REQUIRE(points.size() >= count_before);
    points.erase(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(count_before));
    REQUIRE(points == plain_points(alone.batch));
    REQUIRE(known.rejected_count == alone.rejected_count);
    for (std::size_t index = 0; index < alone.rejected.size(); ++index) {
        REQUIRE(known.rejected[index].line_number ==
                alone.rejected[index].line_number + count_before);
        REQUIRE(known.rejected[index].column == alone.rejected[index].column);
        REQUIRE(known.rejected[index].expected == alone.rejected[index].expected);
        REQUIRE(known.rejected[index].found == alone.rejected[index].found);
    }
}

}  // namespace

TEST_CASE("a line of a known series says what it says alone", "[line_protocol]") {
    for (const std::string& value : kValues) {
        for (const std::string& end : kEnds) {
            check_known("m,a=b f=1 7\nm,a=b f=1 7\n", 2, "m,a=b f=" + value + end + "\n");
            check_known("m,a=b f=1,g=2 7\nm,a=b f=1,g=2 7\n", 2,
                        "m,a=b f=" + value + ",g=3" + end + "\n");
            check_known("m,a=b f=1,g=2 7\nm,a=b f=1,g=2 7\n", 2, "m,a=b f=" + value + ",g=3" + end);
        }
    }
}

TEST_CASE("lines that are only nearly known say what they say alone", "[line_protocol]") {
    for (const char* line :
         {"m,a=b", "m,a=b ", "m,a=b\n", "m,a=bc f=1 7\n", "m,a=b,c=d f=1 7\n", "m,a=b  f=1 7\n",
          "m,a=b\\ f=1 7\n", "m,a=b\tf=1 7\n", " m,a=b f=1 7\n", "m,a=b f=1,f=2 7\n",
          "m,a=b ff=1 7\n", "m,a=b f\\=1 7\n", "m,a=b time=1 7\n", "#m,a=b f=1 7\n", "\n",
          "m,a=b f=1 7\r\n", "m,a=b f=1\r\n", "m,a=b f=1 7\nm,a=b f=2 7\n"}) {
        check_known("m,a=b f=1 7\nm,a=b f=1 7\n", 2, line);
    }
}

TEST_CASE("a time that does not fit leaves no trace", "[line_protocol]") {
    const ParsedLines lines =
        parse_lines("m f=1 7\nm f=1 7\nm f=1 7\nm f=1 9223372036854775807\nm f=1 7\n",
                    {.precision = TimePrecision::Seconds});
    REQUIRE(lines.rejected_count == 1);
    REQUIRE(lines.batch.point_count() == 4);
    CHECK(lines.batch.point(3).time_ns == 7'000'000'000);
}

TEST_CASE("any lines say together what each says alone", "[line_protocol]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto any_of = [&random](const std::vector<std::string>& all) {
        return all[random() % all.size()];
    };
    for (unsigned round = 0; round < 300; ++round) {
        std::string text;
        std::vector<PlainPoint> expected;
        for (unsigned line_number = 0; line_number < 60; ++line_number) {
            std::string line = any_of(kKeys) + " f=";
            line += random() % 4 == 0 ? any_of(kValues) : std::to_string(random() % 1000);
            if (random() % 3 == 0) line += ",g=" + any_of(kValues);
            line += random() % 4 == 0 ? any_of(kEnds) : " 7";
            const ParsedLines alone = parse_lines(line + "\n", {});
            // A string that is not closed takes the lines behind it along.
            if (alone.rejected_count > 0) continue;
            text += line + "\n";
            for (const PlainPoint& point : plain_points(alone.batch)) expected.push_back(point);
        }
        REQUIRE(plain_points(parse_lines(text, {}).batch) == expected);
    }
}

TEST_CASE("known lines are known in the next batch, and in another one", "[line_protocol]") {
    LineParser parser({});
    ParsedLines first;
    ParsedLines second;
    for (unsigned round = 0; round < 3; ++round) {
        first.clear();
        parser.parse("m,a=b f=1,g=\"x\" 7\nm,a=c f=2 7\nm,a=b f=3,g=\"y\" 7\n",
                     TextEnd::MayContinue, first);
        parser.parse("m,a=b f=4,g=\"z\" 7\nm,a=c f=5 7\n", TextEnd::MayContinue, second);
        CHECK(
            plain_points(first.batch) ==
            plain_points(
                parse_lines("m,a=b f=1,g=\"x\" 7\nm,a=c f=2 7\nm,a=b f=3,g=\"y\" 7\n", {}).batch));
    }
    REQUIRE(second.batch.point_count() == 6);
    CHECK(second.batch.field(4, 1).text == "z");
    CHECK(second.batch.field(5, 0).float_value == 5);
}

TEST_CASE("more series than are remembered are read all the same", "[line_protocol]") {
    constexpr std::size_t kSeriesCount = 20'000;
    std::string text = "m,host=h0 f=0 7\nm,host=h0 f=0 7\n";  // From here on lines are remembered.
    for (unsigned round = 0; round < 3; ++round) {
        for (std::size_t series = 0; series < kSeriesCount; ++series) {
            text += "m,host=h" + std::to_string(series) + " f=" + std::to_string(series) + " 7\n";
        }
    }
    const ParsedLines lines = parse_lines(text, {});
    REQUIRE(lines.rejected_count == 0);
    REQUIRE(lines.batch.point_count() == 2 + 3 * kSeriesCount);
    for (std::size_t point = 2; point < lines.batch.point_count(); ++point) {
        const std::size_t series = (point - 2) % kSeriesCount;
        const SeriesKeyParts key = series_key_parts(lines.batch.point(point).raw_series_key);
        REQUIRE(key.tags.front().second == "h" + std::to_string(series));
        REQUIRE(lines.batch.field(point, 0).float_value == static_cast<double>(series));
    }
}

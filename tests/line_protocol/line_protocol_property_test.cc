#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/base/utf8.h"
#include "storage/line_protocol/line_parser.h"
#include "storage/line_protocol/line_writer.h"
#include "storage/line_protocol/structural_scan.h"
#include "tests/line_protocol/points.h"

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::tests;

namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) { return random() % limit; }

// Pieces that meet every special case of names and strings.
const std::vector<std::string> kPieces = {
    "a", "host", " ", ",", "=", "\"", "\\", "#", "\\\\", "\u20ac", "\u00b5", "0123456789abcdef"};

std::string random_name(Random& random) {
    std::string name = "n";  // Never empty, "time", a comment,
    for (std::size_t i = below(random, 6); i > 0; --i)
        name += kPieces[below(random, kPieces.size())];
    while (name.ends_with('\\')) name.pop_back();  // or impossible to write.
    return name;
}

std::string random_text(Random& random) {
    std::string text;
    for (std::size_t i = below(random, 12); i > 0; --i) {
        text += below(random, 8) == 0 ? std::string(1, static_cast<char>(below(random, 128)))
                                      : kPieces[below(random, kPieces.size())];
    }
    return text;
}

double random_float(Random& random) {
    for (;;) {
        const auto value = std::bit_cast<double>(random());
        if (std::isfinite(value)) return value;
    }
}

Value random_value(Random& random) {
    switch (below(random, 6)) {
        case 0:
            return random_float(random);
        case 1:
            return static_cast<double>(below(random, 2'000'000)) / 100;
        case 2:
            return static_cast<std::int64_t>(random());
        case 3:
            return static_cast<std::uint64_t>(random());
        case 4:
            return below(random, 2) == 0;
        default:
            return random_text(random);
    }
}

PlainPoint random_point(Random& random) {
    PlainPoint point;
    point.measurement = random_name(random);
    for (std::size_t i = below(random, 4); i > 0; --i) {
        point.tags.emplace_back(random_name(random) + std::to_string(i), random_name(random));
    }
    for (std::size_t i = below(random, 4) + 1; i > 0; --i) {
        point.fields.emplace_back(random_name(random), random_value(random));
    }
    if (below(random, 4) != 0) point.time_ns = static_cast<std::int64_t>(random());
    return point;
}

struct Sample {
    std::vector<PlainPoint> points;
    std::string text;
};

Sample random_sample(Random& random, std::size_t point_count) {
    Sample sample;
    WriteBatch batch;
    for (std::size_t i = 0; i < point_count; ++i) {
        sample.points.push_back(random_point(random));
        add_point(batch, sample.points.back());
    }
    REQUIRE(append_lines(batch, TimePrecision::Nanoseconds, sample.text));
    return sample;
}

// Text that looks like line protocol to a parser: structure, escapes, and plain garbage.
std::string random_garbage(Random& random, std::size_t piece_count) {
    static const std::vector<std::string> kParts = {
        "m",  ",",     "=",    " ", "\n", "\r\n", "\"",        "\\",          "#",      "1i",
        "1u", "1.5e3", "t",    "-", "7",  "k=v",  "f=1",       "time",        "nan",    "\r",
        "\t", "é",     "\xff", "u", "e",  ".",    "m f=1 7\n", "m,a=b s=\"x", "y\" 3\n"};
    std::string text;
    for (std::size_t i = 0; i < piece_count; ++i) {
        text += below(random, 20) == 0 ? std::string(1, static_cast<char>(random()))
                                       : kParts[below(random, kParts.size())];
    }
    return text;
}

std::vector<std::string> messages_of(const ParsedLines& lines) {
    std::vector<std::string> messages;
    for (const RejectedLine& line : lines.rejected) messages.push_back(line.message());
    return messages;
}

// Feeds `text` in pieces of random size, as a socket does.
ParsedLines parse_in_pieces(std::string_view text, const LineParserOptions& options,
                            Random& random) {
    LineParser parser(options);
    ParsedLines lines;
    std::string pending;
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, below(random, 9) + 1);
        text.remove_prefix(piece.size());
        pending += piece;
        const std::size_t consumed = parser.parse(pending, TextEnd::MayContinue, lines);
        pending.erase(0, consumed);
        CHECK(pending.size() <= options.line_size_limit_bytes);
    }
    CHECK(parser.parse(pending, TextEnd::Complete, lines) == pending.size());
    return lines;
}

}  // namespace

TEST_CASE("what is written is read back as it was", "[line_protocol]") {
    Random random(1);
    for (int round = 0; round < 300; ++round) {
        const Sample sample = random_sample(random, 10);
        const ParsedLines lines = parse_lines(sample.text, {});
        INFO(sample.text);
        REQUIRE(messages_of(lines).empty());
        REQUIRE(plain_points(lines.batch) == sample.points);
    }
}

TEST_CASE("every prefix of a valid text yields the points that are whole", "[line_protocol]") {
    Random random(2);
    const Sample sample = random_sample(random, 20);
    for (std::size_t size = 0; size < sample.text.size(); ++size) {
        LineParser parser({});
        ParsedLines lines;
        // A copy of its own, so that a read behind its end is noticed by the address sanitizer.
        const std::string prefix = sample.text.substr(0, size);
        const std::size_t consumed = parser.parse(prefix, TextEnd::MayContinue, lines);
        REQUIRE(lines.rejected_count == 0);
        const std::vector<PlainPoint> points = plain_points(lines.batch);
        REQUIRE(std::equal(points.begin(), points.end(), sample.points.begin()));

        parser.parse(std::string_view(prefix).substr(consumed), TextEnd::Complete, lines);
        REQUIRE(lines.batch.point_count() + lines.rejected_count <= points.size() + 2);
    }
}

TEST_CASE("how a stream is cut does not change what it says", "[line_protocol]") {
    Random random(3);
    for (int round = 0; round < 2000; ++round) {
        const std::string text = random_garbage(random, 60);
        const LineParserOptions options{.line_size_limit_bytes = round % 2 == 0 ? 24U : 1000U};
        const ParsedLines whole = parse_lines(text, options);
        const ParsedLines pieces = parse_in_pieces(text, options, random);
        INFO(text);
        REQUIRE(plain_points(pieces.batch) == plain_points(whole.batch));
        REQUIRE(pieces.line_numbers == whole.line_numbers);
        REQUIRE(pieces.rejected_count == whole.rejected_count);
        for (std::size_t i = 0; i < whole.rejected.size(); ++i) {
            REQUIRE(pieces.rejected[i].line_number == whole.rejected[i].line_number);
            REQUIRE(pieces.rejected[i].column == whole.rejected[i].column);
        }
    }
}

TEST_CASE("random bytes are read or refused, never more", "[line_protocol]") {
    Random random(4);
    for (int round = 0; round < 3000; ++round) {
        std::string text(below(random, 200), '\0');
        for (char& byte : text) byte = static_cast<char>(random());
        const ParsedLines lines = parse_lines(text, {});
        REQUIRE(lines.line_numbers.size() == lines.batch.point_count());
        for (const RejectedLine& line : lines.rejected) REQUIRE(is_valid_utf8(line.message()));
    }
}

namespace {

template <typename Bytes>
void check_scan(const std::string& text) {
    for (std::size_t begin = 0; begin <= text.size(); ++begin) {
        bool has_high_bit = false;
        const char* stop =
            find_stop<Bytes>(text.data() + begin, text.data() + text.size(), has_high_bit);
        std::size_t expected = begin;
        bool expected_high_bit = false;
        while (expected < text.size() && !Bytes::stops(static_cast<std::uint8_t>(text[expected]))) {
            expected_high_bit |= (text[expected] & 0x80) != 0;
            ++expected;
        }
        REQUIRE(stop == text.data() + expected);
        REQUIRE(has_high_bit == expected_high_bit);
    }
}

}  // namespace

TEST_CASE("the scan by sixteen bytes stops where the scan by one does", "[line_protocol]") {
    Random random(5);
    std::string text;
    for (int byte = 0; byte < 256; ++byte) {
        text += "plain text of some length " + std::string(below(random, 20), 'x');
        text.push_back(static_cast<char>(byte));
    }
    check_scan<NameBytes>(text);
    check_scan<MeasurementBytes>(text);
    check_scan<StringBytes>(text);
}

TEST_CASE("UTF-8 is told from what only looks like it", "[line_protocol]") {
    for (const char* valid : {"", "a", "\u00e9", "\u20ac", "\U0001f600", "\ud7ff", "\ue000",
                              "\U0010ffff", "a\u00e9b"}) {
        CHECK(is_valid_utf8(valid));
    }
    for (const char* invalid :
         {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x28\xa1", "\xff"}) {
        CHECK_FALSE(is_valid_utf8(invalid));
    }
}

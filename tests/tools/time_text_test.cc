#include "tools/transfer/time_text.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "server/format/time_text.h"
#include "tools/render/time_parser.h"

namespace tidemark::tools {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> read(const std::string& format, const std::string& text) {
    const auto parsed = TimeFormat::parse(format);
    REQUIRE(parsed.has_value());
    return parsed.value().read(text);
}

std::string guessed(const std::vector<std::string>& samples) {
    const auto format = TimeFormat::guess(samples);
    return format ? format->name() : "";
}

}  // namespace

TEST_CASE("a time is read however RFC 3339 and its relatives write it", "[transfer]") {
    struct Row {
        std::string text;
        std::int64_t time_ns;
    };
    const Row rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2023-11-14T22:13:20Z", 1'700'000'000'000'000'000},
        {"2023-11-14 22:13:20", 1'700'000'000'000'000'000},
        {"2023-11-14T23:13:20+01:00", 1'700'000'000'000'000'000},
        {"2023-11-14T17:43:20-0430", 1'700'000'000'000'000'000},
        {"2023-11-14T22:13:20.5Z", 1'700'000'000'500'000'000},
        {"2023-11-14T22:13:20.123456789Z", 1'700'000'000'123'456'789},
        {"2023-11-14T22:13:20.1234567890Z", 1'700'000'000'123'456'789},
        {"2023-11-14t22:13Z", 1'699'999'980'000'000'000},
        {"2023-11-14", 1'699'920'000'000'000'000},
        {"1969-12-31T23:59:59.999999999Z", -1},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        const auto time = parse_time(row.text);
        REQUIRE(time.has_value());
        CHECK(time->ns == row.time_ns);
    }
    for (const std::string text :
         {"", "now", "2023-11-14T", "2023-13-01", "2023-02-29", "2023-11-14T24:00:00Z",
          "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20.0000000001Z", "2023-11-14T22:13:20+1",
          "2023-11-14T22:13:20ZZ", "2263-01-01T00:00:00Z", "14.11.2023", "1700000000"}) {
        INFO(text);
        CHECK_FALSE(parse_time(text).has_value());
    }
}

TEST_CASE("every time that is shown is read back", "[transfer]") {
    for (const std::int64_t time_ns : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, kMin,
                                       kMin + 1, kMax, std::int64_t{1'700'000'000'000'000'001}}) {
        std::string text;
        server::append_rfc3339(time_ns, text);
        INFO(text);
        REQUIRE(parse_rfc3339(text).has_value());
        CHECK(parse_rfc3339(text)->ns == time_ns);
    }
}

TEST_CASE("times are numbers in a unit, with a fraction or without", "[transfer]") {
    CHECK(read("s", "1700000000") == 1'700'000'000'000'000'000);
    CHECK(read("s", "1700000000.25") == 1'700'000'000'250'000'000);
    CHECK(read("ms", "-1.5") == -1'500'000);
    CHECK(read("s", "-0.5") == -500'000'000);
    CHECK(read("ns", "9223372036854775807") == kMax);
    CHECK(read("h", "1.5") == 5'400'000'000'000);
    CHECK_FALSE(read("s", "9223372036854775807").has_value());
    CHECK_FALSE(read("ns", "1.5").has_value());
    CHECK_FALSE(read("s", "1e9").has_value());
    CHECK_FALSE(read("s", "1.").has_value());
    CHECK_FALSE(read("s", "").has_value());
}

TEST_CASE("times are read by a pattern", "[transfer]") {
    CHECK(read("%d.%m.%Y %H:%M:%S", "14.11.2023 22:13:20") == 1'700'000'000'000'000'000);
    CHECK(read("%d/%b/%Y:%H:%M:%S %z", "14/Nov/2023:23:13:20 +0100") == 1'700'000'000'000'000'000);
    CHECK_FALSE(read("%d.%m.%Y", "14.11.2023 22:13").has_value());
    CHECK_FALSE(read("%d.%m.%Y", "2023-11-14").has_value());
    const auto unknown = TimeFormat::parse("seconds");
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().message().find("found --time-format seconds, expected rfc3339, ns,") ==
          0);
}

TEST_CASE("a format is guessed only where no other one could be meant", "[transfer]") {
    CHECK(guessed({"2023-11-14 22:13:20", "2023-11-14"}) == "rfc3339");
    CHECK(guessed({"1700000000", "1700000060.5"}) == "s");
    CHECK(guessed({"1700000000000"}) == "ms");
    CHECK(guessed({"1700000000000000000"}) == "ns");
    CHECK(guessed({"03/04/2024"}).empty());
    CHECK(guessed({"5", "6"}).empty());
    CHECK(guessed({"1700000000", "yesterday"}).empty());
}

}  // namespace tidemark::tools

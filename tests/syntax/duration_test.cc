#include "query/syntax/duration.h"

#include <limits>

#include <catch2/catch.hpp>

namespace tidemark::query {

TEST_CASE("durations below a day are nanoseconds, whatever was written", "[duration]") {
    CHECK(parse_duration("1h30m") == Duration{5'400'000'000'000, DurationUnit::Nanosecond});
    CHECK(parse_duration("90m") == parse_duration("1h30m"));
    CHECK(parse_duration("1d12h") == parse_duration("36h"));
    CHECK(parse_duration("7u") == Duration{7'000, DurationUnit::Nanosecond});
    CHECK(parse_duration("7\xc2\xb5") == parse_duration("7u"));
    CHECK(parse_duration("7ns") == Duration{7, DurationUnit::Nanosecond});
    CHECK(parse_duration("-1h") == Duration{-3'600'000'000'000, DurationUnit::Nanosecond});
}

TEST_CASE("a single unit from a day on is kept, for calendars", "[duration]") {
    CHECK(parse_duration("1d") == Duration{1, DurationUnit::Day});
    CHECK(parse_duration("24h") == Duration{86'400'000'000'000, DurationUnit::Nanosecond});
    CHECK(parse_duration("2w") == Duration{2, DurationUnit::Week});
    CHECK(parse_duration("2wk") == Duration{2, DurationUnit::CalendarWeek});
    CHECK(parse_duration("3mo") == Duration{3, DurationUnit::Month});
    CHECK(parse_duration("1q") == Duration{1, DurationUnit::Quarter});
    CHECK(parse_duration("1y") == Duration{1, DurationUnit::Year});
    CHECK(parse_duration("1d")->follows_calendar());
    CHECK_FALSE(parse_duration("1w")->follows_calendar());
}

TEST_CASE("only fixed units have a length", "[duration]") {
    CHECK(parse_duration("2d")->fixed_ns() == 172'800'000'000'000);
    CHECK(parse_duration("1wk")->fixed_ns() == parse_duration("1w")->fixed_ns());
    CHECK_FALSE(parse_duration("1mo")->fixed_ns().has_value());
}

TEST_CASE("what is no duration is refused", "[duration]") {
    for (const std::string_view text :
         {"", "-", "1", "h", "1x", "1h30", "1.5h", "15251w", "9223372036854775808ns", "300y",
          "1mo3d", "1d1wk", "106751d24h", "99999999999999999999h"}) {
        INFO(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("durations print in the largest unit that divides them", "[duration]") {
    for (const std::string_view text :
         {"0s", "1ns", "1001u", "90m", "1500ms", "36h", "1d", "2w", "2wk", "3mo", "1q", "292y",
          "-90m", "9223372036854775807ns"}) {
        INFO(text);
        CHECK(print_duration(*parse_duration(text)) == text);
    }
    CHECK(print_duration(*parse_duration("1h30m")) == "90m");
}

TEST_CASE("measured lengths are rounded to what people read", "[duration]") {
    CHECK(print_rounded_duration(0) == "0s");
    CHECK(print_rounded_duration(999) == "999ns");
    CHECK(print_rounded_duration(10'499) == "10u");
    CHECK(print_rounded_duration(1'500'500'000) == "1s501ms");
    CHECK(print_rounded_duration(300'315'291'644) == "5m315ms");
    CHECK(print_rounded_duration(59'999'999'999) == "1m");
    CHECK(print_rounded_duration(-3'723'400'000'000) == "-1h2m3s");
    CHECK(print_rounded_duration(90'061'000'000'000) == "1d1h1m");
    CHECK(print_rounded_duration(std::numeric_limits<std::int64_t>::max()) == "106751d23h47m");
    CHECK(print_rounded_duration(std::numeric_limits<std::int64_t>::min()) == "-106751d23h47m");
}

}  // namespace tidemark::query

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::query {

/// The units a duration is kept in. All units of fixed length below a day become nanoseconds.
enum class DurationUnit : std::uint8_t {
    Nanosecond,
    Day,           ///< `d`: 24 h, or a local day where a calendar applies (R12).
    Week,          ///< `w`: InfluxQL's 7 x 24 h, counted from 1970-01-01, a Thursday.
    CalendarWeek,  ///< `wk`: local weeks, which start on Monday.
    Month,         ///< `mo`
    Quarter,       ///< `q`
    Year,          ///< `y`
};

/// A length of time as written. One part with a unit from Day upwards keeps its unit, because its
/// length can depend on the calendar; everything else (`90m`, `1h30m`, `1d12h`) is nanoseconds.
struct Duration {
    std::int64_t count = 0;  ///< May be negative (`-1h`).
    DurationUnit unit = DurationUnit::Nanosecond;

    /// The length in ns with days of 24 h and weeks of 7 days; nothing for months, quarters and
    /// years, which have no fixed length. Never overflows for parsed durations.
    std::optional<std::int64_t> fixed_ns() const;

    /// True for the units whose length under tz() follows the calendar: d, wk, mo, q, y.
    bool follows_calendar() const {
        return unit != DurationUnit::Nanosecond && unit != DurationUnit::Week;
    }

    bool operator==(const Duration&) const = default;
};

/// Reads `1h30m`, `15s`, `2wk`, `-1h`; units ns u µ ms s m h d w wk mo q y. Nothing when it is not
/// a duration, overflows, or mixes calendar units (wk, mo, q, y) with others.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest spelling that parse_duration() reads back as the same duration: "90m", "1d", "0s".
std::string print_duration(const Duration& duration);

/// A measured length for people: rounded to about its first four digits, in as many units as that
/// takes: "5m315ms", "1h2m3s", "12.5s" is "12s500ms". parse_duration() reads it.
std::string print_rounded_duration(std::int64_t ns);

/// As InfluxDB answers lengths of time, in Go's notation: "168h0m0s", "1m30s", "1.5s", "167µs",
/// "0s". `ns` is not negative.
std::string print_go_duration(std::int64_t ns);

}  // namespace tidemark::query

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark::storage {

/// The unit in which the timestamps of a text are written.
enum class TimePrecision : std::uint8_t {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
    Minutes,
    Hours
};

/// Nanoseconds of one unit.
std::int64_t unit_ns(TimePrecision precision);

/// Reads "ns" or "n", "us", "u" or "µs", "ms", "s", "m", "h"; nothing for any other text.
std::optional<TimePrecision> parse_time_precision(std::string_view name);

/// The name of a unit: "ns", "us", "ms", "s", "m" or "h".
std::string_view name_of(TimePrecision precision);

/// The unit in which a timestamp of so many units lies in 2001 to 2286, of ns, us, ms and s, whose
/// numbers no clock of these days confuses. Nothing for all other numbers.
std::optional<TimePrecision> likely_precision(std::int64_t units);

/// The spellings of parse_time_precision(), for messages.
inline constexpr std::string_view kTimePrecisionNames = "ns, us, ms, s, m or h";

}  // namespace tidemark::storage

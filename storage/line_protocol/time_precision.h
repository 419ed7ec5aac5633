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

/// The spellings of parse_time_precision(), for messages.
inline constexpr std::string_view kTimePrecisionNames = "ns, us, ms, s, m or h";

}  // namespace tidemark::storage

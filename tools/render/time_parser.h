#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <tidemark/query.h>

namespace tidemark::tools {

/// Reads "2024-02-29T12:00:00.5+01:00" and its relatives: a space for the T, no seconds, a date
/// alone, `Z`, "+01:00", "+0100" or nothing (UTC) for the offset, any number of digits of fraction
/// that a nanosecond can hold. Nothing for other text and for times that int64 cannot hold.
std::optional<TimeCell> parse_time(std::string_view text);

/// Only what answers spell: "2024-02-29T12:00:00.5Z", "..+01:00". A state or a name that merely
/// looks like a date is none.
std::optional<TimeCell> parse_rfc3339(std::string_view text);

/// The digits behind a point, as a part of `unit_ns`. Nothing without digits, and for what is finer
/// than a nanosecond.
std::optional<std::int64_t> parse_fraction(std::string_view digits, std::int64_t unit_ns);

/// `units` of `unit_ns` and `rest_ns`; nothing for what int64 nanoseconds cannot hold.
std::optional<std::int64_t> time_ns_of(std::int64_t units, std::int64_t unit_ns,
                                       std::int64_t rest_ns);

}  // namespace tidemark::tools

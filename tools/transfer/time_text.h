#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tidemark/result.h>

#include "storage/line_protocol/time_precision.h"

namespace tidemark::tools {

/// How the times of a text are written. A value.
class TimeFormat {
public:
    /// A format by its name: "rfc3339", "ns", "us", "ms", "s", "m", "h", or a pattern of strptime()
    /// such as "%d.%m.%Y %H:%M:%S" (UTC unless it has %z).
    static Result<TimeFormat> parse(std::string_view name);

    /// The format in which all of `samples` (not empty) are times of these decades; nothing when
    /// there is none, or when it cannot be known: 03/04/2024 is no safe guess.
    static std::optional<TimeFormat> guess(std::span<const std::string> samples);

    /// Nanoseconds since 1970; nothing when `text` is no such time, or out of range.
    std::optional<std::int64_t> read(std::string_view text) const;

    /// "rfc3339", "s", or the pattern.
    std::string name() const;

private:
    enum class Kind : std::uint8_t { Rfc3339, Number, Pattern };

    std::optional<std::int64_t> read_number(std::string_view text) const;
    std::optional<std::int64_t> read_pattern(std::string_view text) const;

    Kind kind_ = Kind::Rfc3339;
    storage::TimePrecision unit_ = storage::TimePrecision::Nanoseconds;
    std::string pattern_;
};

/// The names of TimeFormat::parse(), for messages.
inline constexpr std::string_view kTimeFormatNames =
    "rfc3339, ns, us, ms, s, m, h or a pattern like '%d.%m.%Y %H:%M:%S'";

}  // namespace tidemark::tools

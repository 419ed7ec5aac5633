#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tidemark/result.h>

#include "query/functions/time_buckets.h"
#include "query/syntax/ast.h"

namespace tidemark::query {

/// What time expressions of a statement are evaluated with.
struct TimeContext {
    std::int64_t now_ns = 0;       ///< One now() per query.
    std::optional<TimeZone> zone;  ///< Of tz(): for literals without an offset.
};

/// a + b, kept inside the int64 range.
std::int64_t saturating_add(std::int64_t left, std::int64_t right);

/// `2026-10-01T12:30:05Z`, with as many decimals of a second as it takes: parse_instant() reads it
/// back.
std::string print_instant(std::int64_t time_ns);

/// Reads `2026-10-01`, `2026-10-01 12:30`, `2026-10-01 12:30:05.5`, and RFC 3339
/// (`2026-10-01T12:30:05Z`, `..+02:00`). Without an offset it is local time of the zone. Nothing
/// when it is not a time; times beyond the int64 range saturate.
std::optional<std::int64_t> parse_instant(std::string_view text,
                                          const std::optional<TimeZone>& zone);

/// The instant that a constant expression names: a time literal as string, integer (ns) or
/// duration (both since 1970), now(), and sums and differences with durations. InvalidArgument for
/// anything else, saying what was expected.
Result<std::int64_t> evaluate_instant(const Expression& expression, const TimeContext& context);

/// What was probably meant by a limit of time that is valid and hardly right: 1700000000 is read in
/// nanoseconds, and 2026-11-09 without quotes is a subtraction. Nothing for all others.
std::optional<std::string> doubt_of_instant(const Expression& expression);

/// True for expressions evaluate_instant() can read as a time and not as a mere number or duration:
/// now() in sums and differences.
bool mentions_now(const Expression& expression);

/// The length of a constant duration expression in ns (`45m`, `2 * 1h`); nothing when it is none.
std::optional<std::int64_t> constant_duration_ns(const Expression& expression);

}  // namespace tidemark::query

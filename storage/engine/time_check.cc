#include "storage/engine/time_check.h"

#include <limits>

#include <tidemark/types.h>

#include "storage/engine/segment_set.h"

namespace tidemark::storage {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;

// InfluxDB's range: the ends of the number range mean "no limit" in queries.
constexpr std::int64_t kMinTimeNs = std::numeric_limits<std::int64_t>::min() + 2;
constexpr std::int64_t kMaxTimeNs = std::numeric_limits<std::int64_t>::max() - 1;

// Time zones lie whole quarters of an hour from UTC, the farthest 14 h ahead (Kiribati).
bool looks_like_local_time(std::int64_t ahead_ns) {
    constexpr std::int64_t kQuarterNs = 15 * kMinuteNs;
    constexpr std::int64_t kToleranceNs = 2 * kMinuteNs;
    const std::int64_t rest_ns = (ahead_ns + kToleranceNs) % kQuarterNs;
    return ahead_ns <= 14 * 60 * kMinuteNs + kToleranceNs && rest_ns <= 2 * kToleranceNs;
}

// A clock that is wrong is wrong by days; a time that is years ahead was scaled by the wrong unit.
std::string likely_mistake(std::int64_t ahead_ns) {
    constexpr std::int64_t kYearNs = 365LL * 24 * 60 * kMinuteNs;
    if (ahead_ns > kYearNs) {
        return "looks like a wrong precision, say which unit times are in (precision=s, ms, u or "
               "ns)";
    }
    if (looks_like_local_time(ahead_ns)) return "looks like local time, expected UTC";
    return "looks like a wrong clock of the sender";
}

std::string format_ahead(std::int64_t ahead_ns) {
    const std::int64_t minutes = ahead_ns / kMinuteNs;
    if (minutes < 120) return std::to_string(minutes) + " min";
    if (minutes < 48 * 60) return std::to_string(minutes / 60) + " h";
    if (minutes < 2 * 365 * 24 * 60) return std::to_string(minutes / (24 * 60)) + " days";
    return std::to_string(minutes / (365 * 24 * 60)) + " years";
}

}  // namespace

std::optional<std::string> time_defect(std::int64_t time_ns, std::int64_t now_ns,
                                       std::int64_t future_limit_ns) {
    if (time_ns < kMinTimeNs || time_ns > kMaxTimeNs) {
        return "the time " + std::to_string(time_ns) + " is out of range";
    }
    if (future_limit_ns == kHoldForever || time_ns <= now_ns) return std::nullopt;
    const auto ahead = static_cast<std::uint64_t>(time_ns) - static_cast<std::uint64_t>(now_ns);
    if (ahead <= static_cast<std::uint64_t>(future_limit_ns)) return std::nullopt;
    constexpr auto kMaxAhead = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    const auto ahead_ns = static_cast<std::int64_t>(ahead < kMaxAhead ? ahead : kMaxAhead);
    return "the time " + format_time(time_ns) + " is " + format_ahead(ahead_ns) +
           " in the future (limit " + format_ahead(future_limit_ns) +
           "): " + likely_mistake(ahead_ns);
}

}  // namespace tidemark::storage

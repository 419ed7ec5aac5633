#include "storage/engine/time_check.h"

#include <algorithm>
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
    return ahead_ns <= 14LL * 60 * kMinuteNs + kToleranceNs && rest_ns <= 2 * kToleranceNs;
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

std::string format_distance(std::int64_t distance_ns) {
    constexpr std::int64_t kSecondNs = 1'000'000'000;
    if (distance_ns < kSecondNs) return std::to_string(distance_ns) + " ns";
    if (distance_ns < 2 * kMinuteNs) return std::to_string(distance_ns / kSecondNs) + " s";
    const std::int64_t minutes = distance_ns / kMinuteNs;
    constexpr std::int64_t kDayMinutes = 24 * 60LL;
    constexpr std::int64_t kYearMinutes = 365 * kDayMinutes;
    if (minutes < 120) return std::to_string(minutes) + " min";
    if (minutes < 2 * kDayMinutes) return std::to_string(minutes / 60) + " h";
    if (minutes < 2 * kYearMinutes) return std::to_string(minutes / kDayMinutes) + " days";
    return std::to_string(minutes / kYearMinutes) + " years";
}

// later - earlier, at most the greatest number.
std::int64_t distance_ns(std::int64_t earlier_ns, std::int64_t later_ns) {
    constexpr auto kMost = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    const auto distance =
        static_cast<std::uint64_t>(later_ns) - static_cast<std::uint64_t>(earlier_ns);
    return static_cast<std::int64_t>(std::min(distance, kMost));
}

std::optional<std::string> past_defect(std::int64_t time_ns, const TimeLimits& limits) {
    const std::int64_t behind_ns = distance_ns(time_ns, limits.now_ns);
    const auto refusal = [&](const std::string& reason) {
        return "the time " + format_time(time_ns) + " is " + format_distance(behind_ns) +
               " in the past, " + reason;
    };
    if (time_ns < limits.edge_ns) {
        return refusal("retention policy " + limits.policy + " keeps " +
                       format_distance(distance_ns(limits.edge_ns, limits.now_ns)) +
                       ": write it to a policy with a longer DURATION");
    }
    if (limits.past_limit_ns == 0 || behind_ns <= limits.past_limit_ns) return std::nullopt;
    return refusal("retention policy " + limits.policy + " takes " +
                   format_distance(limits.past_limit_ns) +
                   ": ALTER RETENTION POLICY .. PAST LIMIT moves that");
}

}  // namespace

std::optional<std::string> time_defect(std::int64_t time_ns, const TimeLimits& limits) {
    if (time_ns < kMinTimeNs || time_ns > kMaxTimeNs) {
        return "the time " + std::to_string(time_ns) + " is out of range";
    }
    if (time_ns <= limits.now_ns) return past_defect(time_ns, limits);
    const std::int64_t ahead_ns = distance_ns(limits.now_ns, time_ns);
    if (limits.future_limit_ns == kHoldForever || ahead_ns <= limits.future_limit_ns) {
        return std::nullopt;
    }
    return "the time " + format_time(time_ns) + " is " + format_distance(ahead_ns) +
           " in the future (limit " + format_distance(limits.future_limit_ns) +
           "): " + likely_mistake(ahead_ns);
}

}  // namespace tidemark::storage

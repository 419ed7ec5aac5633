#include "tools/render/time_parser.h"

#include <algorithm>
#include <chrono>

namespace tidemark::tools {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

// Takes things off the front of a text.
class TextReader {
public:
    explicit TextReader(std::string_view text) : rest_(text) {}

    bool is_at_end() const { return rest_.empty(); }
    bool is_at(std::string_view characters) const {
        return !rest_.empty() && characters.find(rest_.front()) != characters.npos;
    }
    bool take(std::string_view characters) {
        if (!is_at(characters)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly so many digits.
    std::optional<int> take_digits(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    // All digits that come next.
    std::string_view take_all_digits() {
        const std::size_t count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        const std::string_view digits = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return digits;
    }

private:
    std::string_view rest_;
};

// Seconds from 1970 to the begin of a day; nothing for a day that is not in the calendar.
std::optional<std::int64_t> read_date(TextReader& reader) {
    const auto year = reader.take_digits(4);
    if (!year || !reader.take("-")) return std::nullopt;
    const auto month = reader.take_digits(2);
    if (!month || !reader.take("-")) return std::nullopt;
    const auto day = reader.take_digits(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count();
}

struct ClockTime {
    std::int64_t seconds = 0;
    std::int64_t fraction_ns = 0;
};

std::optional<ClockTime> read_clock(TextReader& reader) {
    const auto hour = reader.take_digits(2);
    if (!hour || *hour > 23 || !reader.take(":")) return std::nullopt;
    const auto minute = reader.take_digits(2);
    if (!minute || *minute > 59) return std::nullopt;
    ClockTime clock{*hour * std::int64_t{3600} + *minute * std::int64_t{60}, 0};
    if (!reader.take(":")) return clock;
    const auto second = reader.take_digits(2);
    if (!second || *second > 59) return std::nullopt;
    clock.seconds += *second;
    if (!reader.take(".,")) return clock;
    const auto fraction_ns = parse_fraction(reader.take_all_digits(), kSecondNs);
    if (!fraction_ns) return std::nullopt;
    clock.fraction_ns = *fraction_ns;
    return clock;
}

// Seconds that local time is ahead of UTC.
std::optional<std::int32_t> read_offset(TextReader& reader) {
    if (reader.is_at_end() || reader.take("Zz")) return 0;
    const bool is_behind = reader.is_at("-");
    if (!reader.take("+-")) return std::nullopt;
    const auto hours = reader.take_digits(2);
    if (!hours) return std::nullopt;
    reader.take(":");
    const auto minutes = reader.is_at_end() ? std::optional(0) : reader.take_digits(2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::int32_t seconds = *hours * 3600 + *minutes * 60;
    return is_behind ? -seconds : seconds;
}

}  // namespace

std::optional<std::int64_t> time_ns_of(std::int64_t units, std::int64_t unit_ns,
                                       std::int64_t rest_ns) {
    std::int64_t time_ns = 0;
    if (__builtin_mul_overflow(units, unit_ns, &time_ns)) return std::nullopt;
    if (__builtin_add_overflow(time_ns, rest_ns, &time_ns)) return std::nullopt;
    return time_ns;
}

std::optional<std::int64_t> parse_fraction(std::string_view digits, std::int64_t unit_ns) {
    if (digits.empty()) return std::nullopt;
    std::int64_t fraction_ns = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') return std::nullopt;
        if (unit_ns % 10 == 0) {
            unit_ns /= 10;
            fraction_ns += unit_ns * (digit - '0');
        } else if (digit != '0') {
            return std::nullopt;  // Finer than a nanosecond.
        }
    }
    return fraction_ns;
}

std::optional<TimeCell> parse_time(std::string_view text) {
    TextReader reader(text);
    const auto day_seconds = read_date(reader);
    if (!day_seconds) return std::nullopt;
    const auto cell = [](std::optional<std::int64_t> time_ns, std::int32_t offset_seconds) {
        return time_ns ? std::optional(TimeCell{*time_ns, offset_seconds}) : std::nullopt;
    };
    if (reader.is_at_end()) return cell(time_ns_of(*day_seconds, kSecondNs, 0), 0);
    if (!reader.take("Tt ")) return std::nullopt;
    const auto clock = read_clock(reader);
    if (!clock) return std::nullopt;
    const auto offset_seconds = read_offset(reader);
    if (!offset_seconds || !reader.is_at_end()) return std::nullopt;
    std::int64_t seconds = *day_seconds + clock->seconds - *offset_seconds;
    std::int64_t rest_ns = clock->fraction_ns;
    if (seconds < 0 && rest_ns > 0) {  // So that the product cannot fall out of range by itself.
        ++seconds;
        rest_ns -= kSecondNs;
    }
    return cell(time_ns_of(seconds, kSecondNs, rest_ns), *offset_seconds);
}

std::optional<TimeCell> parse_rfc3339(std::string_view text) {
    constexpr std::string_view kShortest = "2024-02-29T12:00:00Z";
    if (text.size() < kShortest.size() || text[10] != 'T') return std::nullopt;
    const bool has_zone = text.ends_with('Z') || text[text.size() - 3] == ':';
    return has_zone ? parse_time(text) : std::nullopt;
}

}  // namespace tidemark::tools

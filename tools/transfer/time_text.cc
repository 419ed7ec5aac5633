#include "tools/transfer/time_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

namespace tidemark::tools {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::optional<std::int64_t> in_ns(std::int64_t units, std::int64_t unit_ns, std::int64_t rest_ns) {
    std::int64_t time_ns = 0;
    if (__builtin_mul_overflow(units, unit_ns, &time_ns)) return std::nullopt;
    if (__builtin_add_overflow(time_ns, rest_ns, &time_ns)) return std::nullopt;
    return time_ns;
}

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
    // The digits of a fraction of `unit_ns`, cut off below a nanosecond's place, if it is sound.
    std::optional<std::int64_t> take_fraction(std::int64_t unit_ns) {
        std::int64_t fraction_ns = 0;
        std::size_t count = 0;
        for (; is_at("0123456789"); ++count) {
            if (unit_ns % 10 == 0) {
                unit_ns /= 10;
                fraction_ns += unit_ns * (rest_.front() - '0');
            } else if (rest_.front() != '0') {
                return std::nullopt;  // Finer than a nanosecond.
            }
            rest_.remove_prefix(1);
        }
        if (count == 0) return std::nullopt;
        return fraction_ns;
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
    const auto fraction_ns = reader.take_fraction(kSecondNs);
    if (!fraction_ns) return std::nullopt;
    clock.fraction_ns = *fraction_ns;
    return clock;
}

// Seconds that local time is ahead of UTC.
std::optional<std::int64_t> read_offset(TextReader& reader) {
    if (reader.is_at_end() || reader.take("Zz")) return 0;
    const bool is_behind = reader.is_at("-");
    if (!reader.take("+-")) return std::nullopt;
    const auto hours = reader.take_digits(2);
    if (!hours) return std::nullopt;
    reader.take(":");
    const auto minutes = reader.is_at_end() ? std::optional(0) : reader.take_digits(2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::int64_t seconds = *hours * std::int64_t{3600} + *minutes * std::int64_t{60};
    return is_behind ? -seconds : seconds;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
    TextReader reader(text);
    const auto day_seconds = read_date(reader);
    if (!day_seconds) return std::nullopt;
    if (reader.is_at_end()) return in_ns(*day_seconds, kSecondNs, 0);
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
    return in_ns(seconds, kSecondNs, rest_ns);
}

Result<TimeFormat> TimeFormat::parse(std::string_view name) {
    TimeFormat format;
    if (name == "rfc3339") return format;
    if (const auto unit = storage::parse_time_precision(name)) {
        format.kind_ = Kind::Number;
        format.unit_ = *unit;
        return format;
    }
    if (name.find('%') == std::string_view::npos) {
        return Error(ErrorCode::InvalidArgument, "found --time-format " + std::string(name) +
                                                     ", expected " + std::string(kTimeFormatNames));
    }
    format.kind_ = Kind::Pattern;
    format.pattern_ = name;
    return format;
}

std::optional<TimeFormat> TimeFormat::guess(std::span<const std::string> samples) {
    TimeFormat format;
    const auto reads_all = [&] {
        return std::ranges::all_of(
            samples, [&](const std::string& text) { return format.read(text).has_value(); });
    };
    if (reads_all()) return format;
    format.kind_ = Kind::Number;
    std::int64_t units = 0;
    const std::string& first = samples.front();
    std::from_chars(first.data(), first.data() + first.size(), units);
    const auto unit = storage::likely_precision(units);
    if (!unit) return std::nullopt;
    format.unit_ = *unit;
    if (reads_all()) return format;
    return std::nullopt;
}

std::optional<std::int64_t> TimeFormat::read(std::string_view text) const {
    switch (kind_) {
        case Kind::Rfc3339:
            return parse_rfc3339(text);
        case Kind::Number:
            return read_number(text);
        case Kind::Pattern:
            return read_pattern(text);
    }
    return std::nullopt;
}

std::optional<std::int64_t> TimeFormat::read_number(std::string_view text) const {
    const bool is_negative = text.starts_with('-');
    const std::int64_t unit_ns = storage::unit_ns(unit_);
    std::int64_t units = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, units);
    if (failure != std::errc()) return std::nullopt;
    std::int64_t fraction_ns = 0;
    if (stop != end) {
        TextReader reader(std::string_view(stop, static_cast<std::size_t>(end - stop)));
        if (!reader.take(".")) return std::nullopt;
        const auto fraction = reader.take_fraction(unit_ns);
        if (!fraction || !reader.is_at_end()) return std::nullopt;
        fraction_ns = is_negative ? -*fraction : *fraction;
    }
    return in_ns(units, unit_ns, fraction_ns);
}

std::optional<std::int64_t> TimeFormat::read_pattern(std::string_view text) const {
    const std::string terminated(text);
    std::tm fields{};
    fields.tm_mday = 1;  // Of patterns without a day.
    const char* const end = strptime(terminated.c_str(), pattern_.c_str(), &fields);
    if (end == nullptr || end != terminated.c_str() + terminated.size()) return std::nullopt;
    const long offset_seconds = fields.tm_gmtoff;  // timegm() takes it for UTC's and clears it.
    return in_ns(std::int64_t{timegm(&fields)} - offset_seconds, kSecondNs, 0);
}

std::string TimeFormat::name() const {
    switch (kind_) {
        case Kind::Rfc3339:
            return "rfc3339";
        case Kind::Number:
            return std::string(storage::name_of(unit_));
        case Kind::Pattern:
            break;
    }
    return pattern_;
}

}  // namespace tidemark::tools

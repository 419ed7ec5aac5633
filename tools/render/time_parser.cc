#include "tools/render/time_parser.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>

namespace tidemark::tools {
namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;

// Takes pieces off the front of a text; after one that does not fit nothing is taken any more.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    // Exactly `digit_count` digits.
    int number(std::size_t digit_count) {
        int value = 0;
        const char* const end = text_.data() + std::min(digit_count, text_.size());
        const bool has_sign = text_.starts_with('-') || text_.starts_with('+');
        const auto parsed = std::from_chars(text_.data(), end, value);
        is_good_ = is_good_ && !has_sign && digit_count <= text_.size() &&
                   parsed.ec == std::errc{} && parsed.ptr == end;
        text_.remove_prefix(std::min(digit_count, text_.size()));
        return value;
    }

    bool accept(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }

    void expect(char c) { is_good_ = accept(c) && is_good_; }

    // ".5" as 500,000,000; at most nine digits.
    std::int64_t fraction_ns() {
        if (!accept('.')) return 0;
        std::int64_t value = 0;
        std::int64_t unit = kSecond_ns;
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9' && unit > 1) {
            unit /= 10;
            value += unit * (text_.front() - '0');
            text_.remove_prefix(1);
        }
        return value;
    }

    // Z, +01:00 or -03:30 in seconds.
    std::int32_t offset_seconds() {
        if (accept('Z')) return 0;
        const bool is_behind = accept('-');
        if (!is_behind) expect('+');
        const int hours = number(2);
        expect(':');
        const int minutes = number(2);
        const int seconds = (hours * 60 + minutes) * 60;
        return is_behind ? -seconds : seconds;
    }

    bool is_good() const { return is_good_; }
    bool is_at_end() const { return text_.empty(); }

private:
    std::string_view text_;
    bool is_good_ = true;
};

}  // namespace

std::optional<TimeCell> parse_rfc3339(std::string_view text) {
    Reader reader(text);
    const int year = reader.number(4);
    reader.expect('-');
    const auto month = static_cast<unsigned>(reader.number(2));
    reader.expect('-');
    const auto day = static_cast<unsigned>(reader.number(2));
    reader.expect('T');
    const int hour = reader.number(2);
    reader.expect(':');
    const int minute = reader.number(2);
    reader.expect(':');
    const int second = reader.number(2);
    const std::int64_t fraction_ns = reader.fraction_ns();
    const std::int32_t offset_seconds = reader.offset_seconds();
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    if (!reader.is_good() || !reader.is_at_end() || !date.ok()) return std::nullopt;
    if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds = days * 86'400 + std::int64_t{hour} * 3600 +
                                 std::int64_t{minute} * 60 + second - offset_seconds;
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kSecond_ns;
    if (seconds >= kMost || seconds <= -kMost) return std::nullopt;
    return TimeCell{seconds * kSecond_ns + fraction_ns, offset_seconds};
}

}  // namespace tidemark::tools

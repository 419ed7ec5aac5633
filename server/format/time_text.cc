#include "server/format/time_text.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tidemark::server {
namespace {

// Appends `value` with leading zeros.
void append_digits(std::int64_t value, int digit_count, std::string& out) {
    std::array<char, 20> digits{};
    for (int i = digit_count; i > 0; --i) {
        digits[static_cast<std::size_t>(i - 1)] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(digits.data(), static_cast<std::size_t>(digit_count));
}

}  // namespace

void append_rfc3339(std::int64_t time_ns, std::string& out) { append_rfc3339(time_ns, 0, out); }

void append_rfc3339(std::int64_t time_ns, std::int32_t offset_seconds, std::string& out) {
    // The chrono casts round down, so times before 1970 come out right.
    const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(time_ns)};
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(time) + std::chrono::seconds(offset_seconds);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(seconds - day);

    append_digits(static_cast<int>(date.year()), 4, out);
    out.push_back('-');
    append_digits(static_cast<unsigned>(date.month()), 2, out);
    out.push_back('-');
    append_digits(static_cast<unsigned>(date.day()), 2, out);
    out.push_back('T');
    append_digits(clock.hours().count(), 2, out);
    out.push_back(':');
    append_digits(clock.minutes().count(), 2, out);
    out.push_back(':');
    append_digits(clock.seconds().count(), 2, out);

    // The seconds since 1970 in nanoseconds may lie below the range of 64 bits; the rest does not.
    std::int64_t fraction_ns = time_ns % 1'000'000'000;
    if (fraction_ns < 0) fraction_ns += 1'000'000'000;
    if (fraction_ns != 0) {
        out.push_back('.');
        append_digits(fraction_ns, 9, out);
        out.erase(out.find_last_not_of('0') + 1);
    }
    if (offset_seconds == 0) {
        out.push_back('Z');
        return;
    }
    const std::int64_t offset_minutes = std::abs(offset_seconds) / 60;
    out.push_back(offset_seconds < 0 ? '-' : '+');
    append_digits(offset_minutes / 60, 2, out);
    out.push_back(':');
    append_digits(offset_minutes % 60, 2, out);
}

std::int64_t in_unit(std::int64_t time_ns, storage::TimePrecision unit) {
    return time_ns / storage::unit_ns(unit);
}

}  // namespace tidemark::server

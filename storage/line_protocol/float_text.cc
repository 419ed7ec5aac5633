#include "storage/line_protocol/float_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "storage/base/digits.h"

namespace tidemark::storage {
namespace {

// A shortest scientific double has at most 17 digits, sign, point and `e-324`.
constexpr std::size_t kLongestScientific = 32;

constexpr std::size_t kShortIntegerDigits = 9;
constexpr std::size_t kShortDecimals = 6;
constexpr double kShortScale = 1e6;
// So that a short number has at most 15 digits in all, and an exponent in no style.
constexpr double kShortMin = 1e-4;
constexpr double kShortLimit = 1e9;
constexpr double kShortLimitOfShortest = 1e6;
constexpr std::size_t kLongestShort = kShortIntegerDigits + 1 + kShortDecimals;

// Writes digits d1d2d3.. times 10^(exponent - digits + 1) without an exponent.
void append_decimal(std::string_view digits, int exponent, std::string& out) {
    if (exponent < 0) {
        out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
        return;
    }
    const auto integer_size = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= integer_size) {
        out.append(digits).append(integer_size - digits.size(), '0');
        return;
    }
    out.append(digits.substr(0, integer_size)).push_back('.');
    out.append(digits.substr(integer_size));
}

// Writes a number of few decimals, as measurements mostly are, several times faster than the
// general way; false when it is none. Different decimals of at most 15 digits are different
// doubles, so the one that reads back as `magnitude` is the shortest, whatever finds it.
bool append_short(double magnitude, FloatStyle style, std::string& out) {
    const double limit = style == FloatStyle::Shortest ? kShortLimitOfShortest : kShortLimit;
    if (magnitude != 0 && !(magnitude >= kShortMin && magnitude < limit)) return false;
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): the next line tells whether it is right.
    const auto number = static_cast<std::int64_t>(magnitude * kShortScale + 0.5);
    if (static_cast<double>(number) / kShortScale != magnitude) return false;

    // Both parts fit into 32 bits, where divisions are quick.
    constexpr auto kIntegerScale = static_cast<std::int64_t>(kShortScale);
    const auto integer = static_cast<std::uint32_t>(number / kIntegerScale);
    const auto fraction = static_cast<std::uint32_t>(number % kIntegerScale);
    std::array<char, kLongestShort> text;
    char* const point = text.data() + kShortIntegerDigits;
    char* end = point;
    if (fraction != 0) {
        *point = '.';
        put_six_digits(fraction, point + 1);
        end += 1 + kShortDecimals;
        while (end[-1] == '0') --end;
    }
    out.append(put_digits(integer, point), end);
    return true;
}

bool takes_exponent(int exponent, FloatStyle style) {
    switch (style) {
        case FloatStyle::Shortest:
            return exponent < -4 || exponent >= 6;
        case FloatStyle::Json:
            return exponent < -6 || exponent >= 21;
        case FloatStyle::Decimal:
            return false;
    }
    return false;
}

}  // namespace

void append_float(double value, FloatStyle style, std::string& out) {
    if (std::signbit(value)) out.push_back('-');
    const double magnitude = std::fabs(value);
    if (append_short(magnitude, style, out)) return;

    std::array<char, kLongestScientific> buffer;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude,
                                            std::chars_format::scientific);
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    const std::size_t mark = text.find('e');
    std::string_view exponent_digits = text.substr(mark + 2);
    int exponent = 0;
    std::from_chars(exponent_digits.data(), exponent_digits.data() + exponent_digits.size(),
                    exponent);
    const char sign = text[mark + 1];
    if (sign == '-') exponent = -exponent;

    if (takes_exponent(exponent, style)) {
        if (style == FloatStyle::Json && exponent_digits.starts_with('0'))
            exponent_digits.remove_prefix(1);
        out.append(text.substr(0, mark)).append({'e', sign}).append(exponent_digits);
        return;
    }
    // The first digit moves over the point, so that all of them stand together.
    std::string_view digits = text.substr(0, 1);
    if (mark > 2) {
        buffer[1] = buffer[0];
        digits = text.substr(1, mark - 1);
    }
    append_decimal(digits, exponent, out);
}

}  // namespace tidemark::storage

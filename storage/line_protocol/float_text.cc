#include "storage/line_protocol/float_text.h"

#include <charconv>
#include <cstddef>
#include <string_view>

namespace tidemark::storage {
namespace {

// A shortest scientific double has at most 17 digits, sign, point and `e-324`.
constexpr std::size_t kLongestScientific = 32;

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
    char buffer[kLongestScientific];
    const auto [end, error] =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
    if (text.starts_with('-')) {
        out.push_back('-');
        text.remove_prefix(1);
    }

    const std::size_t mark = text.find('e');
    const std::string_view mantissa = text.substr(0, mark);
    std::string_view exponent_digits = text.substr(mark + 2);
    int exponent = 0;
    std::from_chars(exponent_digits.data(), exponent_digits.data() + exponent_digits.size(),
                    exponent);
    const char sign = text[mark + 1];
    if (sign == '-') exponent = -exponent;

    if (takes_exponent(exponent, style)) {
        if (style == FloatStyle::Json && exponent_digits.starts_with('0'))
            exponent_digits.remove_prefix(1);
        out.append(mantissa).append({'e', sign}).append(exponent_digits);
        return;
    }
    std::string digits(mantissa.substr(0, 1));
    if (mantissa.size() > 2) digits.append(mantissa.substr(2));
    append_decimal(digits, exponent, out);
}

}  // namespace tidemark::storage

#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

// Values of CSV cells as text.

namespace tidemark::tools {

/// A number of all of `text`, finite and within the range of T; nothing else.
template <typename T>
std::optional<T> parse_number(std::string_view text) {
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    T value{};
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc() || stop != end) return std::nullopt;
    if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(value)) return std::nullopt;
    }
    return value;
}

/// true, false, t or f, in whatever case.
std::optional<bool> parse_csv_boolean(std::string_view text);

/// The text with its commas and points exchanged: a number with a decimal comma as parse_number()
/// reads it, and nothing it reads where points separate thousands.
std::string with_points_and_commas_exchanged(std::string_view text);

/// Equal but for the case of ASCII letters.
bool equals_ignoring_case(std::string_view left, std::string_view right);

}  // namespace tidemark::tools

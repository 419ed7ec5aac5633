#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

// What the values of fields look like, for those who read them.

namespace tidemark::storage {

inline bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/// Bytes behind a value that is no string.
inline bool ends_value(char byte) {
    return byte == ',' || byte == ' ' || byte == '\n' || byte == '\r';
}

/// Nothing when `token` is no boolean.
inline std::optional<bool> read_boolean(std::string_view token) {
    const auto is_one_of = [token](std::initializer_list<std::string_view> names) {
        return std::ranges::find(names, token) != names.end();
    };
    if (is_one_of({"t", "T", "true", "True", "TRUE"})) return true;
    if (is_one_of({"f", "F", "false", "False", "FALSE"})) return false;
    return std::nullopt;
}

}  // namespace tidemark::storage

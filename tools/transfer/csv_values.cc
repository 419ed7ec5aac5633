#include "tools/transfer/csv_values.h"

#include <algorithm>
#include <array>

#include "tools/transfer/csv_table.h"

namespace tidemark::tools {
namespace {

struct TypeName {
    std::string_view name;
    FieldType type;
};

// InfluxQL's names; then those of annotated CSV, by which a type is written.
constexpr TypeName kTypeNames[] = {
    {"float", FieldType::Float},       {"integer", FieldType::Integer},
    {"unsigned", FieldType::Unsigned}, {"boolean", FieldType::Boolean},
    {"string", FieldType::String},     {"double", FieldType::Float},
    {"long", FieldType::Integer},      {"unsignedLong", FieldType::Unsigned},
};

// Integers beyond it are not all doubles.
constexpr std::int64_t kExactDoubleLimit = std::int64_t{1} << 53;

template <typename T>
bool are_all(std::span<const std::string> samples) {
    return std::ranges::all_of(samples, [](const std::string& text) {
        return is_csv_null(text) || parse_number<T>(trimmed(text)).has_value();
    });
}

bool is_exact_double(const std::string& text) {
    const auto value = parse_number<std::int64_t>(trimmed(text));
    return is_csv_null(text) ||
           (value && *value >= -kExactDoubleLimit && *value <= kExactDoubleLimit);
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(left, right, {}, lower, lower);
}

std::string with_points_and_commas_exchanged(std::string_view text) {
    std::string exchanged(text);
    for (char& c : exchanged) c = c == ',' ? '.' : (c == '.' ? ',' : c);
    return exchanged;
}

std::optional<bool> parse_csv_boolean(std::string_view text) {
    if (equals_ignoring_case(text, "true") || equals_ignoring_case(text, "t")) return true;
    if (equals_ignoring_case(text, "false") || equals_ignoring_case(text, "f")) return false;
    return std::nullopt;
}

bool is_csv_null(std::string_view text) {
    constexpr std::string_view kNulls[] = {"", "null", "nan", "na", "n/a", "none"};
    return std::ranges::any_of(
        kNulls, [&](std::string_view null) { return equals_ignoring_case(trimmed(text), null); });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::optional<FieldType> parse_field_type(std::string_view name) {
    for (const TypeName& known : kTypeNames) {
        if (known.name == name) return known.type;
    }
    return std::nullopt;
}

std::string_view datatype_name(FieldType type) {
    std::string_view found;
    for (const TypeName& known : kTypeNames) {
        if (known.type == type) found = known.name;  // The last one: annotated CSV's.
    }
    return found;
}

std::optional<FieldType> guess_field_type(std::span<const std::string> samples) {
    if (std::ranges::all_of(samples, is_csv_null)) return std::nullopt;
    const bool are_booleans = std::ranges::all_of(samples, [](const std::string& text) {
        return is_csv_null(text) || parse_csv_boolean(trimmed(text)).has_value();
    });
    if (are_booleans) return FieldType::Boolean;
    if (!are_all<double>(samples)) return FieldType::String;
    if (std::ranges::all_of(samples, is_exact_double)) return FieldType::Float;
    if (are_all<std::int64_t>(samples)) return FieldType::Integer;
    if (are_all<std::uint64_t>(samples)) return FieldType::Unsigned;
    return FieldType::Float;
}

}  // namespace tidemark::tools

#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <tidemark/query.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "query/functions/double_double.h"

// How folds read typed columns: one C++ type per field type.

namespace tidemark::query {

/// The values of a column, seen as T: double, int64_t, uint64_t, uint8_t (Boolean) or string_view.
template <typename T>
std::span<const T> typed_values(const ColumnValues& values) {
    if constexpr (std::is_same_v<T, double>) return values.floats;
    if constexpr (std::is_same_v<T, std::int64_t>) return values.integers;
    if constexpr (std::is_same_v<T, std::uint64_t>) return values.unsigneds;
    if constexpr (std::is_same_v<T, std::uint8_t>) return values.booleans;
    if constexpr (std::is_same_v<T, std::string_view>) return values.strings;
}

/// The alternative of Value and Cell that holds a T.
template <typename T>
using StoredType =
    std::conditional_t<std::is_same_v<T, std::uint8_t>, bool,
                       std::conditional_t<std::is_same_v<T, std::string_view>, std::string, T>>;

/// Total order in which -0.0 is below +0.0.
template <typename T>
bool is_below(const T& left, const T& right) {
    if constexpr (std::is_same_v<T, double>) {
        return left < right || (left == right && std::signbit(left) && !std::signbit(right));
    } else {
        return left < right;
    }
}

/// Calls visit(row) for the rows of [begin, end) that have a value.
template <typename Visit>
void for_each_valid_row(const ColumnValues& values, std::size_t begin, std::size_t end,
                        Visit&& visit) {
    if (values.validity.empty()) {
        for (std::size_t row = begin; row < end; ++row) visit(row);
        return;
    }
    for (std::size_t row = begin; row < end; ++row) {
        if (values.is_valid(row)) visit(row);
    }
}

/// Calls visit(row) for the rows of [begin, end) that have a value and end(row) for those that end
/// the hold of the value before them, in their order.
template <typename Visit, typename End>
void for_each_sample_or_end(const ColumnValues& values, std::size_t begin_row, std::size_t end_row,
                            Visit&& visit, End&& end) {
    if (values.hold_ends.empty()) return for_each_valid_row(values, begin_row, end_row, visit);
    for (std::size_t row = begin_row; row < end_row; ++row) {
        if (values.is_valid(row)) visit(row);
        if (values.ends_hold(row)) end(row);
    }
}

/// Calls visit(row, number) for the rows of [begin, end) that have a value, and end(row) as above.
/// The function table admits numbers only where this is used; columns of other types are passed
/// over.
template <typename Visit, typename End>
void for_each_number_or_end(const ColumnValues& values, std::size_t begin_row, std::size_t end_row,
                            Visit&& visit, End&& end) {
    const auto visit_column = [&](const auto& column) {
        for_each_sample_or_end(
            values, begin_row, end_row, [&](std::size_t row) { visit(row, column[row]); }, end);
    };
    if (values.type == FieldType::Float) visit_column(values.floats);
    if (values.type == FieldType::Integer) visit_column(values.integers);
    if (values.type == FieldType::Unsigned) visit_column(values.unsigneds);
}

/// A number of any of the numeric types, exactly.
template <typename T>
DoubleDouble exact_number(T number) {
    if constexpr (std::is_same_v<T, double>) {
        return {number, 0};
    } else {
        return to_double_double(static_cast<WideInteger>(number));
    }
}

/// The same where it does not matter that a hold ends.
template <typename Visit>
void for_each_number(const ColumnValues& values, std::size_t begin, std::size_t end,
                     Visit&& visit) {
    for_each_number_or_end(values, begin, end, visit, [](std::size_t) {});
}

/// The number in a row, exactly; nothing where there is none.
inline std::optional<DoubleDouble> number_at(const ColumnValues& values, std::size_t row) {
    std::optional<DoubleDouble> found;
    for_each_number(values, row, row + 1,
                    [&](std::size_t, auto number) { found = exact_number(number); });
    return found;
}

inline std::size_t count_valid_rows(const ColumnValues& values, std::size_t begin,
                                    std::size_t end) {
    if (values.validity.empty() || begin >= end) return end > begin ? end - begin : 0;
    std::size_t count = 0;
    for (std::size_t word = begin / 64; word <= (end - 1) / 64; ++word) {
        std::uint64_t bits = values.validity[word];
        if (word == begin / 64) bits &= ~std::uint64_t{0} << (begin % 64);
        if (word == (end - 1) / 64) bits &= ~std::uint64_t{0} >> (63 - (end - 1) % 64);
        count += static_cast<std::size_t>(std::popcount(bits));
    }
    return count;
}

/// A float result: null instead of NaN and infinity (R10).
inline Cell float_cell(double value) {
    return std::isfinite(value) ? Cell(value) : Cell(std::monostate{});
}

}  // namespace tidemark::query

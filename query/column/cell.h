#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <tidemark/query.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

// What can be done with the cells of a row. A null cell is "no value": whatever it meets becomes
// null too.

namespace tidemark::query {

inline bool is_null(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }

/// What these cells take in memory, with the texts in them, about.
std::size_t memory_size_bytes(std::span<const Cell> cells);

/// The time of a row that operators hand on, which is its first cell.
inline std::int64_t time_of(ConstRow row) { return std::get<TimeCell>(row.front()).ns; }

Cell to_cell(Value value);

/// Makes `cell` the value of one row of a column, or null where the row has none; false then.
bool set_cell(const ColumnValues& values, std::size_t row, Cell& cell);
/// The same as a new cell.
Cell cell_at(const ColumnValues& values, std::size_t row);

/// Order by the exact mathematical value (numbers of any type), by bytes (strings), by time, false
/// before true. Nothing when the cells cannot be compared or one is null.
std::optional<std::partial_ordering> compare_cells(const Cell& left, const Cell& right);

enum class ArithmeticOperator : std::uint8_t {
    Add,
    Subtract,
    Multiply,
    Divide,
    Quotient,  ///< Of integers: cut towards zero, as InfluxQL divides in WHERE; else as Divide.
    Remainder,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
};

/// As InfluxQL: integers stay integers except in a division, which gives a float; a division by
/// zero gives 0. Integers wrap around. Null where the types do not fit or the result is not finite.
Cell calculate(ArithmeticOperator op, const Cell& left, const Cell& right);

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/types.h>

namespace tidemark::storage {

/// One column of plain rows. The vector of its type has one entry per row (unspecified where
/// the row is null), the other four are empty.
///
/// Not thread-safe, as all of this header.
struct DecodedColumn {
    std::string name;
    FieldType type = FieldType::Float;
    std::vector<double> floats;
    std::vector<std::int64_t> integers;
    std::vector<std::uint64_t> unsigneds;
    std::vector<std::uint8_t> booleans;  ///< 0 or 1.
    std::vector<std::string> strings;
    /// Bit i % 64 of word i / 64 is set when row i has a value; empty when all rows have one.
    std::vector<std::uint64_t> validity;

    std::size_t row_count() const;
    bool is_valid(std::size_t row) const {
        return validity.empty() || ((validity[row / 64] >> (row % 64)) & 1U) != 0;
    }
    /// Number of rows that have a value.
    std::size_t non_null_count() const;
    /// The value of a row that is not null.
    Value value(std::size_t row) const;

    /// Appends one row. The value must be of the column's type.
    void append(const Value& value);
    void append_null() { append_nulls(1); }
    void append_nulls(std::size_t count);
    /// Appends row `row` of `source`, a column of the same type.
    void append_row(const DecodedColumn& source, std::size_t row);

private:
    void mark_last_row_valid();
};

/// Rows as plain columns.
struct DecodedRows {
    std::vector<std::int64_t> times;     ///< Nanoseconds; one per row.
    std::vector<DecodedColumn> columns;  ///< Each with times.size() rows, each name once.

    std::size_t row_count() const { return times.size(); }

    /// The column of that name, made of nulls when it is not there yet. A column that is there has
    /// the type `type`. Valid until the next call.
    DecodedColumn& column(std::string_view name, FieldType type);
    const DecodedColumn* find_column(std::string_view name) const;
};

/// Takes rows in order of arrival and gives them back in order of time. Rows of one time become
/// one, field by field; of several values of a field the one that arrived last stays (R9).
/// Costs one comparison per row when the times ascend strictly already.
DecodedRows sort_and_merge(DecodedRows rows);

/// True when each time is greater than the one before it.
bool is_strictly_ascending(const std::vector<std::int64_t>& times);

}  // namespace tidemark::storage

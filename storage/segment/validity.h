#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <tidemark/result.h>

// Which rows of a column have a value: bit i % 64 of word i / 64 stands for row i, set when it has.
// No words at all mean that all rows have one. Bits behind the last row are clear.

namespace tidemark::storage {

inline bool is_row_valid(std::span<const std::uint64_t> validity, std::size_t row) {
    return validity.empty() || ((validity[row / 64] >> (row % 64)) & 1U) != 0;
}

/// Rows that have a value among the first `row_count`.
std::size_t count_valid_rows(std::span<const std::uint64_t> validity, std::size_t row_count);

/// Words in which the first `row_count` bits are set.
std::vector<std::uint64_t> all_rows_valid(std::size_t row_count);

/// The validity of rows [first_row, first_row + row_count); empty when all of them have a value.
std::vector<std::uint64_t> slice_validity(std::span<const std::uint64_t> validity,
                                          std::size_t first_row, std::size_t row_count);

/// Bits [first_row, first_row + row_count) of `words`, from bit 0 on.
std::vector<std::uint64_t> slice_bits(std::span<const std::uint64_t> words, std::size_t first_row,
                                      std::size_t row_count);

/// Appends validity as stored: one bit per row, (row_count + 7) / 8 bytes; nothing when empty.
void write_validity(std::span<const std::uint64_t> validity, std::size_t row_count,
                    std::vector<std::byte>& out);

/// Reads what write_validity() wrote. Corruption when the size is wrong, when a bit behind the last
/// row is set, or when not exactly `non_null_count` rows have a value.
Result<std::vector<std::uint64_t>> read_validity(std::span<const std::byte> bytes,
                                                 std::size_t row_count, std::size_t non_null_count);

/// Moves the values in front of `values` (one for each valid row) to the rows they belong to. The
/// entries of other rows are unspecified. `values` has one entry for each row.
template <typename T>
void spread_values(std::span<const std::uint64_t> validity, std::size_t non_null_count,
                   std::span<T> values) {
    if (validity.empty()) return;
    // From the back, so that no value is overwritten before it has moved.
    std::size_t next = non_null_count;
    for (std::size_t row = values.size(); row-- > 0 && next > 0;) {
        if (!is_row_valid(validity, row)) continue;
        --next;
        if (next != row) values[row] = std::move(values[next]);
    }
}

}  // namespace tidemark::storage

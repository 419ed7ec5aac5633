#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/bytes.h"

// The columns of a mini-batch of rows: FORMAT.md section 7, "Columns".

namespace tidemark::storage {

/// Stands for the row before of a series that has none.
inline constexpr std::uint32_t kNoRow = ~std::uint32_t{0};

/// Writes the values that the rows of a group have of one field of numbers.
///
/// Not thread-safe. Keeps its memory from column to column.
class NumberColumnWriter {
public:
    /// Appends the column of `values`, of which there must be some: bits of `type`, which is Float,
    /// Integer or Unsigned. previous[i] is the row before row i of the same series, or kNoRow.
    void write(FieldType type, std::span<const std::uint64_t> values,
               std::span<const std::uint32_t> previous, std::vector<std::byte>& out);

private:
    bool take_numbers(FieldType type, std::span<const std::uint64_t> values);
    void find_base(std::span<const std::uint32_t> previous);
    std::uint64_t number_before(std::uint32_t previous_row) const {
        return previous_row == kNoRow ? base_ : numbers_[previous_row];
    }
    void write_column(FieldType type, std::span<const std::uint64_t> values,
                      std::span<const std::uint32_t> previous, std::vector<std::byte>& out) const;
    void write_exceptions(std::span<const std::uint64_t> values, ByteWriter& writer) const;

    unsigned decimals_ = 0;
    std::uint64_t base_ = 0;
    std::vector<double> doubles_;
    std::vector<std::uint64_t> numbers_;         // One for each row.
    std::vector<std::uint32_t> exception_rows_;  // Ascending; their numbers are not written.
};

/// Reads a column back from untrusted bytes, row by row. Not thread-safe.
class BatchColumnReader {
public:
    /// `bytes` must outlive the reader and the texts that it gives out. Corruption when the column
    /// begins like none.
    static Result<BatchColumnReader> open(FieldType type, std::span<const std::byte> bytes);

    /// Reads the next row's value. `number` belongs to the row's series: base() at first, then what
    /// the last call made of it. False when the bytes end or make no sense.
    bool read(std::uint64_t& number, std::uint64_t& bits, std::string_view& text);

    std::uint64_t base() const { return base_; }
    bool is_at_end() const { return rest_.empty() && next_exception_ == exceptions_.size(); }
    std::size_t remaining_size_bytes() const { return rest_.size(); }

private:
    struct Exception {
        std::uint64_t row;
        std::uint64_t bits;
    };

    explicit BatchColumnReader(FieldType type) : type_(type) {}

    Status read_head(ByteReader& reader);
    Status read_exceptions(ByteReader& reader);
    bool read_number(std::uint64_t& number, std::uint64_t& bits);
    // These tell only success: in a loop over values a Result costs more than the reading.
    bool take_varint(std::uint64_t& value);
    bool take_long_varint(std::uint64_t& value);
    bool take_bits(std::uint64_t& bits);
    bool take_text(std::string_view& text);

    FieldType type_;
    bool is_plain_ = false;
    bool has_differences_ = false;
    double divisor_ = 1;
    std::uint64_t base_ = 0;
    std::uint64_t row_ = 0;  // The next one.
    std::vector<Exception> exceptions_;
    std::size_t next_exception_ = 0;
    std::span<const std::byte> rest_;
};

}  // namespace tidemark::storage

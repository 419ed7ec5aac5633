#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/bytes.h"
#include "storage/engine/batch_column.h"
#include "storage/engine/head_rows.h"

namespace tidemark::storage {

/// One row of a payload. Valid until the reader moves.
struct BatchRow {
    SeriesId id = 0;
    std::int64_t time_ns = 0;
    std::span<HeadField> fields;  ///< Without names, or with those that a row of the group got.
    std::uint32_t group = 0;      ///< Rows of one group have the same fields; counted from 0.
};

/// Reads what RowBatchWriter made, in the order in which the rows came. Trusts nothing.
///
/// Not thread-safe.
class RowBatchReader {
public:
    /// `payload` must outlive the reader and what it gives out.
    explicit RowBatchReader(std::span<const std::byte> payload) : payload_(payload) {}

    /// False at the end. Corruption, with the place, when the payload is none of RowBatchWriter's.
    Result<bool> next(BatchRow& row);

private:
    struct Group {
        std::vector<HeadField> fields;  // With the values of the row read last.
        std::vector<BatchColumnReader> columns;
        std::vector<std::size_t> column_ends;  // Offsets in the body.
    };
    struct Member {
        SeriesId id;
        std::uint32_t group;
        std::size_t first_number;  // One for each field in numbers_, from its first row on.
    };
    /// Rows that follow a pattern. FORMAT.md: order and times.
    struct Runs {
        std::size_t offset = 0;  // Of their bytes, in the body.
        ByteReader reader{{}};
        std::uint64_t rows_left = 0;  // Of the run that was begun.

        bool is_at_end() const { return rows_left == 0 && reader.is_at_end(); }
        /// Whether the next row follows the pattern of the one before.
        bool goes_on() {
            if (rows_left == 0) return false;
            --rows_left;
            return true;
        }
        /// The change that the next row brings, the first of another run.
        Result<std::int64_t> begin_run();
    };

    Status open();
    Status open_body();
    Status read_groups(ByteReader& reader);
    Status read_members(ByteReader& reader);
    Result<Runs> read_runs(ByteReader& reader) const;
    Status read_columns(ByteReader& reader);
    Status begin_member(std::uint64_t number);
    Status check_end() const;

    std::span<const std::byte> payload_;
    bool is_open_ = false;
    std::vector<std::byte> decompressed_;
    std::span<const std::byte> body_;
    std::vector<Group> groups_;
    std::vector<Member> members_;
    std::size_t begun_member_count_ = 0;  // Of members_, those that had a row.
    std::vector<std::uint64_t> numbers_;
    Runs order_;
    Runs times_;
    std::int64_t time_unit_ = 1;
    std::uint64_t next_member_ = 0;  // Behind that of the last row.
    std::size_t order_offset_ = 0;   // In the body, of the run that was begun last.
    std::int64_t time_ns_ = 0;
};

}  // namespace tidemark::storage

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tidemark/types.h>

#include "storage/base/hash_slots.h"
#include "storage/engine/catalogue_record.h"
#include "storage/segment/row_group.h"

namespace tidemark::storage {

/// One field of a row on its way into the head, of the type the catalogue has for it.
struct HeadField {
    FieldIndex index;
    FieldType type;
    std::uint64_t bits;     ///< The value's bits; unused for a string.
    std::string_view text;  ///< Of a string.
    std::string_view name;  ///< Looked at only when the row has other fields than the one before.
};

/// A field that rows have.
struct HeadColumn {
    FieldIndex index;
    FieldType type;
    std::string name;
};
/// The fields of a row, in its order.
using HeadColumns = std::vector<const HeadColumn*>;

/// Keeps every column, and every choice of columns, of all series once. Not thread-safe, but what
/// it gave out may be read by any thread.
class HeadColumnSets {
public:
    /// The same for the same fields in the same order. Valid as long as the sets.
    const HeadColumns* share(std::span<const HeadField> fields);

private:
    const HeadColumn* column_of(const HeadField& field);

    std::deque<HeadColumn> columns_;  // Addresses stay, as those of sets_.
    HashSlots column_slots_;
    std::deque<HeadColumns> sets_;
    HashSlots set_slots_;
};

/// Rows of one series as they arrived: neither sorted nor merged. Each has its own sequence,
/// never falling, and the fields that came with it. A row is a few bytes behind those of the row
/// before, so that many series with few rows take little memory, and what a row costs does not
/// depend on the fields of others. Not thread-safe.
class HeadRows {
public:
    std::size_t row_count() const { return row_count_; }
    /// There must be rows, as for last_sequence().
    Sequence first_sequence() const { return sequence(0); }
    Sequence last_sequence() const { return last_sequence_; }

    /// `fields` names each field once. The columns come from `sets`, always the same ones, which
    /// must outlive the rows.
    void append(Sequence sequence, std::int64_t time_ns, std::span<const HeadField> fields,
                HeadColumnSets& sets);

    /// The earliest and the latest time. There must be rows.
    std::pair<std::int64_t, std::int64_t> time_span() const;

    /// How many rows a view of everything up to `sequence` has: the first so many.
    std::size_t visible_count(Sequence sequence) const;

    /// The first `count` rows as plain columns, in the order they arrived.
    DecodedRows decoded(std::size_t count) const;
    DecodedRows decoded() const { return decoded(row_count_); }

    /// The first `count` rows, sorted and merged, as a decoded row group; null when `count` is 0.
    std::shared_ptr<const RowGroup> decoded_group(std::size_t count) const;

    /// All rows, sorted and merged, as an encoded row group. There must be some.
    std::shared_ptr<const RowGroup> encoded_group() const;

private:
    class Walk;

    Sequence sequence(std::size_t index) const;
    bool has_columns_of(std::span<const HeadField> fields) const;
    std::byte* make_room(std::size_t size_bytes);

    std::vector<std::byte> bytes_;  // Row by row, see head_rows.cc.
    // Of the last row.
    Sequence last_sequence_ = 0;
    std::int64_t last_time_ns_ = 0;
    std::uint64_t last_step_ns_ = 0;        // From the row before to it, modulo 2^64.
    const HeadColumns* columns_ = nullptr;  // Null when there are no rows.
    std::uint32_t row_count_ = 0;
};

/// Appends all rows of `source` to `target`.
void append_rows(DecodedRows& target, const DecodedRows& source);

}  // namespace tidemark::storage

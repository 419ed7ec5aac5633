#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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
    std::string_view name;  ///< Looked at only when the field is the first of its kind.
};

/// The fields that rows have room for.
struct HeadColumn {
    FieldIndex index;
    FieldType type;
    std::string name;

    bool operator==(const HeadColumn&) const = default;
};
using HeadColumns = std::vector<HeadColumn>;

/// Keeps the columns of all series once. Not thread-safe.
class HeadColumnSets {
public:
    /// The same for equal columns.
    std::shared_ptr<const HeadColumns> share(HeadColumns columns);

private:
    void forget_unused();

    std::vector<std::shared_ptr<const HeadColumns>> sets_;
    HashSlots slots_;
    std::size_t size_limit_ = 1024;  // Of sets_, before those that nobody has are forgotten.
};

/// Rows of one series as they arrived: neither sorted nor merged. Each has its own sequence,
/// never falling. A row is a few words in one place, so that many series with few rows take little
/// memory, and a row that comes touches little of it. Not thread-safe.
class HeadRows {
public:
    std::size_t row_count() const { return row_count_; }
    Sequence first_sequence() const { return sequence(0); }
    Sequence last_sequence() const { return sequence(row_count_ - 1); }

    /// `fields` names each field once. The columns come from `sets`.
    void append(Sequence sequence, std::int64_t time_ns, std::span<const HeadField> fields,
                HeadColumnSets& sets);

    /// How many rows a view of everything up to `sequence` has: the first so many.
    std::size_t visible_count(Sequence sequence) const;

    /// The first `count` rows as they are.
    HeadRows first(std::size_t count) const;

    /// All rows as plain columns, in the order they arrived.
    DecodedRows decoded() const;

    /// The first `count` rows, sorted and merged, as a decoded row group; null when `count` is 0.
    std::shared_ptr<const RowGroup> decoded_group(std::size_t count) const;

    /// All rows, sorted and merged, as an encoded row group. There must be some.
    std::shared_ptr<const RowGroup> encoded_group() const;

private:
    // A row is its sequence, its time, and a word for each column: the bits of the value, of a text
    // its place in texts_. There may be room for further columns behind.
    static constexpr std::size_t kSequenceWord = 0;
    static constexpr std::size_t kTimeWord = 1;
    static constexpr std::size_t kFirstValueWord = 2;

    std::size_t column_count() const { return columns_ == nullptr ? 0 : columns_->size(); }
    const std::uint64_t* row(std::size_t index) const {
        return words_.data() + index * words_per_row_;
    }
    Sequence sequence(std::size_t index) const { return row(index)[kSequenceWord]; }
    bool has_columns_of(std::span<const HeadField> fields) const;
    void add_columns(std::span<const HeadField> fields, HeadColumnSets& sets);
    void widen_rows(std::size_t words_per_row);
    void make_room();
    std::size_t column_of(const HeadField& field, std::size_t position_hint) const;
    std::uint64_t word_of(const HeadField& field);
    bool is_null(std::size_t row, std::size_t column) const;
    void mark_null(std::size_t row, std::size_t column);
    DecodedRows decoded(std::size_t count) const;
    DecodedColumn decoded_column(std::size_t column, std::size_t count) const;

    std::shared_ptr<const HeadColumns> columns_;  // Null when there are no rows.
    std::uint32_t row_count_ = 0;
    std::uint32_t words_per_row_ = 0;
    std::vector<std::uint64_t> words_;
    std::vector<std::uint64_t> nulls_;  // A bit for each word of words_; empty: there are none.
    std::vector<std::string> texts_;
};

/// Appends all rows of `source` to `target`.
void append_rows(DecodedRows& target, const DecodedRows& source);

}  // namespace tidemark::storage

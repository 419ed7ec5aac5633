#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/types.h>

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

/// Rows of one series as they arrived: neither sorted nor merged. Each has its own sequence,
/// never falling. Not thread-safe.
class HeadRows {
public:
    std::size_t row_count() const { return sequences_.size(); }
    const DecodedRows& rows() const { return rows_; }
    Sequence first_sequence() const { return sequences_.front(); }
    Sequence last_sequence() const { return sequences_.back(); }

    /// `fields` names each field once.
    void append(Sequence sequence, std::int64_t time_ns, std::span<const HeadField> fields);

    /// How many rows a view of everything up to `sequence` has: the first so many.
    std::size_t visible_count(Sequence sequence) const;

    /// The first `count` rows as they are.
    HeadRows first(std::size_t count) const;

    /// The first `count` rows, sorted and merged, as a decoded row group; null when `count` is 0.
    std::shared_ptr<const RowGroup> decoded_group(std::size_t count) const;

    /// All rows, sorted and merged, as an encoded row group. There must be some.
    std::shared_ptr<const RowGroup> encoded_group() const;

private:
    DecodedColumn& column_of(const HeadField& field, std::size_t position_hint);

    DecodedRows rows_;
    std::vector<FieldIndex> fields_;  // Of rows_.columns.
    std::vector<Sequence> sequences_;
};

/// The first `count` rows of `source`.
DecodedRows first_rows(const DecodedRows& source, std::size_t count);

/// Appends all rows of `source` to `target`.
void append_rows(DecodedRows& target, const DecodedRows& source);

}  // namespace tidemark::storage

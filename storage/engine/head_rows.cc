#include "storage/engine/head_rows.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace tidemark::storage {
namespace {

Value value_of(const HeadField& field) {
    switch (field.type) {
        case FieldType::Float:
            return std::bit_cast<double>(field.bits);
        case FieldType::Integer:
            return static_cast<std::int64_t>(field.bits);
        case FieldType::Unsigned:
            return field.bits;
        case FieldType::Boolean:
            return field.bits != 0;
        case FieldType::String:
            break;
    }
    return std::string(field.text);
}

void append_value(DecodedColumn& column, const HeadField& field) {
    if (!column.validity.empty()) {
        column.append(value_of(field));
        return;
    }
    switch (field.type) {
        case FieldType::Float:
            column.floats.push_back(std::bit_cast<double>(field.bits));
            break;
        case FieldType::Integer:
            column.integers.push_back(static_cast<std::int64_t>(field.bits));
            break;
        case FieldType::Unsigned:
            column.unsigneds.push_back(field.bits);
            break;
        case FieldType::Boolean:
            column.booleans.push_back(field.bits != 0 ? 1 : 0);
            break;
        case FieldType::String:
            column.strings.emplace_back(field.text);
            break;
    }
}

template <typename T>
void keep_first(std::vector<T>& target, const std::vector<T>& source, std::size_t count) {
    target.assign(source.begin(),
                  source.begin() + static_cast<std::ptrdiff_t>(std::min(count, source.size())));
}

}  // namespace

void HeadRows::append(Sequence sequence, std::int64_t time_ns, std::span<const HeadField> fields) {
    const std::size_t row = sequences_.size();
    sequences_.push_back(sequence);
    rows_.times.push_back(time_ns);
    for (std::size_t index = 0; index < fields.size(); ++index) {
        DecodedColumn& column = column_of(fields[index], index);
        append_value(column, fields[index]);
    }
    if (fields.size() == rows_.columns.size()) return;
    for (DecodedColumn& column : rows_.columns) {
        if (column.row_count() == row) column.append_null();
    }
}

DecodedColumn& HeadRows::column_of(const HeadField& field, std::size_t position_hint) {
    if (position_hint < fields_.size() && fields_[position_hint] == field.index) {
        return rows_.columns[position_hint];
    }
    const auto found = std::ranges::find(fields_, field.index);
    if (found != fields_.end()) {
        return rows_.columns[static_cast<std::size_t>(found - fields_.begin())];
    }
    fields_.push_back(field.index);
    DecodedColumn& column = rows_.columns.emplace_back();
    column.name = field.name;
    column.type = field.type;
    const std::size_t row = sequences_.size() - 1;
    if (row > 0) column.append_nulls(row);
    return column;
}

std::size_t HeadRows::visible_count(Sequence sequence) const {
    const auto end = std::ranges::upper_bound(sequences_, sequence);
    return static_cast<std::size_t>(end - sequences_.begin());
}

HeadRows HeadRows::first(std::size_t count) const {
    HeadRows rows;
    if (count == 0) return rows;
    rows.rows_ = first_rows(rows_, count);
    rows.fields_ = fields_;
    keep_first(rows.sequences_, sequences_, count);
    return rows;
}

std::shared_ptr<const RowGroup> HeadRows::decoded_group(std::size_t count) const {
    if (count == 0) return nullptr;
    return make_decoded_row_group(sort_and_merge(first_rows(rows_, count)), sequences_.front(),
                                  sequences_[count - 1]);
}

std::shared_ptr<const RowGroup> HeadRows::encoded_group() const {
    if (is_strictly_ascending(rows_.times)) {
        return make_encoded_row_group(rows_, 0, row_count(), first_sequence(), last_sequence());
    }
    const DecodedRows sorted = sort_and_merge(rows_);
    return make_encoded_row_group(sorted, 0, sorted.row_count(), first_sequence(), last_sequence());
}

DecodedRows first_rows(const DecodedRows& source, std::size_t count) {
    DecodedRows rows;
    keep_first(rows.times, source.times, count);
    rows.columns.resize(source.columns.size());
    for (std::size_t index = 0; index < source.columns.size(); ++index) {
        const DecodedColumn& from = source.columns[index];
        DecodedColumn& column = rows.columns[index];
        column.name = from.name;
        column.type = from.type;
        keep_first(column.floats, from.floats, count);
        keep_first(column.integers, from.integers, count);
        keep_first(column.unsigneds, from.unsigneds, count);
        keep_first(column.booleans, from.booleans, count);
        keep_first(column.strings, from.strings, count);
        keep_first(column.validity, from.validity, (count + 63) / 64);
        // Bits behind the last row are zero, as in a column that ended there.
        if (!column.validity.empty() && count % 64 != 0) {
            column.validity.back() &= (std::uint64_t{1} << (count % 64)) - 1;
        }
    }
    return rows;
}

void append_rows(DecodedRows& target, const DecodedRows& source) {
    for (const DecodedColumn& from : source.columns) {
        DecodedColumn& column = target.column(from.name, from.type);
        for (std::size_t row = 0; row < source.row_count(); ++row) column.append_row(from, row);
    }
    target.times.insert(target.times.end(), source.times.begin(), source.times.end());
    for (DecodedColumn& column : target.columns) {
        const std::size_t missing = target.row_count() - column.row_count();
        if (missing > 0) column.append_nulls(missing);
    }
}

}  // namespace tidemark::storage

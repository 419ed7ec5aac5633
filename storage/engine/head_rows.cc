#include "storage/engine/head_rows.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"
#include "storage/segment/validity.h"

namespace tidemark::storage {
namespace {

std::uint64_t hash_of(const HeadColumns& columns) {
    std::uint64_t hash = 0;
    for (const HeadColumn& column : columns) {
        hash = xxh3_64(as_bytes(column.name),
                       hash + column.index * 8 + static_cast<std::uint64_t>(column.type));
    }
    return hash;
}

}  // namespace

std::shared_ptr<const HeadColumns> HeadColumnSets::share(HeadColumns columns) {
    const std::uint64_t hash = hash_of(columns);
    const auto known =
        slots_.find(hash, [&](std::uint32_t number) { return *sets_[number] == columns; });
    if (known) return sets_[*known];
    if (sets_.size() >= size_limit_) forget_unused();
    slots_.add(hash, static_cast<std::uint32_t>(sets_.size()));
    return sets_.emplace_back(std::make_shared<const HeadColumns>(std::move(columns)));
}

void HeadColumnSets::forget_unused() {
    std::erase_if(sets_, [](const auto& columns) { return columns.use_count() == 1; });
    slots_.clear();
    for (std::size_t number = 0; number < sets_.size(); ++number) {
        slots_.add(hash_of(*sets_[number]), static_cast<std::uint32_t>(number));
    }
    size_limit_ = std::max(size_limit_, sets_.size() * 2);
}

// ---- Appending ----------------------------------------------------------------------------

void HeadRows::append(Sequence sequence, std::int64_t time_ns, std::span<const HeadField> fields,
                      HeadColumnSets& sets) {
    const bool is_usual = has_columns_of(fields);
    if (!is_usual) add_columns(fields, sets);
    make_room();
    const std::size_t first_word = words_.size();
    words_.resize(first_word + words_per_row_);
    words_[first_word + kSequenceWord] = sequence;
    words_[first_word + kTimeWord] = static_cast<std::uint64_t>(time_ns);
    std::uint64_t* values = words_.data() + first_word + kFirstValueWord;
    if (is_usual) {
        for (const HeadField& field : fields) *values++ = word_of(field);
        ++row_count_;
        return;
    }
    std::vector<bool> is_there(column_count());
    for (std::size_t position = 0; position < fields.size(); ++position) {
        const std::size_t column = column_of(fields[position], position);
        values[column] = word_of(fields[position]);
        is_there[column] = true;
    }
    for (std::size_t column = 0; column < is_there.size(); ++column) {
        if (!is_there[column]) mark_null(row_count_, column);
    }
    ++row_count_;
}

bool HeadRows::has_columns_of(std::span<const HeadField> fields) const {
    if (fields.size() != column_count()) return false;
    for (std::size_t position = 0; position < fields.size(); ++position) {
        if ((*columns_)[position].index != fields[position].index) return false;
    }
    return true;
}

// A little more than is there: most series of a store may have a few rows for a long time.
void HeadRows::make_room() {
    if (words_.size() + words_per_row_ <= words_.capacity()) return;
    constexpr std::size_t kFewRows = 4;
    words_.reserve(words_.size() + std::max(words_.size() / 2, kFewRows * words_per_row_));
}

// Columns for the fields that have none yet. The rows that are there have nothing in them.
void HeadRows::add_columns(std::span<const HeadField> fields, HeadColumnSets& sets) {
    HeadColumns columns = columns_ == nullptr ? HeadColumns() : *columns_;
    for (const HeadField& field : fields) {
        if (std::ranges::find(columns, field.index, &HeadColumn::index) != columns.end()) continue;
        columns.push_back({field.index, field.type, std::string(field.name)});
    }
    const std::size_t old_count = column_count();
    if (columns.size() == old_count) return;
    columns_ = sets.share(std::move(columns));
    const std::size_t needed = kFirstValueWord + column_count();
    if (needed > words_per_row_) {
        // Room for more, lest a series of ever more fields is copied for each of them.
        const std::size_t ample = row_count_ == 0 ? needed : words_per_row_ + words_per_row_ / 2;
        widen_rows(std::max(needed, ample));
    }
    for (std::size_t row = 0; row < row_count_; ++row) {
        for (std::size_t column = old_count; column < column_count(); ++column) {
            mark_null(row, column);
        }
    }
}

void HeadRows::widen_rows(std::size_t words_per_row) {
    HeadRows wider;
    wider.words_per_row_ = static_cast<std::uint32_t>(words_per_row);
    wider.words_.resize(row_count_ * words_per_row);
    for (std::size_t index = 0; index < row_count_; ++index) {
        std::copy_n(row(index), words_per_row_, wider.words_.data() + index * words_per_row);
        for (std::size_t column = 0; kFirstValueWord + column < words_per_row_; ++column) {
            if (is_null(index, column)) wider.mark_null(index, column);
        }
    }
    words_ = std::move(wider.words_);
    nulls_ = std::move(wider.nulls_);
    words_per_row_ = wider.words_per_row_;
}

// The field has a column.
std::size_t HeadRows::column_of(const HeadField& field, std::size_t position_hint) const {
    const HeadColumns& columns = *columns_;
    if (position_hint < columns.size() && columns[position_hint].index == field.index) {
        return position_hint;
    }
    const auto found = std::ranges::find(columns, field.index, &HeadColumn::index);
    return static_cast<std::size_t>(found - columns.begin());
}

std::uint64_t HeadRows::word_of(const HeadField& field) {
    if (field.type != FieldType::String) return field.bits;
    texts_.emplace_back(field.text);
    return texts_.size() - 1;
}

bool HeadRows::is_null(std::size_t row, std::size_t column) const {
    const std::size_t bit = row * words_per_row_ + kFirstValueWord + column;
    return bit / 64 < nulls_.size() && ((nulls_[bit / 64] >> (bit % 64)) & 1U) != 0;
}

void HeadRows::mark_null(std::size_t row, std::size_t column) {
    const std::size_t bit = row * words_per_row_ + kFirstValueWord + column;
    if (nulls_.size() <= bit / 64) nulls_.resize(bit / 64 + 1);
    nulls_[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

// ---- Reading ------------------------------------------------------------------------------

std::size_t HeadRows::visible_count(Sequence sequence) const {
    std::size_t begin = 0;
    std::size_t end = row_count_;
    while (begin < end) {
        const std::size_t middle = begin + (end - begin) / 2;
        if (this->sequence(middle) <= sequence) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

HeadRows HeadRows::first(std::size_t count) const {
    HeadRows rows;
    if (count == 0) return rows;
    rows.columns_ = columns_;
    rows.row_count_ = static_cast<std::uint32_t>(count);
    rows.words_per_row_ = words_per_row_;
    rows.words_.assign(row(0), row(count));
    rows.nulls_ = nulls_;
    rows.texts_ = texts_;
    return rows;
}

DecodedRows HeadRows::decoded() const { return decoded(row_count_); }

DecodedRows HeadRows::decoded(std::size_t count) const {
    DecodedRows rows;
    rows.times.reserve(count);
    for (std::size_t index = 0; index < count; ++index) {
        rows.times.push_back(static_cast<std::int64_t>(row(index)[kTimeWord]));
    }
    rows.columns.reserve(column_count());
    for (std::size_t column = 0; column < column_count(); ++column) {
        rows.columns.push_back(decoded_column(column, count));
    }
    return rows;
}

DecodedColumn HeadRows::decoded_column(std::size_t column, std::size_t count) const {
    DecodedColumn decoded;
    decoded.name = (*columns_)[column].name;
    decoded.type = (*columns_)[column].type;
    const auto fill = [&](auto& values, const auto& value_of) {
        values.resize(count);
        for (std::size_t index = 0; index < count; ++index) {
            values[index] = value_of(row(index)[kFirstValueWord + column]);
        }
    };
    switch (decoded.type) {
        case FieldType::Float:
            fill(decoded.floats, [](std::uint64_t word) { return std::bit_cast<double>(word); });
            break;
        case FieldType::Integer:
            fill(decoded.integers,
                 [](std::uint64_t word) { return static_cast<std::int64_t>(word); });
            break;
        case FieldType::Unsigned:
            fill(decoded.unsigneds, [](std::uint64_t word) { return word; });
            break;
        case FieldType::Boolean:
            fill(decoded.booleans,
                 [](std::uint64_t word) { return static_cast<std::uint8_t>(word != 0 ? 1 : 0); });
            break;
        case FieldType::String:
            decoded.strings.resize(count);
            for (std::size_t index = 0; index < count; ++index) {
                if (is_null(index, column)) continue;
                decoded.strings[index] = texts_[row(index)[kFirstValueWord + column]];
            }
            break;
    }
    for (std::size_t index = 0; index < count && !nulls_.empty(); ++index) {
        if (!is_null(index, column)) continue;
        if (decoded.validity.empty()) decoded.validity = all_rows_valid(count);
        decoded.validity[index / 64] &= ~(std::uint64_t{1} << (index % 64));
    }
    return decoded;
}

std::shared_ptr<const RowGroup> HeadRows::decoded_group(std::size_t count) const {
    if (count == 0) return nullptr;
    return make_decoded_row_group(sort_and_merge(decoded(count)), sequence(0), sequence(count - 1));
}

std::shared_ptr<const RowGroup> HeadRows::encoded_group() const {
    const DecodedRows rows = sort_and_merge(decoded());
    return make_encoded_row_group(rows, 0, rows.row_count(), first_sequence(), last_sequence());
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

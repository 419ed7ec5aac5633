#include "storage/engine/head_rows.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"

// A row in memory:
//
//   lead     varint  sequence - sequence before, times 2; plus 1 when columns follow
//   columns  8 bytes pointer to the row's HeadColumns; else they are those of the row before
//   time     zigzag  step - step before; a step is time - time before, modulo 2^64
//   values           of each column: a float as its 8 bytes, an integer as zigzag, an unsigned as
//                    varint, a boolean as a byte, a string as varint size and bytes
//
// What stands before the first row is 0, and so is its step: of series with few rows the second
// would otherwise carry the whole time once more.

namespace tidemark::storage {
namespace {

std::uint64_t hash_of(const HeadField& field, std::uint64_t seed) {
    const std::uint64_t number =
        std::uint64_t{field.index} * 8 + static_cast<std::uint64_t>(field.type);
    return xxh3_64(as_bytes(field.name), seed + number);
}

bool is_column_of(const HeadColumn& column, const HeadField& field) {
    return column.index == field.index && column.type == field.type && column.name == field.name;
}

std::size_t value_size_bytes(const HeadField& field) {
    switch (field.type) {
        case FieldType::Float:
            return sizeof field.bits;
        case FieldType::Integer:
            return zigzag_size_bytes(static_cast<std::int64_t>(field.bits));
        case FieldType::Unsigned:
            return varint_size_bytes(field.bits);
        case FieldType::Boolean:
            return 1;
        case FieldType::String:
            break;
    }
    return varint_size_bytes(field.text.size()) + field.text.size();
}

/// Behind what was written.
std::byte* put_value(const HeadField& field, std::byte* out) {
    switch (field.type) {
        case FieldType::Float:
            std::memcpy(out, &field.bits, sizeof field.bits);
            return out + sizeof field.bits;
        case FieldType::Integer:
            return put_varint(zigzag_encode(static_cast<std::int64_t>(field.bits)), out);
        case FieldType::Unsigned:
            return put_varint(field.bits, out);
        case FieldType::Boolean:
            *out = static_cast<std::byte>(field.bits != 0 ? 1 : 0);
            return out + 1;
        case FieldType::String:
            break;
    }
    out = put_varint(field.text.size(), out);
    return std::copy_n(as_bytes(field.text).data(), field.text.size(), out);
}

/// The bytes are our own, so they are complete.
std::uint64_t take_varint(const std::byte*& place) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = std::to_integer<std::uint64_t>(*place++);
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
}

std::uint64_t take_word(const std::byte*& place) {
    std::uint64_t word;
    std::memcpy(&word, place, sizeof word);
    place += sizeof word;
    return word;
}

std::string_view take_text(const std::byte*& place) {
    const auto size_bytes = static_cast<std::size_t>(take_varint(place));
    const std::string_view text = as_text({place, size_bytes});
    place += size_bytes;
    return text;
}

void take_value(const std::byte*& place, std::size_t row, DecodedColumn& column) {
    switch (column.type) {
        case FieldType::Float:
            column.floats[row] = std::bit_cast<double>(take_word(place));
            break;
        case FieldType::Integer:
            column.integers[row] = zigzag_decode(take_varint(place));
            break;
        case FieldType::Unsigned:
            column.unsigneds[row] = take_varint(place);
            break;
        case FieldType::Boolean:
            column.booleans[row] = std::to_integer<std::uint8_t>(*place++);
            break;
        case FieldType::String:
            column.strings[row] = take_text(place);
            break;
    }
    column.validity[row / 64] |= std::uint64_t{1} << (row % 64);
}

void skip_value(const std::byte*& place, FieldType type) {
    switch (type) {
        case FieldType::Float:
            place += sizeof(std::uint64_t);
            break;
        case FieldType::Integer:
        case FieldType::Unsigned:
            take_varint(place);
            break;
        case FieldType::Boolean:
            ++place;
            break;
        case FieldType::String:
            take_text(place);
            break;
    }
}

/// Finds where the values of rows go, and makes the columns that are not there yet.
class ColumnPlaces {
public:
    ColumnPlaces(std::vector<DecodedColumn>& columns, std::size_t row_count)
        : columns_(columns), row_count_(row_count) {}

    /// For each of `wanted` its place. Valid until the next call.
    std::span<const std::size_t> find(const HeadColumns& wanted) {
        places_.clear();
        for (const HeadColumn* column : wanted) {
            const auto [known, is_new] = known_.try_emplace(column, columns_.size());
            if (is_new) add(*column);
            places_.push_back(known->second);
        }
        return places_;
    }

private:
    void add(const HeadColumn& column) {
        DecodedColumn& added = columns_.emplace_back();
        added.name = column.name;
        added.type = column.type;
        added.append_nulls(row_count_);
    }

    std::vector<DecodedColumn>& columns_;
    std::size_t row_count_;
    std::unordered_map<const HeadColumn*, std::size_t> known_;
    std::vector<std::size_t> places_;
};

}  // namespace

// ---- Columns ------------------------------------------------------------------------------

const HeadColumns* HeadColumnSets::share(std::span<const HeadField> fields) {
    std::uint64_t hash = 0;
    for (const HeadField& field : fields) hash = hash_of(field, hash);
    const auto known = set_slots_.find(hash, [&](std::uint32_t number) {
        return std::ranges::equal(sets_[number], fields,
                                  [](const HeadColumn* column, const HeadField& field) {
                                      return is_column_of(*column, field);
                                  });
    });
    if (known) return &sets_[*known];
    HeadColumns columns;
    columns.reserve(fields.size());
    for (const HeadField& field : fields) columns.push_back(column_of(field));
    set_slots_.add(hash, static_cast<std::uint32_t>(sets_.size()));
    return &sets_.emplace_back(std::move(columns));
}

const HeadColumn* HeadColumnSets::column_of(const HeadField& field) {
    const std::uint64_t hash = hash_of(field, 0);
    const auto known = column_slots_.find(
        hash, [&](std::uint32_t number) { return is_column_of(columns_[number], field); });
    if (known) return &columns_[*known];
    column_slots_.add(hash, static_cast<std::uint32_t>(columns_.size()));
    return &columns_.emplace_back(HeadColumn{field.index, field.type, std::string(field.name)});
}

// ---- Appending ----------------------------------------------------------------------------

void HeadRows::append(Sequence sequence, std::int64_t time_ns, std::span<const HeadField> fields,
                      HeadColumnSets& sets) {
    const bool is_usual = has_columns_of(fields);
    const HeadColumns* columns = is_usual ? columns_ : sets.share(fields);
    const std::uint64_t lead = (sequence - last_sequence_) * 2 + (is_usual ? 0 : 1);
    const std::uint64_t step_ns =
        static_cast<std::uint64_t>(time_ns) - static_cast<std::uint64_t>(last_time_ns_);
    const std::uint64_t time = zigzag_encode(static_cast<std::int64_t>(step_ns - last_step_ns_));

    std::size_t size_bytes = varint_size_bytes(lead) + varint_size_bytes(time);
    if (!is_usual) size_bytes += sizeof columns;
    for (const HeadField& field : fields) size_bytes += value_size_bytes(field);
    std::byte* out = put_varint(lead, make_room(size_bytes));
    if (!is_usual) {
        std::memcpy(out, &columns, sizeof columns);
        out += sizeof columns;
    }
    out = put_varint(time, out);
    for (const HeadField& field : fields) out = put_value(field, out);

    columns_ = columns;
    last_sequence_ = sequence;
    last_time_ns_ = time_ns;
    last_step_ns_ = row_count_ == 0 ? 0 : step_ns;
    ++row_count_;
}

bool HeadRows::has_columns_of(std::span<const HeadField> fields) const {
    if (columns_ == nullptr || fields.size() != columns_->size()) return false;
    for (std::size_t position = 0; position < fields.size(); ++position) {
        if ((*columns_)[position]->index != fields[position].index) return false;
    }
    return true;
}

/// The place of so many bytes behind the others.
std::byte* HeadRows::make_room(std::size_t size_bytes) {
    const std::size_t old_size_bytes = bytes_.size();
    const std::size_t needed = old_size_bytes + size_bytes;
    if (needed > bytes_.capacity()) {
        // A little more than is there: most series of a store may have a few rows for a long time.
        // The allocator gives out steps of 16 bytes and keeps 8 for itself.
        constexpr std::size_t kStep = 16;
        constexpr std::size_t kKept = 8;
        const std::size_t wanted = std::max(needed, old_size_bytes + old_size_bytes / 2);
        bytes_.reserve((wanted + kKept + kStep - 1) / kStep * kStep - kKept);
    }
    bytes_.resize(needed);
    return bytes_.data() + old_size_bytes;
}

// ---- Reading ------------------------------------------------------------------------------

/// Goes from row to row. There must be as many as it is asked for.
class HeadRows::Walk {
public:
    explicit Walk(const HeadRows& rows) : place_(rows.bytes_.data()) {}

    /// Reads what stands in front of a row's values; they are to be taken or skipped then.
    void enter_row() {
        const std::uint64_t lead = take_varint(place_);
        sequence_ += lead / 2;
        if (lead % 2 != 0) {
            std::memcpy(&columns_, place_, sizeof columns_);
            place_ += sizeof columns_;
        }
        const auto change = static_cast<std::uint64_t>(zigzag_decode(take_varint(place_)));
        const std::uint64_t step_ns = step_ns_ + change;
        time_ns_ += step_ns;
        step_ns_ = is_first_ ? 0 : step_ns;
        is_first_ = false;
    }

    void skip_values() {
        for (const HeadColumn* column : *columns_) skip_value(place_, column->type);
    }
    /// `places` has one of `columns` for each of the row's.
    void take_values(std::size_t row, std::span<const std::size_t> places,
                     std::vector<DecodedColumn>& columns) {
        for (const std::size_t place : places) take_value(place_, row, columns[place]);
    }

    Sequence sequence() const { return sequence_; }
    std::int64_t time_ns() const { return static_cast<std::int64_t>(time_ns_); }
    const HeadColumns* columns() const { return columns_; }

private:
    const std::byte* place_;
    Sequence sequence_ = 0;
    std::uint64_t time_ns_ = 0;
    std::uint64_t step_ns_ = 0;
    bool is_first_ = true;
    const HeadColumns* columns_ = nullptr;
};

Sequence HeadRows::sequence(std::size_t index) const {
    if (index + 1 == row_count_) return last_sequence_;
    Walk walk(*this);
    for (std::size_t row = 0; row < index; ++row) {
        walk.enter_row();
        walk.skip_values();
    }
    walk.enter_row();
    return walk.sequence();
}

std::pair<std::int64_t, std::int64_t> HeadRows::time_span() const {
    std::pair span(last_time_ns_, last_time_ns_);
    Walk walk(*this);
    for (std::size_t row = 0; row + 1 < row_count_; ++row) {
        walk.enter_row();
        span.first = std::min(span.first, walk.time_ns());
        span.second = std::max(span.second, walk.time_ns());
        walk.skip_values();
    }
    return span;
}

std::size_t HeadRows::visible_count(Sequence sequence) const {
    // Nearly every view is of everything.
    if (last_sequence_ <= sequence) return row_count_;
    Walk walk(*this);
    for (std::size_t row = 0; row < row_count_; ++row) {
        walk.enter_row();
        if (walk.sequence() > sequence) return row;
        walk.skip_values();
    }
    return row_count_;
}

DecodedRows HeadRows::decoded(std::size_t count) const {
    DecodedRows rows;
    rows.times.reserve(count);
    ColumnPlaces column_places(rows.columns, count);
    std::span<const std::size_t> places;
    const HeadColumns* columns = nullptr;
    Walk walk(*this);
    for (std::size_t row = 0; row < count; ++row) {
        walk.enter_row();
        rows.times.push_back(walk.time_ns());
        if (walk.columns() != columns) {
            columns = walk.columns();
            places = column_places.find(*columns);
        }
        walk.take_values(row, places, rows.columns);
    }
    for (DecodedColumn& column : rows.columns) {
        if (column.non_null_count() == count) column.validity.clear();
    }
    return rows;
}

std::shared_ptr<const RowGroup> HeadRows::decoded_group(std::size_t count) const {
    if (count == 0) return nullptr;
    return make_decoded_row_group(sort_and_merge(decoded(count)), sequence(0), sequence(count - 1));
}

std::shared_ptr<const RowGroup> HeadRows::encoded_group() const {
    const DecodedRows rows = sort_and_merge(decoded());
    return make_encoded_row_group(rows, 0, rows.row_count(), sequence(0), last_sequence_);
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

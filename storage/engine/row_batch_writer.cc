#include "storage/engine/row_batch_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/base/assert.h"
#include "storage/codec/lz4_bytes.h"
#include "storage/engine/row_batch_format.h"

namespace tidemark::storage {
namespace {

// Below this a body has hardly anything that repeats.
constexpr std::size_t kMinCompressedSizeBytes = 128;
// What compression must save at least: a sixteenth, else it costs the reader more than the disk.
constexpr std::size_t kMinSavedShare = 16;
// After a payload of more values the memory is given back.
constexpr std::size_t kMaxKeptValues = std::size_t{1} << 17;

std::uint64_t packed(const HeadField& field) {
    return std::uint64_t{field.index} << row_batch_format::kTypeBits |
           static_cast<std::uint64_t>(field.type);
}

bool are_fields(std::span<const std::uint64_t> packed_fields, std::span<const HeadField> fields) {
    if (packed_fields.size() != fields.size()) return false;
    for (std::size_t index = 0; index < fields.size(); ++index) {
        if (packed_fields[index] != packed(fields[index])) return false;
    }
    return true;
}

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
    // The odd number nearest to 2^64 / golden ratio; the upper bits are the well mixed ones.
    hash = (hash ^ value) * 0x9e37'79b9'7f4a'7c15;
    return hash ^ (hash >> 32);
}

// The largest unit that all changes are multiples of.
std::uint8_t unit_exponent(const auto& runs) {
    std::size_t exponent = row_batch_format::kTimeUnits.size() - 1;
    for (const auto& run : runs) {
        while (run.change % row_batch_format::kTimeUnits[exponent] != 0) --exponent;
    }
    return static_cast<std::uint8_t>(exponent);
}

}  // namespace

// ---- Collecting rows ----------------------------------------------------------------------

void RowBatchWriter::add_row(MeasurementId measurement, SeriesId id, std::int64_t time_ns,
                             std::span<const HeadField> fields) {
    const std::uint32_t number = member_of(measurement, id, fields);
    Member& member = members_[number];
    Group& group = groups_[member.group];
    group.previous_rows.push_back(member.last_row);
    member.last_row = static_cast<std::uint32_t>(group.first_values.size());
    group.first_values.push_back(static_cast<std::uint32_t>(values_.size()));
    for (const HeadField& field : fields) {
        values_.push_back(field.type == FieldType::String ? keep_text(field.text) : field.bits);
    }
    note_member(number);
    note_time(time_ns);
}

// Senders mostly repeat their series in one order, so the member behind the last one is tried
// first.
std::uint32_t RowBatchWriter::member_of(MeasurementId measurement, SeriesId id,
                                        std::span<const HeadField> fields) {
    const std::uint32_t expected = next_member_ < members_.size() ? next_member_ : 0;
    const auto is_it = [&](std::uint32_t number) {
        return members_[number].id == id &&
               are_fields(groups_[members_[number].group].fields, fields);
    };
    if (!members_.empty() && is_it(expected)) return expected;
    const std::uint32_t group = group_of(measurement, fields);
    const std::uint64_t hash = mixed(group, id);
    if (const auto known = member_slots_.find(hash, is_it)) return *known;
    const auto number = static_cast<std::uint32_t>(members_.size());
    members_.push_back({id, group, kNoRow});
    member_slots_.add(hash, number);
    return number;
}

std::uint32_t RowBatchWriter::group_of(MeasurementId measurement,
                                       std::span<const HeadField> fields) {
    std::uint64_t hash = mixed(0, measurement);
    for (const HeadField& field : fields) hash = mixed(hash, packed(field));
    const auto is_it = [&](std::uint32_t number) {
        return groups_[number].measurement == measurement &&
               are_fields(groups_[number].fields, fields);
    };
    if (const auto known = group_slots_.find(hash, is_it)) return *known;
    const auto number = static_cast<std::uint32_t>(group_count_++);
    if (groups_.size() < group_count_) groups_.emplace_back();
    Group& group = groups_[number];
    group.measurement = measurement;
    group.fields.clear();
    group.first_values.clear();
    group.previous_rows.clear();
    for (const HeadField& field : fields) group.fields.push_back(packed(field));
    group_slots_.add(hash, number);
    return number;
}

void RowBatchWriter::note_member(std::uint32_t member) {
    if (member == next_member_ && !member_runs_.empty()) {
        ++member_runs_.back().row_count;
    } else {
        member_runs_.push_back({std::int64_t{member} - std::int64_t{next_member_}, 1});
    }
    next_member_ = member + 1;
}

void RowBatchWriter::note_time(std::int64_t time_ns) {
    if (time_ns == last_time_ns_ && !time_runs_.empty()) {
        ++time_runs_.back().row_count;
        return;
    }
    // Modulo 2^64: any two times are less than that apart.
    const std::uint64_t change =
        static_cast<std::uint64_t>(time_ns) - static_cast<std::uint64_t>(last_time_ns_);
    time_runs_.push_back({static_cast<std::int64_t>(change), 1});
    last_time_ns_ = time_ns;
}

std::uint64_t RowBatchWriter::keep_text(std::string_view text) {
    const std::uint64_t place = texts_.size();
    const std::uint64_t size_bytes = text.size();
    char prefix[sizeof size_bytes];
    std::memcpy(prefix, &size_bytes, sizeof size_bytes);
    texts_.append(prefix, sizeof prefix).append(text);
    return place;
}

void RowBatchWriter::clear() {
    group_count_ = 0;
    group_slots_.clear();
    members_.clear();
    member_slots_.clear();
    member_runs_.clear();
    time_runs_.clear();
    values_.clear();
    texts_.clear();
    next_member_ = 0;
    last_time_ns_ = 0;
}

// ---- Making the payload -------------------------------------------------------------------

std::vector<std::byte> RowBatchWriter::take(std::vector<std::byte> buffer) {
    TIDEMARK_ASSERT(!members_.empty(), "a payload has rows");
    write_body();
    buffer.clear();
    ByteWriter payload(buffer);
    payload.write_u8(row_batch_format::kCompressedKind);
    payload.write_varint(body_.size());
    const bool is_worth_it = body_.size() >= kMinCompressedSizeBytes &&
                             compress_lz4(body_, buffer) &&
                             buffer.size() <= body_.size() - body_.size() / kMinSavedShare;
    if (!is_worth_it) {
        buffer.clear();
        payload.write_u8(row_batch_format::kPlainKind);
        payload.write_bytes(body_);
    }
    const bool was_large = values_.size() > kMaxKeptValues || texts_.size() > kMaxKeptValues * 8;
    if (was_large) {
        *this = RowBatchWriter();
    } else {
        clear();
    }
    return buffer;
}

void RowBatchWriter::write_body() {
    body_.clear();
    ByteWriter body(body_);
    write_groups(body);
    write_members(body);
    write_runs(member_runs_, 1, body);
    const std::uint8_t exponent = unit_exponent(time_runs_);
    body.write_u8(exponent);
    write_runs(time_runs_, row_batch_format::kTimeUnits[exponent], body);
    for (std::size_t index = 0; index < group_count_; ++index) {
        const Group& group = groups_[index];
        for (std::size_t field = 0; field < group.fields.size(); ++field) {
            write_column(group, field, body);
        }
    }
}

void RowBatchWriter::write_groups(ByteWriter& body) const {
    body.write_varint(group_count_);
    for (std::size_t index = 0; index < group_count_; ++index) {
        const Group& group = groups_[index];
        body.write_varint(group.fields.size());
        for (const std::uint64_t field : group.fields) body.write_varint(field);
    }
}

void RowBatchWriter::write_members(ByteWriter& body) const {
    body.write_varint(members_.size());
    for (const Member& member : members_) body.write_varint(member.group);
    std::int64_t expected_id = 0;
    for (const Member& member : members_) {
        body.write_zigzag(std::int64_t{member.id} - expected_id);
        expected_id = std::int64_t{member.id} + 1;
    }
}

void RowBatchWriter::write_runs(std::span<const Run> runs, std::int64_t unit, ByteWriter& body) {
    piece_.clear();
    ByteWriter piece(piece_);
    for (const Run& run : runs) {
        piece.write_zigzag(run.change / unit);
        piece.write_varint(run.row_count - 1);
    }
    body.write_sized_bytes(piece_);
}

void RowBatchWriter::write_column(const Group& group, std::size_t field_index, ByteWriter& body) {
    column_values_.clear();
    for (const std::uint32_t first_value : group.first_values) {
        column_values_.push_back(values_[first_value + field_index]);
    }
    piece_.clear();
    ByteWriter piece(piece_);
    const auto type = static_cast<FieldType>(group.fields[field_index] &
                                             ((1U << row_batch_format::kTypeBits) - 1));
    switch (type) {
        case FieldType::Float:
        case FieldType::Integer:
        case FieldType::Unsigned:
            number_columns_.write(type, column_values_, group.previous_rows, piece_);
            break;
        case FieldType::Boolean:
            for (const std::uint64_t value : column_values_) piece.write_varint(value);
            break;
        case FieldType::String:
            for (const std::uint64_t place : column_values_) {
                std::uint64_t size_bytes = 0;
                std::memcpy(&size_bytes, texts_.data() + place, sizeof size_bytes);
                piece.write_sized_string(
                    std::string_view(texts_).substr(place + sizeof size_bytes, size_bytes));
            }
            break;
    }
    body.write_sized_bytes(piece_);
}

}  // namespace tidemark::storage

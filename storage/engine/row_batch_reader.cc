#include "storage/engine/row_batch_reader.h"

#include <algorithm>
#include <limits>
#include <string>

#include "storage/codec/lz4_bytes.h"
#include "storage/engine/catalogue_record.h"
#include "storage/engine/row_batch_format.h"
#include "storage/wal/wal_format.h"

namespace tidemark::storage {
namespace {

Error corruption(std::size_t offset, const std::string& what) {
    return {ErrorCode::Corruption,
            "rows of a write: byte " + std::to_string(offset) + " of the body: " + what};
}

bool names_a_field_twice(const std::vector<HeadField>& fields) {
    std::vector<FieldIndex> indexes;
    indexes.reserve(fields.size());
    for (const HeadField& field : fields) indexes.push_back(field.index);
    std::ranges::sort(indexes);
    return std::ranges::adjacent_find(indexes) != indexes.end();
}

Result<HeadField> read_field(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t packed, reader.read_varint());
    const std::uint64_t index = packed >> row_batch_format::kTypeBits;
    if (index > std::numeric_limits<FieldIndex>::max()) {
        return Error(ErrorCode::Corruption, "a field index is out of range");
    }
    constexpr std::uint64_t kTypeMask = (1U << row_batch_format::kTypeBits) - 1;
    TIDEMARK_ASSIGN_OR_RETURN(const FieldType type, field_type_from_number(packed & kTypeMask));
    return HeadField{static_cast<FieldIndex>(index), type, 0, {}, {}};
}

}  // namespace

// ---- The head of a payload ----------------------------------------------------------------

Status RowBatchReader::open() {
    TIDEMARK_RETURN_IF_ERROR(open_body());
    ByteReader reader(body_);
    const auto read_all = [this, &reader]() -> Status {
        TIDEMARK_RETURN_IF_ERROR(read_groups(reader));
        TIDEMARK_RETURN_IF_ERROR(read_members(reader));
        TIDEMARK_ASSIGN_OR_RETURN(order_, read_runs(reader));
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t exponent, reader.read_u8());
        if (exponent >= row_batch_format::kTimeUnits.size()) {
            return Error(ErrorCode::Corruption,
                         "there is no unit of time " + std::to_string(exponent));
        }
        time_unit_ = row_batch_format::kTimeUnits[exponent];
        TIDEMARK_ASSIGN_OR_RETURN(times_, read_runs(reader));
        TIDEMARK_RETURN_IF_ERROR(read_columns(reader));
        if (reader.is_at_end()) return success();
        return Error(ErrorCode::Corruption, "more behind the last column");
    };
    const Status status = read_all();
    if (!status) return corruption(reader.offset(), status.error().message());
    return success();
}

Status RowBatchReader::open_body() {
    ByteReader reader(payload_);
    const auto read_it = [this, &reader]() -> Status {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t kind, reader.read_u8());
        if (kind == row_batch_format::kPlainKind) {
            body_ = payload_.subspan(reader.offset());
            return success();
        }
        if (kind != row_batch_format::kCompressedKind) {
            return Error(ErrorCode::Corruption, "unknown kind " + std::to_string(kind));
        }
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t size_bytes, reader.read_varint());
        const auto compressed = payload_.subspan(reader.offset());
        if (size_bytes > wal_format::kMaxPayloadSizeBytes ||
            !is_plausible_lz4_size(compressed.size(), static_cast<std::size_t>(size_bytes))) {
            return Error(ErrorCode::Corruption,
                         "a body cannot be " + std::to_string(size_bytes) + " bytes");
        }
        decompressed_.resize(static_cast<std::size_t>(size_bytes));
        body_ = decompressed_;
        return decompress_lz4(compressed, decompressed_);
    };
    const Status status = read_it();
    if (status) return success();
    return Error(ErrorCode::Corruption, "rows of a write: byte " + std::to_string(reader.offset()) +
                                            ": " + status.error().message());
}

Status RowBatchReader::read_groups(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t group_count, reader.read_varint());
    for (std::uint64_t number = 0; number < group_count; ++number) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t field_count, reader.read_varint());
        if (field_count == 0) return Error(ErrorCode::Corruption, "a group without fields");
        Group& group = groups_.emplace_back();
        for (std::uint64_t index = 0; index < field_count; ++index) {
            TIDEMARK_ASSIGN_OR_RETURN(const HeadField field, read_field(reader));
            group.fields.push_back(field);
        }
        if (names_a_field_twice(group.fields)) {
            return Error(ErrorCode::Corruption, "a group has a field twice");
        }
    }
    return success();
}

Status RowBatchReader::read_members(ByteReader& reader) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t member_count, reader.read_varint());
    for (std::uint64_t number = 0; number < member_count; ++number) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t group, reader.read_varint());
        if (group >= groups_.size()) {
            return Error(ErrorCode::Corruption, "a series of a group that there is not");
        }
        members_.push_back({0, static_cast<std::uint32_t>(group), 0});
    }
    std::uint64_t expected_id = 0;
    for (Member& member : members_) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t change, reader.read_zigzag());
        const std::uint64_t id = expected_id + static_cast<std::uint64_t>(change);
        if (id > std::numeric_limits<SeriesId>::max()) {
            return Error(ErrorCode::Corruption, "a series id is out of range");
        }
        member.id = static_cast<SeriesId>(id);
        expected_id = id + 1;
    }
    return success();
}

Result<RowBatchReader::Runs> RowBatchReader::read_runs(ByteReader& reader) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto bytes, reader.read_sized_bytes());
    return Runs{reader.offset() - bytes.size(), ByteReader(bytes), 0};
}

Status RowBatchReader::read_columns(ByteReader& reader) {
    for (Group& group : groups_) {
        for (const HeadField& field : group.fields) {
            TIDEMARK_ASSIGN_OR_RETURN(const auto bytes, reader.read_sized_bytes());
            TIDEMARK_ASSIGN_OR_RETURN(auto column, BatchColumnReader::open(field.type, bytes));
            group.columns.push_back(std::move(column));
            group.column_ends.push_back(reader.offset());
        }
    }
    return success();
}

// ---- The rows -----------------------------------------------------------------------------

Result<std::int64_t> RowBatchReader::Runs::begin_run() {
    const std::size_t begin = reader.offset();
    const auto change = reader.read_zigzag();
    if (!change) return corruption(offset + begin, change.error().message());
    const auto row_count = reader.read_varint();
    if (!row_count) return corruption(offset + begin, row_count.error().message());
    rows_left = row_count.value();
    return change.value();
}

// There are millions of rows to be read at a start, so what most of them need is here, and the
// rest, with its many Results, apart.
Result<bool> RowBatchReader::next(BatchRow& row) {
    if (!is_open_) TIDEMARK_RETURN_IF_ERROR(open());
    is_open_ = true;
    if (order_.is_at_end()) {
        TIDEMARK_RETURN_IF_ERROR(check_end());
        return false;
    }
    std::uint64_t number = next_member_;
    if (!order_.goes_on()) {
        order_offset_ = order_.offset + order_.reader.offset();
        TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t jump, order_.begin_run());
        number += static_cast<std::uint64_t>(jump);
    }
    if (number >= begun_member_count_) TIDEMARK_RETURN_IF_ERROR(begin_member(number));
    next_member_ = number + 1;
    if (!times_.goes_on()) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t change, times_.begin_run());
        // Modulo 2^64, as it was written.
        time_ns_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(time_ns_) +
                                             static_cast<std::uint64_t>(change) *
                                                 static_cast<std::uint64_t>(time_unit_));
    }
    const Member& member = members_[static_cast<std::size_t>(number)];
    Group& group = groups_[member.group];
    for (std::size_t index = 0; index < group.fields.size(); ++index) {
        HeadField& field = group.fields[index];
        std::uint64_t& before = numbers_[member.first_number + index];
        if (group.columns[index].read(before, field.bits, field.text)) continue;
        return corruption(group.column_ends[index] - group.columns[index].remaining_size_bytes(),
                          "a value is truncated or impossible");
    }
    row = {member.id, time_ns_, group.fields, member.group};
    return true;
}

/// The member's first row comes; those of the members before it came.
Status RowBatchReader::begin_member(std::uint64_t number) {
    if (number > begun_member_count_ || number >= members_.size()) {
        return corruption(order_offset_, "a row of a series that is not due");
    }
    ++begun_member_count_;
    Member& member = members_[static_cast<std::size_t>(number)];
    member.first_number = numbers_.size();
    for (const BatchColumnReader& column : groups_[member.group].columns) {
        numbers_.push_back(column.base());
    }
    return success();
}

Status RowBatchReader::check_end() const {
    if (begun_member_count_ != members_.size()) {
        return corruption(order_.offset, "a series has no rows");
    }
    if (!times_.is_at_end()) return corruption(times_.offset, "more times than rows");
    for (const Group& group : groups_) {
        for (std::size_t index = 0; index < group.columns.size(); ++index) {
            if (group.columns[index].is_at_end()) continue;
            return corruption(
                group.column_ends[index] - group.columns[index].remaining_size_bytes(),
                "more values than rows");
        }
    }
    return success();
}

}  // namespace tidemark::storage

#include "storage/segment/series_block.h"

#include <algorithm>
#include <limits>

#include "storage/base/assert.h"
#include "storage/segment/segment_format.h"
#include "storage/summary/summary.h"

namespace tidemark::storage {
namespace {

Error corrupt(std::string message) { return {ErrorCode::Corruption, std::move(message)}; }

// Differences wrap around, so that no pair of times is too far apart.
std::int64_t wrapped_difference(std::int64_t left, std::int64_t right) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) -
                                     static_cast<std::uint64_t>(right));
}
std::int64_t wrapped_sum(std::int64_t left, std::int64_t right) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) +
                                     static_cast<std::uint64_t>(right));
}

std::uint64_t validity_size(std::uint32_t row_count, std::uint64_t null_count) {
    return null_count == 0 ? 0 : (row_count + 7U) / 8U;
}

bool is_field_type(std::uint8_t type) {
    return type >= static_cast<std::uint8_t>(FieldType::Float) &&
           type <= static_cast<std::uint8_t>(FieldType::String);
}

Result<std::uint64_t> checked_sum(std::uint64_t left, std::uint64_t right) {
    std::uint64_t sum = 0;
    if (__builtin_add_overflow(left, right, &sum)) return corrupt("sizes exceed 64 bits");
    return sum;
}

}  // namespace

void SeriesBlockBuilder::begin(std::string_view series_key, std::uint64_t payload_offset,
                               std::uint64_t row_group_index) {
    series_key_ = series_key;
    payload_offset_ = payload_offset;
    first_row_group_index_ = row_group_index;
    fields_.clear();
    row_group_count_ = 0;
    previous_first_ns_ = 0;
    previous_first_sequence_ = 0;
    row_groups_.clear();
}

std::size_t SeriesBlockBuilder::field_index(const RowGroupColumn& column) {
    const auto found = std::ranges::find(fields_, column.name, &Field::name);
    if (found != fields_.end()) {
        TIDEMARK_ASSERT(found->type == column.type, "a field has one type");
        return static_cast<std::size_t>(found - fields_.begin());
    }
    fields_.push_back({std::string(column.name), column.type});
    return fields_.size() - 1;
}

Status SeriesBlockBuilder::add_row_group(const RowGroup& group, std::uint64_t payload_checksum) {
    const RowGroupInfo& info = group.info();
    TIDEMARK_ASSERT(row_group_count_ == 0 || previous_first_ns_ <= info.first_ns,
                    "row groups come in order of time");
    TIDEMARK_ASSIGN_OR_RETURN(const auto times, group.encoded_times());
    ByteWriter writer(row_groups_);
    writer.write_varint(info.row_count);
    writer.write_zigzag(wrapped_difference(info.first_ns, previous_first_ns_));
    writer.write_varint(
        static_cast<std::uint64_t>(wrapped_difference(info.last_ns, info.first_ns)));
    writer.write_zigzag(static_cast<std::int64_t>(info.first_sequence - previous_first_sequence_));
    writer.write_varint(info.last_sequence - info.first_sequence);
    writer.write_u64(payload_checksum);
    writer.write_varint(times.size());
    writer.write_varint(group.columns().size());
    for (std::size_t index = 0; index < group.columns().size(); ++index) {
        TIDEMARK_RETURN_IF_ERROR(add_column(group, index, writer));
    }
    previous_first_ns_ = info.first_ns;
    previous_first_sequence_ = info.first_sequence;
    ++row_group_count_;
    return success();
}

Status SeriesBlockBuilder::add_column(const RowGroup& group, std::size_t column_index,
                                      ByteWriter& writer) {
    const RowGroupInfo& info = group.info();
    const RowGroupColumn& column = group.columns()[column_index];
    TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn encoded, group.encoded_column(column_index));
    TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary summary, group.summary(column_index));
    std::vector<std::byte> summary_bytes;
    write_summary(summary, {info.row_count, info.first_ns, info.last_ns}, summary_bytes);
    writer.write_varint(field_index(column));
    writer.write_varint(info.row_count - column.non_null_count);
    writer.write_varint(encoded.values.size());
    writer.write_sized_bytes(summary_bytes);
    return success();
}

void SeriesBlockBuilder::write_to(std::vector<std::byte>& out) const {
    ByteWriter writer(out);
    writer.write_sized_string(series_key_);
    writer.write_varint(payload_offset_);
    writer.write_varint(first_row_group_index_);
    writer.write_varint(fields_.size());
    for (const Field& field : fields_) {
        writer.write_u8(static_cast<std::uint8_t>(field.type));
        writer.write_sized_string(field.name);
    }
    writer.write_varint(row_group_count_);
    writer.write_bytes(row_groups_);
}

Result<SeriesBlockHeader> SeriesBlockReader::read_header() {
    SeriesBlockHeader header;
    TIDEMARK_ASSIGN_OR_RETURN(header.series_key, reader_.read_sized_string());
    TIDEMARK_ASSIGN_OR_RETURN(header.payload_offset, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(header.first_row_group_index, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t field_count, reader_.read_varint());
    for (std::uint64_t index = 0; index < field_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::uint8_t type, reader_.read_u8());
        if (!is_field_type(type)) return corrupt("field type " + std::to_string(type));
        TIDEMARK_ASSIGN_OR_RETURN(const std::string_view name, reader_.read_sized_string());
        header.fields.push_back({name, static_cast<FieldType>(type), 0});
    }
    TIDEMARK_ASSIGN_OR_RETURN(header.row_group_count, reader_.read_varint());
    field_count_ = header.fields.size();
    payload_offset_ = header.payload_offset;
    return header;
}

Result<SeriesBlockRowGroup> SeriesBlockReader::read_row_group() {
    SeriesBlockRowGroup group;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t row_count, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t first_difference_ns, reader_.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t width_ns, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t sequence_difference, reader_.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t sequence_width, reader_.read_varint());
    const bool is_row_count_possible =
        row_count > 0 && row_count - 1 <= width_ns && row_count <= segment_format::kMaxRowsPerGroup;
    if (!is_row_count_possible) {
        return corrupt(std::to_string(row_count) + " rows in " + std::to_string(width_ns) + " ns");
    }
    RowGroupInfo& info = group.info;
    info.row_count = static_cast<std::uint32_t>(row_count);
    info.first_ns = wrapped_sum(previous_first_ns_, first_difference_ns);
    info.last_ns = wrapped_sum(info.first_ns, static_cast<std::int64_t>(width_ns));
    info.first_sequence =
        previous_first_sequence_ + static_cast<std::uint64_t>(sequence_difference);
    info.last_sequence = info.first_sequence + sequence_width;
    if (info.last_ns < info.first_ns || info.last_sequence < info.first_sequence) {
        return corrupt("a row group ends before it begins");
    }
    TIDEMARK_ASSIGN_OR_RETURN(group.payload_checksum, reader_.read_u64());
    TIDEMARK_ASSIGN_OR_RETURN(group.times_size_bytes, reader_.read_varint());
    group.payload_offset = payload_offset_;
    group.payload_size_bytes = group.times_size_bytes;

    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t column_count, reader_.read_varint());
    if (column_count > field_count_) return corrupt("more columns than fields");
    group.columns.reserve(column_count);
    for (std::uint64_t index = 0; index < column_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const SeriesBlockColumn column, read_column(info.row_count));
        TIDEMARK_ASSIGN_OR_RETURN(
            const std::uint64_t column_size_bytes,
            checked_sum(column.validity_size_bytes, column.values_size_bytes));
        TIDEMARK_ASSIGN_OR_RETURN(group.payload_size_bytes,
                                  checked_sum(group.payload_size_bytes, column_size_bytes));
        group.columns.push_back(column);
    }
    TIDEMARK_ASSIGN_OR_RETURN(payload_offset_,
                              checked_sum(payload_offset_, group.payload_size_bytes));
    previous_first_ns_ = info.first_ns;
    previous_first_sequence_ = info.first_sequence;
    return group;
}

Result<SeriesBlockColumn> SeriesBlockReader::read_column(std::uint32_t row_count) {
    SeriesBlockColumn column;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t field_index, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t null_count, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(column.values_size_bytes, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(column.summary, reader_.read_sized_bytes());
    if (field_index >= field_count_) return corrupt("field " + std::to_string(field_index));
    if (null_count >= row_count) {
        return corrupt(std::to_string(null_count) + " nulls in " + std::to_string(row_count) +
                       " rows");
    }
    column.field_index = static_cast<std::size_t>(field_index);
    column.non_null_count = row_count - static_cast<std::uint32_t>(null_count);
    column.validity_size_bytes = validity_size(row_count, null_count);
    return column;
}

Status SeriesBlockReader::expect_end() const {
    if (reader_.is_at_end()) return success();
    return corrupt(std::to_string(reader_.remaining_size_bytes()) +
                   " bytes behind the last row group");
}

}  // namespace tidemark::storage

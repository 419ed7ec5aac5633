#include "storage/segment/series_block.h"

#include <algorithm>
#include <limits>
#include <utility>

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

/// Times and sequences of a row group or of several.
void write_extent(const RowGroupInfo& info, SeriesBlockOrigin& origin, ByteWriter& writer) {
    writer.write_zigzag(wrapped_difference(info.first_ns, origin.first_ns));
    writer.write_varint(
        static_cast<std::uint64_t>(wrapped_difference(info.last_ns, info.first_ns)));
    writer.write_zigzag(static_cast<std::int64_t>(info.first_sequence - origin.first_sequence));
    writer.write_varint(info.last_sequence - info.first_sequence);
    origin = {info.first_ns, info.first_sequence};
}

Status read_extent(ByteReader& reader, SeriesBlockOrigin& origin, RowGroupInfo& info) {
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t first_difference_ns, reader.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t width_ns, reader.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::int64_t sequence_difference, reader.read_zigzag());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t sequence_width, reader.read_varint());
    info.first_ns = wrapped_sum(origin.first_ns, first_difference_ns);
    info.last_ns = wrapped_sum(info.first_ns, static_cast<std::int64_t>(width_ns));
    info.first_sequence = origin.first_sequence + static_cast<std::uint64_t>(sequence_difference);
    info.last_sequence = info.first_sequence + sequence_width;
    if (info.last_ns < info.first_ns || info.last_sequence < info.first_sequence) {
        return corrupt("a row group ends before it begins");
    }
    origin = {info.first_ns, info.first_sequence};
    return success();
}

/// Each row has a time of its own.
Status require_room(std::uint64_t row_count, const RowGroupInfo& info, std::uint64_t most_rows) {
    const auto width_ns =
        static_cast<std::uint64_t>(wrapped_difference(info.last_ns, info.first_ns));
    if (row_count > 0 && row_count - 1 <= width_ns && row_count <= most_rows) return success();
    return corrupt(std::to_string(row_count) + " rows in " + std::to_string(width_ns) + " ns");
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

Status require_column(std::uint64_t field_index, std::size_t field_count, std::uint64_t null_count,
                      std::uint32_t row_count) {
    if (field_index >= field_count) return corrupt("field " + std::to_string(field_index));
    if (null_count < row_count) return success();
    return corrupt(std::to_string(null_count) + " nulls in " + std::to_string(row_count) + " rows");
}

/// What the record of a block, or of all, says. `runs` are there by index of the field, or not.
void write_record(const RowGroupTotals& totals, std::span<const ValueRunsBuilder> runs,
                  std::uint64_t entries_size_bytes, SeriesBlockOrigin& origin, ByteWriter& writer) {
    const RowGroupInfo info{0, totals.first_ns, totals.last_ns, totals.first_sequence,
                            totals.last_sequence};
    writer.write_varint(totals.row_group_count);
    write_extent(info, origin, writer);
    writer.write_varint(totals.payload_size_bytes);
    writer.write_varint(entries_size_bytes);
    const auto is_there = [](const auto& column) { return column.has_value(); };
    writer.write_varint(
        static_cast<std::uint64_t>(std::ranges::count_if(totals.columns, is_there)));
    if (totals.columns.empty()) return;
    writer.write_varint(totals.row_count);
    std::vector<std::byte> bytes;
    for (std::size_t field = 0; field < totals.columns.size(); ++field) {
        if (!totals.columns[field]) continue;
        ColumnSummary summary = *totals.columns[field];
        summary.row_count = totals.row_count;
        bytes.clear();
        write_summary(summary, {totals.row_count, totals.first_ns, totals.last_ns}, bytes);
        writer.write_varint(field);
        writer.write_varint(totals.row_count - summary.non_null_count);
        writer.write_sized_bytes(bytes);
        bytes.clear();
        if (field < runs.size()) runs[field].write_to(summary.type, totals.row_count, bytes);
        writer.write_sized_bytes(bytes);
    }
}

/// Reads the entries of row groups that follow one another.
class EntryReader {
public:
    EntryReader(const SeriesBlockPart& part, std::size_t field_count)
        : reader_(part.entries), field_count_(field_count), payload_offset_(part.payload_offset) {}

    bool is_at_end() const { return reader_.is_at_end(); }
    Result<SeriesBlockRowGroup> read_row_group();

private:
    Result<SeriesBlockColumn> read_column(std::uint32_t row_count);

    ByteReader reader_;
    std::size_t field_count_;
    std::uint64_t payload_offset_;
    SeriesBlockOrigin origin_;
};

}  // namespace

void SeriesBlockBuilder::begin(std::string_view series_key, std::uint64_t payload_offset,
                               std::uint64_t row_group_index) {
    series_key_ = series_key;
    payload_offset_ = payload_offset;
    first_row_group_index_ = row_group_index;
    fields_.clear();
    row_groups_.clear();
    latest_first_ns_ = std::numeric_limits<std::int64_t>::min();
    open_block_ = {};
    open_runs_.clear();
    open_block_offset_ = 0;
    totals_ = {};
    block_records_.clear();
    block_count_ = 0;
    origin_ = {};
    block_origin_ = {};
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
    if (open_block_.row_group_count == segment_format::kRowGroupsPerBlock) end_block();
    TIDEMARK_ASSERT(latest_first_ns_ <= info.first_ns, "row groups come in order of time");
    latest_first_ns_ = info.first_ns;
    TIDEMARK_ASSIGN_OR_RETURN(const auto times, group.encoded_times());
    TIDEMARK_ASSIGN_OR_RETURN(const auto payload, group.payload());
    RowGroupTotals totals{1,
                          info.row_count,
                          payload.size(),
                          info.first_ns,
                          info.last_ns,
                          info.first_sequence,
                          info.last_sequence,
                          {},
                          true};
    ByteWriter writer(row_groups_);
    writer.write_varint(info.row_count);
    write_extent(info, origin_, writer);
    writer.write_u64(payload_checksum);
    writer.write_varint(times.size());
    writer.write_varint(group.columns().size());
    for (std::size_t index = 0; index < group.columns().size(); ++index) {
        TIDEMARK_RETURN_IF_ERROR(add_column(group, index, totals, writer));
    }
    open_block_.add(std::move(totals));
    return success();
}

Status SeriesBlockBuilder::add_column(const RowGroup& group, std::size_t column_index,
                                      RowGroupTotals& totals, ByteWriter& writer) {
    const RowGroupInfo& info = group.info();
    const RowGroupColumn& column = group.columns()[column_index];
    const std::size_t field = field_index(column);
    TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn encoded, group.encoded_column(column_index));
    TIDEMARK_ASSIGN_OR_RETURN(ColumnSummary summary, group.summary(column_index));
    std::vector<std::byte> summary_bytes;
    write_summary(summary, {info.row_count, info.first_ns, info.last_ns}, summary_bytes);
    writer.write_varint(field);
    writer.write_varint(info.row_count - column.non_null_count);
    writer.write_varint(encoded.values.size());
    writer.write_sized_bytes(summary_bytes);
    open_runs_.resize(std::max(open_runs_.size(), field + 1));
    TIDEMARK_RETURN_IF_ERROR(open_runs_[field].add(group, column_index, summary));
    totals.columns.resize(std::max(totals.columns.size(), field + 1));
    totals.columns[field] = std::move(summary);
    return success();
}

void SeriesBlockBuilder::end_block() {
    ByteWriter writer(block_records_);
    write_record(open_block_, open_runs_, row_groups_.size() - open_block_offset_, block_origin_,
                 writer);
    totals_.add(std::move(open_block_));
    ++block_count_;
    open_block_ = {};
    open_runs_.clear();
    open_block_offset_ = row_groups_.size();
    origin_ = {};
}

void SeriesBlockBuilder::write_to(std::vector<std::byte>& out) {
    const bool has_blocks = totals_.row_group_count + open_block_.row_group_count >=
                            segment_format::kMinRowGroupsForBlocks;
    if (has_blocks) end_block();
    ByteWriter writer(out);
    writer.write_sized_string(series_key_);
    writer.write_varint(payload_offset_);
    writer.write_varint(first_row_group_index_);
    writer.write_varint(fields_.size());
    for (const Field& field : fields_) {
        writer.write_u8(static_cast<std::uint8_t>(field.type));
        writer.write_sized_string(field.name);
    }
    writer.write_varint(has_blocks ? totals_.row_group_count : open_block_.row_group_count);
    writer.write_varint(block_count_);
    if (block_count_ > 1) {
        SeriesBlockOrigin origin;
        write_record(totals_, {}, row_groups_.size(), origin, writer);
    }
    writer.write_bytes(block_records_);
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
    TIDEMARK_ASSIGN_OR_RETURN(header.block_count, reader_.read_varint());
    field_count_ = header.fields.size();
    if (header.block_count > 1) {
        SeriesBlockOrigin origin;
        TIDEMARK_ASSIGN_OR_RETURN(header.totals, read_record(origin));
    }
    return header;
}

Result<std::vector<SeriesBlockPart>> SeriesBlockReader::read_parts(
    const SeriesBlockHeader& header) {
    std::vector<SeriesBlockPart> parts;
    SeriesBlockOrigin origin;
    SeriesBlockPart part;
    part.payload_offset = header.payload_offset;
    part.first_row_group_index = header.first_row_group_index;
    // Nothing is reserved on the file's word: it is the loop that finds out how many there are.
    for (std::uint64_t index = 0; index < header.block_count; ++index) {
        SeriesBlockPart& added = parts.emplace_back(part);
        TIDEMARK_ASSIGN_OR_RETURN(added.record, read_record(origin));
        TIDEMARK_ASSIGN_OR_RETURN(
            part.payload_offset, checked_sum(part.payload_offset, added.record.payload_size_bytes));
        TIDEMARK_ASSIGN_OR_RETURN(
            part.first_row_group_index,
            checked_sum(part.first_row_group_index, added.record.row_group_count));
    }
    if (header.block_count == 0) {
        part.record.row_group_count = header.row_group_count;
        part.entries = block_.subspan(reader_.offset());
        parts.push_back(part);
        return parts;
    }
    if (part.first_row_group_index - header.first_row_group_index != header.row_group_count) {
        return corrupt("blocks of other row groups");
    }
    for (SeriesBlockPart& block : parts) {
        TIDEMARK_ASSIGN_OR_RETURN(block.entries,
                                  reader_.read_bytes(block.record.entries_size_bytes));
    }
    if (reader_.is_at_end()) return parts;
    return corrupt(std::to_string(reader_.remaining_size_bytes()) +
                   " bytes behind the last row group");
}

Result<SeriesBlockRecord> SeriesBlockReader::read_record(SeriesBlockOrigin& origin) {
    SeriesBlockRecord record;
    TIDEMARK_ASSIGN_OR_RETURN(record.row_group_count, reader_.read_varint());
    TIDEMARK_RETURN_IF_ERROR(read_extent(reader_, origin, record.info));
    TIDEMARK_ASSIGN_OR_RETURN(record.payload_size_bytes, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(record.entries_size_bytes, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t column_count, reader_.read_varint());
    if (column_count == 0) return record;
    if (column_count > field_count_) return corrupt("more columns than fields");
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t row_count, reader_.read_varint());
    TIDEMARK_RETURN_IF_ERROR(
        require_room(row_count, record.info, std::numeric_limits<std::uint32_t>::max()));
    record.info.row_count = static_cast<std::uint32_t>(row_count);
    record.columns.reserve(column_count);
    for (std::uint64_t index = 0; index < column_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const SeriesBlockColumn column,
                                  read_record_column(record.info.row_count));
        record.columns.push_back(column);
    }
    return record;
}

Result<SeriesBlockColumn> SeriesBlockReader::read_record_column(std::uint32_t row_count) {
    SeriesBlockColumn column;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t field_index, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t null_count, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(column.summary, reader_.read_sized_bytes());
    TIDEMARK_ASSIGN_OR_RETURN(column.value_runs, reader_.read_sized_bytes());
    TIDEMARK_RETURN_IF_ERROR(require_column(field_index, field_count_, null_count, row_count));
    column.field_index = static_cast<std::size_t>(field_index);
    column.non_null_count = row_count - static_cast<std::uint32_t>(null_count);
    return column;
}

Result<SeriesBlockRowGroup> EntryReader::read_row_group() {
    SeriesBlockRowGroup group;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t row_count, reader_.read_varint());
    TIDEMARK_RETURN_IF_ERROR(read_extent(reader_, origin_, group.info));
    TIDEMARK_RETURN_IF_ERROR(require_room(row_count, group.info, segment_format::kMaxRowsPerGroup));
    group.info.row_count = static_cast<std::uint32_t>(row_count);
    TIDEMARK_ASSIGN_OR_RETURN(group.payload_checksum, reader_.read_u64());
    TIDEMARK_ASSIGN_OR_RETURN(group.times_size_bytes, reader_.read_varint());
    group.payload_offset = payload_offset_;
    group.payload_size_bytes = group.times_size_bytes;

    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t column_count, reader_.read_varint());
    if (column_count > field_count_) return corrupt("more columns than fields");
    group.columns.reserve(column_count);
    for (std::uint64_t index = 0; index < column_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(const SeriesBlockColumn column,
                                  read_column(group.info.row_count));
        TIDEMARK_ASSIGN_OR_RETURN(
            const std::uint64_t column_size_bytes,
            checked_sum(column.validity_size_bytes, column.values_size_bytes));
        TIDEMARK_ASSIGN_OR_RETURN(group.payload_size_bytes,
                                  checked_sum(group.payload_size_bytes, column_size_bytes));
        group.columns.push_back(column);
    }
    TIDEMARK_ASSIGN_OR_RETURN(payload_offset_,
                              checked_sum(payload_offset_, group.payload_size_bytes));
    return group;
}

Result<SeriesBlockColumn> EntryReader::read_column(std::uint32_t row_count) {
    SeriesBlockColumn column;
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t field_index, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(const std::uint64_t null_count, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(column.values_size_bytes, reader_.read_varint());
    TIDEMARK_ASSIGN_OR_RETURN(column.summary, reader_.read_sized_bytes());
    TIDEMARK_RETURN_IF_ERROR(require_column(field_index, field_count_, null_count, row_count));
    column.field_index = static_cast<std::size_t>(field_index);
    column.non_null_count = row_count - static_cast<std::uint32_t>(null_count);
    column.validity_size_bytes = validity_size(row_count, null_count);
    return column;
}

Result<std::vector<SeriesBlockRowGroup>> read_row_groups(const SeriesBlockPart& part,
                                                         std::size_t field_count) {
    // No entry is shorter, whatever number of them the file claims.
    constexpr std::uint64_t kSmallestEntryBytes = 15;
    std::vector<SeriesBlockRowGroup> groups;
    groups.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(
        part.record.row_group_count, part.entries.size() / kSmallestEntryBytes)));
    EntryReader reader(part, field_count);
    while (!reader.is_at_end()) {
        TIDEMARK_ASSIGN_OR_RETURN(SeriesBlockRowGroup group, reader.read_row_group());
        groups.push_back(std::move(group));
    }
    if (groups.size() == part.record.row_group_count) return groups;
    return corrupt(std::to_string(groups.size()) + " row groups instead of " +
                   std::to_string(part.record.row_group_count));
}

}  // namespace tidemark::storage

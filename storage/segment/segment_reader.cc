#include "storage/segment/segment_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/segment/segment_format.h"
#include "storage/segment/segment_row_groups.h"
#include "storage/segment/series_block.h"

namespace tidemark::storage {

using segment_format::checksum_at;
using segment_format::Header;
using segment_format::IndexEntry;
using segment_format::Trailer;

namespace {

Error corrupt(std::string message) { return {ErrorCode::Corruption, std::move(message)}; }

/// A record out of bytes that hold it; they need not be aligned.
template <typename T>
T read_record(std::span<const std::byte> bytes, std::size_t offset) {
    T record;
    std::memcpy(&record, bytes.data() + offset, sizeof record);
    return record;
}

IndexEntry index_entry(std::span<const std::byte> index, std::size_t series_index) {
    return read_record<IndexEntry>(index, series_index * sizeof(IndexEntry));
}

bool lies_within(std::uint64_t offset, std::uint64_t size_bytes, std::uint64_t begin,
                 std::uint64_t end) {
    return offset >= begin && offset <= end && size_bytes <= end - offset;
}

/// True for trailers of newer versions too, so that a damaged one is not taken for a newer one.
bool is_trailer_intact(std::span<const std::byte> bytes, const Trailer& trailer) {
    const std::size_t size_bytes = trailer.trailer_size_bytes;
    if (size_bytes < sizeof(Trailer) || size_bytes > bytes.size() - sizeof(Header)) return false;
    const std::size_t offset = bytes.size() - size_bytes;
    const auto covered = bytes.subspan(offset, size_bytes - sizeof trailer.checksum);
    const auto segment_id = read_record<std::uint64_t>(bytes, offset);
    return trailer.checksum == checksum_at(covered, segment_id, offset);
}

/// Whether each id is greater than the one before: only then finding one by its id finds its entry.
bool do_ids_ascend(std::span<const std::byte> index) {
    const std::size_t series_count = index.size() / sizeof(IndexEntry);
    for (std::size_t i = 1; i < series_count; ++i) {
        if (index_entry(index, i).series_id <= index_entry(index, i - 1).series_id) return false;
    }
    return true;
}

std::string series_place(SeriesId id) { return "series " + std::to_string(id); }

}  // namespace

SegmentReader::SegmentReader(std::shared_ptr<const MappedFile> file, std::string file_name)
    : file_(std::move(file)), file_name_(std::move(file_name)), bytes_(file_->bytes()) {}

Result<std::shared_ptr<const SegmentReader>> SegmentReader::open(
    std::shared_ptr<const MappedFile> file, std::string file_name) {
    const std::shared_ptr<SegmentReader> reader(
        new SegmentReader(std::move(file), std::move(file_name)));
    Status status = reader->read_trailer();
    if (status) status = reader->read_header();
    TIDEMARK_RETURN_IF_ERROR(reader->require_intact());
    if (!status) return std::move(status).error().within("segment " + reader->file_name_);

    reader->verified_series_ = VerifiedFlags(static_cast<std::size_t>(reader->info_.series_count));
    reader->verified_row_groups_ =
        VerifiedFlags(static_cast<std::size_t>(reader->row_group_count_));
    return std::shared_ptr<const SegmentReader>(reader);
}

Status SegmentReader::require_intact() const {
    if (file_->is_intact()) return success();
    return corrupt("a part of the file cannot be read any more").within("segment " + file_name_);
}

Status SegmentReader::read_trailer() {
    if (bytes_.size() < sizeof(Header) + sizeof(Trailer)) {
        return corrupt(std::to_string(bytes_.size()) + " bytes are too few for a segment");
    }
    const std::size_t trailer_offset = bytes_.size() - sizeof(Trailer);
    const auto trailer = read_record<Trailer>(bytes_, trailer_offset);
    if (trailer.magic != segment_format::kMagic) return corrupt("no trailer at the end");
    if (!is_trailer_intact(bytes_, trailer)) return corrupt("trailer: checksum mismatch");
    if (trailer.version > segment_format::kVersion) {
        return Error(ErrorCode::Unsupported,
                     "version " + std::to_string(trailer.version) + " is newer than " +
                         std::to_string(segment_format::kVersion) + ", which this program reads");
    }
    if ((trailer.required_features & ~segment_format::kKnownRequiredFeatures) != 0) {
        return Error(ErrorCode::Unsupported, "needs features " +
                                                 std::to_string(trailer.required_features) +
                                                 " that this program does not have");
    }
    const std::uint64_t index_size_bytes = trailer_offset - trailer.index_offset;
    const bool is_layout_possible = trailer.data_end_offset >= sizeof(Header) &&
                                    trailer.data_end_offset <= trailer.index_offset &&
                                    trailer.index_offset <= trailer_offset &&
                                    index_size_bytes % sizeof(IndexEntry) == 0 &&
                                    index_size_bytes / sizeof(IndexEntry) == trailer.series_count &&
                                    trailer.row_group_count <= trailer.data_end_offset;
    if (!is_layout_possible) return corrupt("trailer: impossible offsets");
    const auto index_section =
        bytes_.subspan(static_cast<std::size_t>(trailer.data_end_offset),
                       trailer_offset - static_cast<std::size_t>(trailer.data_end_offset));
    if (trailer.index_checksum !=
        checksum_at(index_section, trailer.segment_id, trailer.data_end_offset)) {
        return corrupt("index of series: checksum mismatch");
    }
    index_ = index_section.last(static_cast<std::size_t>(index_size_bytes));
    if (!do_ids_ascend(index_)) return corrupt("index of series: ids that do not ascend");
    data_end_offset_ = trailer.data_end_offset;
    row_group_count_ = trailer.row_group_count;
    is_rewritten_ = (trailer.optional_features & segment_format::kRewrittenFeature) != 0;
    info_ = {trailer.segment_id,     trailer.first_ns,      trailer.last_ns,
             trailer.first_sequence, trailer.last_sequence, trailer.series_count,
             trailer.row_count,      trailer.sample_count,  bytes_.size()};
    return success();
}

Status SegmentReader::read_header() const {
    const auto header = read_record<Header>(bytes_, 0);
    const auto covered = bytes_.first(offsetof(Header, checksum));
    const bool is_sound = header.magic == segment_format::kMagic &&
                          header.segment_id == info_.segment_id &&
                          header.checksum == checksum_at(covered, info_.segment_id, 0);
    if (!is_sound) return corrupt("header does not belong to the trailer");
    return success();
}

SeriesId SegmentReader::series_id(std::size_t series_index) const {
    return index_entry(index_, series_index).series_id;
}

std::optional<std::size_t> SegmentReader::find_series(SeriesId id) const {
    std::size_t begin = 0;
    std::size_t end = index_.size() / sizeof(IndexEntry);
    while (begin < end) {
        const std::size_t middle = begin + (end - begin) / 2;
        const SeriesId found = index_entry(index_, middle).series_id;
        if (found == id) return middle;
        if (found < id) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return std::nullopt;
}

Error SegmentReader::damaged(const std::string& place, std::string message) const {
    return corrupt(std::move(message)).within(place).within("segment " + file_name_);
}

Result<std::span<const std::byte>> SegmentReader::series_block(std::size_t series_index,
                                                               Verify verify) const {
    TIDEMARK_RETURN_IF_ERROR(require_intact());
    const IndexEntry entry = index_entry(index_, series_index);
    if (!lies_within(entry.block_offset, entry.block_size_bytes, sizeof(Header),
                     data_end_offset_)) {
        return damaged(series_place(entry.series_id), "directory lies outside the file");
    }
    const auto block =
        bytes_.subspan(static_cast<std::size_t>(entry.block_offset), entry.block_size_bytes);
    if (verify == Verify::Once && verified_series_.is_set(series_index)) return block;
    if (entry.block_checksum != checksum_at(block, info_.segment_id, entry.block_offset)) {
        return damaged(
            series_place(entry.series_id),
            "directory at " + std::to_string(entry.block_offset) + ": checksum mismatch");
    }
    verified_series_.set(series_index);
    return block;
}

Result<std::vector<std::shared_ptr<const RowGroup>>> SegmentReader::row_groups_verified_again(
    std::size_t series_index) const {
    TIDEMARK_RETURN_IF_ERROR(series_block(series_index, Verify::Again));
    return row_groups(series_id(series_index));
}

Result<std::span<const std::byte>> SegmentReader::verified_payload(std::uint64_t row_group_index,
                                                                   std::uint64_t offset,
                                                                   std::uint64_t size_bytes,
                                                                   std::uint64_t checksum,
                                                                   Verify verify) const {
    const auto payload =
        bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size_bytes));
    TIDEMARK_RETURN_IF_ERROR(require_intact());
    const bool is_verified = verified_row_groups_.is_set(static_cast<std::size_t>(row_group_index));
    if (verify == Verify::Once && is_verified) return payload;
    if (checksum != checksum_at(payload, info_.segment_id, offset)) {
        return damaged("row group at " + std::to_string(offset), "checksum mismatch");
    }
    verified_row_groups_.set(static_cast<std::size_t>(row_group_index));
    return payload;
}

Result<std::vector<std::shared_ptr<const RowGroup>>> SegmentReader::row_groups(SeriesId id) const {
    std::vector<std::shared_ptr<const RowGroup>> groups;
    const std::optional<std::size_t> series_index = find_series(id);
    // In an index of zeros there is no series at all.
    TIDEMARK_RETURN_IF_ERROR(require_intact());
    if (!series_index) return groups;

    TIDEMARK_ASSIGN_OR_RETURN(SegmentSeriesLayout layout, series_layout(*series_index));
    groups.reserve(layout.row_groups.size());
    for (SeriesBlockRowGroup& stored : layout.row_groups) {
        const std::uint64_t row_group_index = layout.header.first_row_group_index + groups.size();
        groups.push_back(make_segment_row_group(shared_from_this(), std::move(stored),
                                                layout.header.fields, row_group_index));
    }
    return groups;
}

Result<SegmentReader::RowGroups> SegmentReader::blocks(SeriesId id) const {
    const std::optional<std::size_t> series_index = find_series(id);
    TIDEMARK_RETURN_IF_ERROR(require_intact());
    if (!series_index) return RowGroups();
    TIDEMARK_ASSIGN_OR_RETURN(const auto directory, series_block(*series_index));
    auto groups = read_blocks(directory);
    if (!groups) return damaged(series_place(id), groups.error().message());
    return groups;
}

Result<SegmentSeriesLayout> SegmentReader::series_layout(std::size_t series_index) const {
    const IndexEntry entry = index_entry(index_, series_index);
    SegmentSeriesLayout layout{
        entry.series_id, entry.block_offset, entry.block_size_bytes, {}, {}, {}};
    TIDEMARK_ASSIGN_OR_RETURN(const auto block, series_block(series_index));
    if (Status status = read_layout(block, layout); !status) {
        return damaged(series_place(entry.series_id), status.error().message());
    }
    return layout;
}

std::uint64_t SegmentReader::series_block_offset(std::size_t series_index) const {
    return index_entry(index_, series_index).block_offset;
}

Status SegmentReader::read_layout(std::span<const std::byte> block,
                                  SegmentSeriesLayout& layout) const {
    SeriesBlockReader reader(block);
    TIDEMARK_ASSIGN_OR_RETURN(layout.header, reader.read_header());
    TIDEMARK_RETURN_IF_ERROR(require_room(layout.header));
    TIDEMARK_ASSIGN_OR_RETURN(layout.parts, reader.read_parts(layout.header));
    for (const SeriesBlockPart& part : layout.parts) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto groups,
                                  read_row_groups(part, layout.header.fields.size()));
        for (const SeriesBlockRowGroup& stored : groups) {
            TIDEMARK_RETURN_IF_ERROR(require_inside(stored));
            layout.row_groups.push_back(stored);
        }
    }
    return success();
}

Status SegmentReader::require_room(const SeriesBlockHeader& header) const {
    if (lies_within(header.first_row_group_index, header.row_group_count, 0, row_group_count_)) {
        return success();
    }
    return corrupt("more row groups than in the segment");
}

Status SegmentReader::require_inside(const SeriesBlockRowGroup& stored) const {
    if (lies_within(stored.payload_offset, stored.payload_size_bytes, sizeof(Header),
                    data_end_offset_)) {
        return success();
    }
    return corrupt("row group lies outside the file");
}

/// One block of all row groups, if there is one.
Result<SegmentReader::RowGroups> SegmentReader::read_blocks(
    std::span<const std::byte> directory) const {
    SeriesBlockReader reader(directory);
    TIDEMARK_ASSIGN_OR_RETURN(SeriesBlockHeader header, reader.read_header());
    if (!header.totals || header.totals->columns.empty()) return read_blocks_below(directory);
    auto record = std::make_shared<const SeriesBlockRecord>(std::move(*header.totals));
    return RowGroups{make_segment_block(
        shared_from_this(), std::move(record), header.fields, header.payload_offset,
        [this, directory] { return read_blocks_below(directory); })};
}

Result<SegmentReader::RowGroups> SegmentReader::read_blocks_below(
    std::span<const std::byte> directory) const {
    SeriesBlockReader reader(directory);
    TIDEMARK_ASSIGN_OR_RETURN(SeriesBlockHeader header, reader.read_header());
    TIDEMARK_RETURN_IF_ERROR(require_room(header));
    struct Parts {
        std::vector<RowGroupColumn> fields;
        std::vector<SeriesBlockPart> all;
    };
    // Of all blocks together: there may be hundreds, most of which nobody opens.
    const auto parts = std::make_shared<Parts>();
    TIDEMARK_ASSIGN_OR_RETURN(parts->all, reader.read_parts(header));
    parts->fields = std::move(header.fields);
    RowGroups groups;
    groups.reserve(parts->all.size());
    for (const SeriesBlockPart& part : parts->all) {
        if (part.record.columns.empty()) {
            TIDEMARK_RETURN_IF_ERROR(append_row_groups(part, parts->fields, groups));
            continue;
        }
        const auto open = [this, parts, &part]() -> Result<RowGroups> {
            RowGroups members;
            TIDEMARK_RETURN_IF_ERROR(append_row_groups(part, parts->fields, members));
            return members;
        };
        groups.push_back(make_segment_block(
            shared_from_this(), std::shared_ptr<const SeriesBlockRecord>(parts, &part.record),
            parts->fields, part.payload_offset, open));
    }
    return groups;
}

Status SegmentReader::append_row_groups(const SeriesBlockPart& part,
                                        const std::vector<RowGroupColumn>& fields,
                                        RowGroups& groups) const {
    TIDEMARK_ASSIGN_OR_RETURN(auto stored, read_row_groups(part, fields.size()));
    std::uint64_t row_group_index = part.first_row_group_index;
    groups.reserve(groups.size() + stored.size());
    for (SeriesBlockRowGroup& group : stored) {
        TIDEMARK_RETURN_IF_ERROR(require_inside(group));
        groups.push_back(make_segment_row_group(shared_from_this(), std::move(group), fields,
                                                row_group_index++));
    }
    return success();
}

Result<SegmentSeries> SegmentReader::series(std::size_t series_index) const {
    const SeriesId id = index_entry(index_, series_index).series_id;
    TIDEMARK_ASSIGN_OR_RETURN(const auto block, series_block(series_index));
    SeriesBlockReader reader(block);
    auto header = reader.read_header();
    if (!header) return damaged(series_place(id), header.error().message());
    SegmentSeries series{id, header.value().series_key, std::move(header.value().fields)};
    TIDEMARK_ASSIGN_OR_RETURN(const auto groups, row_groups(id));
    for (const auto& group : groups) {
        for (const RowGroupColumn& column : group->columns()) {
            const auto field = std::ranges::find(series.fields, column.name, &RowGroupColumn::name);
            field->non_null_count += column.non_null_count;
        }
    }
    return series;
}

Status SegmentReader::verify_series(std::size_t series_index,
                                    std::uint64_t& verified_size_bytes) const {
    const IndexEntry entry = index_entry(index_, series_index);
    TIDEMARK_ASSIGN_OR_RETURN(const auto groups, row_groups(entry.series_id));
    verified_size_bytes += entry.block_size_bytes;
    for (const auto& group : groups) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto payload, group->payload());
        verified_size_bytes += payload.size();
        for (std::size_t column = 0; column < group->columns().size(); ++column) {
            TIDEMARK_RETURN_IF_ERROR(group->summary(column));
        }
        auto rows = decode_row_group(*group);
        if (!rows) return damaged(series_place(entry.series_id), rows.error().message());
    }
    return verify_blocks(entry.series_id);
}

Status SegmentReader::verify_blocks(SeriesId id) const {
    TIDEMARK_ASSIGN_OR_RETURN(RowGroups unverified, blocks(id));
    while (!unverified.empty()) {
        const std::shared_ptr<const RowGroup> block = std::move(unverified.back());
        unverified.pop_back();
        if (!block->is_block()) continue;
        for (std::size_t column = 0; column < block->columns().size(); ++column) {
            TIDEMARK_RETURN_IF_ERROR(block->summary(column));
            TIDEMARK_RETURN_IF_ERROR(block->value_runs(column));
        }
        TIDEMARK_ASSIGN_OR_RETURN(const RowGroups members, block->members());
        unverified.insert(unverified.end(), members.begin(), members.end());
    }
    return success();
}

Status SegmentReader::verify() const {
    std::uint64_t verified_size_bytes = 0;
    const auto series_count = static_cast<std::size_t>(info_.series_count);
    for (std::size_t index = 0; index < series_count; ++index) {
        TIDEMARK_RETURN_IF_ERROR(verify_series(index, verified_size_bytes));
    }
    const std::uint64_t expected_size_bytes = data_end_offset_ - sizeof(Header);
    if (verified_size_bytes != expected_size_bytes) {
        return damaged("directory", "speaks of " + std::to_string(verified_size_bytes) +
                                        " bytes, there are " + std::to_string(expected_size_bytes));
    }
    return success();
}

}  // namespace tidemark::storage

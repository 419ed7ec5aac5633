#include "storage/segment/segment_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/segment/segment_format.h"
#include "storage/segment/series_block.h"
#include "storage/summary/summary.h"

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

/// A view into the mapped segment.
class SegmentRowGroup final : public RowGroup {
public:
    SegmentRowGroup(std::shared_ptr<const SegmentReader> segment, SeriesBlockRowGroup stored,
                    const std::vector<RowGroupColumn>& fields, std::uint64_t row_group_index)
        : RowGroup(stored.info),
          segment_(std::move(segment)),
          stored_(std::move(stored)),
          row_group_index_(row_group_index) {
        columns_.reserve(stored_.columns.size());
        for (const SeriesBlockColumn& column : stored_.columns) {
            columns_.push_back(fields[column.field_index]);
            columns_.back().non_null_count = column.non_null_count;
        }
    }

    std::span<const RowGroupColumn> columns() const override { return columns_; }

    Result<ColumnSummary> summary(std::size_t column_index) const override {
        ByteReader reader(stored_.columns[column_index].summary);
        auto summary = read_summary(columns_[column_index].type,
                                    {info().row_count, info().first_ns, info().last_ns}, reader);
        if (!summary) return segment_->damaged(place(column_index), summary.error().message());
        const bool is_whole = reader.is_at_end() && summary.value().non_null_count ==
                                                        columns_[column_index].non_null_count;
        if (!is_whole) return segment_->damaged(place(column_index), "summary of other values");
        return summary;
    }

    Result<std::span<const std::byte>> encoded_times() const override {
        TIDEMARK_ASSIGN_OR_RETURN(const auto bytes, stored_payload(SegmentReader::Verify::Once));
        return bytes.first(static_cast<std::size_t>(stored_.times_size_bytes));
    }

    Result<EncodedColumn> encoded_column(std::size_t column_index) const override {
        TIDEMARK_ASSIGN_OR_RETURN(const auto bytes, stored_payload(SegmentReader::Verify::Once));
        std::uint64_t offset = stored_.times_size_bytes;
        for (std::size_t before = 0; before < column_index; ++before) {
            offset += stored_.columns[before].validity_size_bytes +
                      stored_.columns[before].values_size_bytes;
        }
        const SeriesBlockColumn& column = stored_.columns[column_index];
        const auto rest = bytes.subspan(static_cast<std::size_t>(offset));
        const auto validity_size_bytes = static_cast<std::size_t>(column.validity_size_bytes);
        return EncodedColumn{
            rest.first(validity_size_bytes),
            rest.subspan(validity_size_bytes, static_cast<std::size_t>(column.values_size_bytes))};
    }

    Result<std::span<const std::byte>> payload() const override {
        return stored_payload(SegmentReader::Verify::Again);
    }

    Status require_intact() const override { return segment_->require_intact(); }

    std::size_t size_bytes() const override {
        return sizeof *this + static_cast<std::size_t>(stored_.payload_size_bytes);
    }

private:
    Result<std::span<const std::byte>> stored_payload(SegmentReader::Verify verify) const {
        return segment_->verified_payload(row_group_index_, stored_.payload_offset,
                                          stored_.payload_size_bytes, stored_.payload_checksum,
                                          verify);
    }

    std::string place(std::size_t column_index) const {
        return "row group at " + std::to_string(stored_.payload_offset) + ": field " +
               std::string(columns_[column_index].name);
    }

    std::shared_ptr<const SegmentReader> segment_;
    SeriesBlockRowGroup stored_;
    std::vector<RowGroupColumn> columns_;
    std::uint64_t row_group_index_;
};

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
        groups.push_back(std::make_shared<SegmentRowGroup>(shared_from_this(), std::move(stored),
                                                           layout.header.fields, row_group_index));
    }
    return groups;
}

Result<SegmentSeriesLayout> SegmentReader::series_layout(std::size_t series_index) const {
    const IndexEntry entry = index_entry(index_, series_index);
    SegmentSeriesLayout layout{entry.series_id, entry.block_offset, entry.block_size_bytes, {}, {}};
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
    if (!lies_within(layout.header.first_row_group_index, layout.header.row_group_count, 0,
                     row_group_count_)) {
        return corrupt("more row groups than in the segment");
    }
    // Nothing is reserved on the file's word: it is the loop that finds out how many there are.
    for (std::uint64_t index = 0; index < layout.header.row_group_count; ++index) {
        TIDEMARK_ASSIGN_OR_RETURN(SeriesBlockRowGroup stored, reader.read_row_group());
        if (!lies_within(stored.payload_offset, stored.payload_size_bytes, sizeof(Header),
                         data_end_offset_)) {
            return corrupt("row group lies outside the file");
        }
        layout.row_groups.push_back(std::move(stored));
    }
    return reader.expect_end();
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

#include "storage/segment/segment_writer.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "storage/base/assert.h"
#include "storage/base/bytes.h"
#include "storage/segment/segment_format.h"
#include "storage/segment/series_block.h"

namespace tidemark::storage {
namespace {

using segment_format::checksum_at;
using segment_format::Header;
using segment_format::IndexEntry;
using segment_format::Trailer;

// Series blocks wait in memory until there are so many, so that the blocks of many series lie
// together and a query that needs summaries only reads few pages.
constexpr std::size_t kPendingLimitBytes = std::size_t{1} << 20;
constexpr std::size_t kBufferLimitBytes = std::size_t{1} << 18;

template <typename T>
std::span<const std::byte> bytes_of(const T& record) {
    return std::as_bytes(std::span(&record, 1));
}

}  // namespace

struct SegmentWriter::State {
    std::unique_ptr<WritableFile> file;
    std::uint64_t segment_id = 0;
    Origin origin = Origin::Head;
    std::vector<std::byte> buffer;    // The bytes behind those in the file.
    std::uint64_t flushed_bytes = 0;  // Bytes in the file.
    std::vector<IndexEntry> index;    // Of finished series.
    std::vector<std::byte> pending;   // Blocks of the last series of `index`, in order.
    std::size_t pending_count = 0;
    SeriesBlockBuilder series;
    SegmentInfo info;
    std::uint64_t row_group_count = 0;
    bool has_series = false;
    bool is_dead = false;

    std::uint64_t offset() const { return flushed_bytes + buffer.size(); }

    Status append(std::span<const std::byte> bytes) {
        buffer.insert(buffer.end(), bytes.begin(), bytes.end());
        if (buffer.size() < kBufferLimitBytes) return success();
        return flush_buffer();
    }

    Status flush_buffer() {
        TIDEMARK_RETURN_IF_ERROR(file->append(buffer));
        flushed_bytes += buffer.size();
        buffer.clear();
        return success();
    }

    Status append_header() {
        Header header{};
        header.magic = segment_format::kMagic;
        header.version = segment_format::kVersion;
        header.segment_id = segment_id;
        header.checksum =
            checksum_at(bytes_of(header).first(offsetof(Header, checksum)), segment_id, 0);
        return append(bytes_of(header));
    }

    Status end_series() {
        if (!has_series) return success();
        const std::size_t begin = pending.size();
        series.write_to(pending);
        const std::size_t size_bytes = pending.size() - begin;
        if (size_bytes > std::numeric_limits<std::uint32_t>::max()) {
            return Error(ErrorCode::LimitExceeded, "series " +
                                                       std::to_string(index.back().series_id) +
                                                       " has too many row groups for one segment");
        }
        index.back().block_size_bytes = static_cast<std::uint32_t>(size_bytes);
        ++pending_count;
        if (pending.size() < kPendingLimitBytes) return success();
        return append_pending();
    }

    Status append_pending() {
        std::uint64_t block_offset = offset();
        auto rest = std::span<const std::byte>(pending);
        for (auto entry = index.end() - static_cast<std::ptrdiff_t>(pending_count);
             entry != index.end(); ++entry) {
            const auto block = rest.first(entry->block_size_bytes);
            entry->block_offset = block_offset;
            entry->block_checksum = checksum_at(block, segment_id, block_offset);
            block_offset += block.size();
            rest = rest.subspan(block.size());
        }
        TIDEMARK_RETURN_IF_ERROR(append(pending));
        pending.clear();
        pending_count = 0;
        return success();
    }

    void count(const RowGroup& group) {
        const RowGroupInfo& added = group.info();
        const bool is_first = info.row_count == 0;
        info.first_ns = is_first ? added.first_ns : std::min(info.first_ns, added.first_ns);
        info.last_ns = is_first ? added.last_ns : std::max(info.last_ns, added.last_ns);
        info.first_sequence =
            is_first ? added.first_sequence : std::min(info.first_sequence, added.first_sequence);
        info.last_sequence = std::max(info.last_sequence, added.last_sequence);
        info.row_count += added.row_count;
        for (const RowGroupColumn& column : group.columns()) {
            info.sample_count += column.non_null_count;
        }
        ++row_group_count;
    }

    Status begin_series(SeriesId id, std::string_view series_key) {
        TIDEMARK_ASSERT(index.empty() || index.back().series_id < id, "series ids ascend");
        TIDEMARK_RETURN_IF_ERROR(end_series());
        series.begin(series_key, offset(), row_group_count);
        index.push_back({id, 0, 0, 0});
        has_series = true;
        return success();
    }

    Status add_row_group(const RowGroup& group) {
        TIDEMARK_ASSERT(has_series, "a row group belongs to a series");
        if (group.info().row_count > segment_format::kMaxRowsPerGroup) {
            return Error(ErrorCode::LimitExceeded,
                         "a row group of a segment has at most " +
                             std::to_string(segment_format::kMaxRowsPerGroup) + " rows");
        }
        TIDEMARK_ASSIGN_OR_RETURN(const auto payload, group.payload());
        TIDEMARK_RETURN_IF_ERROR(
            series.add_row_group(group, checksum_at(payload, segment_id, offset())));
        count(group);
        TIDEMARK_RETURN_IF_ERROR(append(payload));
        // Zeros must not get a checksum of their own.
        return group.require_intact();
    }

    Result<SegmentInfo> finish() {
        TIDEMARK_RETURN_IF_ERROR(end_series());
        TIDEMARK_RETURN_IF_ERROR(append_pending());
        const std::uint64_t data_end_offset = offset();
        std::vector<std::byte> tail;
        tail.resize(
            (segment_format::kIndexAlignment - data_end_offset % segment_format::kIndexAlignment) %
            segment_format::kIndexAlignment);
        const std::uint64_t index_offset = data_end_offset + tail.size();
        ByteWriter(tail).write_bytes(std::as_bytes(std::span(index)));
        info.segment_id = segment_id;
        info.series_count = index.size();
        info.size_bytes = data_end_offset + tail.size() + sizeof(Trailer);
        const Trailer trailer = make_trailer(data_end_offset, index_offset,
                                             checksum_at(tail, segment_id, data_end_offset));
        ByteWriter(tail).write_bytes(bytes_of(trailer));
        TIDEMARK_RETURN_IF_ERROR(append(tail));
        TIDEMARK_RETURN_IF_ERROR(flush_buffer());
        TIDEMARK_RETURN_IF_ERROR(file->sync());
        TIDEMARK_RETURN_IF_ERROR(file->close());
        return info;
    }

    Trailer make_trailer(std::uint64_t data_end_offset, std::uint64_t index_offset,
                         std::uint64_t index_checksum) const {
        Trailer trailer{};
        trailer.segment_id = segment_id;
        trailer.first_ns = info.first_ns;
        trailer.last_ns = info.last_ns;
        trailer.first_sequence = info.first_sequence;
        trailer.last_sequence = info.last_sequence;
        trailer.series_count = info.series_count;
        trailer.row_group_count = row_group_count;
        trailer.row_count = info.row_count;
        trailer.sample_count = info.sample_count;
        trailer.data_end_offset = data_end_offset;
        trailer.index_offset = index_offset;
        trailer.index_checksum = index_checksum;
        trailer.optional_features =
            origin == Origin::Segments ? segment_format::kRewrittenFeature : 0;
        trailer.version = segment_format::kVersion;
        trailer.trailer_size_bytes = sizeof(Trailer);
        trailer.magic = segment_format::kMagic;
        trailer.checksum = checksum_at(bytes_of(trailer).first(offsetof(Trailer, checksum)),
                                       segment_id, info.size_bytes - sizeof(Trailer));
        return trailer;
    }
};

SegmentWriter::SegmentWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SegmentWriter::~SegmentWriter() = default;

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::create(FileSystem& file_system,
                                                             const std::string& path,
                                                             std::uint64_t segment_id,
                                                             Origin origin) {
    auto state = std::make_unique<State>();
    TIDEMARK_ASSIGN_OR_RETURN(state->file, file_system.create_file(path));
    state->segment_id = segment_id;
    state->origin = origin;
    TIDEMARK_RETURN_IF_ERROR(state->append_header());
    return std::unique_ptr<SegmentWriter>(new SegmentWriter(std::move(state)));
}

namespace {

Error dead_writer() { return {ErrorCode::IoError, "the segment writer has failed or finished"}; }

}  // namespace

Status SegmentWriter::begin_series(SeriesId id, std::string_view series_key) {
    if (state_->is_dead) return dead_writer();
    Status status = state_->begin_series(id, series_key);
    state_->is_dead = !status;
    return status;
}

Status SegmentWriter::add_row_group(const RowGroup& group) {
    if (state_->is_dead) return dead_writer();
    Status status = state_->add_row_group(group);
    state_->is_dead = !status;
    return status;
}

Result<SegmentInfo> SegmentWriter::finish() {
    if (state_->is_dead) return dead_writer();
    state_->is_dead = true;
    return state_->finish();
}

std::uint64_t SegmentWriter::size_bytes() const {
    return state_->offset() + state_->pending.size();
}

bool SegmentWriter::has_rows() const { return state_->info.row_count > 0; }

}  // namespace tidemark::storage

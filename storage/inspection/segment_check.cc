#include "storage/inspection/segment_check.h"

#include <cstddef>
#include <cstring>
#include <utility>

#include "storage/engine/segment_set.h"
#include "storage/segment/segment_format.h"

namespace tidemark::storage {

const char* const kSegmentAdvice =
    "stop the server, put the file back from a backup and start again; without a backup, write the "
    "samples of that time again: rows at the same time replace one another";

namespace {

class SegmentCheck {
public:
    SegmentCheck(const SegmentReader& segment, std::string file)
        : segment_(segment), file_(std::move(file)) {}

    std::vector<Finding> run(const std::function<bool()>& go_on) {
        const auto series_count = static_cast<std::size_t>(segment_.info().series_count);
        for (std::size_t index = 0; index < series_count; ++index) {
            if (!go_on()) return std::move(findings_);
            check_series(index);
        }
        const std::uint64_t expected_bytes =
            segment_.data_end_offset() - sizeof(segment_format::Header);
        if (findings_.empty() && checked_bytes_ != expected_bytes) {
            add(sizeof(segment_format::Header),
                "series blocks speak of " + std::to_string(checked_bytes_) + " bytes, there are " +
                    std::to_string(expected_bytes),
                "some bytes belong to no series, or to two of them");
        }
        return std::move(findings_);
    }

private:
    void add(std::uint64_t offset, std::string what, std::string meaning) {
        findings_.push_back({Finding::Kind::Damage, file_, offset, std::move(what),
                             std::move(meaning), kSegmentAdvice});
    }

    void check_series(std::size_t index) {
        const auto layout = segment_.series_layout(index);
        if (!layout) {
            add(segment_.series_block_offset(index), "series block: " + layout.error().message(),
                "the rows of this series in this segment cannot be read; all others are served");
            return;
        }
        const SegmentSeriesLayout& series = layout.value();
        checked_bytes_ += series.block_size_bytes;
        const auto groups = segment_.row_groups(series.id);
        if (!groups) {
            add(series.block_offset, "series block: " + groups.error().message(),
                "the rows of this series in this segment cannot be read; all others are served");
            return;
        }
        for (std::size_t group = 0; group < groups.value().size(); ++group) {
            const SeriesBlockRowGroup& stored = series.row_groups[group];
            checked_bytes_ += stored.payload_size_bytes;
            const Status sound = check_row_group(*groups.value()[group]);
            if (sound) continue;
            add(stored.payload_offset, "row group: " + sound.error().message(),
                std::to_string(stored.info.row_count) + " rows of " +
                    std::string(series.header.series_key) + " from " +
                    format_time(stored.info.first_ns) + " to " + format_time(stored.info.last_ns) +
                    " cannot be read; all others are served");
        }
        if (Status sound = segment_.verify_blocks(series.id); !sound) {
            add(series.block_offset, "series block: " + sound.error().message(),
                "questions about much of this series at once cannot be answered here; its rows are "
                "served");
        }
    }

    static Status check_row_group(const RowGroup& group) {
        TIDEMARK_RETURN_IF_ERROR(group.payload());
        for (std::size_t column = 0; column < group.columns().size(); ++column) {
            TIDEMARK_RETURN_IF_ERROR(group.summary(column));
        }
        TIDEMARK_RETURN_IF_ERROR(decode_row_group(group));
        return success();
    }

    const SegmentReader& segment_;
    const std::string file_;
    std::uint64_t checked_bytes_ = 0;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_segment(const SegmentReader& segment, const std::string& file,
                                   const std::function<bool()>& go_on) {
    return SegmentCheck(segment, file).run(go_on);
}

std::uint64_t offset_of_segment_defect(std::span<const std::byte> bytes) {
    using segment_format::Trailer;
    if (bytes.size() < sizeof(segment_format::Header) + sizeof(Trailer)) return 0;
    const std::size_t trailer_offset = bytes.size() - sizeof(Trailer);
    Trailer trailer{};
    std::memcpy(&trailer, bytes.data() + trailer_offset, sizeof trailer);
    const auto covered = bytes.subspan(trailer_offset, offsetof(Trailer, checksum));
    const bool is_trailer_sound =
        trailer.magic == segment_format::kMagic &&
        trailer.checksum ==
            segment_format::checksum_at(covered, trailer.segment_id, trailer_offset) &&
        trailer.data_end_offset <= trailer_offset;
    if (!is_trailer_sound) return trailer_offset;
    const auto data_end = static_cast<std::size_t>(trailer.data_end_offset);
    const auto index = bytes.subspan(data_end, trailer_offset - data_end);
    const bool is_index_sound =
        trailer.index_checksum == segment_format::checksum_at(index, trailer.segment_id, data_end);
    return is_index_sound ? 0 : data_end;  // Else it is the header.
}

}  // namespace tidemark::storage

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "storage/segment/segment_format.h"
#include "storage/segment/segment_reader.h"
#include "tests/segment/segment_file.h"

// Any bytes are a segment, or Corruption, or Unsupported: as a whole, of a series, of a row group.
// Checksums are made right first, so that what they keep away is reached.

using namespace tidemark;
using namespace tidemark::storage;
using segment_format::checksum_at;
using segment_format::Header;
using segment_format::IndexEntry;
using segment_format::Trailer;

namespace {

using RowGroups = std::vector<std::shared_ptr<const RowGroup>>;

// More only takes time.
constexpr std::size_t kSeriesLimit = 64;
constexpr std::size_t kRowGroupLimit = 512;
constexpr std::uint32_t kRowLimit = 5'000;

void require(bool condition) {
    if (!condition) __builtin_trap();
}

/// A file whose checksums can be made right.
class Draft {
public:
    explicit Draft(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {}

    const std::vector<std::byte>& bytes() const { return bytes_; }

    /// All but those of row groups. False when no segment is so short.
    bool seal() {
        if (bytes_.size() < sizeof(Header) + sizeof(Trailer)) return false;
        const std::size_t trailer_offset = bytes_.size() - sizeof(Trailer);
        auto trailer = read_at<Trailer>(trailer_offset);
        trailer.magic = segment_format::kMagic;
        trailer.trailer_size_bytes = sizeof(Trailer);
        auto header = read_at<Header>(0);
        header.magic = segment_format::kMagic;
        header.segment_id = trailer.segment_id;
        write_at(0, header);
        header.checksum = checksum_of(0, offsetof(Header, checksum), trailer.segment_id);
        write_at(0, header);
        seal_series_blocks(trailer, trailer_offset);
        if (trailer.data_end_offset <= trailer_offset) {
            const auto data_end = static_cast<std::size_t>(trailer.data_end_offset);
            trailer.index_checksum =
                checksum_of(data_end, trailer_offset - data_end, trailer.segment_id);
        }
        write_at(trailer_offset, trailer);
        trailer.checksum =
            checksum_of(trailer_offset, offsetof(Trailer, checksum), trailer.segment_id);
        write_at(trailer_offset, trailer);
        return true;
    }

    /// Of the row groups that a reader finds; their checksums stand somewhere in a series block.
    void seal_row_groups(const SegmentReader& reader) {
        const std::uint64_t segment_id = reader.info().segment_id;
        for (std::size_t index = 0; index < series_count_of(reader); ++index) {
            const auto layout = reader.series_layout(index);
            if (!layout) continue;
            const SegmentSeriesLayout& series = layout.value();
            for (const SeriesBlockRowGroup& group : series.row_groups) {
                const std::uint64_t right =
                    checksum_of(static_cast<std::size_t>(group.payload_offset),
                                static_cast<std::size_t>(group.payload_size_bytes), segment_id);
                replace(series.block_offset, series.block_size_bytes, group.payload_checksum,
                        right);
            }
        }
    }

    static std::size_t series_count_of(const SegmentReader& reader) {
        return static_cast<std::size_t>(
            std::min<std::uint64_t>(reader.info().series_count, kSeriesLimit));
    }

private:
    template <typename T>
    T read_at(std::size_t offset) const {
        T record;
        std::memcpy(&record, bytes_.data() + offset, sizeof record);
        return record;
    }

    template <typename T>
    void write_at(std::size_t offset, const T& record) {
        std::memcpy(bytes_.data() + offset, &record, sizeof record);
    }

    std::uint64_t checksum_of(std::size_t offset, std::size_t size_bytes,
                              std::uint64_t segment_id) const {
        return checksum_at(std::span(bytes_).subspan(offset, size_bytes), segment_id, offset);
    }

    void seal_series_blocks(const Trailer& trailer, std::size_t trailer_offset) {
        if (trailer.index_offset > trailer_offset) return;
        auto offset = static_cast<std::size_t>(trailer.index_offset);
        for (std::size_t series = 0; series < kSeriesLimit;
             ++series, offset += sizeof(IndexEntry)) {
            if (trailer_offset - offset < sizeof(IndexEntry)) return;
            auto entry = read_at<IndexEntry>(offset);
            const bool is_inside = entry.block_offset <= bytes_.size() &&
                                   entry.block_size_bytes <= bytes_.size() - entry.block_offset;
            if (!is_inside) continue;
            entry.block_checksum = checksum_of(static_cast<std::size_t>(entry.block_offset),
                                               entry.block_size_bytes, trailer.segment_id);
            write_at(offset, entry);
        }
    }

    void replace(std::uint64_t offset, std::uint64_t size_bytes, std::uint64_t old_checksum,
                 std::uint64_t checksum) {
        std::byte pattern[sizeof old_checksum];
        std::memcpy(pattern, &old_checksum, sizeof pattern);
        const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
        const auto end = begin + static_cast<std::ptrdiff_t>(size_bytes);
        const auto found = std::search(begin, end, std::begin(pattern), std::end(pattern));
        if (found == end) return;
        std::memcpy(&*found, &checksum, sizeof checksum);
    }

    std::vector<std::byte> bytes_;
};

std::shared_ptr<const SegmentReader> open_segment(const Draft& draft) {
    auto reader = SegmentReader::open(std::make_shared<tests::MappedBytes>(draft.bytes()), "fuzz");
    if (reader) return reader.value();
    const ErrorCode code = reader.error().code();
    require(code == ErrorCode::Corruption || code == ErrorCode::Unsupported);
    return nullptr;
}

/// False for Corruption; anything else is a defect.
template <typename T>
bool is_sound(const Result<T>& result) {
    if (!result) require(result.error().code() == ErrorCode::Corruption);
    return result.has_value();
}

/// The number of rows that can be read.
std::uint64_t read_row_group(const RowGroup& group) {
    for (std::size_t column = 0; column < group.columns().size(); ++column) {
        is_sound(group.summary(column));
    }
    if (group.info().row_count > kRowLimit) return 0;
    const auto rows = decode_row_group(group);
    if (!is_sound(rows)) return 0;
    const auto& times = rows.value().times;
    require(times.size() == group.info().row_count);
    require(std::ranges::adjacent_find(times, std::ranges::greater_equal()) == times.end());
    return times.size();
}

std::uint64_t row_count_below(const RowGroup& block) {
    if (!block.is_block()) return block.info().row_count;
    for (std::size_t column = 0; column < block.columns().size(); ++column) {
        is_sound(block.summary(column));
        is_sound(block.value_runs(column));
    }
    const auto members = block.members();
    if (!is_sound(members)) return block.info().row_count;
    std::uint64_t row_count = 0;
    for (const auto& member : members.value()) row_count += row_count_below(*member);
    require(row_count == block.info().row_count);
    return row_count;
}

void read_series(const SegmentReader& reader, std::size_t index) {
    const SeriesId id = reader.series_id(index);
    is_sound(reader.series(index));
    const Result<RowGroups> groups = reader.row_groups(id);
    if (!is_sound(groups)) return;
    if (groups.value().size() > kRowGroupLimit) return;
    std::uint64_t row_count = 0;
    for (const auto& group : groups.value()) {
        read_row_group(*group);
        row_count += group->info().row_count;
    }
    const Result<RowGroups> blocks = reader.blocks(id);
    if (!is_sound(blocks)) return;
    std::uint64_t blocked_row_count = 0;
    for (const auto& block : blocks.value()) blocked_row_count += row_count_below(*block);
    if (is_sound(reader.verify_blocks(id))) require(blocked_row_count == row_count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    Draft draft(std::as_bytes(std::span(data, size_bytes)));
    if (!draft.seal()) return 0;
    if (const auto unsealed = open_segment(draft)) draft.seal_row_groups(*unsealed);
    draft.seal();
    const auto reader = open_segment(draft);
    if (reader == nullptr) return 0;
    for (std::size_t index = 0; index < Draft::series_count_of(*reader); ++index) {
        read_series(*reader, index);
    }
    return 0;
}

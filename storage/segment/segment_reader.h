#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/segment/row_group.h"
#include "storage/segment/segment_info.h"
#include "storage/segment/series_block.h"

namespace tidemark::storage {

/// One series of a segment. Views into the mapped file, valid as long as the reader.
struct SegmentSeries {
    SeriesId id = 0;
    std::string_view series_key;
    std::vector<RowGroupColumn> fields;  ///< Names and types; non_null_count over the segment.
};

/// Where the parts of one series lie in the file. Views as above.
struct SegmentSeriesLayout {
    SeriesId id = 0;
    std::uint64_t block_offset = 0;  ///< Of the series block.
    std::uint64_t block_size_bytes = 0;
    SeriesBlockHeader header;
    std::vector<SeriesBlockPart> parts;           ///< Its blocks, see SeriesBlockReader.
    std::vector<SeriesBlockRowGroup> row_groups;  ///< In the order of row_groups().
};

/// One bit for each of a fixed number of things, set once. Thread-safe.
class VerifiedFlags {
public:
    VerifiedFlags() = default;
    explicit VerifiedFlags(std::size_t count)
        : words_(std::make_unique<std::atomic<std::uint64_t>[]>((count + 63) / 64)) {}

    bool is_set(std::size_t index) const {
        return ((words_[index / 64].load(std::memory_order_relaxed) >> (index % 64)) & 1U) != 0;
    }
    void set(std::size_t index) {
        words_[index / 64].fetch_or(std::uint64_t{1} << (index % 64), std::memory_order_relaxed);
    }

private:
    std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

/// A segment file. FORMAT.md section 3. Trusts nothing: whatever the bytes are, answers are either
/// what was written or Corruption, naming the file.
///
/// Immutable and thread-safe. The row groups it gives out keep it, and so the mapping, alive.
class SegmentReader final : public std::enable_shared_from_this<SegmentReader> {
public:
    /// Verifies header, trailer and index of series; series and row groups are verified when they
    /// are first touched. `file_name` is for messages. Corruption when this is no complete segment,
    /// Unsupported when a newer format wrote it.
    static Result<std::shared_ptr<const SegmentReader>> open(std::shared_ptr<const MappedFile> file,
                                                             std::string file_name);

    const SegmentInfo& info() const { return info_; }
    const std::string& file_name() const { return file_name_; }
    /// Whether its rows were in other segments before.
    bool is_rewritten() const { return is_rewritten_; }

    /// In ascending order; verified with the index of series, whatever became of the series itself.
    SeriesId series_id(std::size_t series_index) const;

    bool has_series(SeriesId id) const { return find_series(id).has_value(); }

    /// The row groups of a series as they were added; none when the series is not here. O(log n)
    /// in the number of series.
    Result<std::vector<std::shared_ptr<const RowGroup>>> row_groups(SeriesId id) const;

    /// The same for series `series_index`, whose directory is verified whether it was touched
    /// before or not: for whoever writes what it says anew, under checksums of its own.
    Result<std::vector<std::shared_ptr<const RowGroup>>> row_groups_verified_again(
        std::size_t series_index) const;

    /// The rows of row_groups(id) as blocks, the largest ones there are, and row groups where there
    /// is no block. What a block has in it is not looked at before it is asked for its members.
    Result<std::vector<std::shared_ptr<const RowGroup>>> blocks(SeriesId id) const;

    /// Series `series_index` of info().series_count, in order of id; to rebuild a catalogue.
    Result<SegmentSeries> series(std::size_t series_index) const;

    /// The same series, for tools: what its block says.
    Result<SegmentSeriesLayout> series_layout(std::size_t series_index) const;

    std::uint64_t row_group_count() const { return row_group_count_; }
    /// Behind the last row group or series block.
    std::uint64_t data_end_offset() const { return data_end_offset_; }

    /// Where the block of a series stands by the index, be it sound or not.
    std::uint64_t series_block_offset(std::size_t series_index) const;

    /// Corruption when a part of the file could not be read since it was opened. What was read in
    /// the meantime may be zeros; whoever used it asks here before it tells anybody.
    Status require_intact() const;

    /// Verifies every byte. Reads the whole file.
    Status verify() const;

    /// Corruption when the blocks of a series, or their summaries, cannot be read.
    Status verify_blocks(SeriesId id) const;

private:
    friend class SegmentRows;

    using RowGroups = std::vector<std::shared_ptr<const RowGroup>>;

    SegmentReader(std::shared_ptr<const MappedFile> file, std::string file_name);

    Status read_trailer();
    Status read_header() const;
    std::optional<std::size_t> find_series(SeriesId id) const;
    enum class Verify : std::uint8_t {
        Once,   ///< When it is touched for the first time.
        Again,  ///< Whenever it is asked for.
    };
    /// The directory of a series.
    Result<std::span<const std::byte>> series_block(std::size_t series_index,
                                                    Verify verify = Verify::Once) const;
    Status read_layout(std::span<const std::byte> block, SegmentSeriesLayout& layout) const;
    Result<RowGroups> read_blocks(std::span<const std::byte> directory) const;
    Result<RowGroups> read_blocks_below(std::span<const std::byte> directory) const;
    Status append_row_groups(const SeriesBlockPart& part, const std::vector<RowGroupColumn>& fields,
                             RowGroups& groups) const;
    Status require_room(const SeriesBlockHeader& header) const;
    Status require_inside(const SeriesBlockRowGroup& stored) const;
    /// A row group's encoded bytes, verified likewise.
    Result<std::span<const std::byte>> verified_payload(std::uint64_t row_group_index,
                                                        std::uint64_t offset,
                                                        std::uint64_t size_bytes,
                                                        std::uint64_t checksum,
                                                        Verify verify) const;
    Status verify_series(std::size_t series_index, std::uint64_t& verified_size_bytes) const;
    Error damaged(const std::string& place, std::string message) const;

    std::shared_ptr<const MappedFile> file_;
    std::string file_name_;
    SegmentInfo info_;
    std::span<const std::byte> bytes_;
    std::span<const std::byte> index_;  // Of series, fixed-size entries in order of id.
    std::uint64_t data_end_offset_ = 0;
    std::uint64_t row_group_count_ = 0;
    bool is_rewritten_ = false;
    // What has been verified. Threads that meet may verify the same bytes twice, with one answer.
    mutable VerifiedFlags verified_series_;
    mutable VerifiedFlags verified_row_groups_;
};

}  // namespace tidemark::storage

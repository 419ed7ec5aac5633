#pragma once

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

namespace tidemark::storage {

/// One series of a segment. Views into the mapped file, valid as long as the reader.
struct SegmentSeries {
    SeriesId id = 0;
    std::string_view series_key;
    std::vector<RowGroupColumn> fields;  ///< Names and types; non_null_count over the segment.
};

/// A segment file. FORMAT.md section 3. Trusts nothing: whatever the bytes are, answers are either
/// what was written or Corruption, naming the file.
///
/// Immutable and thread-safe. The row groups it gives out keep it, and so the mapping, alive.
class SegmentReader : public std::enable_shared_from_this<SegmentReader> {
public:
    /// Verifies header, trailer and index of series; series and row groups are verified when they
    /// are first touched. `file_name` is for messages. Corruption when this is no complete segment,
    /// Unsupported when a newer format wrote it.
    static Result<std::shared_ptr<const SegmentReader>> open(std::shared_ptr<const MappedFile> file,
                                                             std::string file_name);

    const SegmentInfo& info() const { return info_; }
    const std::string& file_name() const { return file_name_; }

    bool has_series(SeriesId id) const { return find_series(id).has_value(); }

    /// The row groups of a series as they were added; none when the series is not here. O(log n)
    /// in the number of series.
    Result<std::vector<std::shared_ptr<const RowGroup>>> row_groups(SeriesId id) const;

    /// Series `series_index` of info().series_count, in order of id; to rebuild a catalogue.
    Result<SegmentSeries> series(std::size_t series_index) const;

    /// Verifies every byte. Reads the whole file.
    Status verify() const;

private:
    SegmentReader(std::shared_ptr<const MappedFile> file, std::string file_name);
    std::optional<std::size_t> find_series(SeriesId id) const;

    std::shared_ptr<const MappedFile> file_;
    std::string file_name_;
    SegmentInfo info_;
    std::span<const std::byte> index_;  // Of series, fixed-size entries in order of id.
};

}  // namespace tidemark::storage

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/segment/row_group.h"
#include "storage/segment/segment_info.h"

namespace tidemark::storage {

/// Writes one segment file from front to back. FORMAT.md section 3.
///
///     begin_series(7, key); add_row_group(a); add_row_group(b); begin_series(9, key); ...
///     finish();
///
/// Holds about 1 MiB and 24 bytes for each series in memory. After any error the writer is dead
/// and the file has no trailer, so no reader takes it for a segment.
///
/// Not thread-safe.
class SegmentWriter {
public:
    /// Whether other segments had the rows before.
    enum class Origin : std::uint8_t { Head, Segments };

    /// Creates the file. Its name is the caller's: a temporary one until it is renamed.
    static Result<std::unique_ptr<SegmentWriter>> create(FileSystem& file_system,
                                                         const std::string& path,
                                                         std::uint64_t segment_id,
                                                         Origin origin = Origin::Head);
    ~SegmentWriter();
    SegmentWriter(const SegmentWriter&) = delete;
    SegmentWriter& operator=(const SegmentWriter&) = delete;

    /// Starts the next series; ids ascend strictly. `series_key` is stored as it is.
    Status begin_series(SeriesId id, std::string_view series_key);

    /// Adds an encoded row group to the series begun last. Row groups come in order of first_ns;
    /// they may overlap.
    Status add_row_group(const RowGroup& group);

    /// Writes directory and trailer, then syncs. The file is complete after this; its name is
    /// durable only after FileSystem::sync_directory().
    Result<SegmentInfo> finish();

    std::uint64_t size_bytes() const;  ///< Written so far.
    bool has_rows() const;

private:
    struct State;
    explicit SegmentWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tidemark::storage

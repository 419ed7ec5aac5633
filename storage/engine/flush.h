#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/head.h"
#include "storage/engine/manifest.h"
#include "storage/segment/segment_writer.h"

namespace tidemark::storage {

struct FlushOptions {
    std::string directory;  ///< Of the segments.
    std::uint32_t rows_per_vector = 1024;
    std::int64_t partition_width_ns = 0;  ///< Greater than 0.
};

/// Appended to the name of a segment while it is written; recovery removes what is left of it.
inline constexpr const char* kTemporarySuffix = ".tmp";

/// Writes one segment, whose series come from `fill`, under a temporary name until it is whole.
/// Nothing when there are none. The file's name is durable only after FileSystem::sync_directory().
/// On an error, which may be that of `fill`, there is no file.
Result<std::optional<SegmentInfo>> write_segment_file(
    FileSystem& file_system, const std::string& directory, std::uint64_t segment_id,
    SegmentWriter::Origin origin, const std::function<Status(SegmentWriter& writer)>& fill);

/// Writes the rows of a head that nobody appends to any more, one segment for each database and
/// partition, and makes files and names durable. Rows of series that went with their database are
/// left out. `next_segment_id` moves behind the ids used, also on errors.
///
/// On an error no segment stays. No manifest is touched here: unless it is told of the segments,
/// they do not count.
Result<std::vector<ManifestSegment>> write_segments(FileSystem& file_system,
                                                    const FlushOptions& options, const Head& head,
                                                    const Catalogue& catalogue,
                                                    std::uint64_t& next_segment_id);

/// Removes the files of segments that never counted.
void remove_segments(FileSystem& file_system, const std::string& directory,
                     const std::vector<ManifestSegment>& segments);

/// Which partition a time lies in, counted from the one that begins at the epoch.
std::int64_t partition_of(std::int64_t time_ns, std::int64_t partition_width_ns);

/// The rows of one series' groups as encoded row groups that do not overlap in time, each within
/// one partition. Groups that are so already go through as they are.
Result<std::vector<std::shared_ptr<const RowGroup>>> arrange_for_segments(
    const std::vector<HeadGroup>& groups, std::uint32_t rows_per_vector,
    std::int64_t partition_width_ns);

}  // namespace tidemark::storage

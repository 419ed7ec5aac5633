#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"
#include "storage/engine/head.h"
#include "storage/engine/manifest.h"
#include "storage/engine/tombstone.h"
#include "storage/segment/segment_reader.h"

namespace tidemark::storage {

/// A live segment and its file. Immutable and thread-safe.
struct LiveSegment {
    ManifestSegment entry;
    std::string file_name;
    std::shared_ptr<const SegmentReader> reader;  ///< Null when the file cannot be read.
    std::string defect;                           ///< Why not, with file and time range.
};

/// Everything rows can be in. Immutable: flushes, compaction and deletions make another one.
struct StoreContents {
    std::vector<std::shared_ptr<const LiveSegment>> segments;  ///< In order of id.
    std::vector<std::shared_ptr<const Head>> heads;  ///< Oldest first; the last is written to.
    Tombstones tombstones;  ///< What they hide is in segments, never in heads.
};

/// Whether rows of `entry` may be among those that `tombstone` hides, as far as the manifest tells.
bool may_hide_rows_of(const Tombstone& tombstone, const ManifestSegment& entry);

/// "segment-", 16 hexadecimal digits, ".seg": names sort in order of id.
std::string segment_file_name(std::uint64_t segment_id);
/// Nothing when `name` is no name of a segment's file.
std::optional<std::uint64_t> segment_id_of(std::string_view name);

/// Maps and checks the file of a segment. A file that is missing or damaged is told in `defect`;
/// an error is Unsupported only.
Result<std::shared_ptr<const LiveSegment>> open_live_segment(FileSystem& file_system,
                                                             const std::string& directory,
                                                             const ManifestSegment& entry);

/// "2024-01-01T00:00:00Z", with fractions of a second where there are any.
std::string format_time(std::int64_t time_ns);

}  // namespace tidemark::storage

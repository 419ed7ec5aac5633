#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/manifest.h"
#include "storage/engine/segment_set.h"
#include "storage/engine/tombstone.h"

namespace tidemark::storage {

/// What one merge did.
struct MergeCounts {
    std::uint64_t read_row_count = 0;
    std::uint64_t written_row_count = 0;
    std::uint64_t copied_vector_count = 0;   ///< Row groups that went through undecoded.
    std::uint64_t encoded_vector_count = 0;  ///< Row groups that were made.
    std::uint64_t written_size_bytes = 0;
};

struct MergeOptions {
    std::string directory;  ///< Of the segments.
    std::uint32_t rows_per_vector = 1024;
    std::uint64_t segment_id = 0;    ///< Of the segment to be written.
    std::uint8_t rewrite_count = 0;  ///< Its own.
    /// Of every field of every series only the last value goes in, for queries to carry in.
    bool keeps_last_values_only = false;
    /// Called with the bytes written so far after each row group; an error ends the merge.
    std::function<Status(std::uint64_t written_size_bytes)> on_progress;
};

/// Writes the rows of `segments`, all readable and of one policy, into one segment, without rows
/// that `tombstones` hide or whose series were dropped. Nothing when no rows are left.
///
/// On success the file has its name, durably, and only the manifest does not know it; on an error
/// there is no file. Errors are Corruption when a segment's bytes cannot be read, what on_progress
/// said, and what the file system says.
Result<std::optional<ManifestSegment>> merge_segments(
    FileSystem& file_system, const MergeOptions& options, const Catalogue& catalogue,
    const Tombstones& tombstones, const std::vector<std::shared_ptr<const LiveSegment>>& segments,
    MergeCounts& counts);

}  // namespace tidemark::storage

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/engine/catalogue_record.h"
#include "storage/engine/record_log.h"
#include "storage/segment/segment_info.h"

namespace tidemark::storage {

/// A live segment, as the manifest knows it: enough to say what is missing when its file is bad.
struct ManifestSegment {
    SegmentInfo info;
    DatabaseId database = 0;
    bool operator==(const ManifestSegment&) const = default;
};

/// What the manifest said when the store was opened.
struct ManifestContents {
    std::vector<ManifestSegment> segments;  ///< Live ones, in order of id.
    Sequence flushed_sequence = 0;          ///< Everything up to this is in segments.
    std::uint64_t next_segment_id = 1;
    bool is_damaged = false;  ///< A part could not be read: segments may be missing.
};

/// Which segments are live, and up to which sequence the log is not needed any more. A record log.
/// FORMAT.md section 5.
///
/// Not thread-safe: flushes and drops take turns.
class Manifest {
public:
    /// Reads the log at `path`, which is made when it is not there. Damage is left out and said in
    /// `messages`. With `read_only` nothing is written, and nothing can be recorded.
    static Result<std::unique_ptr<Manifest>> open(FileSystem& file_system, const std::string& path,
                                                  const std::string& quarantine_directory,
                                                  bool read_only,
                                                  std::vector<std::string>& messages);

    const ManifestContents& recovered() const { return recovered_; }

    // Durable on return. After StorageFull nothing was recorded; after any other error it is not
    // known whether it was.
    Status record_flush(Sequence flushed_sequence, std::uint64_t next_segment_id,
                        std::span<const ManifestSegment> added);
    Status record_removal(std::span<const std::uint64_t> segment_ids);

private:
    Manifest() = default;

    Status record(std::span<const std::byte> payload);

    ManifestContents recovered_;
    std::unique_ptr<RecordLog> log_;  // Null when read-only.
};

}  // namespace tidemark::storage

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/engine/catalogue_record.h"
#include "storage/engine/record_log.h"
#include "storage/engine/tombstone.h"
#include "storage/segment/segment_info.h"

namespace tidemark::storage {

/// A live segment, as the manifest knows it: enough to say what is missing when its file is bad.
struct ManifestSegment {
    SegmentInfo info;
    DatabaseId database = 0;
    std::uint8_t rewrite_count = 0;  ///< How often its rows were rewritten, at most.
    /// No tombstone up to this one hides any of its rows.
    std::uint64_t last_tombstone_id = 0;
    bool operator==(const ManifestSegment&) const = default;
};

/// What the manifest said when the store was opened.
struct ManifestContents {
    std::vector<ManifestSegment> segments;  ///< Live ones, in order of id.
    Sequence flushed_sequence = 0;          ///< Everything up to this is in segments.
    std::uint64_t next_segment_id = 1;
    /// Not live any more, as the records that are left say; some files may still be there.
    std::set<std::uint64_t> removed_segment_ids;
    Tombstones tombstones;  ///< Those that may still hide something, in order of id.
    std::uint64_t next_tombstone_id = 1;
    bool is_damaged = false;  ///< A part could not be read: segments may be missing.
    bool is_torn = false;     ///< That part is the end, as a crash may leave it.
};

/// Which segments are live, and up to which sequence the log is not needed any more. A record log.
/// FORMAT.md section 5.
///
/// Not thread-safe: flushes and drops take turns.
class Manifest {
public:
    /// Reads the log at `path`, which is made when it is not there. Damage is left out, said in
    /// `messages` and kept in `quarantine_directory`; the log then stays as it is until rewrite().
    /// When there are segments, live or not, a missing log is damage too. With `read_only` nothing
    /// is written, and nothing can be recorded.
    static Result<std::unique_ptr<Manifest>> open(FileSystem& file_system, const std::string& path,
                                                  const std::string& quarantine_directory,
                                                  const std::set<std::uint64_t>& present_segments,
                                                  bool read_only,
                                                  std::vector<std::string>& messages);

    const ManifestContents& recovered() const { return recovered_; }

    /// Replaces the log, damaged or not, by one that says exactly this. Durable on return; before,
    /// the old one is there: nobody sees a log that lost its damage but not yet gained what was
    /// found instead.
    Status rewrite(const ManifestContents& contents);

    // Durable on return. After StorageFull nothing was recorded; after any other error it is not
    // known whether it was.
    Status record_flush(Sequence flushed_sequence, std::uint64_t next_segment_id,
                        std::span<const ManifestSegment> added);
    Status record_removal(std::span<const std::uint64_t> segment_ids);
    /// The rows of the segments `removed` are in `added`.
    Status record_exchange(std::uint64_t next_segment_id, std::span<const std::uint64_t> removed,
                           std::span<const ManifestSegment> added);
    Status record_tombstones(std::span<const Tombstone> added);
    /// They hide nothing any more.
    Status record_cleared_tombstones(std::span<const std::uint64_t> tombstone_ids);

private:
    Manifest(FileSystem& file_system, std::string path)
        : file_system_(file_system), path_(std::move(path)) {}

    Status keep_damaged(const RecordLogContents& log, const std::string& quarantine_directory,
                        std::vector<std::string>& messages);
    Status record(std::span<const std::byte> payload);

    FileSystem& file_system_;
    const std::string path_;
    ManifestContents recovered_;
    std::unique_ptr<RecordLog> log_;  // Null when read-only, and until a damaged one is rewritten.
};

}  // namespace tidemark::storage

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"
#include "storage/base/mutex.h"

namespace tidemark::storage {

/// Which of the store's record logs a file is. The magic is its first four bytes.
struct RecordLogKind {
    const char* name;  ///< "catalogue", for messages.
    std::uint32_t magic;
};

/// A log without records: its header tells whose directory this is and which format it has.
inline constexpr RecordLogKind kFormatKind{"format", 0x5453'4d54};        // "TMST"
inline constexpr RecordLogKind kManifestKind{"manifest", 0x4e4d'4d54};    // "TMMN"
inline constexpr RecordLogKind kCatalogueKind{"catalogue", 0x4143'4d54};  // "TMCA"
inline constexpr RecordLogKind kDocumentsKind{"documents", 0x4344'4d54};  // "TMDC"

inline constexpr std::uint16_t kRecordLogVersion = 0;
inline constexpr std::size_t kRecordLogHeaderSizeBytes = 16;
inline constexpr std::size_t kRecordHeaderSizeBytes = 12;
/// This bit of a record's size says that it is the first one of a commit.
inline constexpr std::uint32_t kCommitMark = std::uint32_t{1} << 31;

/// Bytes of a file: [begin_offset, end_offset).
struct DamagedBytes {
    std::uint64_t begin_offset;
    std::uint64_t end_offset;
    bool was_durable;  ///< Else they may be of a commit that a crash interrupted.
};

/// What a record log held when it was read.
struct RecordLogContents {
    std::vector<std::byte> bytes;
    /// The payloads of the records whose checksum holds, in order; views into `bytes`.
    std::vector<std::span<const std::byte>> records;
    /// Where the last good record ends. What is behind it was never finished, or is damaged. 0 when
    /// not even the file header is complete.
    std::uint64_t good_size_bytes = 0;
    /// The stretches in front of good_size_bytes that could not be read, in order; first those that
    /// were durable.
    std::vector<DamagedBytes> damaged_bytes;
    /// One text for each of them that was durable, and for a damaged header.
    std::vector<std::string> damage;

    /// Where the last commit begins that was not finished, records of which may be good all the
    /// same; good_size_bytes when there is none.
    std::uint64_t torn_offset() const;
};

/// Reads and checks the whole log at `path`. NotFound when it is not there; Unsupported when a
/// newer version wrote it; damage inside is told in the contents, never an error. What cannot be
/// read counts as durable when a later commit is behind it. FORMAT.md section 1.
Result<RecordLogContents> read_record_log(FileSystem& file_system, const std::string& path,
                                          const RecordLogKind& kind);

/// The bytes of a log with exactly these records, for writing it anew in one step.
std::vector<std::byte> encode_record_log(const RecordLogKind& kind,
                                         std::span<const std::vector<std::byte>> records);

/// The bytes of a log without what its last commit, which was not finished, left unreadable; for
/// writing it anew in one step.
std::vector<std::byte> without_torn_bytes(const RecordLogKind& kind,
                                          const RecordLogContents& contents);

/// Appends records to a log. What was added becomes durable with the next commit() that succeeds.
/// Thread-safe; commits take turns, add() does not wait for them.
class RecordLog {
public:
    /// Makes a log with no records or goes on behind `size_bytes` of one. What is there is durable
    /// on return.
    static Result<std::unique_ptr<RecordLog>> create(FileSystem& file_system,
                                                     const std::string& path,
                                                     const RecordLogKind& kind);
    static Result<std::unique_ptr<RecordLog>> open(FileSystem& file_system, const std::string& path,
                                                   const RecordLogKind& kind,
                                                   std::uint64_t size_bytes);

    void add(std::span<const std::byte> payload) TIDEMARK_EXCLUDES(mutex_);

    /// Forgets what was added since the last commit() that succeeded.
    void discard() TIDEMARK_EXCLUDES(mutex_);

    /// Writes and syncs what was added; waits for commits that are under way. After StorageFull it
    /// can be tried again, nothing is lost. Any other error is final and returned by every later
    /// call.
    Status commit() TIDEMARK_EXCLUDES(mutex_, commit_mutex_);

private:
    RecordLog(FileSystem& file_system, std::string path, const RecordLogKind& kind,
              std::unique_ptr<WritableFile> file, std::uint64_t size_bytes);

    Status write_and_sync(std::span<const std::byte> bytes) TIDEMARK_REQUIRES(commit_mutex_);
    void take_back(std::vector<std::byte> bytes) TIDEMARK_EXCLUDES(mutex_);

    FileSystem& file_system_;
    const std::string path_;
    const RecordLogKind kind_;

    Mutex commit_mutex_;
    std::unique_ptr<WritableFile> file_ TIDEMARK_GUARDED_BY(commit_mutex_);
    std::uint64_t durable_size_bytes_ TIDEMARK_GUARDED_BY(commit_mutex_);
    Status final_status_ TIDEMARK_GUARDED_BY(commit_mutex_) = success();

    mutable Mutex mutex_;
    std::vector<std::byte> uncommitted_ TIDEMARK_GUARDED_BY(mutex_);
    std::uint64_t end_offset_ TIDEMARK_GUARDED_BY(mutex_);  // With everything added.
};

}  // namespace tidemark::storage

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"

namespace tidemark::storage {

/// Appends frames to one write-ahead log file. FORMAT.md section 2.
///
/// A frame is durable once sync() has returned success after its append(); before that a crash may
/// lose it, but never a frame in front of it. After any error the writer is dead: every later call
/// returns that same error, because the state of the file is unknown.
///
/// Not thread-safe. The engine's group commit serialises its callers.
class WalWriter {
public:
    /// Creates the file for the frames from `first_sequence` (> 0) on and makes its name durable.
    /// IoError when there is a file of that number: none is ever overwritten. After any other error
    /// there is none. Numbers rise from file to file; `file_id` must differ from that of any other
    /// file, random is best.
    static Result<std::unique_ptr<WalWriter>> create(FileSystem& file_system,
                                                     const std::string& directory,
                                                     std::uint64_t file_number,
                                                     Sequence first_sequence,
                                                     std::uint64_t file_id);

    /// Adds a frame. `sequence` must be next_sequence(), `durable_mark` a sequence up to which
    /// everything is durable (0: nothing is), never falling. LimitExceeded, and nothing done, for
    /// an empty payload or one of more than wal_format::kMaxPayloadSizeBytes.
    Status append(Sequence sequence, Sequence durable_mark, std::span<const std::byte> payload);

    /// Adds a frame without payload, which only raises the mark. An idle writer ends its log with
    /// one, so that a later defect in front of it is known to be corruption, not a torn tail.
    Status append_mark(Sequence durable_mark);

    /// Everything appended is durable when this returned success.
    Status sync();

    /// Closes the file without making anything durable. Only the destructor may follow.
    Status close();

    const std::string& path() const { return path_; }

    /// Bytes of the file, with those still in memory.
    std::uint64_t size_bytes() const { return file_->size_bytes() + buffer_.size(); }

    /// Of the next append().
    Sequence next_sequence() const { return next_sequence_; }

private:
    WalWriter(std::unique_ptr<WritableFile> file, std::string path, Sequence first_sequence,
              std::uint64_t file_id);

    void buffer_file_headers();
    void buffer_frame(Sequence durable_mark, std::span<const std::byte> payload);
    Status write_buffer();
    Status keep_first_error(Status status);

    const std::unique_ptr<WritableFile> file_;
    const std::string path_;
    const std::uint64_t file_id_;
    Sequence next_sequence_;
    std::vector<std::byte> buffer_;  // Of the frames that the file does not have yet.
    std::optional<Error> first_error_;
};

}  // namespace tidemark::storage

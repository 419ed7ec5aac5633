#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"

namespace tidemark::storage {

/// One intact frame with a payload.
struct WalFrame {
    Sequence sequence;
    std::uint64_t offset;                ///< Of the frame in its file.
    std::span<const std::byte> payload;  ///< Never empty. Valid as long as the reader.
};

/// A stretch of a file that holds no intact frames, or a place where sequences are skipped.
struct WalDamage {
    std::uint64_t offset;
    std::uint64_t size_bytes;  ///< 0 where sequences are skipped without a bad byte.
    /// What is not readable here: [missing_begin, missing_end), empty when nothing is known
    /// missing. Both 0 when the file header is lost.
    Sequence missing_begin;
    Sequence missing_end;
    bool has_frames_behind;  ///< Else it reaches to the end, and more may be missing.
};

/// Reads one write-ahead log file, all of it, when opened. FORMAT.md section 2.
///
/// Trusts nothing: whatever the bytes, every frame given out is one that was appended to this file
/// at this place, in order; everything else is told as damage. It reads on behind damage. What
/// damage means (torn tail or corruption) depends on other files too: wal_recovery.h decides it.
///
/// Not thread-safe. Holds a mapping of the file.
class WalReader {
public:
    /// Unsupported when a newer format wrote it. Damaged bytes are no error here; an empty file is
    /// not even damaged: a crash came before its first write.
    static Result<WalReader> open(FileSystem& file_system, const std::string& directory,
                                  const std::string& name);

    const std::string& name() const { return name_; }

    /// Nothing when the file header is lost, or was never written.
    std::optional<Sequence> first_sequence() const { return first_sequence_; }

    /// Behind the last intact frame; 0 without a file header.
    Sequence next_sequence() const { return next_sequence_; }

    /// The highest durable-up-to mark of any intact frame header; 0 when there is none.
    Sequence durable_mark() const { return durable_mark_; }

    /// By offset and sequence. Valid as long as the reader.
    std::span<const WalFrame> frames() const { return frames_; }

    /// By offset.
    std::span<const WalDamage> damages() const { return damages_; }

    /// The whole file, for keeping a copy of what is damaged. Valid as long as the reader.
    std::span<const std::byte> bytes() const { return file_->bytes(); }

private:
    WalReader(std::unique_ptr<MappedFile> file, std::string name)
        : file_(std::move(file)), name_(std::move(name)) {}

    Status read();
    void note_lost_header_copy(std::uint64_t offset, bool has_frames_behind);

    std::unique_ptr<MappedFile> file_;
    std::string name_;
    std::optional<Sequence> first_sequence_;
    Sequence next_sequence_ = 0;
    Sequence durable_mark_ = 0;
    std::vector<WalFrame> frames_;
    std::vector<WalDamage> damages_;
};

}  // namespace tidemark::storage

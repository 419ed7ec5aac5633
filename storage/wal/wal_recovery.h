#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/file_system.h"
#include "storage/wal/wal_reader.h"

namespace tidemark::storage {

/// A defect of the log, and what it means.
struct WalCut {
    enum class Kind : std::uint8_t {
        Harmless,  ///< Nothing is missing: a lost copy of a header, or bytes behind the last frame.
        TornTail,  ///< What is missing was never promised to anyone: the trace of a crash.
        Corruption,  ///< Durable sequences are missing: [lost_begin, lost_end).
    };
    Kind kind;
    std::string file_name;  ///< Empty: the sequences are in no file at all.
    std::uint64_t offset;
    std::uint64_t size_bytes;
    bool has_frames_behind;  ///< In the same file. They are replayed like all others.
    Sequence lost_begin;     ///< For Kind::Corruption only; else both are 0.
    Sequence lost_end;

    /// "wal-000000000000001a.wal: 212 bytes at 4096: torn, nothing durable is missing".
    std::string description() const;
};

/// All log files of a store, read and judged.
struct WalRecovery {
    /// By file number. Keep them as long as the frames are used.
    std::vector<WalReader> files;
    /// What to replay, in order: the intact frames of all files above the flushed sequence, rising
    /// strictly.
    std::vector<WalFrame> frames;
    /// In the order of the files; empty for a log that was closed well.
    std::vector<WalCut> cuts;
    /// Everything up to this was durable once.
    Sequence durable_mark = 0;
    /// Where the next WalWriter begins: above all that is there or was durable.
    Sequence next_sequence = 0;
    std::uint64_t next_file_number = 0;

    bool has_corruption() const;
};

/// Reads the log files in `directory` (other names are left alone) and tells torn tails from
/// corruption: what is missing was durable if a mark of any file, or `known_mark`, says so.
/// Sequences up to `flushed_sequence` are not needed from the log, so they are never missing.
///
/// Errors: Unsupported when a newer format wrote one of the files, else what the file system says.
/// Changes nothing.
Result<WalRecovery> recover_wal(FileSystem& file_system, const std::string& directory,
                                Sequence flushed_sequence, Sequence known_mark);

/// Makes the log ready for writing on, in a new file. Copies the bytes of every cut to
/// `quarantine_directory` (made when needed) as "<file name>.<offset>", then shortens the files by
/// their torn tails without frames behind, so that the next recovery does not tell of them again.
/// All else stays: repair never deletes. Then syncs every file, because after the death of a mere
/// process frames may be readable that the disk does not have: when this returned success,
/// everything recovered is durable, up to next_sequence - 1.
///
/// Where frames stay behind a torn frame, flush before writing on: the next recovery would take the
/// torn one for lost, as frames above it are durable by then.
///
/// Of `recovery`, bytes() of the files must not be read behind a cut afterwards; frames stay valid.
Status settle_wal(FileSystem& file_system, const std::string& directory,
                  const WalRecovery& recovery, const std::string& quarantine_directory);

}  // namespace tidemark::storage

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/store.h>

#include "storage/base/file_system.h"
#include "storage/engine/catalogue.h"
#include "storage/engine/committer.h"
#include "storage/engine/document_log.h"
#include "storage/engine/head.h"
#include "storage/engine/manifest.h"
#include "storage/engine/segment_set.h"
#include "storage/engine/visibility.h"
#include "storage/engine/wal_files.h"

namespace tidemark::storage {

/// Where a store keeps what. FORMAT.md section 1.
struct StorePaths {
    explicit StorePaths(const std::string& directory);

    std::string directory;
    std::string format;
    std::string catalogue;
    std::string manifest;
    std::string documents;
    std::string wal_directory;
    std::string segment_directory;
    std::string quarantine_directory;
};

/// A store as it was found on disk: what its parts said, and the rows of its log in a head.
struct RecoveredStore {
    std::unique_ptr<DirectoryLock> lock;
    std::unique_ptr<Catalogue> catalogue;
    std::unique_ptr<Manifest> manifest;
    std::unique_ptr<DocumentLog> documents;
    std::unique_ptr<WalFiles> wal_files;
    std::shared_ptr<Visibility> visibility;
    std::shared_ptr<Head> head;
    std::vector<std::shared_ptr<const LiveSegment>> segments;
    Tombstones tombstones;
    std::uint64_t next_tombstone_id = 1;
    LogPosition position;
    Sequence flushed_sequence = 0;
    std::uint64_t next_segment_id = 1;
    /// The rows of the log must go into segments before anything is written: see settle_wal().
    bool must_flush = false;
    std::vector<std::string> messages;
    /// Those of the messages that say that rows are missing, for scans to pass on.
    std::vector<std::string> missing_row_messages;
    /// Those of the messages that no crash explains.
    std::vector<std::string> damages;
};

/// Locks, reads and repairs the store in `paths.directory`; makes a new one when there is none and
/// `options` say so. Damage never stops it, it is told in the messages. Doing it twice is doing it
/// once.
///
/// Errors: NotFound, Busy, Unsupported (a newer format; nothing was touched), Corruption (damage
/// that `options` refuse; nothing was touched), and what the file
/// system says.
Result<RecoveredStore> recover_store(FileSystem& file_system, const StorePaths& paths,
                                     const StoreOptions& options);

}  // namespace tidemark::storage

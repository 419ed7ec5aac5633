#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tidemark/documents.h>
#include <tidemark/result.h>

#include "storage/base/file_system.h"
#include "storage/base/mutex.h"
#include "storage/engine/document_set.h"
#include "storage/engine/record_log.h"

namespace tidemark::storage {

/// The payload of a record. FORMAT.md section 11.
std::vector<std::byte> encode_document(DatabaseId database, const Document& document);
/// Corruption unless `payload` is a whole record.
Result<DocumentSet::Entry> decode_document(std::span<const std::byte> payload);

/// The documents of a store and the log that keeps them, which is made with the first document.
/// FORMAT.md section 11.
///
/// Thread-safe. Changes take turns; reading does not wait for the disk.
class DocumentLog {
public:
    /// Reads the log at `path`, if there is one. Damage is left out and said in `messages`; what a
    /// crash tore off is moved to `quarantine_directory`. With `read_only` nothing is written, and
    /// nothing can be recorded.
    static Result<std::unique_ptr<DocumentLog>> open(FileSystem& file_system,
                                                     const std::string& path,
                                                     const std::string& quarantine_directory,
                                                     bool read_only,
                                                     std::vector<std::string>& messages);

    /// Those of the messages that no crash explains.
    const std::vector<std::string>& damage() const { return damage_; }

    /// Makes `document` the newest version of its name, or removes it, and returns the number of
    /// that version; what `document` says of it is not looked at. Durable on return. After
    /// StorageFull nothing was recorded; any other error of the file is final, and it is not known
    /// whether it was.
    Result<std::uint64_t> record(DatabaseId database, Document document,
                                 const std::optional<std::uint64_t>& expected_version)
        TIDEMARK_EXCLUDES(write_mutex_, mutex_);

    std::optional<Document> newest(const DocumentKey& key) const TIDEMARK_EXCLUDES(mutex_);
    std::vector<Document> newest_of(DatabaseId database, std::string_view kind) const
        TIDEMARK_EXCLUDES(mutex_);
    std::vector<Document> history(const DocumentKey& key) const TIDEMARK_EXCLUDES(mutex_);
    std::vector<DocumentSet::Entry> entries() const TIDEMARK_EXCLUDES(mutex_);
    /// Of the databases that the records name.
    std::set<DatabaseId> databases() const TIDEMARK_EXCLUDES(mutex_);

    /// A log with exactly these records, without what is damaged; empty when there are none.
    std::vector<std::byte> copy() const TIDEMARK_EXCLUDES(mutex_);

    /// Waits for a change under way; later ones fail.
    void close() TIDEMARK_EXCLUDES(write_mutex_);

private:
    DocumentLog(FileSystem& file_system, std::string path)
        : file_system_(file_system), path_(std::move(path)) {}

    void load(const RecordLogContents& contents, std::vector<std::string>& messages);
    Status write(DatabaseId database, const Document& document) TIDEMARK_REQUIRES(write_mutex_);

    FileSystem& file_system_;
    const std::string path_;
    std::vector<std::string> damage_;

    Mutex write_mutex_;
    bool is_closed_ TIDEMARK_GUARDED_BY(write_mutex_) = false;
    std::unique_ptr<RecordLog> log_ TIDEMARK_GUARDED_BY(write_mutex_);  // Null: no file yet.

    mutable Mutex mutex_;
    DocumentSet documents_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::storage

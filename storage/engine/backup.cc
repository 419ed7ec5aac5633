#include "storage/engine/backup.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include <tidemark/store.h>

#include "storage/engine/flush.h"
#include "storage/engine/record_log.h"
#include "storage/engine/recovery.h"
#include "storage/engine/segment_set.h"

namespace tidemark::storage {
namespace {

constexpr std::size_t kCopySizeBytes = std::size_t{1} << 20;

Status copy_file(FileSystem& file_system, const std::string& path,
                 std::span<const std::byte> bytes) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto file, file_system.create_file(path));
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), kCopySizeBytes));
        TIDEMARK_RETURN_IF_ERROR(file->append(part));
        bytes = bytes.subspan(part.size());
    }
    TIDEMARK_RETURN_IF_ERROR(file->sync());
    return file->close();
}

Status copy_segment(FileSystem& file_system, const StoreCopy::File& segment,
                    const std::string& directory) {
    const MappedFile& source = *segment.file;
    TIDEMARK_RETURN_IF_ERROR(
        copy_file(file_system, join_path(directory, segment.name), source.bytes()));
    if (source.is_intact()) return success();
    return Error(ErrorCode::Corruption,
                 "segment " + segment.name + ": a part of the file cannot be read any more");
}

std::string without_last_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

// Whether a copy has files of that name, finished or not.
bool is_name_of_copy(std::string_view name) {
    constexpr std::string_view kTemporary = kTemporarySuffix;
    if (name.ends_with(kTemporary)) name.remove_suffix(kTemporary.size());
    return segment_id_of(name).has_value() || name == kFormatKind.name ||
           name == kManifestKind.name || name == kCatalogueKind.name || name == kDocumentsKind.name;
}

// What an attempt that failed left. Files that are not of a copy stay, and so their directory.
Status remove_unfinished(FileSystem& file_system, const StorePaths& paths) {
    for (const std::string& directory :
         {paths.wal_directory, paths.segment_directory, paths.directory}) {
        TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system.exists(directory));
        if (!exists) continue;
        TIDEMARK_ASSIGN_OR_RETURN(const auto names, file_system.list(directory));
        for (const std::string& name : names) {
            if (!is_name_of_copy(name)) continue;
            TIDEMARK_RETURN_IF_ERROR(file_system.remove(join_path(directory, name)));
        }
        TIDEMARK_RETURN_IF_ERROR(file_system.remove(directory));
    }
    return success();
}

Status fill(FileSystem& file_system, const StorePaths& paths, const StoreCopy& copy) {
    TIDEMARK_RETURN_IF_ERROR(file_system.create_directories(paths.wal_directory));
    TIDEMARK_RETURN_IF_ERROR(file_system.create_directories(paths.segment_directory));
    for (const StoreCopy::File& segment : copy.segments) {
        TIDEMARK_RETURN_IF_ERROR(copy_segment(file_system, segment, paths.segment_directory));
    }
    TIDEMARK_RETURN_IF_ERROR(file_system.sync_directory(paths.segment_directory));
    std::vector<std::string> messages;
    TIDEMARK_ASSIGN_OR_RETURN(
        const auto manifest, Manifest::open(file_system, paths.manifest, paths.quarantine_directory,
                                            {}, false, messages));
    TIDEMARK_RETURN_IF_ERROR(manifest->rewrite(copy.manifest));
    TIDEMARK_RETURN_IF_ERROR(write_file_atomically(file_system, paths.catalogue, copy.catalogue));
    if (!copy.documents.empty()) {
        TIDEMARK_RETURN_IF_ERROR(
            write_file_atomically(file_system, paths.documents, copy.documents));
    }
    return write_file_atomically(file_system, paths.format, encode_record_log(kFormatKind, {}));
}

// A directory that cannot be locked, because it cannot be written to, is as good a backup.
Status check_sound(const RecoveredStore& backup) {
    for (const std::string& message : backup.messages) {
        if (message != backup.lock->warning()) return Error(ErrorCode::Corruption, message);
    }
    if (backup.head->row_count() > 0) {
        return Error(ErrorCode::InvalidArgument,
                     "there are rows in its log: this is a store, not a backup that BACKUP TO "
                     "made; start it instead");
    }
    for (const auto& segment : backup.segments) {
        TIDEMARK_RETURN_IF_ERROR(segment->reader->verify());
    }
    return success();
}

Result<StoreCopy> read_backup(FileSystem& file_system, const StorePaths& paths) {
    StoreOptions options;
    options.create_if_missing = false;
    options.read_only = true;
    TIDEMARK_ASSIGN_OR_RETURN(const RecoveredStore backup,
                              recover_store(file_system, paths, options));
    TIDEMARK_RETURN_IF_ERROR(check_sound(backup));
    StoreCopy copy;
    TIDEMARK_ASSIGN_OR_RETURN(copy.catalogue, read_catalogue_bytes(file_system, paths.catalogue));
    copy.manifest = backup.manifest->recovered();
    copy.documents = backup.documents->copy();
    for (const auto& segment : backup.segments) {
        TIDEMARK_ASSIGN_OR_RETURN(
            std::shared_ptr<const MappedFile> file,
            file_system.map(join_path(paths.segment_directory, segment->file_name)));
        copy.segments.push_back({segment->file_name, std::move(file)});
    }
    return copy;
}

}  // namespace

Result<std::vector<std::byte>> read_catalogue_bytes(FileSystem& file_system,
                                                    const std::string& path) {
    TIDEMARK_ASSIGN_OR_RETURN(const RecordLogContents log,
                              read_record_log(file_system, path, kCatalogueKind));
    std::vector<std::vector<std::byte>> records;
    records.reserve(log.records.size());
    for (const auto& record : log.records) records.emplace_back(record.begin(), record.end());
    return encode_record_log(kCatalogueKind, records);
}

Status check_vacant(FileSystem& file_system, const std::string& directory) {
    if (directory.empty()) {
        return Error(ErrorCode::InvalidArgument,
                     "expected the path of a new or an empty directory, got none");
    }
    TIDEMARK_ASSIGN_OR_RETURN(const bool exists, file_system.exists(directory));
    if (!exists) return success();
    TIDEMARK_ASSIGN_OR_RETURN(const auto names, file_system.list(directory));
    if (names.empty()) return success();
    return Error(ErrorCode::InvalidArgument,
                 directory + " holds " + names.front() + ": expected a new or an empty directory");
}

Status write_store_copy(FileSystem& file_system, const std::string& directory,
                        const StoreCopy& copy) {
    const std::string target = without_last_slash(directory);
    const StorePaths unfinished(target + ".unfinished");
    TIDEMARK_RETURN_IF_ERROR(remove_unfinished(file_system, unfinished));
    Status status = fill(file_system, unfinished, copy);
    if (status) status = file_system.rename(unfinished.directory, target);
    if (!status) {
        static_cast<void>(remove_unfinished(file_system, unfinished));
        return status;
    }
    return file_system.sync_directory(parent_path(target));
}

Status restore_store(FileSystem& file_system, const std::string& backup,
                     const std::string& directory) {
    auto copy = read_backup(file_system, StorePaths(backup));
    if (!copy) return std::move(copy).error().within("backup " + backup);
    Status status = check_vacant(file_system, directory);
    if (status) status = write_store_copy(file_system, directory, copy.value());
    if (status) return status;
    return Error(status.error()).within("restore to " + directory);
}

}  // namespace tidemark::storage

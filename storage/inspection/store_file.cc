#include "storage/inspection/store_file.h"

#include <algorithm>
#include <cstring>

#include "storage/engine/flush.h"
#include "storage/engine/record_log.h"
#include "storage/engine/segment_set.h"
#include "storage/segment/segment_format.h"
#include "storage/wal/wal_format.h"

namespace tidemark::storage {
namespace {

StoreFileKind kind_by_place(std::string_view folder, std::string_view name) {
    if (folder == "quarantine") return StoreFileKind::Quarantined;
    if (name.ends_with(kTemporarySuffix)) return StoreFileKind::Temporary;
    if (folder == "wal" && wal_format::file_number_of(name)) return StoreFileKind::Wal;
    if (folder == "segments" && segment_id_of(name)) return StoreFileKind::Segment;
    if (!folder.empty()) return StoreFileKind::Unknown;
    if (name == "format") return StoreFileKind::Format;
    if (name == "catalogue") return StoreFileKind::Catalogue;
    if (name == "manifest") return StoreFileKind::Manifest;
    if (name == kDocumentsKind.name) return StoreFileKind::Documents;
    if (name == kLockFileName) return StoreFileKind::Lock;
    return StoreFileKind::Unknown;
}

}  // namespace

std::string_view kind_name(StoreFileKind kind) {
    switch (kind) {
        case StoreFileKind::Format:
            return "format";
        case StoreFileKind::Catalogue:
            return "catalogue";
        case StoreFileKind::Manifest:
            return "manifest";
        case StoreFileKind::Documents:
            return "documents";
        case StoreFileKind::Wal:
            return "wal";
        case StoreFileKind::Segment:
            return "segment";
        case StoreFileKind::Lock:
            return "lock";
        case StoreFileKind::Quarantined:
            return "quarantined";
        case StoreFileKind::Temporary:
            return "unfinished";
        case StoreFileKind::Unknown:
            break;
    }
    return "unknown";
}

Result<std::vector<StoreFile>> list_store_files(FileSystem& file_system,
                                                const std::string& directory) {
    std::vector<StoreFile> files;
    for (const std::string folder : {"", "quarantine", "segments", "wal"}) {
        const std::string path = folder.empty() ? directory : join_path(directory, folder);
        const auto names = file_system.list(path);
        if (!names && folder.empty()) return names.error();
        if (!names) continue;
        for (const std::string& name : names.value()) {
            const StoreFileKind kind = kind_by_place(folder, name);
            const auto size_bytes = file_system.file_size_bytes(join_path(path, name));
            const bool is_ours = !folder.empty() || kind != StoreFileKind::Unknown;
            if (is_ours && size_bytes) {
                files.push_back({join_path(folder, name), kind, size_bytes.value()});
            }
        }
    }
    return files;
}

Result<StoreFileKind> kind_of_file(FileSystem& file_system, const std::string& path) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto file, file_system.map(path));
    std::uint32_t magic = 0;
    if (file->bytes().size() >= sizeof magic) {
        std::memcpy(&magic, file->bytes().data(), sizeof magic);
    }
    if (magic == segment_format::kMagic) return StoreFileKind::Segment;
    if (magic == wal_format::kFileMagic) return StoreFileKind::Wal;
    if (magic == kManifestKind.magic) return StoreFileKind::Manifest;
    if (magic == kCatalogueKind.magic) return StoreFileKind::Catalogue;
    if (magic == kDocumentsKind.magic) return StoreFileKind::Documents;
    if (magic == kFormatKind.magic) return StoreFileKind::Format;
    // A damaged or empty file is told by its name.
    const std::string name = file_name_of(path);
    for (const std::string_view folder : {"", "wal", "segments"}) {
        const StoreFileKind kind = kind_by_place(folder, name);
        if (kind != StoreFileKind::Unknown) return kind;
    }
    return StoreFileKind::Unknown;
}

std::string file_name_of(const std::string& path) {
    return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
}

}  // namespace tidemark::storage

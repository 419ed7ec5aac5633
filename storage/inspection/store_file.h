#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"

namespace tidemark::storage {

enum class StoreFileKind : std::uint8_t {
    Format,
    Catalogue,
    Manifest,
    Documents,
    Wal,
    Segment,
    Lock,
    Quarantined,  ///< Kept by a repair, never read.
    Temporary,    ///< Not finished; the next start of a server removes it.
    Unknown,
};

/// "segment", as FORMAT.md calls it.
std::string_view kind_name(StoreFileKind kind);

struct StoreFile {
    std::string name;  ///< Relative to the store: "segments/segment-0000000000000001.seg".
    StoreFileKind kind = StoreFileKind::Unknown;
    std::uint64_t size_bytes = 0;
};

/// The files of a store, by name, those of its folders included; kinds by place and name. Empty
/// when the directory holds nothing that a store has. A file that goes meanwhile is left out.
Result<std::vector<StoreFile>> list_store_files(FileSystem& file_system,
                                                const std::string& directory);

/// What a file is by its first bytes, wherever it lies.
Result<StoreFileKind> kind_of_file(FileSystem& file_system, const std::string& path);

/// "a" of "d/a".
std::string file_name_of(const std::string& path);

}  // namespace tidemark::storage

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"
#include "storage/engine/manifest.h"

namespace tidemark::storage {

/// All that a copy of a store consists of. The copy has no log: everything is in segments.
struct StoreCopy {
    /// The record log, whole and without a torn end.
    std::vector<std::byte> catalogue;
    ManifestContents manifest;
    std::vector<std::byte> documents;  ///< Their record log; empty: there are none.
    /// The files of manifest.segments, under their names. They need not exist any more.
    struct File {
        std::string name;
        std::shared_ptr<const MappedFile> file;
    };
    std::vector<File> segments;
};

/// The catalogue's log at `path` as far as it is good.
Result<std::vector<std::byte>> read_catalogue_bytes(FileSystem& file_system,
                                                    const std::string& path);

/// Success when there is nothing at `directory`, or an empty directory.
Status check_vacant(FileSystem& file_system, const std::string& directory);

/// Makes `directory`, which must be vacant, a store with these contents, durable on return. Until
/// all of it is there its name is "<directory>.unfinished": an error or a power cut leaves nothing
/// behind, or only that, which the next attempt removes.
Status write_store_copy(FileSystem& file_system, const std::string& directory,
                        const StoreCopy& copy);

/// Store::restore() on any file system.
Status restore_store(FileSystem& file_system, const std::string& backup,
                     const std::string& directory);

}  // namespace tidemark::storage

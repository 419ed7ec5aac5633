#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/result.h>

#include "storage/base/file_system.h"

// What is in the files of a store, for people and in FORMAT.md's words. Nothing is written, no lock
// is taken: a server may have the store open meanwhile.

namespace tidemark::storage {

struct DescribedTable {
    std::string title;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
};

struct FileDescription {
    std::string title;                                       ///< "segment segment-0..1.seg"
    std::vector<std::pair<std::string, std::string>> facts;  ///< Field of the format, its value.
    std::vector<DescribedTable> tables;
    std::vector<std::string> remarks;  ///< What is damaged or odd; empty when nothing is.
};

enum class DescriptionDetail : std::uint8_t {
    Summary,
    Full,  ///< Also every row group of a segment, every frame of a log.
};

/// Describes a store's directory, or one of its files, told apart by their first bytes. NotFound
/// when there is none, InvalidArgument for a file that is none of a store's, Unsupported when a
/// newer format wrote it; Corruption when it is too damaged to be described.
Result<FileDescription> describe_path(FileSystem& file_system, const std::string& path,
                                      DescriptionDetail detail);

}  // namespace tidemark::storage

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tidemark::tests {

/// A file of the project and what it includes.
struct SourceFile {
    std::string path;  ///< From the root, '/' between parts: "storage/wal/wal_reader.cc".
    std::vector<std::string> quoted;     ///< #include "x": internal headers, from the root.
    std::vector<std::string> bracketed;  ///< #include <x>: standard, third-party, public headers.
};

/// The checkout that is tested.
std::filesystem::path source_root();

/// The folders that hold what is shipped: storage, query, server, tools.
const std::vector<std::string>& parts();

/// Every .h and .cc below `folder` ("" = the whole checkout, builds and hidden folders left out).
std::vector<SourceFile> source_files(const std::string& folder);

}  // namespace tidemark::tests

#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace tidemark::tests {

/// The file or folder `name` of the real data sets: under the environment variable
/// TIDEMARK_SHARED_DATA, else where the build was told. Nothing when it is absent, after a warning
/// that the test skips.
std::optional<std::filesystem::path> shared_data(const std::string& name);

/// All bytes of a file; the test fails when it cannot be read.
std::string read_bytes(const std::filesystem::path& path);

}  // namespace tidemark::tests

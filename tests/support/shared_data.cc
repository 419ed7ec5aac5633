#include "tests/support/shared_data.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

namespace tidemark::tests {

std::optional<std::filesystem::path> shared_data(const std::string& name) {
    const char* folder = std::getenv("TIDEMARK_SHARED_DATA");
    const auto path =
        std::filesystem::path(folder == nullptr ? TIDEMARK_SHARED_DATA : folder) / name;
    if (std::filesystem::exists(path)) return path;
    WARN("skipped: there is no " << path.string());
    return std::nullopt;
}

std::string read_bytes(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    REQUIRE(stream.good());
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace tidemark::tests

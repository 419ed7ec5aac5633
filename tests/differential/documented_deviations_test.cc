#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/differential/accepted_deviations.h"

namespace tidemark::tests {
namespace {

/// The names in the first column of tables: "| `NAME` | ..".
std::set<std::string> documented_names(const std::filesystem::path& page) {
    std::ifstream file(page);
    REQUIRE(file.good());
    constexpr std::string_view kBegin = "| `";
    std::set<std::string> names;
    for (std::string line; std::getline(file, line);) {
        const std::size_t end = line.find("` |", kBegin.size());
        if (!line.starts_with(kBegin) || end == std::string::npos) continue;
        names.insert(line.substr(kBegin.size(), end - kBegin.size()));
    }
    return names;
}

}  // namespace

TEST_CASE("docs/INFLUXQL_COMPATIBILITY.md explains every accepted deviation, and no other",
          "[differential]") {
    const std::filesystem::path source = TIDEMARK_SOURCE_DIR;
    std::set<std::string> accepted;
    for (const auto& entry :
         std::filesystem::directory_iterator(source / "tests" / "differential" / "deviations")) {
        accepted.merge(AcceptedDeviations(entry.path()).names());
    }
    CHECK(accepted == documented_names(source / "docs" / "INFLUXQL_COMPATIBILITY.md"));
}

}  // namespace tidemark::tests

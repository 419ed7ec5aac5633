#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/architecture/source_files.h"

// Fails when a file includes a layer it may not know. The table is the architecture; see
// docs/ARCHITECTURE.md for the reasons. Change both together.

namespace tidemark::tests {
namespace {

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"storage/include", {}},
    {"storage/base", {}},
    {"storage/line_protocol", {"storage/base"}},
    {"storage/codec", {"storage/base"}},
    {"storage/summary", {"storage/base"}},
    {"storage/segment", {"storage/base", "storage/codec", "storage/summary"}},
    {"storage/wal", {"storage/base", "storage/codec"}},
    {"storage/engine",
     {"storage/base", "storage/codec", "storage/summary", "storage/segment", "storage/wal"}},
    {"storage/inspection",
     {"storage/base", "storage/codec", "storage/summary", "storage/segment", "storage/wal",
      "storage/engine"}},
    {"query/include", {}},
    {"query/column", {"storage/base"}},
    {"query/syntax", {"storage/base"}},
    {"query/functions", {"storage/base", "query/column", "query/syntax"}},
    {"query/plan", {"storage/base", "query/column", "query/syntax", "query/functions"}},
    {"query/operators",
     {"storage/base", "query/column", "query/syntax", "query/functions", "query/plan"}},
    {"query/session",
     {"storage/base", "query/column", "query/syntax", "query/functions", "query/plan",
      "query/operators"}},
    {"server", {"storage/base", "storage/line_protocol"}},
    {"tools/inspect", {"storage/base", "storage/inspection", "tools"}},
    {"tools", {"storage/base", "storage/line_protocol", "server", "tools/inspect"}},
};

// Public headers a layer may include: storage's are open to all, query's to everyone above storage.
bool may_include_public_query(const std::string& layer) { return !layer.starts_with("storage/"); }

// "storage/codec" of "storage/codec/kernels/avx2.cc"; "server" of "server/net/listener.h".
std::string layer_of(const std::string& path) {
    const std::size_t first = path.find('/');
    std::string top = path.substr(0, first);
    if (path.starts_with("tools/inspect/")) return "tools/inspect";
    if (top == "server" || top == "tools") return top;
    return path.substr(0, path.find('/', first + 1));
}

}  // namespace

TEST_CASE("every layer includes only layers below it", "[architecture]") {
    for (const std::string& part : parts()) {
        for (const SourceFile& file : source_files(part)) {
            const std::string layer = layer_of(file.path);
            INFO(file.path << " is in " << layer);
            REQUIRE(kMayInclude.contains(layer));
            for (const std::string& included : file.quoted) {
                INFO("includes \"" << included << "\"");
                const std::string target = layer_of(included);
                CHECK((target == layer || kMayInclude.at(layer).contains(target)));
            }
        }
    }
}

TEST_CASE("storage does not know query's public headers", "[architecture]") {
    for (const std::string& part : parts()) {
        for (const SourceFile& file : source_files(part)) {
            for (const std::string& included : file.bracketed) {
                if (included != "tidemark/query.h") continue;
                INFO(file.path);
                CHECK(may_include_public_query(layer_of(file.path)));
            }
        }
    }
}

TEST_CASE("public headers include only the standard library and each other", "[architecture]") {
    for (const std::string& folder : std::vector<std::string>{"storage/include", "query/include"}) {
        for (const SourceFile& file : source_files(folder)) {
            INFO(file.path);
            CHECK(file.quoted.empty());
            for (const std::string& included : file.bracketed) {
                INFO("includes <" << included << ">");
                const bool is_standard = included.find_first_of("/.") == std::string::npos;
                CHECK((is_standard || included.starts_with("tidemark/")));
            }
        }
    }
}

// A user's store may lie in the checkout: the README makes one.
bool has_sources(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".cc") || name.ends_with(".h") || name == "CMakeLists.txt") return true;
    }
    return false;
}

TEST_CASE("only the known folders stand at the top", "[architecture]") {
    const std::set<std::string> known = {"storage", "query", "server", "tools", "bench",
                                         "tests",   "docs",  "cmake",  "build"};
    for (const auto& entry : std::filesystem::directory_iterator(source_root())) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_directory() || name.starts_with(".") || !has_sources(entry.path())) continue;
        INFO(name);
        CHECK(known.contains(name));
    }
}

}  // namespace tidemark::tests

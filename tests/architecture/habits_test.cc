#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/architecture/source_files.h"

namespace fs = std::filesystem;

namespace tidemark::tests {
namespace {

std::string read_text(const fs::path& path) {
    std::ifstream stream(path);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// The sources that the CMake files of a folder name, from the root.
std::set<std::string> built_sources(const std::string& folder) {
    const std::regex source(R"([A-Za-z0-9_./-]+\.cc)");
    std::set<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(source_root() / folder)) {
        if (entry.path().filename() != "CMakeLists.txt") continue;
        const fs::path home = entry.path().parent_path().lexically_relative(source_root());
        const std::string text = read_text(entry.path());
        for (auto match = std::sregex_iterator(text.begin(), text.end(), source);
             match != std::sregex_iterator(); ++match) {
            paths.insert((home / match->str()).lexically_normal().string());
        }
    }
    return paths;
}

std::vector<std::string> parts_bench_and_tests() {
    std::vector<std::string> folders = parts();
    folders.insert(folders.end(), {"bench", "tests"});
    return folders;
}

// The Markdown pages that describe the project.
std::vector<fs::path> documents() {
    std::vector<fs::path> pages;
    for (const auto& entry : fs::directory_iterator(source_root())) {
        if (entry.path().extension() == ".md") pages.push_back(entry.path());
    }
    for (const auto& entry : fs::recursive_directory_iterator(source_root() / "docs")) {
        if (entry.path().extension() == ".md") pages.push_back(entry.path());
    }
    return pages;
}

}  // namespace

TEST_CASE("every source file is built", "[architecture]") {
    for (const std::string& part : parts_bench_and_tests()) {
        const std::set<std::string> built = built_sources(part);
        for (const SourceFile& file : source_files(part)) {
            if (!file.path.ends_with(".cc")) continue;
            INFO(file.path);
            CHECK(built.contains(file.path));
        }
    }
}

TEST_CASE("paths named in the documents exist", "[architecture]") {
    // `storage/wal/wal_reader.h`, `docs/ERRORS.md`: in backquotes, with a known top folder.
    const std::regex quoted_path(
        R"(`((?:storage|query|server|tools|bench|tests|docs|cmake)/[A-Za-z0-9_./-]+)`)");
    for (const fs::path& page : documents()) {
        const std::string text = read_text(page);
        for (auto match = std::sregex_iterator(text.begin(), text.end(), quoted_path);
             match != std::sregex_iterator(); ++match) {
            INFO(page.filename().string() << " names " << (*match)[1]);
            CHECK(fs::exists(source_root() / (*match)[1].str()));
        }
    }
}

TEST_CASE("the program shown in docs/EMBEDDING.md is the one that the package test builds",
          "[architecture]") {
    const std::string page = read_text(source_root() / "docs/EMBEDDING.md");
    const std::string program = read_text(source_root() / "tests/package/kpi_service.cc");
    CHECK(page.find("```cpp\n" + program + "```\n") != std::string::npos);
}

TEST_CASE("relative links in the documents lead somewhere", "[architecture]") {
    const std::regex link(R"(\]\(([A-Za-z0-9_./-]+)(?:#[^)]*)?\))");
    for (const fs::path& page : documents()) {
        const std::string text = read_text(page);
        for (auto match = std::sregex_iterator(text.begin(), text.end(), link);
             match != std::sregex_iterator(); ++match) {
            INFO(page.filename().string() << " links to " << (*match)[1]);
            CHECK(fs::exists(page.parent_path() / (*match)[1].str()));
        }
    }
}

TEST_CASE("every header has its guard and no using namespace", "[architecture]") {
    for (const std::string& part : parts_bench_and_tests()) {
        for (const SourceFile& file : source_files(part)) {
            if (!file.path.ends_with(".h")) continue;
            const std::string text = read_text(source_root() / file.path);
            INFO(file.path);
            CHECK(text.find("#pragma once") != std::string::npos);
            CHECK(text.find("using namespace") == std::string::npos);
        }
    }
}

}  // namespace tidemark::tests

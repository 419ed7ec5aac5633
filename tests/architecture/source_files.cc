#include "tests/architecture/source_files.h"

#include <algorithm>
#include <fstream>
#include <regex>

namespace fs = std::filesystem;

namespace tidemark::tests {
namespace {

SourceFile read_source_file(const fs::path& path) {
    static const std::regex include_line(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
    SourceFile file{fs::relative(path, source_root()).generic_string(), {}, {}};
    std::ifstream stream(path);
    std::smatch match;
    for (std::string line; std::getline(stream, line);) {
        if (!std::regex_match(line, match, include_line)) continue;
        (match[1] == "<" ? file.bracketed : file.quoted).push_back(match[2]);
    }
    return file;
}

}  // namespace

fs::path source_root() { return fs::path(TIDEMARK_SOURCE_DIR); }

const std::vector<std::string>& parts() {
    static const std::vector<std::string> all = {"storage", "query", "server", "tools"};
    return all;
}

std::vector<SourceFile> source_files(const std::string& folder) {
    std::vector<SourceFile> files;
    if (!fs::exists(source_root() / folder)) return files;
    for (auto entry = fs::recursive_directory_iterator(source_root() / folder);
         entry != fs::recursive_directory_iterator(); ++entry) {
        const fs::path& path = entry->path();
        if (entry->is_directory() && (path.filename() == "build" || path.filename() == ".git")) {
            entry.disable_recursion_pending();
            continue;
        }
        if (path.extension() == ".h" || path.extension() == ".cc") {
            files.push_back(read_source_file(path));
        }
    }
    std::ranges::sort(files, {}, &SourceFile::path);
    return files;
}

}  // namespace tidemark::tests

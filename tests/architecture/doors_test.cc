#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/architecture/source_files.h"

// A third-party package enters the house by one door, so that replacing or updating it touches one
// place. Each row names the package's headers and the files or folders that may include them.

namespace tidemark::tests {
namespace {

struct Door {
    std::string package;
    std::vector<std::string> headers;  ///< Beginnings of the included path.
    std::vector<std::string> rooms;    ///< Beginnings of the including file's path.
};

const std::vector<Door> kDoors = {
    {"xxHash", {"xxhash.h", "xxh3.h"}, {"storage/base/checksum"}},
    {"Boost.Interprocess", {"boost/interprocess/"}, {"storage/base/mapped_file"}},
    {"fast_float", {"fast_float/"}, {"storage/line_protocol/"}},
    {"LZ4", {"lz4"}, {"storage/codec/lz4_bytes"}},
    {"CRoaring", {"roaring/"}, {"storage/engine/tag_index"}},
    {"RE2", {"re2/"}, {"query/"}},
    {"date", {"date/"}, {"query/"}},
    {"Boost.Asio and Beast",
     {"boost/asio", "boost/beast"},
     {"server/net/", "tools/remote_session", "tools/demo/"}},
    {"Boost.JSON", {"boost/json"}, {"server/", "tools/"}},
    {"fmt", {"fmt/"}, {"server/", "tools/"}},
    {"spdlog", {"spdlog/"}, {"server/", "tools/"}},
    {"CLI11", {"CLI/"}, {"tools/"}},
    {"libedit", {"histedit.h", "editline/"}, {"tools/console/line_editor"}},
    {"zlib", {"zlib.h"}, {"server/net/", "tools/transfer"}},
    {"intrinsics",
     {"immintrin.h", "emmintrin.h", "xmmintrin.h", "smmintrin.h", "nmmintrin.h", "arm_neon.h"},
     {"storage/codec/kernels/", "query/functions/kernels/", "storage/line_protocol/"}},
    {"mmap and file descriptors", {"sys/mman.h", "fcntl.h"}, {"storage/base/", "tools/demo/"}},
};

bool starts_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
    return std::ranges::any_of(beginnings,
                               [&](const std::string& b) { return text.starts_with(b); });
}

}  // namespace

TEST_CASE("every package is included through its door only", "[architecture]") {
    for (const std::string& part : parts()) {
        for (const SourceFile& file : source_files(part)) {
            for (const std::string& included : file.bracketed) {
                for (const Door& door : kDoors) {
                    if (!starts_with_any(included, door.headers)) continue;
                    INFO(file.path << " includes <" << included << "> of " << door.package);
                    CHECK(starts_with_any(file.path, door.rooms));
                }
            }
        }
    }
}

TEST_CASE("no Boost library comes in without a door", "[architecture]") {
    for (const std::string& part : parts()) {
        for (const SourceFile& file : source_files(part)) {
            for (const std::string& included : file.bracketed) {
                if (!included.starts_with("boost/")) continue;
                INFO(file.path << " includes <" << included << ">");
                CHECK(std::ranges::any_of(kDoors, [&](const Door& door) {
                    return starts_with_any(included, door.headers);
                }));
            }
        }
    }
}

}  // namespace tidemark::tests

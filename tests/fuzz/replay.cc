#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// Feeds files, or all files below folders, to a fuzz target: the corpus is replayed by every test
// run, with any compiler.

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes);

namespace {

std::vector<fs::path> files_of(const fs::path& place) {
    if (!fs::is_directory(place)) return {place};
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

bool replay(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        return false;
    }
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    // A copy of its own, so that a read behind its end is noticed by the address sanitizer.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
    return true;
}

}  // namespace

int main(int argument_count, char** arguments) {
    std::size_t replayed_count = 0;
    for (int i = 1; i < argument_count; ++i) {
        for (const fs::path& path : files_of(arguments[i])) {
            if (!replay(path)) return 1;
            ++replayed_count;
        }
    }
    std::printf("replayed %zu inputs\n", replayed_count);
    return replayed_count == 0 ? 1 : 0;  // An empty corpus tests nothing.
}

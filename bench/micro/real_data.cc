#include "bench/micro/real_data.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

namespace tidemark::bench {
namespace {

namespace fs = std::filesystem;

/// One number a line.
std::vector<double> numbers_of(const std::string& text) {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1);
    const char* position = text.c_str();
    while (true) {
        char* behind = nullptr;
        const double value = std::strtod(position, &behind);
        if (behind == position) break;
        values.push_back(value);
        position = behind;
    }
    return values;
}

}  // namespace

Result<fs::path> real_data(const std::string& name) {
    const char* folder = std::getenv("TIDEMARK_SHARED_DATA");
    if (folder == nullptr) {
        return Error(ErrorCode::NotFound,
                     "set TIDEMARK_SHARED_DATA to the folder of the data sets");
    }
    fs::path path = fs::path(folder) / name;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
        return Error(ErrorCode::NotFound, "there is no " + path.string());
    }
    return path;
}

Result<std::string> read_text(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return Error(ErrorCode::NotFound, "cannot read " + path.string());
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

Result<std::vector<NamedDoubles>> alp_samples() {
    TIDEMARK_ASSIGN_OR_RETURN(const fs::path folder, real_data("alp-doubles/samples"));
    std::vector<NamedDoubles> samples;
    for (const auto& entry : fs::directory_iterator(folder)) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::string text, read_text(entry.path()));
        samples.push_back({entry.path().stem().string(), numbers_of(text)});
    }
    std::ranges::sort(samples, {}, &NamedDoubles::name);
    return samples;
}

}  // namespace tidemark::bench

#include <bit>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>
#include <zlib.h>

#include "storage/codec/column_codec.h"
#include "tests/support/shared_data.h"

// Real doubles from many sources (data/alp-doubles, SOURCE.md): every one must come back bit by
// bit, and the mean size says how well the codecs do.

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;
namespace fs = std::filesystem;

constexpr std::size_t kRowsPerVector = 1024;

/// One number a line; what follows it is not looked at.
std::vector<double> read_csv(const fs::path& path) {
    std::vector<double> values;
    const std::string text = read_bytes(path);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = text.substr(begin, end - begin);
        char* behind = nullptr;
        const double value = std::strtod(line.c_str(), &behind);
        if (behind != line.c_str()) values.push_back(value);
        begin = end + 1;
    }
    return values;
}

/// Little-endian doubles in a gzip file.
std::vector<double> read_gzip(const fs::path& path) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
    REQUIRE(file != nullptr);
    std::vector<double> values;
    double block[kRowsPerVector];
    int size_bytes = 0;
    while ((size_bytes = gzread(file.get(), block, sizeof block)) > 0) {
        values.insert(values.end(), block, block + static_cast<std::size_t>(size_bytes) / 8);
    }
    REQUIRE(size_bytes == 0);
    return values;
}

/// Encodes vector by vector, checks all bits, and returns the bits per value.
double bits_per_value(std::span<const double> values, std::map<std::string, int>& codecs) {
    std::size_t size_bytes = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += kRowsPerVector) {
        const auto vector = values.subspan(begin, std::min(kRowsPerVector, values.size() - begin));
        std::vector<std::byte> encoded;
        encode_floats(vector, encoded);
        size_bytes += encoded.size();
        ++codecs[describe_column(FieldType::Float, encoded, vector.size())];
        std::vector<double> decoded(vector.size());
        REQUIRE(decode_floats(encoded, decoded).has_value());
        REQUIRE(std::memcmp(decoded.data(), vector.data(), vector.size_bytes()) == 0);
    }
    return static_cast<double>(size_bytes) * 8 / static_cast<double>(values.size());
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

}  // namespace

TEST_CASE("real doubles come back bit by bit, and are small", "[codec]") {
    const auto folder = shared_data("alp-doubles");
    if (!folder) return;
    double total_bits = 0;
    std::size_t sample_count = 0;
    std::map<std::string, int> codecs;
    for (const fs::path& path : files_in(*folder / "samples")) {
        const std::vector<double> values = read_csv(path);
        INFO(path.filename().string());
        REQUIRE(values.size() == kRowsPerVector);
        std::map<std::string, int> used;
        const double bits = bits_per_value(values, used);
        std::cout << path.stem().string() << ": " << bits << " bits, " << used.begin()->first
                  << '\n';
        total_bits += bits;
        ++sample_count;
    }
    REQUIRE(sample_count == 31);
    const double mean_bits = total_bits / static_cast<double>(sample_count);
    std::cout << "mean of " << sample_count << " samples: " << mean_bits << " bits per double\n";
    for (const fs::path& path : files_in(*folder / "1_rg_data_sample")) {
        codecs.clear();
        std::cout << path.stem().string() << ": " << bits_per_value(read_gzip(path), codecs)
                  << " bits,";
        for (const auto& [name, count] : codecs) std::cout << ' ' << count << " x " << name << ',';
        std::cout << '\n';
    }
    CHECK(mean_bits < 22.7);  // ALP's own scheme.
}

TEST_CASE("edge cases of doubles come back bit by bit, as does every prefix", "[codec]") {
    const auto folder = shared_data("alp-doubles/edge_case");
    if (!folder) return;
    for (const fs::path& path : files_in(*folder)) {
        const std::vector<double> values = read_csv(path);
        INFO(path.filename().string());
        REQUIRE(values.size() > 100);
        for (std::size_t count = 1; count <= values.size(); count += 1 + count / 7) {
            std::map<std::string, int> codecs;
            bits_per_value(std::span(values).first(count), codecs);
        }
    }
}

}  // namespace tidemark::tests

#include "tests/support/format_example.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tidemark::tests {
namespace {

void skip_to(std::istream& document, const std::string& wanted_line) {
    for (std::string line; std::getline(document, line);) {
        if (line == wanted_line) return;
    }
    throw std::runtime_error("FORMAT.md has no line " + wanted_line);
}

void append_line(const std::string& line, std::vector<std::byte>& bytes) {
    std::istringstream words(line.substr(0, line.find('|')));
    std::size_t offset = 0;
    char colon = 0;
    if (!(words >> std::hex >> offset >> colon) || colon != ':' || offset != bytes.size()) {
        throw std::runtime_error("FORMAT.md: bytes do not continue at: " + line);
    }
    for (unsigned byte = 0; words >> std::hex >> byte;) {
        bytes.push_back(static_cast<std::byte>(byte));
    }
}

}  // namespace

std::vector<std::byte> format_example(const std::string& heading) {
    std::ifstream document(std::string(TIDEMARK_SOURCE_DIR) + "/FORMAT.md");
    skip_to(document, heading);
    skip_to(document, "```hex");
    std::vector<std::byte> bytes;
    for (std::string line; std::getline(document, line) && line != "```";) append_line(line, bytes);
    return bytes;
}

std::string hex_of(const std::vector<std::byte>& bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte);
        if (!text.empty()) text += ' ';
        text += kDigits[value >> 4];
        text += kDigits[value & 15];
    }
    return text;
}

}  // namespace tidemark::tests

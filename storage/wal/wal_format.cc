#include "storage/wal/wal_format.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tidemark::storage::wal_format {
namespace {

constexpr std::string_view kPrefix = "wal-";
constexpr std::string_view kSuffix = ".wal";
constexpr std::size_t kDigitCount = 16;

}  // namespace

std::string file_name(std::uint64_t file_number) {
    std::array<char, kDigitCount> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), file_number, 16).ptr;
    const auto digit_count = static_cast<std::size_t>(end - digits.begin());
    std::string name(kPrefix);
    name.append(kDigitCount - digit_count, '0').append(digits.data(), digit_count);
    return name.append(kSuffix);
}

std::optional<std::uint64_t> file_number_of(std::string_view name) {
    const std::string_view digits = name.substr(std::min(kPrefix.size(), name.size()), kDigitCount);
    std::uint64_t file_number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), file_number, 16);
    // Whatever was read: a name is one exactly if it is the name of that number.
    if (file_name(file_number) != name) return std::nullopt;
    return file_number;
}

}  // namespace tidemark::storage::wal_format

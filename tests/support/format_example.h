#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tidemark::tests {

/// The bytes of the first ```hex block behind the line `heading` of FORMAT.md ("## 2 WAL"), so that
/// the document's examples are tested. Its lines are "offset: bytes | meaning", all hexadecimal;
/// throws std::runtime_error when there is none, or an offset does not fit the bytes before it.
std::vector<std::byte> format_example(const std::string& heading);

/// "54 4d 57"; for messages.
std::string hex_of(const std::vector<std::byte>& bytes);

}  // namespace tidemark::tests

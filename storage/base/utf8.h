#pragma once

#include <string_view>

namespace tidemark::storage {

/// True when `text` is well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates,
/// nothing above U+10FFFF. The empty text is well-formed.
bool is_valid_utf8(std::string_view text);

}  // namespace tidemark::storage

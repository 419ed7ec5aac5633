#pragma once

#include <string>
#include <string_view>

namespace tidemark::tools {

/// `text` between two `quote`s as statements have it, with escapes where it needs them.
inline std::string quoted(std::string_view text, char quote) {
    std::string quoted(1, quote);
    for (const char byte : text) {
        if (byte == '\n') {
            quoted += "\\n";
            continue;
        }
        if (byte == quote || byte == '\\') quoted.push_back('\\');
        quoted.push_back(byte);
    }
    quoted.push_back(quote);
    return quoted;
}

/// A name in a statement: "cpu".
inline std::string quoted_name(std::string_view name) { return quoted(name, '"'); }

/// A string in a statement: 'a'.
inline std::string quoted_text(std::string_view text) { return quoted(text, '\''); }

}  // namespace tidemark::tools

#include <algorithm>

#include <tidemark/query.h>

namespace tidemark {

std::string SyntaxError::render(std::string_view text) const {
    for (std::size_t line = 1; line < location.line; ++line) {
        const std::size_t newline = text.find('\n');
        if (newline == std::string_view::npos) break;
        text.remove_prefix(newline + 1);
    }
    const std::string_view shown = text.substr(0, text.find('\n'));
    std::string rendered = "line " + std::to_string(location.line) + ", column " +
                           std::to_string(location.column) + ": " + message + "\n  ";
    rendered.append(shown).append("\n  ");
    // Tabs are kept so that the caret stands below its character whatever their width.
    for (const char c : shown.substr(0, std::min(shown.size(), location.column - 1))) {
        rendered += c == '\t' ? '\t' : ' ';
    }
    return rendered + "^";
}

}  // namespace tidemark

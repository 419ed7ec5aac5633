#include "tools/session/terminal_style.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tidemark::tools {
namespace {

constexpr std::size_t kLeastWidth = 40;
constexpr std::size_t kMostWidth = 200;  // Charts become no clearer beyond it.

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

RenderStyle style_of(int descriptor) {
    RenderStyle style;
    const bool is_terminal = ::isatty(descriptor) != 0;
    style.is_utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
    style.has_color = is_terminal && environment("NO_COLOR").empty() &&
                      environment("TERM") != "dumb" && !environment("TERM").empty();
    style.humanises = is_terminal;
    winsize size{};
    if (is_terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        // The last column is left free: some terminals break the line in it.
        style.width = std::clamp<std::size_t>(size.ws_col - 1U, kLeastWidth, kMostWidth);
        if (size.ws_row > 0) style.height = size.ws_row;
    }
    return style;
}

}  // namespace tidemark::tools

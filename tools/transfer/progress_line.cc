#include "tools/transfer/progress_line.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

namespace tidemark::tools {
namespace {

constexpr auto kUpdateInterval = std::chrono::milliseconds(100);

}  // namespace

ProgressLine::ProgressLine(std::FILE* stream)
    : stream_(stream),
      is_terminal_(stream != nullptr && ::isatty(::fileno(stream)) != 0),
      begin_(Clock::now()),
      next_update_(begin_ + kUpdateInterval) {}

bool ProgressLine::is_due() {
    if (!is_terminal_) return false;
    const Clock::time_point now = Clock::now();
    if (now < next_update_) return false;
    next_update_ = now + kUpdateInterval;
    return true;
}

void ProgressLine::update(std::string_view what, std::uint64_t done_bytes,
                          std::uint64_t total_bytes, std::uint64_t line_count) {
    if (!is_due()) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    print(progress_text(what, done_bytes, total_bytes, line_count, seconds));
}

void ProgressLine::show(std::string_view text) {
    if (is_due()) print(std::string(text));
}

// To the line's begin, the text, and whatever was behind it away (ECMA-48, EL).
void ProgressLine::print(const std::string& text) {
    std::fprintf(stream_, "\r%s\x1b[K", text.c_str());
    std::fflush(stream_);
    is_shown_ = true;
}

void ProgressLine::clear() {
    if (!is_shown_) return;
    std::fputs("\r\x1b[K", stream_);
    std::fflush(stream_);
    is_shown_ = false;
}

std::string progress_text(std::string_view what, std::uint64_t done_bytes,
                          std::uint64_t total_bytes, std::uint64_t line_count, double seconds) {
    constexpr std::size_t kBarWidth = 20;
    std::string text(what);
    if (total_bytes > 0) {
        const double share =
            std::min(1.0, static_cast<double>(done_bytes) / static_cast<double>(total_bytes));
        const auto filled = static_cast<std::size_t>(share * kBarWidth);
        text +=
            fmt::format("  [{:<{}}] {:3.0f} %", std::string(filled, '#'), kBarWidth, share * 100);
    }
    text += fmt::format("  {} lines", grouped_digits(line_count));
    if (seconds > 0) {
        const auto rate = static_cast<std::uint64_t>(static_cast<double>(line_count) / seconds);
        text += fmt::format("  {} lines/s", grouped_digits(rate));
    }
    return text;
}

std::string grouped_digits(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t position = digits.size(); position > 3;) {
        position -= 3;
        digits.insert(position, 1, ',');
    }
    return digits;
}

}  // namespace tidemark::tools

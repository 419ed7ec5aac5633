#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace tidemark::tools {

/// One line on a terminal that is written over as work goes on; nothing where the stream is null or
/// no terminal. Not thread-safe.
class ProgressLine {
public:
    explicit ProgressLine(std::FILE* stream);
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// Shows how far it is, ten times a second at most. `total_bytes` 0: not known.
    void update(std::string_view what, std::uint64_t done_bytes, std::uint64_t total_bytes,
                std::uint64_t line_count);

    /// Shows a text, likewise.
    void show(std::string_view text);

    /// Takes the line away, so that something else can be printed.
    void clear();

private:
    using Clock = std::chrono::steady_clock;

    bool is_due();
    void print(const std::string& text);

    std::FILE* stream_;
    bool is_terminal_;
    bool is_shown_ = false;
    Clock::time_point begin_;
    Clock::time_point next_update_;
};

/// "cpu.lp  [#####     ]  50 %  1,200,000 lines  800,000 lines/s"
std::string progress_text(std::string_view what, std::uint64_t done_bytes,
                          std::uint64_t total_bytes, std::uint64_t line_count, double seconds);

/// "1,234,567"
std::string grouped_digits(std::uint64_t number);

}  // namespace tidemark::tools

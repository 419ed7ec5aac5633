#include "server/refusal_log.h"

#include <chrono>

#include "storage/line_protocol/structural_scan.h"

namespace tidemark::server {
namespace {

// Control characters as \xNN: what a client sends can neither make lines of its own nor command the
// terminal that shows them.
std::string printable(std::string_view message) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char character : message) {
        const auto byte = static_cast<std::uint8_t>(character);
        if (storage::is_control_byte(byte)) {
            text.append("\\x").append({kDigits[byte >> 4], kDigits[byte & 15]});
        } else {
            text.push_back(character);
        }
    }
    return text;
}

}  // namespace

void RefusalLog::add(std::string_view message, std::int64_t now_ns) {
    const storage::MutexLock lock(mutex_);
    if (message_count_ == 0 || now_ns - second_began_ns_ >= 1'000'000'000) {
        second_began_ns_ = now_ns;
        message_count_ = 0;
    }
    if (message_count_ == kMessagesPerSecond) {
        ++unsaid_count_;
        return;
    }
    ++message_count_;
    std::string text = printable(message);
    if (unsaid_count_ > 0) {
        text += " (and " + std::to_string(unsaid_count_) + " more complaints before)";
        unsaid_count_ = 0;
    }
    write_(text);
}

void RefusalLog::add_unsaid(std::uint64_t count) {
    const storage::MutexLock lock(mutex_);
    unsaid_count_ += count;
}

std::int64_t steady_now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace tidemark::server

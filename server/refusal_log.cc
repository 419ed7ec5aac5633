#include "server/refusal_log.h"

#include <chrono>

namespace tidemark::server {

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
    std::string text(message);
    if (unsaid_count_ > 0) {
        text += " (and " + std::to_string(unsaid_count_) + " more refused lines before)";
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

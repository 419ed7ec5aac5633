#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "storage/base/mutex.h"

namespace tidemark::server {

/// Tells of what clients do wrong, a bounded number a second: one that sends nothing but bad lines,
/// or connects and leaves for ever, must not fill the disk with complaints. What was left unsaid is
/// counted in the next message. Control characters are spelled as escapes. Thread-safe.
class RefusalLog {
public:
    static constexpr std::uint64_t kMessagesPerSecond = 10;

    /// `write` gets each message; it may be called from many threads, one at a time.
    explicit RefusalLog(std::function<void(const std::string&)> write) : write_(std::move(write)) {}

    /// `now_ns` is any clock that does not go back.
    void add(std::string_view message, std::int64_t now_ns);

    /// Counts complaints that nobody describes.
    void add_unsaid(std::uint64_t count);

private:
    const std::function<void(const std::string&)> write_;
    storage::Mutex mutex_;
    std::int64_t second_began_ns_ TIDEMARK_GUARDED_BY(mutex_) = 0;
    std::uint64_t message_count_ TIDEMARK_GUARDED_BY(mutex_) = 0;  ///< In that second.
    std::uint64_t unsaid_count_ TIDEMARK_GUARDED_BY(mutex_) = 0;
};

/// Now, for RefusalLog::add().
std::int64_t steady_now_ns();

}  // namespace tidemark::server

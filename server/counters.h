#pragma once

#include <atomic>
#include <cstdint>

namespace tidemark::server {

/// What a server has done since it was started. Thread-safe.
struct Counters {
    std::atomic<std::uint64_t> connections_accepted{0};
    std::atomic<std::uint64_t> points_written{0};
    std::atomic<std::uint64_t> lines_refused{0};
    std::atomic<std::uint64_t> http_requests{0};
};

}  // namespace tidemark::server

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <tidemark/query.h>
#include <tidemark/result.h>
#include <tidemark/scan.h>

namespace tidemark::query {

/// What keeps one statement within its limits: whether it was cancelled, killed or takes too long,
/// and how much memory it holds. `options` and `is_killed` (may be null) must outlive it.
/// Thread-safe.
class QueryGuard final : public StopSignal {
public:
    /// The time limit counts from here.
    QueryGuard(const QueryOptions& options, const std::atomic<bool>* is_killed);

    /// Cancelled, or LimitExceeded when the time is over.
    Status check() const override;

    /// LimitExceeded, and nothing taken, when the statement would hold more than its limit.
    Status take_memory(std::size_t byte_count);
    void return_memory(std::size_t byte_count);

private:
    const QueryOptions& options_;
    const std::atomic<bool>* is_killed_;
    const std::int64_t end_ns_;  // Of the clock that check() reads.
    std::atomic<std::size_t> held_bytes_{0};
};

/// Memory that a part of a statement holds, returned with it. Not thread-safe.
class MemoryHold {
public:
    explicit MemoryHold(QueryGuard& guard) : guard_(&guard) {}
    ~MemoryHold() { release(); }
    MemoryHold(const MemoryHold&) = delete;
    MemoryHold& operator=(const MemoryHold&) = delete;
    MemoryHold(MemoryHold&& other) noexcept;
    MemoryHold& operator=(MemoryHold&& other) noexcept;

    /// Holds so many bytes from now on, instead of those before. As QueryGuard::take_memory().
    Status hold(std::size_t byte_count);

private:
    void release();

    QueryGuard* guard_;
    std::size_t byte_count_ = 0;
};

}  // namespace tidemark::query

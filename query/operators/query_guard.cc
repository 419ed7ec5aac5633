#include "query/operators/query_guard.h"

#include <ctime>
#include <limits>
#include <string>
#include <utility>

#include "query/syntax/duration.h"

namespace tidemark::query {
namespace {

/// Monotonic, and right to a few milliseconds: a fifth of the price of the exact one, which scans
/// of short pieces would feel.
std::int64_t coarse_now_ns() {
    std::timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t end_ns(std::chrono::nanoseconds time_limit) {
    std::int64_t end = 0;
    if (__builtin_add_overflow(coarse_now_ns(), time_limit.count(), &end)) {
        return std::numeric_limits<std::int64_t>::max();
    }
    return end;
}

}  // namespace

QueryGuard::QueryGuard(const QueryOptions& options, const std::atomic<bool>* is_killed)
    : options_(options), is_killed_(is_killed), end_ns_(end_ns(options.time_limit)) {}

Status QueryGuard::check() const {
    const auto is_set = [](const std::atomic<bool>* flag) {
        return flag != nullptr && flag->load(std::memory_order_relaxed);
    };
    if (is_set(options_.cancelled)) return Error(ErrorCode::Cancelled, "the query was cancelled");
    if (is_set(is_killed_)) {
        return Error(ErrorCode::Cancelled, "the query was ended by KILL QUERY");
    }
    if (coarse_now_ns() < end_ns_) return success();
    return Error(ErrorCode::LimitExceeded,
                 "the query takes longer than " +
                     print_rounded_duration(options_.time_limit.count()) +
                     ": narrow the time range, or raise the limit (time_limit; of a server: "
                     "--max-query-seconds)");
}

Status QueryGuard::take_memory(std::size_t byte_count) {
    const std::size_t held = held_bytes_.fetch_add(byte_count) + byte_count;
    if (held <= options_.memory_limit_bytes) return success();
    held_bytes_.fetch_sub(byte_count);
    return Error(ErrorCode::LimitExceeded,
                 "the query holds more than " + std::to_string(options_.memory_limit_bytes) +
                     " bytes: narrow the time range, or raise the limit (memory_limit_bytes; of a "
                     "server: --max-query-memory)");
}

void QueryGuard::return_memory(std::size_t byte_count) { held_bytes_.fetch_sub(byte_count); }

MemoryHold::MemoryHold(MemoryHold&& other) noexcept
    : guard_(other.guard_), byte_count_(std::exchange(other.byte_count_, 0)) {}

MemoryHold& MemoryHold::operator=(MemoryHold&& other) noexcept {
    if (this == &other) return *this;
    release();
    guard_ = other.guard_;
    byte_count_ = std::exchange(other.byte_count_, 0);
    return *this;
}

Status MemoryHold::hold(std::size_t byte_count) {
    if (byte_count > byte_count_) {
        TIDEMARK_RETURN_IF_ERROR(guard_->take_memory(byte_count - byte_count_));
    } else {
        guard_->return_memory(byte_count_ - byte_count);
    }
    byte_count_ = byte_count;
    return success();
}

void MemoryHold::release() { guard_->return_memory(std::exchange(byte_count_, 0)); }

}  // namespace tidemark::query

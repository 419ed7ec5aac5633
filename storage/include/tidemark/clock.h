#pragma once

#include <cstdint>

namespace tidemark {

/// Where "now" comes from. Thread-safe. Tests and replays bring their own, which must outlive the
/// stores that are opened with it:
///
///     struct StoppedClock : Clock {
///         std::int64_t now_ns() const override { return 1'700'000'000'000'000'000; }
///     };
///     const StoppedClock clock;
///     StoreOptions options;
///     options.clock = &clock;
class Clock {
public:
    virtual ~Clock() = default;

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    virtual std::int64_t now_ns() const = 0;
};

/// The machine's wall clock. Lives as long as the process.
const Clock& system_clock();

}  // namespace tidemark

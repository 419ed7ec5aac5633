#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tidemark/clock.h>
#include <tidemark/store.h>

#include "storage/base/file_system.h"
#include "tests/support/plain_points.h"

namespace tidemark::tests {

/// Every sample of a database, read through scans of all its measurements; the test fails on any
/// error. The snapshot may be null: then of a fresh one.
Samples read_all(const Store& store, const std::string& database,
                 const std::shared_ptr<const Snapshot>& snapshot = nullptr);

/// The test fails when it cannot be opened.
std::unique_ptr<Store> open_small(storage::FileSystem& files,
                                  const StoreOptions& options = small_options());

/// Writes all points, none of which may be refused. The sequence.
Sequence write_points(Store& store, const std::string& database,
                      const std::vector<PlainPoint>& points);

/// Writes and makes durable.
void write_durably(Store& store, const std::string& database,
                   const std::vector<PlainPoint>& points);

/// A clock that stands where it was put. Thread-safe.
class StandingClock final : public Clock {
public:
    explicit StandingClock(std::int64_t now_ns) : now_ns_(now_ns) {}
    std::int64_t now_ns() const override { return now_ns_; }

private:
    std::int64_t now_ns_;
};

}  // namespace tidemark::tests

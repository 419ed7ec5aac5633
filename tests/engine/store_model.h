#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <tidemark/clock.h>
#include <tidemark/store.h>

#include "storage/base/file_system.h"

namespace tidemark::tests {

/// One line: what a test writes.
struct PlainPoint {
    std::string measurement;
    TagSet tags;  ///< In any order.
    std::int64_t time_ns = 0;
    std::vector<std::pair<std::string, Value>> fields;
};

/// Series key, field, time.
using SampleKey = std::tuple<std::string, std::string, std::int64_t>;

/// The plain model of a database: every sample there should be.
using Samples = std::map<SampleKey, Value>;

void add_to(WriteBatch& batch, const PlainPoint& point);
WriteBatch batch_of(const std::vector<PlainPoint>& points);

/// What `point` does to a database that already has `samples` (R9).
void apply_point(Samples& samples, const PlainPoint& point);

/// Every sample of a database, read through scans of all its measurements; the test fails on any
/// error. The snapshot may be null: then of a fresh one.
Samples read_all(const Store& store, const std::string& database,
                 const std::shared_ptr<const Snapshot>& snapshot = nullptr);

/// Opens a store with options for small data: few rows per vector, partitions of an hour, no flush
/// and no compaction but by hand.
StoreOptions small_options();
std::unique_ptr<Store> open_small(storage::FileSystem& files,
                                  const StoreOptions& options = small_options());
inline const std::string kStorePath = "/store";

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

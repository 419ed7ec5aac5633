#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <tidemark/store.h>

namespace tidemark::tests {

inline const std::string kStorePath = "/store";

/// Options for small data: few rows per vector, partitions of an hour, no flush and no
/// compaction but by hand, points of any time.
StoreOptions small_options();

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

/// Type and bits: -0.0 is not +0.0, and a NaN is itself.
bool is_same_value(const Value& left, const Value& right);
bool are_same_samples(const Samples& left, const Samples& right);

/// "cpu,host=a usage at 7".
std::string describe_key(const SampleKey& key);

/// What a reader gets of a policy of a database.
struct ReadSamples {
    Samples samples;
    /// What the scans said was in the way.
    std::vector<std::string> messages;
};

/// Every sample, read through scans of all measurements; an error also when a scan yields one
/// twice. The policy may be empty: the default one. The snapshot may be null: then of a fresh one.
Result<ReadSamples> read_samples(const Store& store, const std::string& database,
                                 const std::string& policy,
                                 const std::shared_ptr<const Snapshot>& snapshot = nullptr);

}  // namespace tidemark::tests

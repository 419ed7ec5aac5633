#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tidemark/scan.h>

#include "storage/segment/row_group.h"

namespace tidemark::tests {

/// The rows of a series as the simplest thing that can hold them, and what a scan of it must say.
class ScanModel {
public:
    using Row = std::map<std::string, Value>;

    /// Takes in rows that arrived after all rows taken in before.
    void add(const storage::DecodedRows& rows);

    /// The rows in the request's range that have something of what it asks for.
    std::vector<std::pair<std::int64_t, Row>> rows(const ScanRequest& request) const;
    /// The runs of a leaf in the request's range, each as long as it can be.
    std::vector<LeafRun> runs(const ScanRequest& request, const PredicateLeaf& leaf) const;
    CarriedValues carried(const ScanRequest& request) const;

private:
    std::optional<CarriedValue> last_before(const std::string& field, std::int64_t time_ns) const;
    std::optional<LeafRun> carried_run(const ScanRequest& request, const PredicateLeaf& leaf) const;
    std::vector<LeafRun> runs_between(const ScanRequest& request, const PredicateLeaf& leaf,
                                      std::int64_t begin_ns, std::int64_t end_ns) const;

    std::map<std::int64_t, Row> rows_;
};

/// Whether a leaf is true of a value, by the letter of scan.h.
bool is_leaf_true(const PredicateLeaf& leaf, const Value& value);

/// NaN: no value, but the end of a hold.
bool is_nan(const Value& value);

/// "12..20 true, 3 samples"; for messages.
std::string describe_run(const std::optional<LeafRun>& run);

/// Joins neighbouring runs of equal truth that are not further apart than the hold limit.
std::vector<LeafRun> join_runs(const std::vector<LeafRun>& runs, std::int64_t hold_ns);

}  // namespace tidemark::tests

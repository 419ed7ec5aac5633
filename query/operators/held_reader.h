#pragma once

#include <string>
#include <vector>

#include "query/functions/held_values.h"
#include "query/operators/coverage_watch.h"
#include "query/operators/series_groups.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// Reads what fields of a series were over time.
///
/// Thread-safe once open.
class HeldReader {
public:
    /// The changes in `range` will be known, and what was in force just before it. All arguments
    /// but the fields must outlive the reader.
    static Result<HeldReader> open(const SeriesSelection& selection,
                                   const std::vector<std::string>& fields, const TimeRange& range,
                                   std::int64_t hold_ns, ExecutionContext& context);

    const SourceScans& scans() const { return scans_; }

    struct Series {
        std::vector<HeldField> fields;  ///< Each up to the end of its last hold.
        MemoryHold hold;
    };
    /// LimitExceeded when there are more changes than the statement may hold.
    Result<Series> read(const GroupMember& member) const;

private:
    HeldReader(const SeriesSelection& selection, const TimeRange& range, std::int64_t hold_ns,
               QueryGuard& guard)
        : selection_(&selection), range_(range), hold_ns_(hold_ns), guard_(&guard) {}

    const SeriesSelection* selection_;
    TimeRange range_;
    std::int64_t hold_ns_;
    QueryGuard* guard_;
    std::size_t field_count_ = 0;
    SourceScans scans_;
};

/// Tells `coverage` how much of `range` was known (R6).
void watch_coverage(const GroupMember& member, const HeldField& field, const TimeRange& range,
                    CoverageWatch& coverage);

}  // namespace tidemark::query

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/types.h>

#include "query/functions/calendar.h"
#include "query/functions/time_ranges.h"

namespace tidemark::query {

/// Time that does not count for some series.
struct MaintenanceWindow {
    TagSet tags;  ///< Of series that have all of these; empty: of all.
    TimeRange range;

    bool concerns(const TagSet& series) const;
};

/// What DURING and EXCEPT take out of time (R18).
///
/// Thread-safe.
class Exclusions {
public:
    struct Rules {
        std::vector<Calendar> during;  ///< Only time in one of them counts; empty: all time.
        std::vector<Calendar> except;
        std::vector<MaintenanceWindow> maintenance;
        std::string text;  ///< The clauses, as EXPLAIN shows them.
    };

    explicit Exclusions(Rules rules) : rules_(std::move(rules)) {}

    const std::string& text() const { return rules_.text; }

    /// The time in `range` that does not count for a series, in normal form.
    TimeRanges excluded(const TagSet& series, const TimeRange& range) const;

    /// All instants of `range` at which time begins or ceases to count for any series, ascending.
    std::vector<std::int64_t> edges(const TimeRange& range) const;

private:
    /// What calendars take out of `range` or of more.
    std::shared_ptr<const TimeRanges> closed_within(const TimeRange& range) const;
    TimeRanges find_closed(const TimeRange& range) const;

    const Rules rules_;
    mutable std::mutex mutex_;
    mutable TimeRange known_{0, 0};  // Guarded by mutex_, as is closed_.
    mutable std::shared_ptr<const TimeRanges> closed_ = std::make_shared<TimeRanges>();
};

}  // namespace tidemark::query

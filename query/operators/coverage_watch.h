#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

#include "query/functions/state_window.h"
#include "query/operators/series_groups.h"
#include "query/operators/series_states.h"

namespace tidemark::query {

inline constexpr std::string_view kAllExcludedText =
    "DURING and EXCEPT leave nothing of the time that is asked for: there is no answer in it";

/// Series of which less than 0.9 of the time was known: the answer says so (R6). Each counts once,
/// with the worst of what was asked of it. It says so, too, when DURING and EXCEPT left no time.
///
/// Thread-safe.
class CoverageWatch {
public:
    /// The tags of the member must live until the report.
    void add(const GroupMember& member, const StateTotals& totals, const SamplingPace& pace);

    /// Warns when a series was below, and when time did not count for any.
    void report(std::int64_t hold_ns, ExecutionContext& context) const;

private:
    struct Series {
        double coverage = 1;
        SamplingPace pace;
        const TagSet* tags = nullptr;
    };

    mutable std::mutex mutex_;
    // Guarded by mutex_.
    bool has_excluded_series_ = false;
    bool has_counted_series_ = false;
    // By source and series: in series-key order, so that the one named depends on no thread.
    std::map<std::pair<std::size_t, std::size_t>, Series> series_;
};

}  // namespace tidemark::query

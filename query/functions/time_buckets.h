#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

namespace tidemark::query {

/// A zone of the system's tz database. Copies are cheap. Thread-safe.
class TimeZone {
public:
    /// InvalidArgument for a name the database does not know; never UTC instead (R12).
    static Result<TimeZone> find(std::string_view name);

    /// Local time minus UTC in force at that instant.
    std::int64_t offset_ns_at(std::int64_t time_ns) const;

    /// The first instant whose local date-time is at or after `local_ns` (nanoseconds since
    /// 1970-01-01T00:00 on the local clock).
    std::int64_t first_instant_at(std::int64_t local_ns) const;

    std::string_view name() const;

private:
    explicit TimeZone(const void* zone) : zone_(zone) {}
    const void* zone_;  // date::time_zone, which lives as long as the process.
};

enum class StepUnit : std::uint8_t {
    Nanosecond,  ///< Fixed widths: u, ms, s, m, h, and without a zone also d and w.
    Day,         ///< Local days.
    Week,        ///< `wk`: local weeks from Monday.
    Month,
    Quarter,
    Year,
};

/// A positive number of units. Under tz() the binder turns durations of whole days into days.
struct BucketStep {
    std::int64_t count = 1;
    StepUnit unit = StepUnit::Nanosecond;
    bool operator==(const BucketStep&) const = default;
};

/// Its length, days having 24 h; nothing for months and longer units.
std::optional<std::int64_t> fixed_step_ns(const BucketStep& step);

/// GROUP BY time(step, offset) WINDOW window tz(zone).
struct BucketSpec {
    /// Nothing: no GROUP BY time, the whole range is one bucket.
    std::optional<BucketStep> step;
    std::int64_t offset_ns = 0;
    std::optional<BucketStep> window;
    std::optional<TimeZone> zone;  ///< Nothing: UTC.
};

struct TimeBucket {
    std::int64_t label_ns;  ///< Its start, also when the range cuts it.
    TimeRange window;       ///< What is looked at: R2. May be empty.
};

/// The buckets that touch `range` ([A, B), not empty), ascending, none of zero length (a local day
/// that does not exist has none). They tile time; their windows follow R2: [start, end) without
/// WINDOW, else [end - window, end), never before A - max(0, window - step) nor after B.
/// LimitExceeded when there are more than `bucket_limit`; InvalidArgument for a step or window that
/// is not positive.
Result<std::vector<TimeBucket>> make_time_buckets(const BucketSpec& spec, const TimeRange& range,
                                                  std::size_t bucket_limit);

/// The whole bucket that holds `time_ns`, whatever the WINDOW. `spec.step` is there.
/// InvalidArgument for a step that is not positive.
Result<TimeRange> bucket_at(const BucketSpec& spec, std::int64_t time_ns);

/// All edges of the windows, sorted, each once: the cuts of a scan.
std::vector<std::int64_t> window_edges(const std::vector<TimeBucket>& buckets);

/// The union of the windows: the range of a scan.
TimeRange window_hull(const std::vector<TimeBucket>& buckets);

}  // namespace tidemark::query

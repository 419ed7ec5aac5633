#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/result.h>

#include "query/functions/time_buckets.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The windows of a statement, cut at all their edges into parts: a window is a row of neighbouring
/// parts. Without WINDOW each window is one part.
class WindowTable {
public:
    /// `range` is not empty. LimitExceeded when there would be more than `bucket_limit` buckets.
    static Result<WindowTable> make(const BucketSpec& spec, const TimeRange& range,
                                    std::size_t bucket_limit);

    const std::vector<TimeBucket>& buckets() const { return buckets_; }
    const std::vector<TimeRange>& windows() const { return windows_; }
    const std::vector<std::int64_t>& edges() const { return edges_; }
    const TimeRange& hull() const { return hull_; }

    std::size_t part_count() const { return edges_.empty() ? 0 : edges_.size() - 1; }
    std::int64_t part_begin_ns(std::size_t part) const { return edges_[part]; }
    std::int64_t part_end_ns(std::size_t part) const { return edges_[part + 1]; }
    /// False for a gap between windows (WINDOW narrower than the buckets).
    bool is_part_of_window(std::size_t part) const { return is_used_[part]; }
    bool has_gaps() const { return std::ranges::find(is_used_, false) != is_used_.end(); }

    struct Parts {
        std::size_t begin;
        std::size_t end;
    };
    Parts parts(std::size_t window) const { return parts_[window]; }

    /// The first bucket that ends after `time_ns`.
    std::size_t bucket_of(std::int64_t time_ns) const;

private:
    std::vector<TimeBucket> buckets_;
    std::vector<TimeRange> windows_;
    std::vector<std::int64_t> edges_;
    std::vector<Parts> parts_;
    std::vector<bool> is_used_;
    TimeRange hull_;
};

/// Finds the part of ascending times; starts over when a time goes back.
class PartCursor {
public:
    explicit PartCursor(const WindowTable& windows) : windows_(windows) {}

    /// The part that holds `time_ns`; part_count() when none does.
    std::size_t part_of(std::int64_t time_ns);

private:
    const WindowTable& windows_;
    std::size_t part_ = 0;
};

/// What the calls of an AggregateWindows came to in one group.
struct GroupCells {
    GroupCells(std::size_t call_count, std::size_t window_count)
        : of_call(call_count, std::vector<Cell>(window_count)),
          sample_times_ns(window_count),
          is_out_of_range(call_count, false),
          has_left_out(call_count, false) {}

    std::vector<std::vector<Cell>> of_call;  ///< [call][window]
    /// Of the first call, where it is a selector that found a sample: [window]
    std::vector<std::optional<std::int64_t>> sample_times_ns;
    bool has_value = false;          ///< The group has rows.
    bool has_excluded_rows = false;  ///< Samples that do not count: DURING and EXCEPT.
    bool has_counted_rows = false;   ///< Others.
    /// A call's value in a window is no double (R10): its cell stays null, and the answer says so.
    std::vector<bool> is_out_of_range;  ///< [call]
    /// A call met samples that it does not take: the answer says so.
    std::vector<bool> has_left_out;  ///< [call]
};

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "query/functions/double_double.h"
#include "query/functions/sliding_merge.h"

namespace tidemark::query {

/// time_mean(f) and time_integral(f, unit) over many windows of one group: integral of x over the
/// known time K / |K|, where each sample holds until the next, at most the hold limit, and not
/// beyond as_of (R1, R3).
///
/// Time is split at the windows' edges; what lies between two edges is summed once, and a window is
/// the sum of its parts (no subtraction, so nothing cancels).
///
/// Not thread-safe.
class TimeIntegral {
public:
    /// Windows may overlap and come in any order. A window's part after `as_of_ns` is not known.
    TimeIntegral(std::span<const TimeRange> windows, std::int64_t hold_ns, std::int64_t as_of_ns);

    /// The edges between which pieces must lie: give them to the scan as cuts when it may answer
    /// with summaries.
    std::span<const std::int64_t> edges() const { return edges_; }

    /// Starts a series; `carried` is the sample in force before the range, if any. Time in
    /// `excluded` (in normal form, borrowed until end_series()) is not counted; summaries must not
    /// reach over its edges.
    void begin_series(const std::optional<CarriedValue>& carried,
                      std::span<const TimeRange> excluded = {});

    /// True when a summary's integral is exact here: no gap inside is longer than the hold limit.
    /// Otherwise the rows must come as values (ask for Need::Values).
    bool can_use(const ColumnSummary& summary) const;

    /// Numeric columns only. can_use(summary) must hold; a scan with this hold limit sees to it.
    void add_summary(const ColumnSummary& summary);
    void add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                    std::size_t begin, std::size_t end);

    /// What was seen of a series: the carried sample is one of its samples.
    struct SeriesResult {
        WideUnsigned known_ns = 0;  ///< From the first edge to the last one.
        std::uint64_t sample_count = 0;
        std::int64_t first_ns = 0;
        std::int64_t last_ns = 0;
    };

    /// Lets the last sample hold to its limit. Between series, and before results are read.
    SeriesResult end_series();

    struct WindowResult {
        DoubleDouble integral;  ///< Value times ns over known time, all series.
        WideUnsigned known_ns = 0;

        /// Rounded once; null when nothing is known or no double holds it.
        Cell mean() const;
        /// The integral in value times `unit_ns`, rounded once; null as the mean.
        Cell area(std::int64_t unit_ns) const;
    };

    /// Cheapest when windows are asked for in their order.
    WindowResult window(std::size_t window_index);
    Cell mean(std::size_t window_index) { return window(window_index).mean(); }

private:
    struct AddResults {
        void operator()(WindowResult& target, const WindowResult& source) const;
    };
    void hold_until(std::int64_t end_ns);
    void add_sample(std::int64_t time_ns, const DoubleDouble& value);
    void count_samples(std::uint64_t count, std::int64_t first_ns, std::int64_t last_ns);

    std::int64_t hold_ns_;
    std::int64_t as_of_ns_;
    std::vector<TimeRange> windows_;
    std::vector<std::int64_t> edges_;
    std::vector<WindowResult> parts_;
    std::optional<SlidingMerge<WindowResult, AddResults>> sliding_;  // Over parts_, once asked.
    SeriesResult series_;
    std::span<const TimeRange> excluded_;
    std::size_t part_cursor_ = 0;
    bool has_sample_ = false;
    std::int64_t sample_ns_ = 0;
    DoubleDouble sample_value_;
};

}  // namespace tidemark::query

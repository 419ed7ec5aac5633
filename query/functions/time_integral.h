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

namespace tidemark::query {

/// time_mean(f) over many windows of one group: integral of x over the known time K / |K|, where
/// each sample holds until the next, at most the hold limit, and not beyond as_of (R1, R3).
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

    /// Starts a series; `carried` is the sample in force before the range, if any.
    void begin_series(const std::optional<CarriedValue>& carried);

    /// True when a summary's integral is exact here: no gap inside is longer than the hold limit.
    /// Otherwise the rows must come as values (ask for Need::Values).
    bool can_use(const ColumnSummary& summary) const;

    /// Numeric columns only. can_use(summary) must hold.
    void add_summary(const ColumnSummary& summary);
    void add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                    std::size_t begin, std::size_t end);

    /// Lets the last sample hold to its limit. Between series, and before results are read.
    void end_series();

    struct WindowResult {
        DoubleDouble integral;  ///< Value times ns over known time, all series.
        WideUnsigned known_ns = 0;
    };
    WindowResult window(std::size_t window_index) const;

    /// The mean, rounded once; null when nothing is known.
    Cell mean(std::size_t window_index) const;

private:
    struct Part {
        DoubleDouble integral;
        WideUnsigned known_ns = 0;
    };
    void hold_until(std::int64_t end_ns);
    void add_sample(std::int64_t time_ns, const DoubleDouble& value);

    std::int64_t hold_ns_;
    std::int64_t as_of_ns_;
    std::vector<TimeRange> windows_;
    std::vector<std::int64_t> edges_;
    std::vector<Part> parts_;
    std::size_t part_cursor_ = 0;
    bool has_sample_ = false;
    std::int64_t sample_ns_ = 0;
    DoubleDouble sample_value_;
};

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "query/functions/slope_order.h"

namespace tidemark::query {

/// The median of the slopes of all pairs of samples: trend.h says how. Not thread-safe.
class SlopeSelection {
public:
    /// `slope_count` is not 0. Up to `pair_limit` slopes, or a few for each sample, are sorted.
    SlopeSelection(SlopeOrder& order, std::size_t sample_count, std::uint64_t slope_count,
                   std::size_t pair_limit);

    /// Per ns. Of an even number of slopes the mean of both middle ones.
    DoubleDouble median();

private:
    /// Slopes from `low` to below `high`, and how many are below each end.
    struct Interval {
        double low = -std::numeric_limits<double>::infinity();
        double high = std::numeric_limits<double>::infinity();
        std::uint64_t below_low = 0;
        std::uint64_t below_high = 0;
        SlopeOrder::Order order;  ///< That of `low`.

        std::uint64_t count() const { return below_high - below_low; }
        bool holds(std::uint64_t rank) const { return below_low <= rank && rank < below_high; }
    };

    Interval whole() const;
    /// The slopes of an interval around `rank`, ascending; all of them, or some of equal ones.
    void find(std::uint64_t rank);
    DoubleDouble slope_at(std::uint64_t rank) const;
    void narrow(std::uint64_t rank);
    bool cut(double slope, std::uint64_t rank);
    std::vector<DoubleDouble> slopes_numbered(const std::vector<std::uint64_t>& numbers);
    std::vector<DoubleDouble> random_slopes();
    std::uint64_t random_below(std::uint64_t count);

    SlopeOrder& order_;
    std::size_t sample_count_;
    std::uint64_t slope_count_;
    std::uint64_t list_limit_;
    std::uint64_t random_state_ = 0;
    Interval interval_;
    std::vector<DoubleDouble> slopes_;  // Of the interval.
};

}  // namespace tidemark::query

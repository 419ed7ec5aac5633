#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "query/functions/double_double.h"
#include "query/functions/trend.h"

namespace tidemark::query {

/// Two samples by their places in the order of time, the earlier first.
using SamplePair = std::pair<std::uint32_t, std::uint32_t>;

/// Samples ordered by what is left of their values above a line of some slope, which tells how many
/// pairs have a smaller slope. Slopes are per ns. Not thread-safe.
class SlopeOrder {
public:
    using Order = std::vector<std::uint32_t>;

    /// `samples` by series, time and value; borrowed.
    explicit SlopeOrder(std::span<const TrendSample> samples);

    /// The order below all slopes.
    Order by_time() const;

    /// Brings an order into that of `slope`, +infinity included, and returns the number of pairs
    /// that change places: those whose slopes are at least that of the order given and below
    /// `slope`. They are numbered; those whose numbers are `wanted` (ascending) are appended to
    /// `pairs`.
    std::uint64_t turn(Order& order, double slope, std::span<const std::uint64_t> wanted,
                       std::vector<SamplePair>& pairs);

    /// How many pairs have a slope below `slope`.
    std::uint64_t count_below(double slope);

    DoubleDouble slope_of(const SamplePair& pair) const;

private:
    struct Run {
        std::size_t begin;
        std::size_t middle;
        std::size_t end;
    };

    void set_slope(double slope);
    bool is_after(std::uint32_t left, std::uint32_t right) const;
    int exact_sign(std::uint32_t left, std::uint32_t right) const;
    void merge(Order& order, const Run& run);
    void note_pairs(const Order& order, const Run& run, std::size_t left, std::uint32_t right);

    std::span<const TrendSample> samples_;
    double greatest_ = 0;  // Of the values' magnitudes.
    double width_ns_ = 0;  // From the first sample to the last.
    std::int64_t begin_ns_ = 0;

    // Of the order that is being made.
    double slope_ = 0;
    double error_ = 0;  // Keys that are further apart are in their true order.
    std::vector<double> keys_;
    Order merged_;
    std::uint64_t turned_ = 0;
    std::span<const std::uint64_t> wanted_;
    std::vector<SamplePair>* pairs_ = nullptr;
};

}  // namespace tidemark::query

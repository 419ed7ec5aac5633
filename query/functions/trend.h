#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

// trend(f): whether the samples of a window rise or fall, and how fast.
//
// The slope is the Theil-Sen estimator, the median of the slopes of all pairs of samples (Theil
// 1950; Sen, J. Am. Stat. Assoc. 63, 1968). Not all of the pairs are looked at: how many slopes are
// below a threshold is the number of pairs that change places when samples are ordered by what is
// left of them after subtracting a line of that slope, and random pairs between two thresholds
// bring the thresholds together (Matousek, "Randomized optimal algorithm for slope selection", Inf.
// Process. Lett. 39, 1991): O(n log n) expected. Whether a slope is below a threshold is decided
// exactly, by expansions of doubles where rounding could matter (Shewchuk, Discrete Comput. Geom.
// 18, 1997). The random numbers are the same every time.
//
// p is the two-sided probability of the Mann-Kendall test (Mann 1945; Kendall, Rank Correlation
// Methods, 1975) in its normal approximation, with the correction for ties in value and time and
// for continuity. Several series are tested as one by summing their scores and variances, and only
// samples of the same series make pairs (Hirsch, Slack and Smith, Water Resour. Res. 18, 1982).

namespace tidemark::query {

/// One sample; the value is value + rest, so that integers of 64 bits are exact.
struct TrendSample {
    std::size_t series_rank = 0;
    std::int64_t time_ns = 0;
    double value = 0;  ///< Finite.
    double rest = 0;   ///< At most half an ulp of value.
};

struct Trend {
    std::uint64_t count = 0;              ///< Samples.
    std::optional<double> slope_per_day;  ///< Null unless two samples of a series differ in time.
    std::optional<double> p;              ///< Null below kLeastTrendTest samples.
    bool is_out_of_range = false;         ///< There is a slope, but no double holds it.
};

/// From so many samples on the normal approximation is used (Gilbert, Statistical Methods for
/// Environmental Pollution Monitoring, 1987).
inline constexpr std::size_t kLeastTrendTest = 10;

/// So many pairs are looked at one by one, or four for each sample if that is more.
inline constexpr std::size_t kPairLimit = 4096;

/// A group of more samples is refused: each takes some 80 bytes while it is looked at.
inline constexpr std::size_t kTrendSampleLimit = 16'000'000;

/// The slope is the exact median rounded to a double, off by at most 1 ulp, while magnitudes stay
/// within 2^1400 of the greatest one. `samples` in any order; `pair_limit` is for tests.
Trend trend_of(std::vector<TrendSample> samples, std::size_t pair_limit = kPairLimit);

}  // namespace tidemark::query

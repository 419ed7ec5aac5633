#include "query/functions/trend.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>

#include "query/functions/double_double.h"
#include "query/functions/slope_selection.h"

namespace tidemark::query {
namespace {

constexpr double kDayNs = 86'400e9;

/// Values are brought to about this exponent, where products with times neither overflow nor lose
/// bits below the least double.
constexpr int kExponent = 500;

/// What groups of equal samples come to in Kendall's variance; each is a sum over the groups.
struct Ties {
    WideInteger pairs = 0;   ///< u (u - 1) / 2
    WideInteger second = 0;  ///< u (u - 1) (2u + 5)
    WideInteger third = 0;   ///< u (u - 1) (u - 2)

    void add(std::size_t group_size) {
        const auto u = static_cast<WideInteger>(group_size);
        pairs += u * (u - 1) / 2;
        second += u * (u - 1) * (2 * u + 5);
        third += u * (u - 1) * (u - 2);
    }
};

/// Of neighbours for which is_same(a, b).
template <typename Same>
Ties ties_of(std::span<const TrendSample> samples, const Same& is_same) {
    Ties ties;
    for (std::size_t begin = 0; begin < samples.size();) {
        std::size_t end = begin + 1;
        while (end < samples.size() && is_same(samples[begin], samples[end])) ++end;
        ties.add(end - begin);
        begin = end;
    }
    return ties;
}

bool has_same_value(const TrendSample& a, const TrendSample& b) {
    return a.value == b.value && a.rest == b.rest;
}
bool has_same_time(const TrendSample& a, const TrendSample& b) { return a.time_ns == b.time_ns; }

/// How many pairs there are of one series, or of several.
struct Pairs {
    WideInteger sloped = 0;  ///< Differ in time.
    WideInteger level = 0;   ///< Differ in time, but not in value.
    double variance = 0;     ///< Of the score, rising less falling ones, were there no trend.
};

double to_double(WideInteger integer) { return to_double_double(integer).rounded(); }

/// Kendall 1975, chapter 4: the variance with ties in both rankings.
double score_variance(std::size_t count, const Ties& times, const Ties& values) {
    if (count < 2) return 0;
    Ties whole;
    whole.add(count);
    double variance = to_double(whole.second - times.second - values.second) / 18 +
                      to_double(times.pairs) * to_double(values.pairs) / to_double(whole.pairs);
    if (count > 2) {
        variance += to_double(times.third) * to_double(values.third) / (9 * to_double(whole.third));
    }
    return variance;
}

/// `samples` are those of one series, by time and value.
Pairs pairs_of_series(std::span<const TrendSample> samples, std::vector<TrendSample>& by_value) {
    const Ties times = ties_of(samples, has_same_time);
    const Ties both = ties_of(samples, [](const TrendSample& a, const TrendSample& b) {
        return has_same_time(a, b) && has_same_value(a, b);
    });
    by_value.assign(samples.begin(), samples.end());
    std::ranges::sort(by_value, {}, [](const TrendSample& sample) {
        return std::pair(sample.value, sample.rest);
    });
    const Ties values = ties_of(by_value, has_same_value);
    Ties whole;
    whole.add(samples.size());
    return {whole.pairs - times.pairs, values.pairs - both.pairs,
            score_variance(samples.size(), times, values)};
}

Pairs pairs_of(std::span<const TrendSample> samples) {
    Pairs all;
    std::vector<TrendSample> by_value;
    for (std::size_t begin = 0; begin < samples.size();) {
        std::size_t end = begin + 1;
        while (end < samples.size() && samples[end].series_rank == samples[begin].series_rank) {
            ++end;
        }
        const Pairs one = pairs_of_series(samples.subspan(begin, end - begin), by_value);
        all.sloped += one.sloped;
        all.level += one.level;
        all.variance += one.variance;
        begin = end;
    }
    return all;
}

/// The exponent that was added to all values.
int scale(std::vector<TrendSample>& samples) {
    double greatest = 0;
    for (const TrendSample& sample : samples) {
        greatest = std::max(greatest, std::fabs(sample.value));
    }
    const int exponent = greatest > 0 ? kExponent - std::ilogb(greatest) : 0;
    for (TrendSample& sample : samples) {
        sample.value = std::scalbn(sample.value, exponent) + 0.0;  // No -0.0.
        sample.rest = std::scalbn(sample.rest, exponent) + 0.0;
    }
    return exponent;
}

/// The score is corrected for continuity. Without any variance there is nothing to tell: p is 1.
double mann_kendall_p(WideInteger score, double variance) {
    if (score == 0 || !(variance > 0)) return 1;
    const double distance = std::fabs(to_double(score)) - 1;
    return std::erfc(distance / std::sqrt(2 * variance));
}

}  // namespace

Trend trend_of(std::vector<TrendSample> samples, std::size_t pair_limit) {
    Trend trend;
    trend.count = samples.size();
    const int exponent = scale(samples);
    std::ranges::sort(samples, {}, [](const TrendSample& sample) {
        return std::tuple(sample.series_rank, sample.time_ns, sample.value, sample.rest);
    });
    const Pairs pairs = pairs_of(samples);
    SlopeOrder order(samples);
    if (samples.size() >= kLeastTrendTest) {
        const auto falling = static_cast<WideInteger>(order.count_below(0));
        trend.p = mann_kendall_p(pairs.sloped - pairs.level - 2 * falling, pairs.variance);
    }
    if (pairs.sloped == 0) return trend;
    SlopeSelection selection(order, samples.size(), static_cast<std::uint64_t>(pairs.sloped),
                             pair_limit);
    const DoubleDouble per_day = multiply(selection.median(), {kDayNs, 0});
    const double slope = std::scalbn(per_day.rounded(), -exponent);
    trend.is_out_of_range = !std::isfinite(slope);
    if (!trend.is_out_of_range) trend.slope_per_day = slope;
    return trend;
}

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <tidemark/result.h>

#include "bench/support/kpi_shapes.h"
#include "bench/support/workload_writers.h"

// The right answers to the questions Q1 to Q7 of the benchmarks, computed plainly from the columns:
// nothing here is shared with the engine that is measured. Times are seconds since 1970. A value is
// in force from its sample to the next one of its series, the last one to the end of the data
// (STALE NONE); before the first sample nothing is known. Durations are exact; ratios, means and
// quantiles are rounded once, from more digits than a double has.

namespace tidemark::bench {

/// begin <= t < end.
struct RangeSeconds {
    std::int64_t begin_s;
    std::int64_t end_s;

    std::int64_t length_s() const { return end_s - begin_s; }
    bool operator==(const RangeSeconds&) const = default;
};

/// One field of one series: value i is of begin_s + i * step_s; NaN where nothing was sent. Borrows
/// the values.
class SeriesSamples {
public:
    SeriesSamples(std::int64_t begin_s, std::int64_t step_s, std::span<const double> values)
        : begin_s_(begin_s), step_s_(step_s), values_(values) {}

    std::span<const double> values() const { return values_; }
    std::int64_t time_s(std::size_t index) const {
        return begin_s_ + static_cast<std::int64_t>(index) * step_s_;
    }
    /// From the first value to one step behind the last.
    RangeSeconds range() const { return {begin_s_, time_s(values_.size())}; }

    /// How many values are of times before `time_s`.
    std::size_t count_before(std::int64_t time_s) const;

private:
    std::int64_t begin_s_;
    std::int64_t step_s_;
    std::span<const double> values_;
};

/// The quantile of sorted values, not empty, linear between the neighbours of rank
/// percent / 100 * (n - 1).
double quantile_cont(std::span<const double> sorted, unsigned percent);

struct LatencyBucket {
    std::int64_t begin_s;  ///< Its label, even where the range begins later.
    double p50;
    double p95;
    double p99;
};
/// Q1: the quantiles of each bucket of 5 minutes that has samples in `range`.
std::vector<LatencyBucket> latency_buckets(const SeriesSamples& series, RangeSeconds range);

struct RollingQuantile {
    std::int64_t label_s;  ///< The minute in which the window ends.
    double p99;
};
/// Q2: for each minute t the window [t + 60 - 3600, t + 60), where it lies in the data as a whole
/// and has samples.
std::vector<RollingQuantile> rolling_hours(const SeriesSamples& series);

/// A stretch of time in which the predicate has one value.
struct StateRun {
    RangeSeconds range;
    bool is_true;
};
/// Alternating runs of `value > threshold`, without gaps from the first sample to the end of the
/// data; none without samples.
std::vector<StateRun> runs_above(const SeriesSamples& series, double threshold);

/// Q3: the share of known time of `range` in which the runs are true; nothing when nothing is
/// known.
std::optional<double> true_share(std::span<const StateRun> runs, RangeSeconds range);

struct DayShare {
    std::int64_t day_s;
    double share;
};
/// Q3 for each day of UTC of which something is known.
std::vector<DayShare> true_share_of_days(std::span<const StateRun> runs);

struct TimeAbove {
    std::int64_t total_s;
    std::int64_t longest_s;
    bool operator==(const TimeAbove&) const = default;
};
/// Q4; nothing when nothing is known.
std::optional<TimeAbove> time_true(std::span<const StateRun> runs);

/// Q5: the true run that lasts to the end of the data, if it is at least as long as given.
std::optional<RangeSeconds> open_run(std::span<const StateRun> runs, std::int64_t at_least_s);

struct HourOfValues {
    std::int64_t hour_s;
    double mean;
    double max;
};
/// Q6: each hour of UTC that has samples.
std::vector<HourOfValues> hours_of_values(const SeriesSamples& series);

struct TimedValue {
    std::int64_t time_s;
    double value;
};
/// Q7: the samples of the range.
std::vector<TimedValue> samples_in(const SeriesSamples& series, RangeSeconds range);

/// All of them as one JSON object: {"begin_s":..,"end_s":..,"Q1":{"h000":[[bucket,p50,p95,p99],..],
/// ..},"Q2a":{"h000":[[label,p99],..]},"Q2b":{..},"Q3":{"h000":share,..},"Q3d":{"h000":[[day,share],
/// ..],..},"Q4":{"h000":[total,longest],..},"Q5":{"h005":[minutes,since],..},"Q6":{"h000":[[hour,
/// mean,max],..],..},"Q7":{"h000":[[time,value],..]}}. Q1 and Q7 are of the last 24 h, the others
/// of all times. Hosts of which nothing is known are left out of Q3 and Q4.
Status write_exact_answers(const Workload& workload, const ByteConsumer& consume);

}  // namespace tidemark::bench

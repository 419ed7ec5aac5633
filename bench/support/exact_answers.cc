#include "bench/support/exact_answers.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "server/format/json_writer.h"

namespace tidemark::bench {
namespace {

constexpr std::int64_t kMinuteSeconds = 60;
constexpr std::int64_t kHourSeconds = 60 * kMinuteSeconds;
constexpr std::int64_t kDaySeconds = 24 * kHourSeconds;

constexpr double kHighUsage = 80;
constexpr double kUpThreshold = 0.5;  // The states are 0 and 1.
constexpr std::int64_t kLongRunSeconds = 45 * kMinuteSeconds;

std::int64_t floor_to(std::int64_t time_s, std::int64_t width_s) {
    const std::int64_t excess = time_s % width_s;
    return time_s - (excess < 0 ? excess + width_s : excess);
}

std::int64_t ceil_to(std::int64_t time_s, std::int64_t width_s) {
    return floor_to(time_s + width_s - 1, width_s);
}

RangeSeconds overlap(RangeSeconds left, RangeSeconds right) {
    const std::int64_t begin_s = std::max(left.begin_s, right.begin_s);
    return {begin_s, std::max(begin_s, std::min(left.end_s, right.end_s))};
}

/// Calls visit(label, values) for each bucket of `range`, aligned to 1970, that has samples; the
/// values are in order of time and belong to this function.
template <typename Visit>
void for_each_bucket(const SeriesSamples& series, RangeSeconds range, std::int64_t width_s,
                     Visit visit) {
    std::vector<double> values;
    for (std::int64_t label_s = floor_to(range.begin_s, width_s); label_s < range.end_s;
         label_s += width_s) {
        const RangeSeconds bucket = overlap({label_s, label_s + width_s}, range);
        const std::size_t begin = series.count_before(bucket.begin_s);
        const std::size_t end = series.count_before(bucket.end_s);
        values.clear();
        for (const double value : series.values().subspan(begin, end - begin)) {
            if (!std::isnan(value)) values.push_back(value);
        }
        if (!values.empty()) visit(label_s, values);
    }
}

/// The values of a window in ascending order.
class SortedWindow {
public:
    void add(double value) { sorted_.insert(std::ranges::upper_bound(sorted_, value), value); }
    /// One of the values added before.
    void remove(double value) { sorted_.erase(std::ranges::lower_bound(sorted_, value)); }

    std::span<const double> sorted() const { return sorted_; }

private:
    std::vector<double> sorted_;
};

RangeSeconds range_of(const Workload& workload) {
    return {workload.options().begin_s, workload.end_s()};
}

SeriesSamples series_of(const Workload& workload, std::size_t column, std::size_t host) {
    return {workload.options().begin_s, workload.options().step_s, workload.samples(column, host)};
}

/// The file of answers, value by value, handed on in pieces.
class AnswersFile {
public:
    AnswersFile(const Workload& workload, const ByteConsumer& consume)
        : workload_(workload), consume_(consume) {}

    Status write() {
        const RangeSeconds all = range_of(workload_);
        const RangeSeconds last_day{std::max(all.begin_s, all.end_s - kDaySeconds), all.end_s};
        json_.begin_object();
        write_member("begin_s", all.begin_s);
        write_member("end_s", all.end_s);
        TIDEMARK_RETURN_IF_ERROR(write_latencies(last_day));
        TIDEMARK_RETURN_IF_ERROR(write_rolling("Q2a", 1));
        TIDEMARK_RETURN_IF_ERROR(write_rolling("Q2b", workload_.options().host_count));
        TIDEMARK_RETURN_IF_ERROR(write_uptimes());
        TIDEMARK_RETURN_IF_ERROR(write_usages());
        TIDEMARK_RETURN_IF_ERROR(write_samples(last_day));
        json_.end_object();
        text_ += '\n';
        return hand_on();
    }

private:
    Status write_latencies(RangeSeconds range) {
        return write_hosts("Q1", workload_.options().host_count, [&](std::size_t host) {
            write_rows(latency_buckets(series_of(workload_, LatencyMs, host), range),
                       [&](const LatencyBucket& row) {
                           json_.integer(row.begin_s);
                           json_.number(row.p50);
                           json_.number(row.p95);
                           json_.number(row.p99);
                       });
        });
    }

    Status write_rolling(std::string_view question, std::size_t host_count) {
        return write_hosts(question, host_count, [&](std::size_t host) {
            write_rows(rolling_hours(series_of(workload_, LatencyMs, host)),
                       [&](const RollingQuantile& row) {
                           json_.integer(row.label_s);
                           json_.number(row.p99);
                       });
        });
    }

    Status write_uptimes() {
        const RangeSeconds all = range_of(workload_);
        TIDEMARK_RETURN_IF_ERROR(write_known_hosts(
            "Q3",
            [&](std::size_t host) { return true_share(runs_of(Up, kUpThreshold, host), all); },
            [&](double share) { json_.number(share); }));
        return write_hosts("Q3d", workload_.options().host_count, [&](std::size_t host) {
            write_rows(true_share_of_days(runs_of(Up, kUpThreshold, host)),
                       [&](const DayShare& row) {
                           json_.integer(row.day_s);
                           json_.number(row.share);
                       });
        });
    }

    Status write_usages() {
        TIDEMARK_RETURN_IF_ERROR(write_known_hosts(
            "Q4", [&](std::size_t host) { return time_true(runs_of(Usage, kHighUsage, host)); },
            [&](const TimeAbove& above) {
                json_.begin_array();
                json_.integer(above.total_s);
                json_.integer(above.longest_s);
                json_.end_array();
            }));
        TIDEMARK_RETURN_IF_ERROR(write_known_hosts(
            "Q5",
            [&](std::size_t host) {
                return open_run(runs_of(Usage, kHighUsage, host), kLongRunSeconds);
            },
            [&](const RangeSeconds& run) {
                json_.begin_array();
                json_.number(static_cast<double>(run.length_s()) /
                             static_cast<double>(kMinuteSeconds));
                json_.integer(run.begin_s);
                json_.end_array();
            }));
        return write_hosts("Q6", workload_.options().host_count, [&](std::size_t host) {
            write_rows(hours_of_values(series_of(workload_, Usage, host)),
                       [&](const HourOfValues& row) {
                           json_.integer(row.hour_s);
                           json_.number(row.mean);
                           json_.number(row.max);
                       });
        });
    }

    Status write_samples(RangeSeconds range) {
        return write_hosts("Q7", 1, [&](std::size_t host) {
            write_rows(samples_in(series_of(workload_, LatencyMs, host), range),
                       [&](const TimedValue& row) {
                           json_.integer(row.time_s);
                           json_.number(row.value);
                       });
        });
    }

    std::vector<StateRun> runs_of(std::size_t column, double threshold, std::size_t host) const {
        return runs_above(series_of(workload_, column, host), threshold);
    }

    void write_member(std::string_view name, std::int64_t value) {
        json_.key(name);
        json_.integer(value);
    }

    /// An object with the first hosts' names as keys and what `write_value` writes as values.
    template <typename WriteValue>
    Status write_hosts(std::string_view question, std::size_t host_count, WriteValue write_value) {
        json_.key(question);
        json_.begin_object();
        for (std::size_t host = 0; host < host_count; ++host) {
            json_.key(host_name(host));
            write_value(host);
            TIDEMARK_RETURN_IF_ERROR(hand_on());
        }
        json_.end_object();
        return success();
    }

    /// The same of the hosts for which `answer` has one.
    template <typename Answer, typename WriteAnswer>
    Status write_known_hosts(std::string_view question, Answer answer, WriteAnswer write_answer) {
        json_.key(question);
        json_.begin_object();
        for (std::size_t host = 0; host < workload_.options().host_count; ++host) {
            const auto found = answer(host);
            if (!found) continue;
            json_.key(host_name(host));
            write_answer(*found);
            TIDEMARK_RETURN_IF_ERROR(hand_on());
        }
        json_.end_object();
        return success();
    }

    template <typename Row, typename WriteCells>
    void write_rows(const std::vector<Row>& rows, WriteCells write_cells) {
        json_.begin_array();
        for (const Row& row : rows) {
            json_.begin_array();
            write_cells(row);
            json_.end_array();
        }
        json_.end_array();
    }

    Status hand_on() {
        Status status = consume_(text_);
        text_.clear();
        return status;
    }

    const Workload& workload_;
    const ByteConsumer& consume_;
    std::string text_;
    server::JsonWriter json_{text_, false};
};

}  // namespace

std::size_t SeriesSamples::count_before(std::int64_t time_s) const {
    if (time_s <= begin_s_) return 0;
    const auto count = static_cast<std::size_t>((time_s - begin_s_ + step_s_ - 1) / step_s_);
    return std::min(count, values_.size());
}

double quantile_cont(std::span<const double> sorted, unsigned percent) {
    const std::size_t hundredths = percent * (sorted.size() - 1);
    const std::size_t lower = hundredths / 100;
    const auto weight = static_cast<long double>(hundredths % 100);
    if (weight == 0) return sorted[lower];
    return static_cast<double>(((100 - weight) * sorted[lower] + weight * sorted[lower + 1]) / 100);
}

std::vector<LatencyBucket> latency_buckets(const SeriesSamples& series, RangeSeconds range) {
    std::vector<LatencyBucket> buckets;
    for_each_bucket(series, range, 5 * kMinuteSeconds,
                    [&](std::int64_t label_s, std::vector<double>& values) {
                        std::ranges::sort(values);
                        buckets.push_back({label_s, quantile_cont(values, 50),
                                           quantile_cont(values, 95), quantile_cont(values, 99)});
                    });
    return buckets;
}

std::vector<RollingQuantile> rolling_hours(const SeriesSamples& series) {
    const RangeSeconds all = series.range();
    const std::span<const double> values = series.values();
    std::vector<RollingQuantile> rows;
    SortedWindow window;
    std::size_t begin = 0;  // The window holds the values from begin to end.
    std::size_t end = 0;
    for (std::int64_t end_s = ceil_to(all.begin_s + kHourSeconds, kMinuteSeconds);
         end_s <= all.end_s; end_s += kMinuteSeconds) {
        for (const std::size_t next_end = series.count_before(end_s); end < next_end; ++end) {
            if (!std::isnan(values[end])) window.add(values[end]);
        }
        const std::size_t next_begin = series.count_before(end_s - kHourSeconds);
        for (; begin < next_begin; ++begin) {
            if (!std::isnan(values[begin])) window.remove(values[begin]);
        }
        if (window.sorted().empty()) continue;
        rows.push_back({end_s - kMinuteSeconds, quantile_cont(window.sorted(), 99)});
    }
    return rows;
}

std::vector<StateRun> runs_above(const SeriesSamples& series, double threshold) {
    std::vector<StateRun> runs;
    const std::span<const double> values = series.values();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i])) continue;
        const bool is_true = values[i] > threshold;
        if (!runs.empty() && runs.back().is_true == is_true) continue;
        if (!runs.empty()) runs.back().range.end_s = series.time_s(i);
        runs.push_back({{series.time_s(i), series.range().end_s}, is_true});
    }
    return runs;
}

std::optional<double> true_share(std::span<const StateRun> runs, RangeSeconds range) {
    std::int64_t good_s = 0;
    std::int64_t known_s = 0;
    for (const StateRun& run : runs) {
        const std::int64_t inside_s = overlap(run.range, range).length_s();
        known_s += inside_s;
        if (run.is_true) good_s += inside_s;
    }
    if (known_s == 0) return std::nullopt;
    return static_cast<double>(good_s) / static_cast<double>(known_s);
}

std::vector<DayShare> true_share_of_days(std::span<const StateRun> runs) {
    std::vector<DayShare> days;
    if (runs.empty()) return days;
    const std::int64_t end_s = runs.back().range.end_s;
    for (std::int64_t day_s = floor_to(runs.front().range.begin_s, kDaySeconds); day_s < end_s;
         day_s += kDaySeconds) {
        const auto share = true_share(runs, {day_s, day_s + kDaySeconds});
        if (share) days.push_back({day_s, *share});
    }
    return days;
}

std::optional<TimeAbove> time_true(std::span<const StateRun> runs) {
    if (runs.empty()) return std::nullopt;
    TimeAbove above{0, 0};
    for (const StateRun& run : runs) {
        if (!run.is_true) continue;
        above.total_s += run.range.length_s();
        above.longest_s = std::max(above.longest_s, run.range.length_s());
    }
    return above;
}

std::optional<RangeSeconds> open_run(std::span<const StateRun> runs, std::int64_t at_least_s) {
    if (runs.empty() || !runs.back().is_true) return std::nullopt;
    if (runs.back().range.length_s() < at_least_s) return std::nullopt;
    return runs.back().range;
}

std::vector<HourOfValues> hours_of_values(const SeriesSamples& series) {
    std::vector<HourOfValues> hours;
    for_each_bucket(
        series, series.range(), kHourSeconds,
        [&](std::int64_t label_s, const std::vector<double>& values) {
            long double sum = 0;
            for (const double value : values) sum += value;
            const long double mean = sum / static_cast<long double>(values.size());
            hours.push_back({label_s, static_cast<double>(mean), std::ranges::max(values)});
        });
    return hours;
}

std::vector<TimedValue> samples_in(const SeriesSamples& series, RangeSeconds range) {
    std::vector<TimedValue> samples;
    const std::size_t end = series.count_before(range.end_s);
    for (std::size_t i = series.count_before(range.begin_s); i < end; ++i) {
        if (!std::isnan(series.values()[i])) {
            samples.push_back({series.time_s(i), series.values()[i]});
        }
    }
    return samples;
}

Status write_exact_answers(const Workload& workload, const ByteConsumer& consume) {
    return AnswersFile(workload, consume).write();
}

}  // namespace tidemark::bench

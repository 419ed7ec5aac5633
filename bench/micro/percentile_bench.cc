#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/micro/lazy.h"
#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "bench/support/kpi_shapes.h"
#include "query/functions/kernels/sliding_ranks.h"
#include "query/functions/percentile_rows.h"

// "percentile/rolling/latency_ms/rows:1000/step:6": each window of 1,000 rows, six rows further
// each time, of samples of all hosts one after the other (one host alone trains the branch
// predictor). What is counted is the time for a row, however many windows it is in.

namespace tidemark::bench {
namespace {

using namespace query;

constexpr std::size_t kWindowRows[] = {10, 100, 360, 1000, 10'000, 100'000, 1'000'000};
constexpr std::size_t kSteps[] = {1, 6, 60};
// Windows that are next to each other: the buckets of GROUP BY time().
constexpr std::size_t kBucketRows[] = {30, 360, 3600};
constexpr std::size_t kRowCountMin = 200'000;
constexpr std::int64_t kStepNs = 10'000'000'000;

// Rows to slide over: most of them with a full window.
std::size_t row_count_for(std::size_t window_rows) {
    return std::max(kRowCountMin, 4 * window_rows);
}

/// So many samples of a column that were sent, from the first again where there are fewer.
std::vector<double> samples_of(const Workload& workload, std::size_t column, std::size_t count) {
    std::vector<double> values;
    values.reserve(count);
    while (values.size() < count) {
        for (const double value : workload.column_values(column)) {
            if (values.size() == count) break;
            if (!std::isnan(value)) values.push_back(value);
        }
    }
    return values;
}

/// A day of the fleet.
Workload make_fleet() {
    WorkloadOptions options;
    options.tick_count = 8640;
    return must(Workload::generate(options));
}

/// What is slid over, and where the rank wanted is.
struct RollingCase {
    std::function<std::vector<double>(std::size_t count)> values;
    std::size_t window_rows;
    std::size_t step;
    std::vector<const char*> fractions;  ///< Of percentile_cont().
};

std::vector<PercentileRequest> requests_of(const std::vector<const char*>& fractions) {
    std::vector<PercentileRequest> requests;
    requests.reserve(fractions.size());
    for (const char* fraction : fractions) {
        requests.push_back(must(PercentileRequest::make(FunctionId::PercentileCont, fraction)));
    }
    return requests;
}

PercentileRows rows_of(const std::vector<double>& values) {
    std::vector<std::int64_t> times(values.size());
    for (std::size_t row = 0; row < times.size(); ++row) {
        times[row] = static_cast<std::int64_t>(row) * kStepNs;
    }
    ColumnValues column;
    column.floats = values;
    PercentileRows rows(FieldType::Float);
    rows.begin_series(0);
    rows.add_values(times, column, 0, values.size());
    return rows;
}

std::vector<TimeRange> windows_of(std::size_t row_count, std::size_t window_rows,
                                  std::size_t step) {
    std::vector<TimeRange> windows;
    windows.reserve((row_count - window_rows) / step + 1);
    for (std::size_t begin = 0; begin + window_rows <= row_count; begin += step) {
        windows.push_back({static_cast<std::int64_t>(begin) * kStepNs,
                           static_cast<std::int64_t>(begin + window_rows) * kStepNs});
    }
    return windows;
}

Work work_of(std::size_t row_count, std::size_t window_count) {
    const auto rows = static_cast<double>(row_count);
    // Every row has to be read at least: its time and its value.
    return {.rates = {{"windows", static_cast<double>(window_count)}},
            .costs = {{"row", rows}},
            .memory_bytes = rows * (sizeof(std::int64_t) + sizeof(double))};
}

/// As a query does it: windows by time, answers as cells.
void evaluate(benchmark::State& state, const RollingCase& rolling,
              const MemoryBandwidth& bandwidth) {
    const std::size_t row_count = row_count_for(rolling.window_rows);
    PercentileRows rows = rows_of(rolling.values(row_count));
    const auto windows = windows_of(row_count, rolling.window_rows, rolling.step);
    const auto requests = requests_of(rolling.fractions);
    run(state, work_of(row_count, windows.size()), bandwidth,
        [&] { benchmark::DoNotOptimize(rows.evaluate(windows, requests)); });
}

/// Every window of `keys`, one row further each time: rows enter and leave, a rank is looked up.
void slide_ranks(std::span<const std::uint64_t> keys, std::size_t window_rows,
                 SlidingRanks& ranks) {
    const std::size_t rank = window_rows * 99 / 100;
    ranks.assign(keys, 1);
    for (std::size_t row = 0; row < keys.size(); ++row) {
        ranks.enter(row);
        if (row + 1 < window_rows) continue;
        benchmark::DoNotOptimize(ranks.select(0, rank));
        ranks.leave(row + 1 - window_rows);
    }
}

/// The ranks alone, by stretches of eight windows as evaluate() does.
void rank(benchmark::State& state, const RollingCase& rolling, const MemoryBandwidth& bandwidth) {
    const std::size_t row_count = row_count_for(rolling.window_rows);
    const std::vector<double> values = rolling.values(row_count);
    std::vector<std::uint64_t> keys(row_count);
    // Not negative, so that their bits have their order.
    std::ranges::transform(values, keys.begin(),
                           [](double value) { return std::bit_cast<std::uint64_t>(value); });
    const std::size_t stretch_rows =
        std::min(row_count, std::max<std::size_t>(4096, 8 * rolling.window_rows));
    SlidingRanks ranks;
    run(state, work_of(row_count, row_count - rolling.window_rows + 1), bandwidth, [&] {
        std::size_t begin = 0;
        while (begin + rolling.window_rows <= row_count) {
            const std::size_t size = std::min(stretch_rows, row_count - begin);
            slide_ranks(std::span(keys).subspan(begin, size), rolling.window_rows, ranks);
            begin += size + 1 - rolling.window_rows;
        }
    });
}

std::string suffix_of(std::size_t window_rows, std::size_t step) {
    return "/rows:" + std::to_string(window_rows) + "/step:" + std::to_string(step);
}

class Registrar {
public:
    explicit Registrar(const Surroundings& surroundings) : surroundings_(surroundings) {}

    void add_column(const std::string& name, std::size_t column) const {
        const auto fleet = fleet_;
        const auto values = [fleet, column](std::size_t count) {
            return samples_of(fleet->get(), column, count);
        };
        for (const std::size_t window_rows : kWindowRows) {
            add("percentile/ranks/" + name + suffix_of(window_rows, 1),
                {values, window_rows, 1, {}}, rank);
            for (const std::size_t step : kSteps) {
                if (step > window_rows) continue;
                add("percentile/rolling/" + name + suffix_of(window_rows, step),
                    {values, window_rows, step, {"0.99"}}, evaluate);
            }
        }
        for (const std::size_t rows : kBucketRows) {
            add("percentile/buckets/" + name + "/rows:" + std::to_string(rows),
                {values, rows, rows, {"0.5", "0.95", "0.99"}}, evaluate);
        }
    }

    // Low and high by turns: in windows of an odd number of rows the median moves across all of
    // them at each step.
    void add_square_wave() const {
        const auto values = [](std::size_t count) {
            std::vector<double> wave(count);
            for (std::size_t row = 0; row < count; ++row) {
                wave[row] = static_cast<double>(row % 2 * 1000 + row % 7);
            }
            return wave;
        };
        for (const std::size_t window_rows : kWindowRows) {
            add("percentile/rolling/square_wave" + suffix_of(window_rows + 1, 1),
                {values, window_rows + 1, 1, {"0.5"}}, evaluate);
        }
    }

private:
    template <typename Function>
    void add(const std::string& name, RollingCase rolling, Function measure) const {
        add_benchmark(name, [rolling = std::move(rolling), measure,
                             &bandwidth = surroundings_.bandwidth](benchmark::State& state) {
            measure(state, rolling, bandwidth);
        })->Unit(benchmark::kMillisecond);
    }

    const Surroundings& surroundings_;
    std::shared_ptr<Lazy<Workload>> fleet_ = std::make_shared<Lazy<Workload>>(make_fleet);
};

}  // namespace

void register_percentile_benchmarks(const Surroundings& surroundings) {
    const Registrar registrar(surroundings);
    registrar.add_column("latency_ms", LatencyMs);
    registrar.add_column("entropy", Entropy);
    registrar.add_square_wave();
}

}  // namespace tidemark::bench

#include <cstddef>
#include <cstdint>
#include <string>

#include <malloc.h>

#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "bench/micro/temporary_store.h"

// What a store takes of memory before anything is in a segment. Each iteration has a store of its
// own.

namespace tidemark::bench {
namespace {

// A fleet of slow KPIs: many series of one field that have few rows each.
constexpr std::size_t kSeriesCount = 1'000'000;
constexpr std::size_t kRowsPerSeries = 10;
constexpr std::size_t kPointsPerBatch = 5000;
constexpr std::int64_t kBeginNs = 1'767'571'200'000'000'000;
constexpr std::int64_t kStepNs = 300'000'000'000;

/// Bytes that were asked for and not given back.
double allocated_bytes() {
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

void add_point(std::size_t series, std::size_t row, WriteBatch& batch) {
    const std::size_t digits = (series * 7 + row * 13) % 10'000;
    batch.begin_point("kpi");
    batch.add_tag("id", "kpi-" + std::to_string(kSeriesCount + series));
    batch.add_float("value", static_cast<double>(digits) / 100);
    batch.end_point(kBeginNs + kStepNs * static_cast<std::int64_t>(row));
}

void write_rows(TemporaryStore& target) {
    WriteBatch batch;
    for (std::size_t row = 0; row < kRowsPerSeries; ++row) {
        for (std::size_t series = 0; series < kSeriesCount; ++series) {
            add_point(series, row, batch);
            if (batch.point_count() < kPointsPerBatch) continue;
            target.write(batch);
            batch.clear();
        }
    }
    if (!batch.is_empty()) target.write(batch);
    target.wait_durable();
}

/// Head, catalogue and all that a store knows of its series.
void slow_series(benchmark::State& state, const MemoryBandwidth& bandwidth) {
    constexpr auto kRowCount = static_cast<double>(kSeriesCount * kRowsPerSeries);
    double memory_bytes = 0;
    const Work work{.rates = {{"samples", kRowCount}}, .costs = {}, .memory_bytes = 0};
    run_timed_by_body(state, work, bandwidth, [&] {
        const double before_bytes = allocated_bytes();
        TemporaryStore target;
        const Stopwatch watch;
        write_rows(target);
        const double seconds = watch.seconds();
        memory_bytes = allocated_bytes() - before_bytes;
        return seconds;
    });
    state.counters["memory"] = benchmark::Counter(memory_bytes, benchmark::Counter::kDefaults,
                                                  benchmark::Counter::kIs1024);
    state.counters["bytes_per_series"] = memory_bytes / static_cast<double>(kSeriesCount);
}

}  // namespace

void register_memory_benchmarks(const Surroundings& surroundings) {
    add_timed_benchmark(
        "memory/slow_series",
        [&surroundings](benchmark::State& state) { slow_series(state, surroundings.bandwidth); })
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1);
}

}  // namespace tidemark::bench

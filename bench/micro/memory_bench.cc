#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include <malloc.h>

#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "bench/micro/temporary_store.h"

// What stores of many series take of memory while their rows come in, round by round: each series
// has one row after the other. Each iteration has a store of its own.

namespace tidemark::bench {
namespace {

struct Fleet {
    const char* name;
    std::size_t series_count;
    std::size_t rows_per_series;
    bool is_flushed;  // When the store wants to; else never.
};

constexpr Fleet kFleets[] = {{"slow_series", 1'000'000, 10, false},
                             {"many_series", 100'000, 1'000, true}};

constexpr std::size_t kPointsPerBatch = 5000;
constexpr std::int64_t kBeginNs = 1'767'571'200'000'000'000;
constexpr std::int64_t kStepNs = 300'000'000'000;

/// Bytes that the main thread asked for and did not give back; it is the one that writes.
double allocated_bytes() {
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

/// From here on peak_resident_bytes() counts anew.
void forget_peak() { std::ofstream("/proc/self/clear_refs") << '5'; }

double peak_resident_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kibibytes = 0;
        if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
    }
    return 0;
}

void add_point(std::size_t series, std::size_t row, WriteBatch& batch) {
    const std::size_t digits = (series * 7 + row * 13) % 10'000;
    batch.begin_point("kpi");
    batch.add_tag("id", "kpi-" + std::to_string(1'000'000 + series));
    batch.add_float("value", static_cast<double>(digits) / 100);
    batch.end_point(kBeginNs + kStepNs * static_cast<std::int64_t>(row));
}

void write_rows(const Fleet& fleet, TemporaryStore& target) {
    WriteBatch batch;
    for (std::size_t row = 0; row < fleet.rows_per_series; ++row) {
        for (std::size_t series = 0; series < fleet.series_count; ++series) {
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
void take_rows(benchmark::State& state, const Fleet& fleet, const MemoryBandwidth& bandwidth) {
    const auto row_count = static_cast<double>(fleet.series_count * fleet.rows_per_series);
    StoreOptions options = TemporaryStore::quiet_options();
    if (fleet.is_flushed) options.head_row_limit = StoreOptions().head_row_limit;
    double kept_bytes = 0;
    double peak_bytes = 0;
    const Work work{.rates = {{"samples", row_count}}, .costs = {}, .memory_bytes = 0};
    run_timed_by_body(state, work, bandwidth, [&] {
        malloc_trim(0);
        forget_peak();
        const double resident_before = peak_resident_bytes();
        const double allocated_before = allocated_bytes();
        TemporaryStore target(options);
        const Stopwatch watch;
        write_rows(fleet, target);
        const double seconds = watch.seconds();
        kept_bytes = allocated_bytes() - allocated_before;
        peak_bytes = peak_resident_bytes() - resident_before;
        return seconds;
    });
    const auto in_mebibytes = [](double bytes) {
        return benchmark::Counter(bytes, benchmark::Counter::kDefaults,
                                  benchmark::Counter::kIs1024);
    };
    state.counters["kept"] = in_mebibytes(kept_bytes);
    state.counters["peak"] = in_mebibytes(peak_bytes);
    state.counters["kept_per_series"] = kept_bytes / static_cast<double>(fleet.series_count);
}

}  // namespace

void register_memory_benchmarks(const Surroundings& surroundings) {
    for (const Fleet& fleet : kFleets) {
        add_timed_benchmark(std::string("memory/") + fleet.name,
                            [&fleet, &surroundings](benchmark::State& state) {
                                take_rows(state, fleet, surroundings.bandwidth);
                            })
            ->Unit(benchmark::kMillisecond)
            ->Iterations(1);
    }
}

}  // namespace tidemark::bench

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "bench/micro/temporary_store.h"

// Opening a store whose rows are all in segments: catalogue, tag index, manifest and segments are
// read, no log is replayed. The files are in the memory of the operating system.

namespace tidemark::bench {
namespace {

constexpr std::int64_t kBeginNs = 1'767'571'200'000'000'000;
constexpr std::int64_t kHourNs = 3'600'000'000'000;

struct StoreSize {
    const char* name;
    std::size_t series_count;
    std::size_t segment_count;
};

constexpr StoreSize kSizes[] = {{"one_segment", 1'000'000, 1},
                                {"few_series", 100, 10'000},
                                {"many_of_both", 1'000'000, 10'000}};

void add_point(std::size_t series, std::size_t segment, WriteBatch& batch) {
    batch.begin_point("kpi");
    batch.add_tag("id", "kpi-" + std::to_string(1'000'000 + series));
    batch.add_tag("plant", "p" + std::to_string(series % 100));
    batch.add_float("value", static_cast<double>((series * 7) % 10'000) / 100);
    batch.end_point(kBeginNs + kHourNs * static_cast<std::int64_t>(segment));
}

/// A closed store in which each series has a row, and each segment has one of each of its series:
/// one after the other of all, over and over.
TemporaryStore make_store(const StoreSize& size) {
    constexpr std::size_t kPointsPerBatch = 5000;
    StoreOptions options = TemporaryStore::quiet_options();
    options.partition_width_ns = kHourNs;
    TemporaryStore made(options);
    WriteBatch batch;
    const std::size_t row_count = std::max(size.series_count, size.segment_count * 100);
    for (std::size_t row = 0; row < row_count; ++row) {
        const std::size_t segment = row / (row_count / size.segment_count);
        add_point(row % size.series_count, segment, batch);
        if (batch.point_count() < kPointsPerBatch) continue;
        made.write(batch);
        batch.clear();
    }
    if (!batch.is_empty()) made.write(batch);
    must(made.store().flush());
    made.close();
    return made;
}

void open_store(benchmark::State& state, const StoreSize& size, TemporaryStore& closed,
                const MemoryBandwidth& bandwidth) {
    const Work work{.rates = {{"series", static_cast<double>(size.series_count)},
                              {"segments", static_cast<double>(size.segment_count)}},
                    .costs = {},
                    .memory_bytes = 0};
    run_timed_by_body(state, work, bandwidth, [&] {
        const Stopwatch watch;
        closed.open();
        const double seconds = watch.seconds();
        const StoreStatistics statistics = closed.store().statistics();
        if (statistics.series_count != size.series_count ||
            statistics.segment_count != size.segment_count) {
            state.SkipWithError("the store is not what was asked for");
        }
        closed.close();
        return seconds;
    });
}

}  // namespace

void register_open_benchmarks(const Surroundings& surroundings) {
    for (const StoreSize& size : kSizes) {
        // Made anew for each: a store of 10,000 files is in the way of others.
        add_timed_benchmark(std::string("open/") + size.name,
                            [&size, &surroundings](benchmark::State& state) {
                                TemporaryStore closed = make_store(size);
                                open_store(state, size, closed, surroundings.bandwidth);
                            })
            ->Unit(benchmark::kMillisecond)
            ->Iterations(5);
    }
}

}  // namespace tidemark::bench

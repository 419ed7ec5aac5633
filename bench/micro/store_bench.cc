#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro/lazy.h"
#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "bench/micro/temporary_store.h"
#include "bench/support/kpi_shapes.h"
#include "bench/support/workload_writers.h"
#include "storage/line_protocol/line_parser.h"

// A million samples on their way: parsed, written and made durable, flushed, merged, found again in
// the log. Each iteration has a store of its own.

namespace tidemark::bench {
namespace {

/// The same number of samples, of many series with few rows each or the other way round: what was
/// sealed before a flush is only copied by it.
struct StoreShape {
    const char* name;
    std::size_t host_count;
    std::size_t tick_count;
};

constexpr StoreShape kShapes[] = {{"short_series", 1000, 100}, {"long_series", 25, 4096}};

Workload make_workload(const StoreShape& shape) {
    WorkloadOptions options;
    options.host_count = shape.host_count;
    options.tick_count = shape.tick_count;
    return must(Workload::generate(options));
}

std::vector<WriteBatch> batches_of(const Workload& workload) {
    std::vector<WriteBatch> batches;
    for_each_batch(workload, kKpiMeasurements,
                   [&](const WriteBatch& batch) { batches.push_back(batch); });
    return batches;
}

void write_all(const std::vector<WriteBatch>& batches, TemporaryStore& target) {
    for (const WriteBatch& batch : batches) target.write(batch);
    target.wait_durable();
}

Work samples_of(const Workload& workload) {
    return {.rates = {{"samples", static_cast<double>(workload.sample_count())},
                      {"lines", static_cast<double>(workload.line_count())}},
            .costs = {},
            .memory_bytes = 0};
}

/// From points in memory to durable.
void write(benchmark::State& state, const Workload& workload, const MemoryBandwidth& bandwidth) {
    const std::vector<WriteBatch> batches = batches_of(workload);
    run_timed_by_body(state, samples_of(workload), bandwidth, [&] {
        TemporaryStore target;
        const Stopwatch watch;
        write_all(batches, target);
        return watch.seconds();
    });
}

/// From text to durable, by one thread: what a connection does but for its socket.
void ingest(benchmark::State& state, const Workload& workload, const MemoryBandwidth& bandwidth) {
    constexpr std::size_t kPieceSizeBytes = std::size_t{256} << 10;
    std::string text;
    must(write_line_protocol(workload, {0, workload.options().host_count}, 0, append_to(text)));
    run_timed_by_body(state, samples_of(workload), bandwidth, [&] {
        TemporaryStore target;
        storage::LineParser parser({});
        storage::ParsedLines parsed;
        const Stopwatch watch;
        for (std::string_view rest = text; !rest.empty();) {
            const std::string_view piece = rest.substr(0, kPieceSizeBytes);
            const auto end = piece.size() == rest.size() ? storage::TextEnd::Complete
                                                         : storage::TextEnd::MayContinue;
            rest.remove_prefix(parser.parse(piece, end, parsed));
            target.write(parsed.batch);
            parsed.clear();
        }
        target.wait_durable();
        return watch.seconds();
    });
}

double bytes_per_sample_in(const Store& store) {
    const StoreStatistics statistics = store.statistics();
    return static_cast<double>(statistics.segment_size_bytes) /
           static_cast<double>(statistics.segment_sample_count);
}

void flush(benchmark::State& state, const Workload& workload, const MemoryBandwidth& bandwidth) {
    const std::vector<WriteBatch> batches = batches_of(workload);
    double bytes_per_sample = 0;
    run_timed_by_body(state, samples_of(workload), bandwidth, [&] {
        TemporaryStore target;
        write_all(batches, target);
        const Stopwatch watch;
        must(target.store().flush());
        const double seconds = watch.seconds();
        bytes_per_sample = bytes_per_sample_in(target.store());
        return seconds;
    });
    state.counters["bytes_per_sample"] = bytes_per_sample;
}

/// Of twenty segments, each of a twentieth of the time, one is made.
void compact(benchmark::State& state, const Workload& workload, const MemoryBandwidth& bandwidth) {
    constexpr std::size_t kFlushCount = 20;
    const std::vector<WriteBatch> batches = batches_of(workload);
    double bytes_per_sample = 0;
    run_timed_by_body(state, samples_of(workload), bandwidth, [&] {
        TemporaryStore target;
        for (std::size_t flush = 0; flush < kFlushCount; ++flush) {
            const std::size_t begin = batches.size() * flush / kFlushCount;
            const std::size_t end = batches.size() * (flush + 1) / kFlushCount;
            for (std::size_t index = begin; index < end; ++index) target.write(batches[index]);
            must(target.store().flush());
        }
        const Stopwatch watch;
        must(target.store().compact());
        const double seconds = watch.seconds();
        bytes_per_sample = bytes_per_sample_in(target.store());
        return seconds;
    });
    state.counters["bytes_per_sample"] = bytes_per_sample;
}

/// Opening a store that was never flushed: all its rows are in its log.
void replay(benchmark::State& state, const Workload& workload, const MemoryBandwidth& bandwidth) {
    const std::vector<WriteBatch> batches = batches_of(workload);
    run_timed_by_body(state, samples_of(workload), bandwidth, [&] {
        TemporaryStore target;
        write_all(batches, target);
        target.close();
        const Stopwatch watch;
        target.open();
        return watch.seconds();
    });
}

struct Step {
    const char* name;
    void (*run)(benchmark::State& state, const Workload& workload,
                const MemoryBandwidth& bandwidth);
};

constexpr Step kSteps[] = {{"write", write},
                           {"ingest", ingest},
                           {"flush", flush},
                           {"compact", compact},
                           {"replay", replay}};

}  // namespace

void register_store_benchmarks(const Surroundings& surroundings) {
    for (const StoreShape& shape : kShapes) {
        const auto workload =
            std::make_shared<Lazy<Workload>>([&shape] { return make_workload(shape); });
        for (const Step& step : kSteps) {
            add_timed_benchmark(std::string("store/") + step.name + '/' + shape.name,
                                [workload, &step, &surroundings](benchmark::State& state) {
                                    step.run(state, workload->get(), surroundings.bandwidth);
                                })
                ->Unit(benchmark::kMillisecond)
                ->Iterations(3);
        }
    }
}

}  // namespace tidemark::bench

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <tidemark/scan.h>

#include "bench/micro/lazy.h"
#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "bench/micro/temporary_store.h"
#include "bench/support/kpi_shapes.h"

// "scan/segments/decoded/latency_ms": a week of ten hosts, all rows of one field, by one thread,
// for each kind of piece that a scan yields. The counters say which kinds it really were. The bytes
// that memory has to bring are the encoded ones of the vectors that were opened.

namespace tidemark::bench {
namespace {

struct ScannedField {
    const char* measurement;
    const char* field;
    double threshold;  ///< For comparisons: passed by some samples.
};

constexpr ScannedField kFields[] = {
    {"cpu", "usage", 80},
    {"http", "latency_ms", 100},
    {"http", "requests", 1'000'000},
};

struct ScanKind {
    const char* name;
    bool has_leaf;  ///< A comparison with the threshold, instead of the column.
    Need need;
    ScanPath path;
};

constexpr ScanKind kKinds[] = {
    {"summaries", false, Need::Summary, ScanPath::Cheapest},
    {"decoded", false, Need::Values, ScanPath::Cheapest},
    {"runs", true, Need::Values, ScanPath::Cheapest},
    {"runs_encoded", true, Need::Values, ScanPath::NoSummaries},
    {"runs_decoded", true, Need::Values, ScanPath::Decoded},
};

TemporaryStore make_week(bool is_flushed) {
    WorkloadOptions options;
    options.host_count = 10;
    options.tick_count = 60'480;
    const Workload workload = must(Workload::generate(options));
    const std::array measurements = {kKpiMeasurements[0], kKpiMeasurements[1]};
    TemporaryStore week;
    for_each_batch(workload, measurements, [&](const WriteBatch& batch) { week.write(batch); });
    week.wait_durable();
    if (is_flushed) must(week.store().flush());
    return week;
}

ScanRequest request_of(const ScannedField& field, const ScanKind& kind) {
    ScanRequest request;
    request.database = TemporaryStore::kDatabase;
    request.measurement = field.measurement;
    request.path = kind.path;
    if (kind.has_leaf) {
        request.leaves.push_back({field.field, CompareOp::Greater, field.threshold, {}});
    } else {
        request.columns.push_back({field.field, kind.need});
    }
    return request;
}

/// Rows of all series.
std::size_t scan_all(const Scan& scan) {
    std::size_t row_count = 0;
    for (std::size_t series = 0; series < scan.series().size(); ++series) {
        const auto cursor = must(scan.open(series));
        while (const ScanPiece* piece = must(cursor->next())) {
            row_count += piece->row_count;
            benchmark::DoNotOptimize(piece->columns.data());
        }
    }
    return row_count;
}

void scan(benchmark::State& state, const Store& store, const ScanRequest& request,
          const MemoryBandwidth& bandwidth) {
    const auto first = must(store.scan(request, nullptr));
    const auto rows = static_cast<double>(scan_all(*first));
    const ScanStatistics& statistics = first->statistics();
    const auto bytes_read = static_cast<double>(statistics.bytes_read.load());
    const Work work{
        .rates = {{"rows", rows}}, .costs = {{"row", rows}}, .memory_bytes = bytes_read};
    run(state, work, bandwidth, [&] { scan_all(*must(store.scan(request, nullptr))); });
    const auto share = [&](const std::atomic<std::uint64_t>& count) {
        return static_cast<double>(count.load()) / rows;
    };
    state.counters["from_summaries"] = share(statistics.rows_from_summaries);
    state.counters["from_encoded"] = share(statistics.rows_from_encoded);
    state.counters["decoded"] = share(statistics.rows_decoded);
    state.counters["bytes_per_row"] = bytes_read / rows;
}

}  // namespace

void register_scan_benchmarks(const Surroundings& surroundings) {
    for (const bool is_flushed : {true, false}) {
        const auto week =
            std::make_shared<Lazy<TemporaryStore>>([is_flushed] { return make_week(is_flushed); });
        for (const ScanKind& kind : kKinds) {
            for (const ScannedField& field : kFields) {
                add_benchmark(std::string("scan/") + (is_flushed ? "segments/" : "head/") +
                                  kind.name + '/' + field.field,
                              [week, request = request_of(field, kind),
                               &surroundings](benchmark::State& state) {
                                  scan(state, week->get().store(), request, surroundings.bandwidth);
                              })
                    ->Unit(benchmark::kMillisecond);
            }
        }
    }
}

}  // namespace tidemark::bench

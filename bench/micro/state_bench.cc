#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/scan.h>

#include "bench/micro/lazy.h"
#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "bench/micro/temporary_store.h"
#include "query/functions/state_timeline.h"
#include "query/functions/state_window.h"

// "state/execute/time_in/crossing/5_percent": a field of a million rows, one a second, of which so
// many vectors have values on both sides of the threshold; the others are decided by their
// summaries. A straddling vector crosses the threshold once, or, when noisy, 79 times. The same of
// a year: "state/execute/time_in/year/5_percent".

namespace tidemark::bench {
namespace {

constexpr std::size_t kRowsPerVector = 1024;
constexpr std::size_t kVectorCount = 1024;
constexpr std::size_t kVectorsOfYear = 365 * 86'400 / kRowsPerVector;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kBeginNs = 1'767'571'200 * kNsPerSecond;
constexpr double kThreshold = 80;

struct StateShape {
    const char* name;
    std::size_t straddling_percent;
    std::size_t runs_per_straddler;
    std::size_t vector_count = kVectorCount;

    std::size_t row_count() const { return vector_count * kRowsPerVector; }
};

constexpr StateShape kShapes[] = {
    {"crossing/0_percent", 0, 2},     {"crossing/5_percent", 5, 2}, {"crossing/50_percent", 50, 2},
    {"crossing/100_percent", 100, 2}, {"noisy/5_percent", 5, 80},   {"noisy/50_percent", 50, 80},
    {"noisy/100_percent", 100, 80},
};

constexpr StateShape kYears[] = {{"year/0_percent", 0, 2, kVectorsOfYear},
                                 {"year/5_percent", 5, 2, kVectorsOfYear}};

struct NamedCall {
    const char* name;
    const char* text;
};

constexpr NamedCall kCalls[] = {
    {"time_in", "time_in(usage > 80)"},
    {"longest", "longest(usage > 80)"},
    {"time_mean", "time_mean(usage)"},
};

/// The straddling vectors are spread evenly; after a crossing the value stays on its side.
std::vector<double> values_of(const StateShape& shape) {
    std::vector<double> values;
    values.reserve(shape.row_count());
    bool is_above = false;
    for (std::size_t vector = 0; vector < shape.vector_count; ++vector) {
        const bool straddles =
            (vector + 1) * shape.straddling_percent / 100 > vector * shape.straddling_percent / 100;
        std::size_t run = 0;
        for (std::size_t row = 0; row < kRowsPerVector; ++row) {
            const std::size_t run_here =
                straddles ? row * shape.runs_per_straddler / kRowsPerVector : 0;
            if (run_here != run) is_above = !is_above;
            run = run_here;
            const auto hundredths = static_cast<double>((vector * 7919 + row * 104'729) % 1500);
            values.push_back((is_above ? 82 : 60) + hundredths / 100);
        }
    }
    return values;
}

TemporaryStore make_store(std::span<const StateShape> shapes) {
    constexpr std::size_t kPointsPerBatch = 8192;
    TemporaryStore made;
    WriteBatch batch;
    for (const StateShape& shape : shapes) {
        const std::vector<double> values = values_of(shape);
        for (std::size_t row = 0; row < values.size(); ++row) {
            batch.begin_point("cpu");
            batch.add_tag("shape", shape.name);
            batch.add_float("usage", values[row]);
            batch.end_point(kBeginNs + static_cast<std::int64_t>(row) * kNsPerSecond);
            if (batch.point_count() < kPointsPerBatch && row + 1 < values.size()) continue;
            made.write(batch);
            batch.clear();
        }
    }
    must(made.store().flush());
    return made;
}

TimeRange range_of(const StateShape& shape) {
    return {kBeginNs, kBeginNs + static_cast<std::int64_t>(shape.row_count()) * kNsPerSecond};
}

Work work_of(const StateShape& shape, double bytes_read) {
    const auto rows = static_cast<double>(shape.row_count());
    return {.rates = {{"rows", rows}}, .costs = {{"row", rows}}, .memory_bytes = bytes_read};
}

ScanRequest request_of(const StateShape& shape) {
    ScanRequest request;
    request.database = TemporaryStore::kDatabase;
    request.measurement = "cpu";
    request.tags.push_back({"shape", CompareOp::Equal, shape.name, {}});
    request.leaves.push_back({"usage", CompareOp::Greater, kThreshold, {}});
    request.range = range_of(shape);
    request.carry_in = CarryIn::WithinHold;
    return request;
}

/// Scan, timeline and totals of one window.
query::StateTotals fold(const Scan& scan, const TimeRange& range) {
    query::LeafTimelineBuilder builder(kHoldForever);
    const auto cursor = must(scan.open(0));
    while (const ScanPiece* piece = must(cursor->next())) builder.add(piece->leaves.front());
    const query::StateTimeline timeline = builder.finish();
    query::StateWindows windows(timeline, range.end_ns);
    return windows.totals(range);
}

void scan_and_fold(benchmark::State& state, const Store& store, const StateShape& shape,
                   const MemoryBandwidth& bandwidth) {
    const ScanRequest request = request_of(shape);
    const auto first = must(store.scan(request, nullptr));
    const query::StateTotals totals = fold(*first, request.range);
    if (totals.good_ns + totals.bad_ns != totals.sum_ns()) {
        state.SkipWithError("some time is unknown");
        return;
    }
    const auto bytes_read = static_cast<double>(first->statistics().bytes_read.load());
    run(state, work_of(shape, bytes_read), bandwidth, [&] {
        benchmark::DoNotOptimize(fold(*must(store.scan(request, nullptr)), request.range));
    });
    state.counters["from_summaries"] =
        static_cast<double>(first->statistics().rows_from_summaries.load()) /
        static_cast<double>(shape.row_count());
}

void execute_call(benchmark::State& state, Store& store, const StateShape& shape,
                  const NamedCall& call, const MemoryBandwidth& bandwidth) {
    const TimeRange range = range_of(shape);
    const std::string text = std::string("SELECT ") + call.text + " FROM cpu WHERE shape = '" +
                             shape.name + "' AND time >= " + std::to_string(range.begin_ns) +
                             " AND time < " + std::to_string(range.end_ns) + " STALE NONE";
    QueryOptions options;
    options.database = TemporaryStore::kDatabase;
    options.thread_limit = 1;
    const QueryResult first = execute(store, text, options);
    if (first.syntax_error) return state.SkipWithError(first.syntax_error->render(text).c_str());
    const StatementResult& answer = first.statements.front();
    if (answer.error) return state.SkipWithError(answer.error->message().c_str());
    if (answer.series.size() != 1) return state.SkipWithError("the answer has not one series");
    run_timed_by_body(state, work_of(shape, 0), bandwidth, [&] {
        const Stopwatch watch;
        benchmark::DoNotOptimize(execute(store, text, options));
        return watch.seconds();
    });
}

}  // namespace

void register_state_benchmarks(const Surroundings& surroundings) {
    const auto add = [&surroundings](std::span<const StateShape> shapes) {
        const auto made =
            std::make_shared<Lazy<TemporaryStore>>([shapes] { return make_store(shapes); });
        for (const StateShape& shape : shapes) {
            add_benchmark(std::string("state/scan_and_fold/") + shape.name,
                          [made, &shape, &surroundings](benchmark::State& state) {
                              scan_and_fold(state, made->get().store(), shape,
                                            surroundings.bandwidth);
                          })
                ->Unit(benchmark::kMicrosecond);
        }
        for (const NamedCall& call : kCalls) {
            for (const StateShape& shape : shapes) {
                add_timed_benchmark(std::string("state/execute/") + call.name + '/' + shape.name,
                                    [made, &call, &shape, &surroundings](benchmark::State& state) {
                                        execute_call(state, made->get().store(), shape, call,
                                                     surroundings.bandwidth);
                                    })
                    ->Unit(benchmark::kMicrosecond);
            }
        }
    };
    add(kShapes);
    add(kYears);
}

}  // namespace tidemark::bench

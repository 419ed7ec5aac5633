#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include <tidemark/result.h>

#include "bench/support/machine.h"

// What a benchmark measures of its iterations, and how it is shown. Work in memory is measured by
// the CPU time of its thread, work with disks or several threads by elapsed time.

/// For a function that is part of what is measured and shall use the processor's instructions, as
/// the engine's kernels do.
#if defined(__x86_64__)
#define TIDEMARK_BENCH_CLONES(...) __attribute__((target_clones(__VA_ARGS__, "default")))
#else
#define TIDEMARK_BENCH_CLONES(...)
#endif

namespace tidemark::bench {

/// What one iteration works through.
struct Work {
    struct Amount {
        const char* name;
        double per_iteration;
    };

    /// Shown as so many per second: `values=1.2G/s`; values also as so many per cycle of the core.
    std::vector<Amount> rates;
    /// Shown as the time for one: `row=4.5ns`.
    std::vector<Amount> costs;
    /// What has to pass between memory and core at least. Shown as `of_memory_bandwidth`, the share
    /// of what one core can read; not shown when 0.
    double memory_bytes = 0;
};

/// Adds the counters of `work` after the last iteration of `state`, which took `seconds` together.
void report(benchmark::State& state, const Work& work, const MemoryBandwidth& bandwidth,
            double seconds);

/// Adds how many of a rate called "values" came with each cycle, if there is one.
void report_values_per_cycle(benchmark::State& state, const Work& work, double cycles);

/// Elapsed time since its making.
class Stopwatch {
public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    }

private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Calls `body` in each iteration and reports what it did; for add_benchmark().
template <typename Body>
void run(benchmark::State& state, const Work& work, const MemoryBandwidth& bandwidth,
         const Body& body) {
    const double clock_before = clock_hertz();
    const double begin = thread_cpu_seconds();
    for ([[maybe_unused]] auto iteration : state) body();
    const double seconds = thread_cpu_seconds() - begin;
    report(state, work, bandwidth, seconds);
    report_values_per_cycle(state, work, seconds * (clock_before + clock_hertz()) / 2);
}

/// The same for a body that returns how many seconds count, mostly by a Stopwatch; for
/// add_timed_benchmark().
template <typename Body>
void run_timed_by_body(benchmark::State& state, const Work& work, const MemoryBandwidth& bandwidth,
                       const Body& body) {
    double total_seconds = 0;
    for ([[maybe_unused]] auto iteration : state) {
        const double seconds = body();
        state.SetIterationTime(seconds);
        total_seconds += seconds;
    }
    report(state, work, bandwidth, total_seconds);
}

/// Adds a benchmark of CPU time; its name begins with that of its suite, `/` between the parts.
template <typename Function>
benchmark::internal::Benchmark* add_benchmark(const std::string& name, Function function) {
    return benchmark::RegisterBenchmark(name.c_str(), std::move(function));
}

/// Adds one whose body says how many seconds count.
template <typename Function>
benchmark::internal::Benchmark* add_timed_benchmark(const std::string& name, Function function) {
    return benchmark::RegisterBenchmark(name.c_str(), std::move(function))->UseManualTime();
}

/// Adds one that only says, when it is run, why it cannot be.
void add_skipped(const std::string& name, const std::string& reason);

/// The value, or the end of the program: nothing can be measured on a machine that lacks disk or
/// memory for it.
template <typename T>
T must(Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "tidemark_bench: %s\n", result.error().message().c_str());
        std::exit(1);
    }
    return std::move(result).value();
}

}  // namespace tidemark::bench

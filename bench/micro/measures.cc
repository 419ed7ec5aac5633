#include "bench/micro/measures.h"

#include <string_view>

namespace tidemark::bench {

void report(benchmark::State& state, const Work& work, const MemoryBandwidth& bandwidth,
            double seconds) {
    using Counter = benchmark::Counter;
    for (const Work::Amount& rate : work.rates) {
        state.counters[rate.name] = Counter(rate.per_iteration, Counter::kIsIterationInvariantRate);
    }
    for (const Work::Amount& cost : work.costs) {
        state.counters[cost.name] =
            Counter(cost.per_iteration, Counter::kIsIterationInvariantRate | Counter::kInvert);
    }
    if (work.memory_bytes > 0 && seconds > 0) {
        const double bytes = work.memory_bytes * static_cast<double>(state.iterations());
        state.counters["of_memory_bandwidth"] = bytes / seconds / bandwidth.read_by_one_core;
    }
}

void report_values_per_cycle(benchmark::State& state, const Work& work, double cycles) {
    for (const Work::Amount& rate : work.rates) {
        if (std::string_view(rate.name) != "values") continue;
        const double values = rate.per_iteration * static_cast<double>(state.iterations());
        state.counters["values_per_cycle"] = values / cycles;
    }
}

void add_skipped(const std::string& name, const std::string& reason) {
    add_benchmark(name, [reason](benchmark::State& state) {
        state.SkipWithError(("skipped: " + reason).c_str());
    });
}

}  // namespace tidemark::bench

#include <cstdio>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/micro/suites.h"
#include "bench/support/machine.h"
#include "storage/codec/kernels/codec_kernels.h"

// tidemark_bench: what each part of the engine costs by itself, beside what this machine could do
// at best. Takes the options of Google Benchmark; `--benchmark_filter=codec/` runs one suite.

namespace tidemark::bench {
namespace {

constexpr void (*kSuites[])(const Surroundings&) = {
    register_line_protocol_benchmarks, register_codec_benchmarks, register_codec_kernel_benchmarks,
    register_wal_benchmarks,           register_store_benchmarks, register_open_benchmarks,
    register_memory_benchmarks,        register_scan_benchmarks,  register_percentile_benchmarks,
    register_sketch_benchmarks,        register_state_benchmarks, register_statement_benchmarks,
    register_answer_benchmarks,
};

std::string with_unit(double amount, const char* unit) {
    char text[64];
    std::snprintf(text, sizeof text, "%.1f %s", amount, unit);
    return text;
}

// Stands at the head of the output, and in its JSON.
void describe(const Machine& machine, const MemoryBandwidth& bandwidth) {
    const auto gigabytes = [](double bytes) { return with_unit(bytes / 1e9, "GB/s"); };
    benchmark::AddCustomContext("cpu", machine.cpu_name);
    benchmark::AddCustomContext("cores", std::to_string(machine.core_count));
    benchmark::AddCustomContext("memory", with_unit(machine.memory_gib, "GiB"));
    benchmark::AddCustomContext("kernel", machine.kernel);
    benchmark::AddCustomContext("compiler", __VERSION__);
    benchmark::AddCustomContext("codec_kernels", std::string(storage::codec_kernels().name));
    benchmark::AddCustomContext("memory_read_by_one_core", gigabytes(bandwidth.read_by_one_core));
    benchmark::AddCustomContext("memory_read_by_two_cores", gigabytes(bandwidth.read_by_two_cores));
    benchmark::AddCustomContext("memory_copied_by_one_core",
                                gigabytes(bandwidth.copied_by_one_core));
    benchmark::AddCustomContext("memory_copied_by_two_cores",
                                gigabytes(bandwidth.copied_by_two_cores));
}

int run_benchmarks(int argument_count, char** arguments) {
    // A shorter default: there are many. What the user says comes later and wins.
    std::string min_time = "--benchmark_min_time=0.1";
    std::vector<char*> all = {arguments[0], min_time.data()};
    all.insert(all.end(), arguments + 1, arguments + argument_count);
    int all_count = static_cast<int>(all.size());
    all.push_back(nullptr);

    benchmark::Initialize(&all_count, all.data());
    if (benchmark::ReportUnrecognizedArguments(all_count, all.data())) return 2;
    const Surroundings surroundings{measure_memory_bandwidth()};
    describe(this_machine(), surroundings.bandwidth);
    for (const auto& register_suite : kSuites) register_suite(surroundings);
    benchmark::RunSpecifiedBenchmarks();
    // They hold open stores, which must not outlive main().
    benchmark::ClearRegisteredBenchmarks();
    benchmark::Shutdown();
    return 0;
}

}  // namespace
}  // namespace tidemark::bench

int main(int argument_count, char** arguments) {
    return tidemark::bench::run_benchmarks(argument_count, arguments);
}

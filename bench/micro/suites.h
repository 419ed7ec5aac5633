#pragma once

#include "bench/support/machine.h"

namespace tidemark::bench {

/// What the suites have in common. Outlives the benchmarks.
struct Surroundings {
    MemoryBandwidth bandwidth;
};

// One function for each suite: adds its benchmarks, which refer to `surroundings`.
void register_line_protocol_benchmarks(const Surroundings& surroundings);
void register_codec_benchmarks(const Surroundings& surroundings);
void register_codec_kernel_benchmarks(const Surroundings& surroundings);
void register_wal_benchmarks(const Surroundings& surroundings);
void register_store_benchmarks(const Surroundings& surroundings);
void register_open_benchmarks(const Surroundings& surroundings);
void register_memory_benchmarks(const Surroundings& surroundings);
void register_scan_benchmarks(const Surroundings& surroundings);
void register_percentile_benchmarks(const Surroundings& surroundings);
void register_sketch_benchmarks(const Surroundings& surroundings);
void register_state_benchmarks(const Surroundings& surroundings);
void register_statement_benchmarks(const Surroundings& surroundings);
void register_answer_benchmarks(const Surroundings& surroundings);

}  // namespace tidemark::bench

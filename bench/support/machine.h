#pragma once

#include <string>

namespace tidemark::bench {

/// What a figure was measured on. Empty or 0 where the system does not tell.
struct Machine {
    std::string cpu_name;
    unsigned core_count = 0;
    double memory_gib = 0;
    std::string kernel;  ///< `Linux 6.1.0`
};

Machine this_machine();

/// CPU time of the calling thread: other processes do not count, but for the caches and the memory
/// they take their share of.
double thread_cpu_seconds();

/// Cycles per second of the calling thread's core, measured by a loop of dependent additions that
/// takes about a millisecond. Clocks change with load and temperature: to be asked right beside
/// what is measured.
double clock_hertz();

/// Bytes per second between memory and cores, through buffers of 512 MiB, the fastest of five
/// rounds: what no work on data outside the caches can exceed. One core by its CPU time, two cores
/// by elapsed time.
struct MemoryBandwidth {
    double read_by_one_core = 0;
    double read_by_two_cores = 0;
    double copied_by_one_core = 0;  ///< Bytes copied: each is read once and written once.
    double copied_by_two_cores = 0;
};

/// Takes about two seconds and 1 GiB of memory.
MemoryBandwidth measure_memory_bandwidth();

}  // namespace tidemark::bench

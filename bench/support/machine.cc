#include "bench/support/machine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <span>
#include <thread>
#include <vector>

#include <sys/utsname.h>
#include <unistd.h>

namespace tidemark::bench {
namespace {

// Several times the last-level cache of any machine of these years that one core may fill.
constexpr std::size_t kBufferSizeBytes = std::size_t{512} << 20;
constexpr int kRoundCount = 5;

using Words = std::span<std::uint64_t>;

std::string cpu_name() {
    std::ifstream stream("/proc/cpuinfo");
    for (std::string line; std::getline(stream, line);) {
        if (!line.starts_with("model name")) continue;
        const std::size_t colon = line.find(": ");
        if (colon != std::string::npos) return line.substr(colon + 2);
    }
    return {};
}

// Eight sums, so that no addition waits for the one before it.
std::uint64_t sum_of(Words words) {
    std::uint64_t sums[8] = {};
    for (std::size_t i = 0; i + 8 <= words.size(); i += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += words[i + lane];
    }
    std::uint64_t total = 0;
    for (const std::uint64_t sum : sums) total += sum;
    return total;
}

double elapsed_seconds() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

/// Bytes per second when `thread_count` threads share the buffer; `work` gets a part's first word
/// and how many there are.
template <typename PartWork>
double bytes_per_second(unsigned thread_count, const PartWork& work) {
    double (*const clock)() = thread_count == 1 ? thread_cpu_seconds : elapsed_seconds;
    const std::size_t part_size = kBufferSizeBytes / sizeof(std::uint64_t) / thread_count;
    double seconds_min = 0;
    for (int round = 0; round < kRoundCount; ++round) {
        const double begin = clock();
        std::vector<std::thread> helpers;
        for (std::size_t part = 1; part < thread_count; ++part) {
            helpers.emplace_back([&work, part, part_size] { work(part * part_size, part_size); });
        }
        work(0, part_size);
        for (std::thread& helper : helpers) helper.join();
        const double seconds = clock() - begin;
        seconds_min = round == 0 ? seconds : std::min(seconds_min, seconds);
    }
    return static_cast<double>(kBufferSizeBytes) / seconds_min;
}

}  // namespace

Machine this_machine() {
    Machine machine;
    machine.cpu_name = cpu_name();
    machine.core_count = std::thread::hardware_concurrency();
    machine.memory_gib = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                         static_cast<double>(sysconf(_SC_PAGESIZE)) /
                         static_cast<double>(1U << 30U);
    utsname system{};
    if (uname(&system) == 0) {
        machine.kernel = std::string(system.sysname) + ' ' + system.release;
    }
    return machine;
}

double thread_cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double clock_hertz() {
    // Two operations that no compiler can merge and no processor can do at once. Read from memory,
    // as some processors add constants while they decode.
    volatile std::uint64_t opaque = 0x9e37'79b9'7f4a'7c15;
    const std::uint64_t addend = opaque;
    const std::uint64_t flips = opaque;
    constexpr std::uint64_t kStepCount = 1'000'000;
    constexpr double kCyclesPerStep = 2;
    std::uint64_t value = opaque;
    const double begin = thread_cpu_seconds();
    for (std::uint64_t step = 0; step < kStepCount; ++step) value = (value + addend) ^ flips;
    const double seconds = thread_cpu_seconds() - begin;
    opaque = value;
    return kCyclesPerStep * static_cast<double>(kStepCount) / seconds;
}

MemoryBandwidth measure_memory_bandwidth() {
    // Filled, so that every page is there before the first round.
    std::vector<std::uint64_t> source(kBufferSizeBytes / sizeof(std::uint64_t), 1);
    std::vector<std::uint64_t> target(source.size(), 2);
    std::atomic<std::uint64_t> sink{0};  // Keeps the sums from being left out.
    const auto read = [&](std::size_t first, std::size_t size) {
        sink += sum_of(Words(source).subspan(first, size));
    };
    const auto copy = [&](std::size_t first, std::size_t size) {
        std::memcpy(target.data() + first, source.data() + first, size * sizeof(std::uint64_t));
        sink += target[first];
    };
    return {bytes_per_second(1, read), bytes_per_second(2, read), bytes_per_second(1, copy),
            bytes_per_second(2, copy)};
}

}  // namespace tidemark::bench

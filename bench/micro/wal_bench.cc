#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "storage/base/file_system.h"
#include "storage/wal/wal_writer.h"
#include "tests/support/temporary_directory.h"

namespace tidemark::bench {
namespace {

using namespace storage;
using tests::TemporaryDirectory;

constexpr std::size_t kPayloadSizes[] = {100, 4096, 65'536, 1'048'576};
// What one iteration writes, into a file of its own.
constexpr std::size_t kFileSizeBytes = std::size_t{64} << 20;
constexpr std::size_t kFrameLimit = 20'000;
constexpr std::size_t kSyncedFrameLimit = 50;

// Bytes that no file system or disk can make smaller.
std::vector<std::byte> random_bytes(std::size_t size_bytes) {
    std::vector<std::byte> bytes(size_bytes);
    std::uint64_t number = 42;
    for (std::byte& byte : bytes) {
        number = number * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        byte = static_cast<std::byte>(number >> 56U);
    }
    return bytes;
}

/// Seconds to append `payload` so often, each time made durable when `is_synced`, to a log file.
double append_frames(std::span<const std::byte> payload, std::size_t count, bool is_synced) {
    const TemporaryDirectory directory;
    const auto writer = must(WalWriter::create(posix_file_system(), directory.path(), 1, 1, 42));
    const Stopwatch watch;
    for (std::size_t i = 0; i < count; ++i) {
        const Sequence sequence = writer->next_sequence();
        must(writer->append(sequence, sequence - 1, payload));
        if (is_synced) must(writer->sync());
    }
    return watch.seconds();
}

/// The same to a file as it is: what the disk asks for.
double append_to_plain_file(std::span<const std::byte> payload, std::size_t count, bool is_synced) {
    const TemporaryDirectory directory;
    const auto file = must(posix_file_system().create_file(directory.path_of("plain")));
    const Stopwatch watch;
    for (std::size_t i = 0; i < count; ++i) {
        must(file->append(payload));
        if (is_synced) must(file->sync());
    }
    return watch.seconds();
}

void append(benchmark::State& state, std::size_t payload_size_bytes, bool is_synced,
            const MemoryBandwidth& bandwidth) {
    const std::vector<std::byte> payload = random_bytes(payload_size_bytes);
    const std::size_t count =
        std::min(is_synced ? kSyncedFrameLimit : kFrameLimit, kFileSizeBytes / payload_size_bytes);
    const auto frames = static_cast<double>(count);
    const double bytes = frames * static_cast<double>(payload_size_bytes);
    const Work work{.rates = {{"frames", frames}, {"bytes", bytes}},
                    .costs = {{"frame", frames}},
                    .memory_bytes = bytes};
    double log_seconds = 0;
    double plain_seconds = 0;
    run_timed_by_body(state, work, bandwidth, [&] {
        // Side by side, because the speed of disks changes from minute to minute.
        plain_seconds += append_to_plain_file(payload, count, is_synced);
        const double seconds = append_frames(payload, count, is_synced);
        log_seconds += seconds;
        return seconds;
    });
    state.counters["of_plain_file_speed"] = plain_seconds / log_seconds;
}

}  // namespace

void register_wal_benchmarks(const Surroundings& surroundings) {
    for (const bool is_synced : {false, true}) {
        for (const std::size_t size_bytes : kPayloadSizes) {
            add_timed_benchmark((is_synced ? "wal/append_and_sync/" : "wal/append/") +
                                    std::to_string(size_bytes) + "_bytes",
                                [&surroundings, size_bytes, is_synced](benchmark::State& state) {
                                    append(state, size_bytes, is_synced, surroundings.bandwidth);
                                })
                ->Unit(benchmark::kMillisecond);
        }
    }
}

}  // namespace tidemark::bench

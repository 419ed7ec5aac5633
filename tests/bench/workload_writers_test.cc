#include "bench/support/workload_writers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "storage/base/bytes.h"
#include "storage/base/checksum.h"

namespace tidemark::bench {
namespace {

// A run of the generator that defined this workload, and the checksums of the files it wrote.
struct ReferenceRun {
    WorkloadOptions options;
    std::uint64_t jitter_limit_ms;
    std::vector<std::uint64_t> line_protocol;  ///< One for each sender.
    std::uint64_t csv;                         ///< Of all files, one behind the other.
    std::uint64_t open_metrics;
    std::uint64_t remote_write;
    std::uint64_t columns;  ///< Of all files, one behind the other.
    std::uint64_t line_count;
    std::uint64_t sample_count;
};

const std::vector<ReferenceRun> kReferenceRuns = {
    // Remote-write bodies above 64 KiB, the last one of a single tick.
    {{.tick_count = 41, .host_count = 48},
     0,
     {0x2fdb6cf4a1c195f1},
     0x34e7fa18c5f44eb6,
     0xea4cc653171f0e91,
     0xf64ece3c183c3ccd,
     0x6dadcebf341b3fae,
     7867,
     19667},
    // Jitter, many lost lines, and hosts that do not divide by the senders.
    {{.tick_count = 203,
      .host_count = 13,
      .begin_s = 1'700'000'007,
      .step_s = 60,
      .seed = 7,
      .loss = 0.05},
     250,
     {0x83427ad7b0ce0444, 0xed9494d3ecefebf6, 0xfccbccb822c8455e},
     0x8c7f3b8ecdcfb934,
     0x76f7d5d199936800,
     0xdf12d859f73d791d,
     0x49d6febb2958fa17,
     10018,
     25053},
    // Slow KPIs, long enough for outages and bursts.
    {{.tick_count = 1000, .host_count = 5, .begin_s = 1'735'689'600, .step_s = 300, .seed = 3},
     0,
     {0xea3e2bf420d6adfe, 0xe0fcb6404a43d433},
     0x178a0b9145c975ee,
     0xdefa35b4c8388622,
     0x7b13690aff295340,
     0xc7791dfba1a4c160,
     19919,
     49785},
};

Workload generated(const WorkloadOptions& options) {
    auto workload = Workload::generate(options);
    REQUIRE(workload.has_value());
    return std::move(workload).value();
}

std::uint64_t checksum(const std::string& text) {
    return storage::xxh3_64(storage::as_bytes(text), 0);
}

std::string line_protocol(const Workload& workload, HostRange hosts, std::uint64_t jitter_ms) {
    std::string text;
    REQUIRE(write_line_protocol(workload, hosts, jitter_ms, append_to(text)).has_value());
    return text;
}

}  // namespace

TEST_CASE("every form of the workload has the bytes of the reference generator", "[workload]") {
    for (const ReferenceRun& run : kReferenceRuns) {
        const Workload workload = generated(run.options);
        INFO("seed " << run.options.seed << ", " << run.options.host_count << " hosts");
        CHECK(workload.line_count() == run.line_count);
        CHECK(workload.sample_count() == run.sample_count);

        const std::size_t part_count = run.line_protocol.size();
        for (std::size_t part = 0; part < part_count; ++part) {
            const HostRange hosts = host_range(workload, part, part_count);
            CHECK(checksum(line_protocol(workload, hosts, run.jitter_limit_ms)) ==
                  run.line_protocol[part]);
        }

        std::string csv;
        for (const KpiMeasurement& measurement : kKpiMeasurements) {
            REQUIRE(write_csv(workload, measurement, append_to(csv)).has_value());
        }
        CHECK(checksum(csv) == run.csv);

        std::string open_metrics;
        REQUIRE(write_open_metrics(workload, append_to(open_metrics)).has_value());
        CHECK(checksum(open_metrics) == run.open_metrics);

        std::string remote_write;
        REQUIRE(write_remote_write(workload, append_to(remote_write)).has_value());
        CHECK(checksum(remote_write) == run.remote_write);

        std::string columns;
        for (std::size_t column = 0; column < kKpiColumnCount; ++column) {
            REQUIRE(write_column(workload, column, append_to(columns)).has_value());
        }
        CHECK(checksum(columns) == run.columns);
    }
}

TEST_CASE("the hosts of all senders together are all hosts, each once", "[workload]") {
    const Workload workload = generated({.tick_count = 1, .host_count = 7});
    for (const std::size_t part_count : {1U, 2U, 3U, 7U, 10U}) {
        std::size_t next_host = 0;
        for (std::size_t part = 0; part < part_count; ++part) {
            const HostRange hosts = host_range(workload, part, part_count);
            CHECK(hosts.begin == next_host);
            CHECK(hosts.end >= hosts.begin);
            next_host = hosts.end;
        }
        CHECK(next_host == 7);
    }
}

TEST_CASE("a host that is out sends its state and nothing else", "[workload]") {
    const Workload workload = generated(kReferenceRuns.back().options);
    std::size_t outage_count = 0;
    for (std::size_t host = 0; host < workload.options().host_count; ++host) {
        for (std::size_t tick = 0; tick < workload.options().tick_count; ++tick) {
            if (workload.samples(Up, host)[tick] != 0) continue;
            ++outage_count;
            CHECK(workload.samples(Queue, host)[tick] == 0);
            for (const std::size_t column : {Usage, Iowait, LatencyMs, Requests, Errors, Temp}) {
                CHECK(std::isnan(workload.samples(column, host)[tick]));
            }
        }
    }
    CHECK(outage_count > 0);
}

TEST_CASE("there is one line for each that arrived", "[workload]") {
    const Workload workload = generated(kReferenceRuns[1].options);
    const std::string text = line_protocol(workload, {0, workload.options().host_count}, 0);
    CHECK(static_cast<std::uint64_t>(std::ranges::count(text, '\n')) == workload.line_count());
}

// What the checksums above are of, to be read.
TEST_CASE("the first lines of the workload", "[workload]") {
    const Workload workload = generated({.tick_count = 1, .host_count = 1, .loss = 0});
    CHECK(line_protocol(workload, {0, 1}, 0) ==
          "cpu,host=h000,region=eu-west,service=web usage=45.86,iowait=1.15 1767571200000000000\n"
          "http,host=h000,region=eu-west,service=web latency_ms=155.223,requests=1193i,errors=0i "
          "1767571200000000000\n"
          "svc,host=h000,region=eu-west,service=web up=1i,queue=12i 1767571200000000000\n"
          "sys,host=h000,region=eu-west,service=web temp=48,mem_used=8096563200i,"
          "entropy=0.9414002339090218 1767571200000000000\n");
    std::string csv;
    REQUIRE(write_csv(workload, kKpiMeasurements[0], append_to(csv)).has_value());
    CHECK(csv ==
          "ts,host,region,service,usage,iowait\n"
          "2026-01-05 00:00:00,h000,eu-west,web,45.86,1.15\n");
}

TEST_CASE("jitter stays below its limit and moves ticks", "[workload]") {
    const Workload workload = generated({.tick_count = 100, .host_count = 2});
    std::set<std::uint64_t> distances;
    for (std::size_t tick = 0; tick < 100; ++tick) {
        CHECK(workload.jitter_ms(0, tick, 0) == 0);
        distances.insert(workload.jitter_ms(1, tick, 5));
    }
    CHECK(distances == std::set<std::uint64_t>{0, 1, 2, 3, 4});
}

TEST_CASE("a writer ends with the error of its consumer", "[workload]") {
    const Workload workload = generated({.tick_count = 3, .host_count = 2});
    const ByteConsumer full = [](std::string_view) {
        return Status(Error(ErrorCode::StorageFull, "no space left"));
    };
    const std::vector<Status> ends = {
        write_line_protocol(workload, {0, 2}, 0, full),
        write_csv(workload, kKpiMeasurements[0], full), write_open_metrics(workload, full),
        write_remote_write(workload, full), write_column(workload, Up, full)};
    for (const Status& end : ends) {
        REQUIRE_FALSE(end.has_value());
        CHECK(end.error().code() == ErrorCode::StorageFull);
    }
}

TEST_CASE("options that make no workload are refused, each with what was found", "[workload]") {
    const std::vector<std::pair<WorkloadOptions, std::string>> refusals = {
        {{.tick_count = 0}, "100 hosts with 0 ticks: expected"},
        {{.host_count = 0}, "0 hosts with 1000 ticks: expected"},
        {{.tick_count = std::size_t{1} << 62}, "hosts with 4611686018427387904 ticks: expected"},
        {{.step_s = 0}, "a step of 0 s: expected"},
        {{.begin_s = 9'223'372'036, .step_s = 1}, "times from 9223372036 s on, for 1000 s"},
        {{.begin_s = std::numeric_limits<std::int64_t>::min()}, "times from -92233720"},
        {{.loss = 1.5}, "a loss of 1.500000: expected a share"},
        {{.loss = std::nan("")}, "a loss of nan: expected a share"},
    };
    for (const auto& [options, message] : refusals) {
        const auto workload = Workload::generate(options);
        INFO(message);
        REQUIRE_FALSE(workload.has_value());
        CHECK(workload.error().code() == ErrorCode::InvalidArgument);
        CHECK(workload.error().message().find(message) != std::string::npos);
    }
}

}  // namespace tidemark::bench

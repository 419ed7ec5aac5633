#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <tidemark/result.h>

#include "bench/support/kpi_shapes.h"

// A workload in the forms that time-series systems load: equal options give equal bytes, on every
// machine and at any time.

namespace tidemark::bench {

/// Takes the bytes of one output from front to back, in pieces of any size. An error ends the
/// writer that called it, which returns it.
using ByteConsumer = std::function<Status(std::string_view)>;

/// Appends everything to `out`, which must outlive the consumer.
ByteConsumer append_to(std::string& out);

/// Hosts that one sender speaks for: begin <= host < end. Empty when begin == end.
struct HostRange {
    std::size_t begin;
    std::size_t end;
};

/// What each of `part_count` senders gets when hosts are dealt out in contiguous ranges; empty
/// ranges where there are fewer hosts than senders. part < part_count.
HostRange host_range(const Workload& workload, std::size_t part, std::size_t part_count);

/// Line protocol with times in nanoseconds, tick after tick, as live traffic comes. With a jitter
/// limit, which is at most a day, each host's ticks come up to that late: see
/// Workload::jitter_ms().
Status write_line_protocol(const Workload& workload, HostRange hosts, std::uint64_t jitter_limit_ms,
                           const ByteConsumer& consume);

/// One measurement: a header, then rows of ts (UTC, "2026-01-05 00:00:00"), host, region, service
/// and the fields, tick after tick.
Status write_csv(const Workload& workload, const KpiMeasurement& measurement,
                 const ByteConsumer& consume);

/// OpenMetrics as `promtool tsdb create-blocks-from openmetrics` reads it: families such as
/// cpu_usage, all gauges, series after series, times in seconds.
Status write_open_metrics(const Workload& workload, const ByteConsumer& consume);

/// Bodies of Prometheus' remote write, one for every five ticks, each behind its size in bytes (32
/// bits, little-endian). A body is a WriteRequest in Snappy's block format, made of literals only.
Status write_remote_write(const Workload& workload, const ByteConsumer& consume);

/// Doubles in little-endian, host after host, one for each tick; NaN where nothing was sent.
Status write_column(const Workload& workload, std::size_t column, const ByteConsumer& consume);

}  // namespace tidemark::bench

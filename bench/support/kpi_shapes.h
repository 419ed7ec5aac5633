#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

// The workload of the benchmarks: KPIs of a fleet of hosts, ten series each in four measurements,
// tagged host, region and service. A pure function of its options.
//
//   cpu   usage       two decimals: a daily wave, noise that remembers, bursts at 86 to 97
//         iowait      two decimals: small, lognormal
//   http  latency_ms  three decimals: lognormal, slower while the host is in a burst
//         requests    a counter that moves by hundreds a tick
//         errors      a counter that rarely moves
//   svc   up          0 or 1: outages every 30 h, of 6 min, on average
//         queue       a walk that comes back to its mean, never below 0
//   sys   temp        one decimal: a slow walk
//         mem_used    bytes, multiples of 4096: a slow walk
//         entropy     uniform in [0, 1), all 53 bits random

namespace tidemark::bench {

struct KpiField {
    std::string_view name;
    FieldType type;  ///< Float or Integer.
};

/// Its fields are neighbours among the workload's columns.
struct KpiMeasurement {
    std::string_view name;
    std::size_t first_column;
    std::span<const KpiField> fields;
};

/// The columns of each host, in the order of kKpiMeasurements.
enum KpiColumn : std::size_t {
    Usage,
    Iowait,
    LatencyMs,
    Requests,
    Errors,
    Up,
    Queue,
    Temp,
    MemUsed,
    Entropy,
};
inline constexpr std::size_t kKpiColumnCount = Entropy + 1;

inline constexpr KpiField kCpuFields[] = {{"usage", FieldType::Float},
                                          {"iowait", FieldType::Float}};
inline constexpr KpiField kHttpFields[] = {{"latency_ms", FieldType::Float},
                                           {"requests", FieldType::Integer},
                                           {"errors", FieldType::Integer}};
inline constexpr KpiField kSvcFields[] = {{"up", FieldType::Integer},
                                          {"queue", FieldType::Integer}};
inline constexpr KpiField kSysFields[] = {
    {"temp", FieldType::Float}, {"mem_used", FieldType::Integer}, {"entropy", FieldType::Float}};
inline constexpr std::size_t kSvcMeasurement = 2;
inline constexpr std::array<KpiMeasurement, 4> kKpiMeasurements = {
    {{"cpu", Usage, kCpuFields},
     {"http", LatencyMs, kHttpFields},
     {"svc", Up, kSvcFields},
     {"sys", Temp, kSysFields}}};
static_assert(kKpiMeasurements[kSvcMeasurement].name == "svc");

struct WorkloadOptions {
    std::size_t tick_count = 1000;
    std::size_t host_count = 100;
    std::int64_t begin_s = 1'767'571'200;  ///< Of the first tick: 2026-01-05 00:00:00 UTC.
    std::int64_t step_s = 10;              ///< From tick to tick.
    std::uint64_t seed = 42;
    double loss = 0.001;  ///< Share of lines that never arrive.
};

/// All samples of a workload, in memory: 80 bytes for each host and tick. While a host is out it
/// sends only its svc line (up=0, queue=0); on top of that, lines are lost at random.
/// Immutable, so thread-safe.
class Workload {
public:
    /// InvalidArgument for options that make no sense or exceed what times and memory hold.
    static Result<Workload> generate(const WorkloadOptions& options);

    const WorkloadOptions& options() const { return options_; }

    /// One value for each tick; NaN where nothing was sent. Valid as long as the workload.
    std::span<const double> samples(std::size_t column, std::size_t host) const {
        return column_values(column).subspan(host * options_.tick_count, options_.tick_count);
    }
    /// The same of all hosts, one host after the other.
    std::span<const double> column_values(std::size_t column) const { return columns_[column]; }

    /// Whether the host's line of that measurement arrived.
    bool has_line(const KpiMeasurement& measurement, std::size_t host, std::size_t tick) const;

    std::int64_t time_s(std::size_t tick) const {
        return options_.begin_s + static_cast<std::int64_t>(tick) * options_.step_s;
    }
    /// One step behind the last tick: the workload is the half-open range [begin_s, end_s).
    std::int64_t end_s() const { return time_s(options_.tick_count); }

    /// By how much a host's tick comes late when times jitter: 0 to limit_ms - 1; 0 for limit 0.
    std::uint64_t jitter_ms(std::size_t host, std::size_t tick, std::uint64_t limit_ms) const;

    std::uint64_t line_count() const { return line_count_; }
    /// Field values that were sent.
    std::uint64_t sample_count() const { return sample_count_; }
    std::size_t series_count() const { return options_.host_count * kKpiColumnCount; }

private:
    explicit Workload(const WorkloadOptions& options);
    void generate_host(std::size_t host);

    WorkloadOptions options_;
    std::array<std::vector<double>, kKpiColumnCount> columns_;
    std::uint64_t line_count_ = 0;
    std::uint64_t sample_count_ = 0;
};

/// "cpu_usage": the name of a column where there are no measurements.
std::string column_name(const KpiMeasurement& measurement, const KpiField& field);

/// "h000", "h001", ...
std::string host_name(std::size_t host);
std::string_view region_name(std::size_t host);
std::string_view service_name(std::size_t host);

}  // namespace tidemark::bench

#include "bench/micro/vectors.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/micro/measures.h"

namespace tidemark::bench {
namespace {

constexpr std::size_t kHostCount = 8;
constexpr std::size_t kVectorsPerHost = 4;
// Lines are lost, and a host that is out sends none: so many ticks more fill the last vector.
constexpr std::size_t kSpareTickCount = 1000;

std::string_view column_name(std::size_t column) {
    for (const KpiMeasurement& measurement : kKpiMeasurements) {
        const std::size_t last = measurement.first_column + measurement.fields.size();
        if (column < last) return measurement.fields[column - measurement.first_column].name;
    }
    return {};
}

/// What `convert` makes of each sample of a column that was sent, in full vectors.
template <typename T, typename Convert>
Vectors<T> convert_samples(const Workload& workload, std::string name, std::size_t column,
                           const Convert& convert) {
    Vectors<T> all{std::move(name), {}, nullptr};
    for (std::size_t host = 0; host < workload.options().host_count; ++host) {
        const std::span<const double> samples = workload.samples(column, host);
        std::vector<T> values;
        values.reserve(samples.size());
        for (std::size_t tick = 0; tick < samples.size(); ++tick) {
            if (!std::isnan(samples[tick])) values.push_back(convert(samples[tick], host, tick));
        }
        values.resize(std::min(values.size(), kVectorsPerHost * kRowsPerVector));
        append_vectors(std::span<const T>(values), all.vectors);
    }
    return all;
}

}  // namespace

Workload codec_workload() {
    WorkloadOptions options;
    options.host_count = kHostCount;
    options.tick_count = kVectorsPerHost * kRowsPerVector + kSpareTickCount;
    return must(Workload::generate(options));
}

Vectors<double> float_vectors(const Workload& workload, std::size_t column) {
    return convert_samples<double>(workload, std::string(column_name(column)), column,
                                   [](double value, std::size_t, std::size_t) { return value; });
}

Vectors<std::uint64_t> integer_vectors(const Workload& workload, std::size_t column) {
    return convert_samples<std::uint64_t>(
        workload, std::string(column_name(column)), column,
        [](double value, std::size_t, std::size_t) {
            return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
        });
}

Vectors<std::int64_t> time_vectors(const Workload& workload, const std::string& name,
                                   std::uint64_t jitter_limit_ms) {
    constexpr std::int64_t kNsPerMs = 1'000'000;
    return convert_samples<std::int64_t>(
        workload, name, Usage, [&](double, std::size_t host, std::size_t tick) {
            const std::uint64_t late_ms = workload.jitter_ms(host, tick, jitter_limit_ms);
            return workload.time_s(tick) * 1000 * kNsPerMs +
                   static_cast<std::int64_t>(late_ms) * kNsPerMs;
        });
}

Vectors<std::uint8_t> up_vectors(const Workload& workload) {
    return convert_samples<std::uint8_t>(
        workload, "up", Up,
        [](double value, std::size_t, std::size_t) { return std::uint8_t{value > 0}; });
}

Vectors<std::uint8_t> busy_vectors(const Workload& workload) {
    return convert_samples<std::uint8_t>(
        workload, "busy", Usage,
        [](double value, std::size_t, std::size_t) { return std::uint8_t{value > 80}; });
}

Vectors<std::string_view> level_vectors(const Workload& workload) {
    return convert_samples<std::string_view>(
        workload, "level", Usage, [](double value, std::size_t, std::size_t) -> std::string_view {
            if (value > 80) return "critical";
            return value > 60 ? "warning" : "ok";
        });
}

Vectors<std::string_view> message_vectors(const Workload& workload) {
    const auto texts = std::make_shared<std::vector<std::string>>();
    // Views into the texts would break if they moved.
    texts->reserve(workload.options().host_count * workload.options().tick_count);
    Vectors<std::string_view> all = convert_samples<std::string_view>(
        workload, "message", LatencyMs,
        [&](double value, std::size_t host, std::size_t tick) -> std::string_view {
            texts->push_back("GET /orders/" + std::to_string(tick) + " of " + host_name(host) +
                             " took " + std::to_string(value) + " ms");
            return texts->back();
        });
    all.texts = texts;
    return all;
}

}  // namespace tidemark::bench

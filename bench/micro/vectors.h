#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/support/kpi_shapes.h"

// The workload's columns as the codecs see them: vectors of 1,024 values that are there.

namespace tidemark::bench {

inline constexpr std::size_t kRowsPerVector = 1024;

/// Full vectors of one column; `name` is part of benchmark names.
template <typename T>
struct Vectors {
    std::string name;
    std::vector<std::vector<T>> vectors;
    std::shared_ptr<const std::vector<std::string>> texts;  ///< What views point into.
};

/// Cuts a column into full vectors, appended to `vectors`; what is left over is left out.
template <typename T>
void append_vectors(std::span<const T> values, std::vector<std::vector<T>>& vectors) {
    for (; values.size() >= kRowsPerVector; values = values.subspan(kRowsPerVector)) {
        vectors.emplace_back(values.begin(), values.begin() + kRowsPerVector);
    }
}

/// A workload of which each column has 32 vectors, of eight hosts.
Workload codec_workload();

/// The samples of a column that were sent, host by host.
Vectors<double> float_vectors(const Workload& workload, std::size_t column);
/// The same of an integer column, as bit patterns.
Vectors<std::uint64_t> integer_vectors(const Workload& workload, std::size_t column);

/// When the lines of a measurement came, each up to `jitter_limit_ms` later than its tick.
Vectors<std::int64_t> time_vectors(const Workload& workload, const std::string& name,
                                   std::uint64_t jitter_limit_ms);

/// States made of the workload: whether the host is up, and whether its usage is above 80.
Vectors<std::uint8_t> up_vectors(const Workload& workload);
Vectors<std::uint8_t> busy_vectors(const Workload& workload);

/// "ok", "warning" or "critical" by usage; and a text that is different in each row.
Vectors<std::string_view> level_vectors(const Workload& workload);
Vectors<std::string_view> message_vectors(const Workload& workload);

}  // namespace tidemark::bench

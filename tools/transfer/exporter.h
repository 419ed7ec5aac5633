#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <tidemark/result.h>

#include "tools/transfer/byte_sink.h"
#include "tools/transfer/export_source.h"
#include "tools/transfer/point_writer.h"

namespace tidemark::tools {

struct ExportCounts {
    std::uint64_t point_count = 0;
    std::uint64_t sample_count = 0;
    std::uint64_t refused_count = 0;  ///< Points that the form cannot say.
};

/// Brings the points of a source into a file. Not thread-safe.
class Exporter {
public:
    /// Everything given must outlive it. `progress` is told of the points written so far; `refused`
    /// why the first one of a measurement could not be.
    Exporter(ExportSource& source, PointWriter& writer, ByteSink& sink,
             std::function<void(std::uint64_t point_count)> progress,
             std::function<void(const std::string&)> refused)
        : source_(source),
          writer_(writer),
          sink_(sink),
          progress_(std::move(progress)),
          refused_(std::move(refused)) {}

    /// All points of a measurement in the range.
    Status export_measurement(const std::string& measurement, const TimeRange& range);

    const ExportCounts& counts() const { return counts_; }

private:
    Status take(const WriteBatch& batch, bool& is_refusal_told);

    ExportSource& source_;
    PointWriter& writer_;
    ByteSink& sink_;
    std::function<void(std::uint64_t)> progress_;
    std::function<void(const std::string&)> refused_;
    ExportCounts counts_;
};

}  // namespace tidemark::tools

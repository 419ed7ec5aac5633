#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tidemark/result.h>
#include <tidemark/write_batch.h>

#include "tools/transfer/export_source.h"

namespace tidemark::tools {

/// Points as text. What it writes, CsvPointReader or LinePointReader reads as the same points, bit
/// by bit. Not thread-safe.
class PointWriter {
public:
    virtual ~PointWriter() = default;

    /// The points that follow are of this measurement, which outlives them.
    virtual void begin(const MeasurementSchema& schema, std::string& out) = 0;

    /// Appends point `index` of `batch`, which has a time. InvalidArgument, and nothing appended,
    /// when the form cannot say it.
    virtual Status append(const WriteBatch& batch, std::size_t index, std::string& out) = 0;
};

/// Line protocol, times in nanoseconds.
std::unique_ptr<PointWriter> make_line_writer();

/// CSV that says itself what its columns are (csv_table.h), times as RFC 3339.
std::unique_ptr<PointWriter> make_csv_writer();

}  // namespace tidemark::tools

#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <tidemark/result.h>

#include "tools/transfer/byte_sink.h"
#include "tools/transfer/byte_source.h"
#include "tools/transfer/import_target.h"
#include "tools/transfer/point_reader.h"
#include "tools/transfer/progress_line.h"

namespace tidemark::tools {

/// Where refused lines go: into a file, each behind a comment with its file, line and reason, so
/// that the lines can be corrected there and the file imported; or the first few to `shown`.
/// Not thread-safe.
class RejectLog {
public:
    /// `sink` may be null.
    RejectLog(std::unique_ptr<ByteSink> sink, std::function<void(const std::string&)> show)
        : sink_(std::move(sink)), show_(std::move(show)) {}

    /// `heading` is written above the line when it is not the one of the line before.
    Status add(const std::string& file, const std::string& heading, const RefusedLine& line);

    std::uint64_t count() const { return count_; }
    Status close() { return sink_ == nullptr ? success() : sink_->close(); }

private:
    std::unique_ptr<ByteSink> sink_;
    std::function<void(const std::string&)> show_;
    std::string heading_;
    std::uint64_t count_ = 0;
};

struct ImportCounts {
    std::uint64_t point_count = 0;
    std::uint64_t sample_count = 0;
    std::uint64_t line_count = 0;
};

/// Brings the points of files into a target. Not thread-safe.
class Importer {
public:
    /// Everything given must outlive it. `remark` gets what people should know of a file.
    Importer(ImportTarget& target, RejectLog& rejects, ProgressLine& progress,
             const std::atomic<bool>& cancelled, std::function<void(const std::string&)> remark)
        : target_(target),
          rejects_(rejects),
          progress_(progress),
          cancelled_(cancelled),
          remark_(std::move(remark)) {}

    /// All points of one file. Cancelled when asked to stop; what was written until then stays.
    Status import(const std::string& file, const ByteSource& source, PointReader& reader);

    const ImportCounts& counts() const { return counts_; }

private:
    Status import_piece(const std::string& file, PointReader& reader, PointPiece& piece);

    ImportTarget& target_;
    RejectLog& rejects_;
    ProgressLine& progress_;
    const std::atomic<bool>& cancelled_;
    std::function<void(const std::string&)> remark_;
    ImportCounts counts_;
};

}  // namespace tidemark::tools

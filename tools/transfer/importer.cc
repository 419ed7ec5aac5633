#include "tools/transfer/importer.h"

#include <algorithm>
#include <utility>

namespace tidemark::tools {
namespace {

constexpr std::uint64_t kShownRefusals = 10;

}  // namespace

Status RejectLog::add(const std::string& file, const std::string& heading,
                      const RefusedLine& line) {
    ++count_;
    const std::string place = file + ":" + std::to_string(line.line_number);
    if (sink_ == nullptr) {
        if (count_ <= kShownRefusals) show_(place + ": " + line.reason);
        return success();
    }
    std::string text;
    if (heading != heading_) {
        text += heading;
        heading_ = heading;
    }
    text.append("# ").append(place).append(": ");
    // A comment is one line.
    for (const char byte : line.reason) text.push_back(byte == '\n' || byte == '\r' ? ' ' : byte);
    text.append("\n").append(line.text).append("\n");
    return sink_->write(text);
}

Status Importer::import(const std::string& file, const ByteSource& source, PointReader& reader) {
    PointPiece piece;
    std::uint64_t line_count = 0;
    while (true) {
        if (cancelled_.load()) return Error(ErrorCode::Cancelled, "stopped");
        TIDEMARK_ASSIGN_OR_RETURN(const bool has_more, reader.read(piece));
        for (const std::string& remark : reader.take_remarks()) {
            progress_.clear();
            remark_(std::string(file).append(": ").append(remark));
        }
        counts_.line_count += reader.line_count() - std::exchange(line_count, reader.line_count());
        if (!has_more) return success();
        TIDEMARK_RETURN_IF_ERROR(import_piece(file, reader, piece));
        progress_.update(file, source.offset(), source.size_bytes(), counts_.line_count);
    }
}

Status Importer::import_piece(const std::string& file, PointReader& reader, PointPiece& piece) {
    std::size_t sample_count = 0;
    if (!piece.batch.is_empty()) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto rejected, target_.write(piece.batch));
        for (std::size_t index = 0; index < piece.batch.point_count(); ++index) {
            sample_count += piece.batch.point(index).field_count;
        }
        for (const RejectedPoint& point : rejected) {
            sample_count -= piece.batch.point(point.point_index).field_count;
            piece.refused.push_back({piece.line_numbers[point.point_index], point.reason,
                                     reader.line_of(piece, point.point_index)});
        }
        counts_.point_count += piece.batch.point_count() - rejected.size();
        counts_.sample_count += sample_count;
    }
    std::ranges::stable_sort(piece.refused, {}, &RefusedLine::line_number);
    for (const RefusedLine& line : piece.refused) {
        progress_.clear();
        TIDEMARK_RETURN_IF_ERROR(rejects_.add(file, reader.heading(), line));
    }
    return success();
}

}  // namespace tidemark::tools

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/line_protocol/line_parser.h"
#include "tools/transfer/byte_source.h"
#include "tools/transfer/point_reader.h"

namespace tidemark::tools {

/// Points of a file of line protocol.
class LinePointReader final : public PointReader {
public:
    LinePointReader(std::unique_ptr<ByteSource> source, storage::TimePrecision precision);

    Result<bool> read(PointPiece& piece) override;
    std::string line_of(const PointPiece& piece, std::size_t index) const override;
    std::uint64_t line_count() const override { return line_count_; }
    std::vector<std::string> take_remarks() override;

private:
    void collect(std::string_view text, PointPiece& piece);

    std::unique_ptr<ByteSource> source_;
    storage::TimePrecision precision_;
    storage::LineParser parser_;
    storage::ParsedLines lines_;
    std::string text_;  // Read, but not parsed yet.
    bool is_at_end_ = false;
    bool is_judged_ = false;        // The times of the first piece were looked at.
    std::uint64_t line_count_ = 0;  // Newlines in front of text_.
    std::vector<std::string> remarks_;
};

}  // namespace tidemark::tools

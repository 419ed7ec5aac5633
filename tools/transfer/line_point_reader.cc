#include "tools/transfer/line_point_reader.h"

#include <algorithm>
#include <utility>

#include "server/handlers/precision_hint.h"
#include "storage/line_protocol/line_writer.h"

namespace tidemark::tools {
namespace {

// As servers have it, and much more than any line should need.
constexpr std::size_t kLineLimitBytes = std::size_t{1} << 20;

std::uint64_t count_newlines(std::string_view text) {
    return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

// The line of that number in `text`, whose first byte is on line `first_line_number`. `position` is
// where a search for an earlier line ended, and is moved along with `first_line_number`.
std::string_view line_at(std::string_view text, std::uint64_t line_number, std::size_t& position,
                         std::uint64_t& first_line_number) {
    while (first_line_number < line_number) {
        const std::size_t newline = text.find('\n', position);
        if (newline == std::string_view::npos) break;
        position = newline + 1;
        ++first_line_number;
    }
    std::string_view line = text.substr(position);
    line = line.substr(0, line.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string without_line_end(std::string line) {
    if (line.ends_with('\n')) line.pop_back();
    return line;
}

}  // namespace

LinePointReader::LinePointReader(std::unique_ptr<ByteSource> source,
                                 storage::TimePrecision precision)
    : source_(std::move(source)),
      precision_(precision),
      parser_({.precision = precision,
               .accepts_nan = true,  // The target's database judges.
               .line_size_limit_bytes = kLineLimitBytes,
               // All that a piece and the rest of the one before can hold.
               .rejected_line_limit = kPieceSizeBytes + kLineLimitBytes}) {}

Result<bool> LinePointReader::read(PointPiece& piece) {
    piece.clear();
    while (!is_at_end_) {
        TIDEMARK_ASSIGN_OR_RETURN(const std::size_t taken, source_->read(kPieceSizeBytes, text_));
        is_at_end_ = taken == 0;
        const auto end = is_at_end_ ? storage::TextEnd::Complete : storage::TextEnd::MayContinue;
        std::swap(lines_.batch, piece.batch);
        lines_.clear();
        const std::size_t consumed = parser_.parse(text_, end, lines_);
        collect(std::string_view(text_).substr(0, consumed), piece);
        text_.erase(0, consumed);
        if (!piece.batch.is_empty() || !piece.refused.empty()) return true;
    }
    return false;
}

void LinePointReader::collect(std::string_view text, PointPiece& piece) {
    if (!is_judged_ && !lines_.batch.is_empty()) {
        is_judged_ = true;
        if (auto hint = server::precision_hint(lines_, precision_)) {
            remarks_.push_back(*std::move(hint));
        }
    }
    std::size_t position = 0;
    std::uint64_t line_number = line_count_ + 1;
    for (const storage::RejectedLine& line : lines_.rejected) {
        // The number is told beside it.
        std::string reason = line.message();
        reason.erase(0, reason.find(", ") + 2);
        piece.refused.push_back(
            {line.line_number, std::move(reason),
             std::string(line_at(text, line.line_number, position, line_number))});
    }
    line_count_ += count_newlines(text);
    if (is_at_end_ && !text.empty() && !text.ends_with('\n')) ++line_count_;
    std::swap(lines_.batch, piece.batch);
    std::swap(lines_.line_numbers, piece.line_numbers);
}

std::string LinePointReader::line_of(const PointPiece& piece, std::size_t index) const {
    std::string line;
    // What was parsed from a line can be written as one.
    const Status written = storage::append_line(piece.batch, index, precision_, line);
    return written ? without_line_end(std::move(line)) : "# " + written.error().message();
}

std::vector<std::string> LinePointReader::take_remarks() { return std::exchange(remarks_, {}); }

}  // namespace tidemark::tools

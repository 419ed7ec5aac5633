#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/write_batch.h>

namespace tidemark::tools {

/// A line of a file that was not taken.
struct RefusedLine {
    std::uint64_t line_number;  ///< From 1, in the unpacked file.
    std::string reason;
    std::string text;  ///< Of the line, its end not included.
};

/// Some points of a file.
struct PointPiece {
    WriteBatch batch;
    std::vector<std::uint64_t> line_numbers;  ///< Where each point of `batch` begins.
    std::vector<RefusedLine> refused;         ///< By line number.

    void clear() {
        batch.clear();
        line_numbers.clear();
        refused.clear();
    }
};

/// Reads a file of points, a piece at a time. Not thread-safe.
class PointReader {
public:
    virtual ~PointReader() = default;

    /// Fills `piece` with what comes next; false, and an empty piece, at the end. An error is of
    /// the file as a whole, and the end of reading; a bad line is in the piece.
    virtual Result<bool> read(PointPiece& piece) = 0;

    /// A line that would say what point `index` of `piece`, the one read last, does, in the form of
    /// the file and without line end.
    virtual std::string line_of(const PointPiece& piece, std::size_t index) const = 0;

    /// What stands above the lines in a file of this form, line ends included; empty when nothing
    /// does.
    virtual std::string heading() const { return {}; }

    /// Lines read so far.
    virtual std::uint64_t line_count() const = 0;

    /// How the file is understood, and what is odd about it, for people; told once each.
    virtual std::vector<std::string> take_remarks() { return {}; }
};

/// How much text is looked at in one go.
inline constexpr std::size_t kPieceSizeBytes = std::size_t{256} * 1024;

}  // namespace tidemark::tools

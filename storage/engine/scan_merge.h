#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>

#include "storage/engine/scan_compile.h"
#include "storage/engine/scan_piece.h"
#include "storage/engine/scan_source.h"

namespace tidemark::storage {

/// Rows of several row groups, put in order of time.
class MergedRows {
public:
    /// A row of one row group.
    struct Part {
        ScanSource* source;
        std::size_t row;
    };

    void clear();
    /// Adds the row of the next time, made of these, of which there is one at least. Reorders them.
    void append(std::int64_t time_ns, std::vector<Part>& parts);

    std::size_t row_count() const { return times_.size(); }
    std::int64_t time_ns(std::size_t row) const { return times_[row]; }
    /// The parts of a row, the latest arrival first.
    std::span<const Part> parts(std::size_t row) const {
        const std::size_t begin = row == 0 ? 0 : part_ends_[row - 1];
        return std::span(parts_).subspan(begin, part_ends_[row] - begin);
    }
    std::span<const Part> parts() const { return parts_; }

private:
    std::vector<std::int64_t> times_;
    std::vector<Part> parts_;
    std::vector<std::size_t> part_ends_;  // Per row: index behind its last part.
};

/// A piece out of merged rows: of each field the value that arrived last (R9). Null when the scan
/// asks for nothing of what the rows hold. The piece is valid as long as the sources in `rows` and
/// until `parts` are used again. Corruption when a row group cannot be read.
Result<const ScanPiece*> make_merged_piece(const CompiledScan& scan, const MergedRows& rows,
                                           PieceParts& parts, ScanStatistics& statistics);

}  // namespace tidemark::storage

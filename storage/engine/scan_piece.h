#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "storage/engine/scan_compile.h"

namespace tidemark::storage {

/// How far rows were opened to answer a piece; the deepest step counts.
enum class PieceDepth : std::uint8_t { Summary, Encoded, Decoded };

/// The values of one column of a piece, copied together: one entry per row.
class ColumnBuffer {
public:
    void clear();
    void append(const ColumnValues& source, std::size_t row);
    void append_null(FieldType type);
    /// Rows [begin_row, end_row) of `source`, without copying their values.
    ColumnValues view_rows(const ColumnValues& source, std::size_t begin_row, std::size_t end_row);
    /// The rows appended. Valid until the buffer changes.
    ColumnValues view(FieldType type) const;

private:
    void append_validity(bool is_valid);
    void append_hold_end(FieldType type);

    std::size_t row_count_ = 0;
    std::size_t null_count_ = 0;
    std::vector<double> floats_;
    std::vector<std::int64_t> integers_;
    std::vector<std::uint64_t> unsigneds_;
    std::vector<std::uint8_t> booleans_;
    std::vector<std::string_view> strings_;
    std::vector<std::uint64_t> validity_;
    std::vector<std::uint64_t> hold_ends_;  // Up to the last word that has a bit.
};

/// The piece in the making and the memory it points to, which is used again for every piece.
/// Not thread-safe.
class PieceParts {
public:
    explicit PieceParts(const CompiledScan& scan);

    void clear();
    void deepen(PieceDepth depth);
    /// Gives a column a summary, which from then on stands for `row_count` rows.
    void set_summary(std::size_t column, const ColumnSummary& summary, std::uint64_t row_count);
    void set_values(std::size_t column, const ColumnValues& values);
    /// A column without values over the piece's rows.
    void set_null_values(std::size_t column, FieldType type, std::size_t row_count);

    std::vector<std::int64_t>& times_buffer() { return times_; }
    ColumnBuffer& buffer(std::size_t column) { return buffers_[column]; }
    std::vector<LeafRun>& runs(std::size_t leaf) { return runs_[leaf]; }

    /// `times` must outlive the piece; they are left out when no column came as values and the
    /// scan does not ask for every row.
    const ScanPiece* finish(std::int64_t first_ns, std::int64_t last_ns, std::size_t row_count,
                            std::span<const std::int64_t> times, ScanStatistics& statistics);

private:
    const CompiledScan& scan_;
    PieceDepth depth_ = PieceDepth::Summary;
    bool has_values_ = false;
    ScanPiece piece_;
    std::vector<std::int64_t> times_;
    std::vector<ColumnPiece> columns_;
    std::vector<ColumnBuffer> buffers_;
    std::vector<ColumnSummary> summaries_;
    std::vector<std::vector<LeafRun>> runs_;
    std::vector<std::span<const LeafRun>> leaves_;
};

}  // namespace tidemark::storage

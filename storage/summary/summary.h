#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

// Column summaries: made from values, merged with their neighbour in time, written and read.
// ColumnSummary itself, and what its members mean, is in <tidemark/scan.h>.
//
// What is measured in nanoseconds (largest_gap_ns, true_ns) saturates at the int64 range. Float
// sums and integrals are double-double; one that leaves the range of double stays infinite or NaN.
// Where a value is NaN there are only counts and times: see ColumnSummary::has_values.
//
// Stateless: every function is thread-safe.

namespace tidemark::storage {

class ByteReader;

/// A string column's summary has values (has_values, and with it min, max, first and last) only
/// while all four are at most this long; without them a reader that needs one must decode.
inline constexpr std::size_t kSummaryStringLimitBytes = 32;

/// The summary of one column over `row_count` rows, of which those at `times` (strictly ascending)
/// have the dense `values`; the others are null. Booleans are 0 or 1.
ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const double> values);
ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const std::int64_t> values);
ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const std::uint64_t> values);
ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const std::uint8_t> values);
ColumnSummary summarise(std::uint64_t row_count, std::span<const std::int64_t> times,
                        std::span<const std::string_view> values);

/// The summary of no rows: merging it with another gives the other.
ColumnSummary empty_summary(FieldType type);

/// The summary of both ranges of rows of one column. Every row of `right` lies after every row of
/// `left`. Associative: counts, times and integer sums to the bit, float sums within R17's bound.
ColumnSummary merge(const ColumnSummary& left, const ColumnSummary& right);

/// The rows a summary is stored beside: what it has in common with them costs nothing.
struct SummarisedRows {
    std::uint64_t row_count = 0;
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
};

/// Appends the summary. summary.row_count must be rows.row_count, and its times lie within
/// [rows.first_ns, rows.last_ns] when it has any. FORMAT.md section 4.
void write_summary(const ColumnSummary& summary, const SummarisedRows& rows,
                   std::vector<std::byte>& out);

/// Reads what write_summary() wrote with the same `rows`, bit by bit, and leaves `reader` behind
/// it. Corruption when the bytes are not a summary of such a column.
Result<ColumnSummary> read_summary(FieldType type, const SummarisedRows& rows, ByteReader& reader);

}  // namespace tidemark::storage

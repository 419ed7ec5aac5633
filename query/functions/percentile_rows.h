#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "query/functions/function_table.h"
#include "query/functions/percentile_request.h"
#include "query/functions/sample_fold.h"

namespace tidemark::query {

/// Collects the rows of one group (one field, any number of series) and answers percentiles over
/// any windows of them, exactly. Windows that overlap much are answered by sliding over ranks,
/// others by selection inside the window; the caller need not care.
///
/// percentile returns a value of the field's type with its time and series (equal values are
/// ordered by time, then by series); percentile_disc likewise, without a time; median and
/// percentile_cont are floats: a + (b - a) * f, for f >= 0.5 b - (b - a) * (1 - f), which is what
/// numpy's `linear` evaluates, with f being the exact decimal position rounded once.
///
/// Not thread-safe.
class PercentileRows {
public:
    explicit PercentileRows(FieldType type) : type_(type) {}

    /// Rows added from here on belong to the series at this position of the scan's order. Series
    /// are added one after the other in that order, each in time order.
    void begin_series(std::size_t series_rank);

    /// Rows [begin, end) of a piece; nulls are skipped.
    void add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                    std::size_t begin, std::size_t end);

    std::size_t row_count() const { return times_.size(); }
    std::size_t memory_size_bytes() const;
    /// Forgets all rows but keeps the memory.
    void clear();

    /// Answers every request for every window: result [w * requests.size() + r]. Windows ascend in
    /// end; they may overlap, have gaps and be empty. A begin may go back (WINDOW 1d where the
    /// clock does, WINDOW 1mo at the end of a month), which costs a new ranking.
    std::vector<FoldResult> evaluate(std::span<const TimeRange> windows,
                                     std::span<const PercentileRequest> requests);

private:
    /// The rows of a window, as positions in time order.
    struct RowRange {
        std::size_t begin;
        std::size_t end;

        std::size_t row_count() const { return end - begin; }
    };
    class Positions;
    /// The series from that row on, until the next mark.
    struct SeriesMark {
        std::size_t first_row;
        std::size_t series_rank;
    };

    void sort_by_time();
    std::vector<RowRange> row_ranges(std::span<const TimeRange> windows) const;
    // The first row that is not before `time_ns`: that, or not far from it, is what `guess` is.
    std::size_t row_at(std::int64_t time_ns, std::size_t guess) const;
    void select_in_each(std::span<const RowRange> ranges,
                        std::span<const PercentileRequest> requests,
                        std::vector<FoldResult>& results) const;
    // With times and series.
    void select_rows_in_each(std::span<const RowRange> ranges,
                             std::span<const PercentileRequest> requests,
                             std::vector<FoldResult>& results) const;
    void select_values_in_each(std::span<const RowRange> ranges,
                               std::span<const PercentileRequest> requests,
                               std::vector<FoldResult>& results) const;
    // The places that all requests ask for in a window of so many rows, ascending.
    static void find_wanted(Positions& positions, std::size_t request_count, std::size_t row_count,
                            std::vector<std::size_t>& wanted);
    void slide_over(std::span<const RowRange> ranges, std::span<const PercentileRequest> requests,
                    std::vector<FoldResult>& results) const;
    // From the keys at the position and behind it.
    Cell value_of(FunctionId function, const PercentileRequest::Position& position,
                  std::uint64_t low, std::uint64_t high) const;
    FoldResult result_of(const PercentileRequest& request,
                         const PercentileRequest::Position& position, std::size_t row,
                         std::size_t next_row) const;
    std::size_t series_of(std::size_t row) const;

    FieldType type_;
    bool is_sorted_ = true;
    std::vector<std::int64_t> times_;
    std::vector<std::uint64_t> keys_;    // Values in an order-preserving form.
    std::vector<SeriesMark> marks_;      // Until rows are sorted; ascending in first_row.
    std::vector<std::uint32_t> series_;  // Of each row, once rows of several series were sorted.
};

}  // namespace tidemark::query

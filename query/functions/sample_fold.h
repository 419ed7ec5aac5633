#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <tidemark/query.h>
#include <tidemark/result.h>
#include <tidemark/scan.h>

#include "query/functions/function_table.h"
#include "query/functions/percentile_request.h"

namespace tidemark::query {

/// What a fold came to. A null cell is "no value". For selectors that know it, `time_ns` and
/// `series_rank` say which sample was picked.
struct FoldResult {
    Cell cell;
    std::optional<std::int64_t> time_ns;
    std::optional<std::size_t> series_rank;
    bool is_out_of_range = false;  ///< There is a value, but no double holds it: null (R10).
    bool has_left_out = false;     ///< Some samples are none of those that the function takes.
};

/// InfluxQL's functions over the samples of one window of one group: count, sum, mean, min, max,
/// first, last, spread, stddev, mode, count(distinct), nps and approx_percentile. Samples may be
/// added in any order, as summaries or as values, mixed; folds of parts merge to the fold of the
/// whole (counts, times and integer sums to the same bits, float sums within R17's bound).
///
/// Rules where several samples could be meant: min and max take the earliest of equal values;
/// first and last take, at equal times, the greater value; what is still equal goes to the first
/// series. -0.0 is below +0.0.
///
/// Not thread-safe.
class SampleFold {
public:
    virtual ~SampleFold() = default;

    /// Samples added from here on belong to the series at this position of the scan's order.
    virtual void begin_series(std::size_t series_rank) = 0;

    /// Stands for all rows of a piece. Only when takes_summaries().
    virtual void add_summary(const ColumnSummary& summary) = 0;

    /// Rows [begin, end) of a piece; nulls are skipped. `times` is as long as the column.
    virtual void add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                            std::size_t begin, std::size_t end) = 0;

    /// Takes in the samples of `other`, made by the same make_sample_fold() call arguments.
    virtual void merge(const SampleFold& other) = 0;

    /// Forgets everything but keeps the memory.
    virtual void clear() = 0;

    /// InvalidArgument when an integer sum does not fit its type. count gives 0 for no samples,
    /// all others null.
    virtual Result<FoldResult> finish() const = 0;

    /// Of what grows with the samples: that of the different values, where they are kept.
    virtual std::size_t memory_size_bytes() const { return 0; }

    bool takes_summaries() const { return takes_summaries_; }

protected:
    bool takes_summaries_ = true;
};

/// A fold for a function of class Aggregate or Selector. InvalidArgument as check_field_type().
///
/// min and max as the *only* function without GROUP BY time answer with the time of their sample,
/// which a summary does not hold: pass `needs_time` then, and the fold takes values only.
/// approx_percentile needs `percentile`.
Result<std::unique_ptr<SampleFold>> make_sample_fold(
    FunctionId function, FieldType type, bool needs_time,
    const std::optional<PercentileRequest>& percentile = std::nullopt);

/// share(P) and share_le(f, L): the share of the points at which P is known where it is true.
/// Points of two predicates over one field make the mean of both shares: apdex(f, T) is that of f
/// <= T and f <= 4T, because its tolerated samples are among the second ones and count half.
struct ShareFold {
    std::uint64_t true_count = 0;
    std::uint64_t known_count = 0;

    /// Runs of a predicate that is one single leaf. The carried run is no point of the window.
    void add_runs(std::span<const LeafRun> runs);
    void merge(const ShareFold& other);
    Cell finish() const;  ///< Null when no point is known.
};

}  // namespace tidemark::query

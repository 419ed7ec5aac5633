#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/result.h>

#include "query/functions/function_table.h"
#include "query/functions/time_buckets.h"

// InfluxQL's functions of successive values: derivative, difference, moving_average,
// cumulative_sum, elapsed, integral. The values are samples of a field or results of an aggregate.

namespace tidemark::query {

struct TimedCell {
    std::int64_t time_ns = 0;
    Cell cell;
};

/// One transformation with its arguments.
struct TransformationStep {
    FunctionId function = FunctionId::Difference;
    std::int64_t unit_ns = 1'000'000'000;  ///< derivative, elapsed, integral.
    std::uint64_t window_rows = 2;         ///< moving_average: at least 2.
    BucketSpec buckets;                    ///< integral: with a step it gives a row per bucket.
};

/// Takes values one after the other and gives a value for none, one or all of them.
///
/// Values come in order of time, ascending or descending, and are not null. Of values at one time
/// derivative and difference see the first, integral the last one. Not thread-safe.
class Transformation {
public:
    virtual ~Transformation() = default;

    /// Appends what the value leads to. InvalidArgument for a value that is no number, or an
    /// integer result beyond 64 bits.
    virtual Status add(const TimedCell& value, std::vector<TimedCell>& results) = 0;

    /// Appends what is still open after the last value.
    virtual Status finish(std::vector<TimedCell>& results);

    /// A result was no finite number (R10) and has been left out.
    bool is_out_of_range() const { return is_out_of_range_; }

protected:
    void append_float(std::int64_t time_ns, double value, std::vector<TimedCell>& results);

private:
    bool is_out_of_range_ = false;
};

/// `step` is of class Transformation.
std::unique_ptr<Transformation> make_transformation(const TransformationStep& step);

struct TransformedValues {
    std::vector<TimedCell> values;
    bool is_out_of_range = false;  ///< Of one of the steps.
};

/// Applies the steps one after the other; null cells are left out.
Result<TransformedValues> transform(std::span<const TransformationStep> steps,
                                    std::vector<TimedCell> values);

}  // namespace tidemark::query

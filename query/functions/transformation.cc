#include "query/functions/transformation.h"

#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "query/column/cell.h"
#include "query/functions/column_access.h"
#include "query/functions/double_double.h"
#include "storage/base/assert.h"

namespace tidemark::query {
namespace {

/// A number: integers exactly, floats as they are.
using Number = std::variant<double, WideInteger>;

Result<Number> number_of(const Cell& cell, FunctionId function) {
    if (const auto* number = std::get_if<double>(&cell)) return Number(*number);
    if (const auto* number = std::get_if<std::int64_t>(&cell)) return Number(WideInteger{*number});
    if (const auto* number = std::get_if<std::uint64_t>(&cell)) return Number(WideInteger{*number});
    return Error(ErrorCode::InvalidArgument,
                 std::string(function_info(function).name) + "() takes numbers");
}

DoubleDouble precise(const Number& number) {
    if (const auto* value = std::get_if<double>(&number)) return {*value, 0};
    return to_double_double(std::get<WideInteger>(number));
}

/// An integer as a cell of the type that `like` holds.
Result<Cell> integer_cell(WideInteger value, const Cell& like, FunctionId function) {
    if (std::holds_alternative<std::uint64_t>(like)) {
        if (value >= 0 && value <= WideInteger{std::numeric_limits<std::uint64_t>::max()}) {
            return Cell(static_cast<std::uint64_t>(value));
        }
    } else if (value >= WideInteger{std::numeric_limits<std::int64_t>::min()} &&
               value <= WideInteger{std::numeric_limits<std::int64_t>::max()}) {
        return Cell(static_cast<std::int64_t>(value));
    }
    const bool is_below_zero = std::holds_alternative<std::uint64_t>(like) && value < 0;
    return Error(ErrorCode::InvalidArgument,
                 std::string(function_info(function).name) +
                     (is_below_zero ? "() of unsigned integers is below zero; use "
                                      "non_negative_difference() or derivative()"
                                    : "() does not fit into 64 bits; use a narrower time range"));
}

/// derivative and difference: what lies between a value and the one before.
class Change final : public Transformation {
public:
    explicit Change(const TransformationStep& step)
        : step_(step),
          is_rate_(step.function == FunctionId::Derivative ||
                   step.function == FunctionId::NonNegativeDerivative),
          is_non_negative_(step.function == FunctionId::NonNegativeDerivative ||
                           step.function == FunctionId::NonNegativeDifference) {}

    Status add(const TimedCell& value, std::vector<TimedCell>& results) override {
        TIDEMARK_ASSIGN_OR_RETURN(const Number number, number_of(value.cell, step_.function));
        if (!previous_) {
            previous_ = {value.time_ns, number};
            return success();
        }
        if (previous_->time_ns == value.time_ns) return success();
        const Point before = std::exchange(*previous_, Point{value.time_ns, number});
        const auto* integer = std::get_if<WideInteger>(&number);
        const auto* integer_before = std::get_if<WideInteger>(&before.value);
        if (integer != nullptr && integer_before != nullptr) {
            const WideInteger change = *integer - *integer_before;
            if (is_non_negative_ && change < 0) return success();
            if (is_rate_) {
                append_rate(static_cast<double>(change), before.time_ns, value.time_ns, results);
                return success();
            }
            TIDEMARK_ASSIGN_OR_RETURN(Cell cell, integer_cell(change, value.cell, step_.function));
            results.push_back({value.time_ns, std::move(cell)});
            return success();
        }
        const double change = query::add(precise(number), negate(precise(before.value))).rounded();
        if (is_non_negative_ && change < 0) return success();
        if (is_rate_) {
            append_rate(change, before.time_ns, value.time_ns, results);
        } else {
            append_float(value.time_ns, change, results);
        }
        return success();
    }

private:
    struct Point {
        std::int64_t time_ns;
        Number value;
    };

    /// In descending order the change is that towards the past, over a positive time: InfluxDB's.
    void append_rate(double change, std::int64_t before_ns, std::int64_t time_ns,
                     std::vector<TimedCell>& results) {
        const WideInteger apart = WideInteger{time_ns} - before_ns;
        const double elapsed = static_cast<double>(apart < 0 ? -apart : apart);
        append_float(time_ns, change / (elapsed / static_cast<double>(step_.unit_ns)), results);
    }

    TransformationStep step_;
    bool is_rate_;
    bool is_non_negative_;
    std::optional<Point> previous_;
};

/// The mean of the last n values. Sums are never subtracted from: what a large value rounded away
/// would be missing after it has left. The n values before the last multiple of n are kept as sums
/// up to their end, the ones since as one sum.
class MovingAverage final : public Transformation {
public:
    explicit MovingAverage(std::uint64_t window_rows) : window_rows_(window_rows) {}

    Status add(const TimedCell& value, std::vector<TimedCell>& results) override {
        TIDEMARK_ASSIGN_OR_RETURN(const Number number,
                                  number_of(value.cell, FunctionId::MovingAverage));
        values_.push_back(precise(number));
        head_sum_ = query::add(head_sum_, values_.back());
        if (values_.size() == window_rows_) {
            tail_sums_ = std::move(values_);
            for (std::size_t i = tail_sums_.size() - 1; i > 0; --i) {
                tail_sums_[i - 1] = query::add(tail_sums_[i - 1], tail_sums_[i]);
            }
            values_ = {};
            head_sum_ = {};
            append_mean(value.time_ns, tail_sums_.front(), results);
        } else if (!tail_sums_.empty()) {
            append_mean(value.time_ns, query::add(tail_sums_[values_.size()], head_sum_), results);
        }
        return success();
    }

private:
    void append_mean(std::int64_t time_ns, const DoubleDouble& sum,
                     std::vector<TimedCell>& results) {
        const DoubleDouble count = to_double_double(static_cast<WideInteger>(window_rows_));
        append_float(time_ns, divide(sum, count).rounded(), results);
    }

    std::uint64_t window_rows_;
    std::vector<DoubleDouble> tail_sums_;
    std::vector<DoubleDouble> values_;
    DoubleDouble head_sum_;
};

class CumulativeSum final : public Transformation {
public:
    Status add(const TimedCell& value, std::vector<TimedCell>& results) override {
        TIDEMARK_ASSIGN_OR_RETURN(const Number number,
                                  number_of(value.cell, FunctionId::CumulativeSum));
        if (const auto* integer = std::get_if<WideInteger>(&number)) {
            integer_sum_ += *integer;
            TIDEMARK_ASSIGN_OR_RETURN(
                Cell cell, integer_cell(integer_sum_, value.cell, FunctionId::CumulativeSum));
            results.push_back({value.time_ns, std::move(cell)});
            return success();
        }
        float_sum_ = query::add(float_sum_, std::get<double>(number));
        append_float(value.time_ns, float_sum_.rounded(), results);
        return success();
    }

private:
    WideInteger integer_sum_ = 0;
    DoubleDouble float_sum_;
};

class Elapsed final : public Transformation {
public:
    explicit Elapsed(std::int64_t unit_ns) : unit_ns_(unit_ns) {}

    Status add(const TimedCell& value, std::vector<TimedCell>& results) override {
        const auto before_ns = std::exchange(previous_ns_, value.time_ns);
        if (!before_ns) return success();
        const WideInteger apart = WideInteger{value.time_ns} - *before_ns;
        TIDEMARK_ASSIGN_OR_RETURN(
            Cell cell, integer_cell(apart / unit_ns_, Cell(std::int64_t{0}), FunctionId::Elapsed));
        results.push_back({value.time_ns, std::move(cell)});
        return success();
    }

private:
    std::int64_t unit_ns_;
    std::optional<std::int64_t> previous_ns_;
};

/// InfluxQL's integral: the area below straight lines between the values. A line that crosses the
/// end of a bucket is cut there; what lies in buckets without any value counts with the next value.
class TrapezoidIntegral final : public Transformation {
public:
    explicit TrapezoidIntegral(const TransformationStep& step) : step_(step) {}

    Status add(const TimedCell& value, std::vector<TimedCell>& results) override {
        TIDEMARK_ASSIGN_OR_RETURN(const Number number, number_of(value.cell, FunctionId::Integral));
        const DoubleDouble height = precise(number);
        if (!has_value_) {
            has_value_ = true;
            TIDEMARK_RETURN_IF_ERROR(begin_bucket(value.time_ns));
        } else if (time_ns_ == value.time_ns) {
            height_ = height;
            return success();
        } else {
            if (step_.buckets.step && value.time_ns >= bucket_.end_ns) {
                if (time_ns_ != bucket_.end_ns) {
                    add_area(bucket_.end_ns, height_at(bucket_.end_ns, value.time_ns, height));
                }
                append_area(results);
                TIDEMARK_RETURN_IF_ERROR(begin_bucket(value.time_ns));
            }
            add_area(value.time_ns, height);
        }
        time_ns_ = value.time_ns;
        height_ = height;
        return success();
    }

    Status finish(std::vector<TimedCell>& results) override {
        // A last value at the very start of its bucket has no area there.
        if (has_value_ && time_ns_ != bucket_.begin_ns) append_area(results);
        return success();
    }

private:
    /// Without buckets the row's time is 0, whatever the range, as in InfluxDB.
    Status begin_bucket(std::int64_t time_ns) {
        if (!step_.buckets.step) return success();
        TIDEMARK_ASSIGN_OR_RETURN(bucket_, bucket_at(step_.buckets, time_ns));
        return success();
    }

    DoubleDouble height_at(std::int64_t cut_ns, std::int64_t next_ns,
                           const DoubleDouble& next_height) const {
        const DoubleDouble rise = query::add(next_height, negate(height_));
        const DoubleDouble part = to_double_double(WideInteger{cut_ns} - time_ns_);
        const DoubleDouble whole = to_double_double(WideInteger{next_ns} - time_ns_);
        return query::add(height_, divide(multiply(rise, part), whole));
    }

    /// Twice the area up to there, in values x ns: halved and scaled once, at the end.
    void add_area(std::int64_t end_ns, const DoubleDouble& end_height) {
        const DoubleDouble width = to_double_double(WideInteger{end_ns} - time_ns_);
        area_ = query::add(area_, multiply(query::add(height_, end_height), width));
        time_ns_ = end_ns;
        height_ = end_height;
    }

    void append_area(std::vector<TimedCell>& results) {
        const DoubleDouble unit = to_double_double(WideInteger{step_.unit_ns} * 2);
        append_float(bucket_.begin_ns, divide(area_, unit).rounded(), results);
        area_ = {};
    }

    TransformationStep step_;
    bool has_value_ = false;
    std::int64_t time_ns_ = 0;
    DoubleDouble height_;
    DoubleDouble area_;
    TimeRange bucket_{0, 0};
};

}  // namespace

Status Transformation::finish(std::vector<TimedCell>&) { return success(); }

std::unique_ptr<Transformation> make_transformation(const TransformationStep& step) {
    switch (step.function) {
        case FunctionId::Derivative:
        case FunctionId::NonNegativeDerivative:
        case FunctionId::Difference:
        case FunctionId::NonNegativeDifference:
            return std::make_unique<Change>(step);
        case FunctionId::MovingAverage:
            return std::make_unique<MovingAverage>(step.window_rows);
        case FunctionId::CumulativeSum:
            return std::make_unique<CumulativeSum>();
        case FunctionId::Elapsed:
            return std::make_unique<Elapsed>(step.unit_ns);
        case FunctionId::Integral:
            return std::make_unique<TrapezoidIntegral>(step);
        default:
            TIDEMARK_ASSERT(false, "a transformation has a class of its own");
            return nullptr;
    }
}

void Transformation::append_float(std::int64_t time_ns, double value,
                                  std::vector<TimedCell>& results) {
    Cell cell = float_cell(value);
    if (is_null(cell)) {
        is_out_of_range_ = true;
        return;
    }
    results.push_back({time_ns, std::move(cell)});
}

Result<TransformedValues> transform(std::span<const TransformationStep> steps,
                                    std::vector<TimedCell> values) {
    std::erase_if(values, [](const TimedCell& value) { return is_null(value.cell); });
    TransformedValues transformed{std::move(values), false};
    for (const TransformationStep& step : steps) {
        const std::unique_ptr<Transformation> transformation = make_transformation(step);
        std::vector<TimedCell> results;
        for (const TimedCell& value : transformed.values) {
            TIDEMARK_RETURN_IF_ERROR(transformation->add(value, results));
        }
        TIDEMARK_RETURN_IF_ERROR(transformation->finish(results));
        transformed.values = std::move(results);
        transformed.is_out_of_range =
            transformed.is_out_of_range || transformation->is_out_of_range();
    }
    return transformed;
}

}  // namespace tidemark::query

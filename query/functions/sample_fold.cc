#include "query/functions/sample_fold.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "query/functions/approx_percentile.h"
#include "query/functions/column_access.h"
#include "query/functions/distinct_fold.h"
#include "query/functions/double_double.h"
#include "query/functions/kernels/span_folds.h"
#include "query/functions/nps_fold.h"

namespace tidemark::query {
namespace {

Cell null_cell() { return std::monostate{}; }

FoldResult float_result(double value) {
    return FoldResult{float_cell(value), {}, {}, !std::isfinite(value)};
}

/// An exact integer as a cell of the column's type T, or an error.
template <typename T>
Result<FoldResult> integer_result(WideInteger value, std::string_view function) {
    if (value < static_cast<WideInteger>(std::numeric_limits<T>::min()) ||
        value > static_cast<WideInteger>(std::numeric_limits<T>::max())) {
        return Error(ErrorCode::InvalidArgument,
                     std::string(function) +
                         " does not fit into 64 bits; use mean, or a narrower " + "time range");
    }
    return FoldResult{Cell(static_cast<T>(value)), {}, {}};
}

class CountFold final : public SampleFold {
public:
    void begin_series(std::size_t) override {}
    void add_summary(const ColumnSummary& summary) override { count_ += summary.non_null_count; }
    void add_values(std::span<const std::int64_t>, const ColumnValues& values, std::size_t begin,
                    std::size_t end) override {
        count_ += count_valid_rows(values, begin, end);
    }
    void merge(const SampleFold& other) override {
        count_ += static_cast<const CountFold&>(other).count_;
    }
    void clear() override { count_ = 0; }
    Result<FoldResult> finish() const override {
        return FoldResult{Cell(static_cast<std::int64_t>(count_)), {}, {}};
    }

private:
    std::uint64_t count_ = 0;
};

/// sum and mean. Integers are summed exactly in 128 bits, floats in double-double (R17).
template <typename T>
class SumFold final : public SampleFold {
public:
    explicit SumFold(bool is_mean) : is_mean_(is_mean) {}

    void begin_series(std::size_t) override {}

    void add_summary(const ColumnSummary& summary) override {
        count_ += summary.non_null_count;
        if constexpr (kIsFloat) {
            float_sum_ = add(float_sum_, summary.sum);
        } else {
            integer_sum_ += summary.integer_sum;
        }
    }

    void add_values(std::span<const std::int64_t>, const ColumnValues& values, std::size_t begin,
                    std::size_t end) override {
        const std::span<const T> column = typed_values<T>(values);
        if constexpr (kIsFloat) {
            if (values.validity.empty()) {
                count_ += end - begin;
                float_sum_ = add(float_sum_, sum_of(column.subspan(begin, end - begin)));
                return;
            }
            for_each_valid_row(values, begin, end, [&](std::size_t row) {
                ++count_;
                float_sum_ = add(float_sum_, column[row]);
            });
        } else {
            for_each_valid_row(values, begin, end, [&](std::size_t row) {
                ++count_;
                integer_sum_ += static_cast<WideInteger>(column[row]);
            });
        }
    }

    void merge(const SampleFold& other_fold) override {
        const auto& other = static_cast<const SumFold&>(other_fold);
        count_ += other.count_;
        float_sum_ = add(float_sum_, other.float_sum_);
        integer_sum_ += other.integer_sum_;
    }

    void clear() override {
        count_ = 0;
        float_sum_ = {};
        integer_sum_ = 0;
    }

    Result<FoldResult> finish() const override {
        if (count_ == 0) return FoldResult{null_cell(), {}, {}};
        if constexpr (kIsFloat) {
            const DoubleDouble result =
                is_mean_ ? divide(float_sum_, to_double_double(static_cast<WideInteger>(count_)))
                         : float_sum_;
            return float_result(result.rounded());
        } else if (is_mean_) {
            return float_result(exact_ratio(integer_sum_, count_));
        } else {
            return integer_result<T>(integer_sum_, "sum");
        }
    }

private:
    static constexpr bool kIsFloat = std::is_same_v<T, double>;

    bool is_mean_;
    std::uint64_t count_ = 0;
    DoubleDouble float_sum_;
    WideInteger integer_sum_ = 0;
};

/// A sample that stands out in a window, with what is needed to choose between two.
template <typename T>
struct PickedSample {
    StoredType<T> value{};
    std::int64_t time_ns = 0;
    std::size_t series_rank = 0;
    bool has_value = false;
};

enum class Pick : std::uint8_t { Min, Max, First, Last };

/// min, max, first, last.
template <typename T>
class PickFold final : public SampleFold {
public:
    PickFold(Pick pick, bool needs_time) : pick_(pick) {
        is_by_value_ = pick == Pick::Min || pick == Pick::Max;
        has_time_ = !is_by_value_ || needs_time;
        takes_summaries_ = !is_by_value_ || !needs_time;
    }

    void begin_series(std::size_t series_rank) override { series_rank_ = series_rank; }

    void add_summary(const ColumnSummary& summary) override {
        if (summary.non_null_count == 0) return;
        // Min and Max are only given summaries where their time does not matter.
        switch (pick_) {
            case Pick::Min:
                offer_stored(summary.min, summary.first_ns);
                break;
            case Pick::Max:
                offer_stored(summary.max, summary.first_ns);
                break;
            case Pick::First:
                offer_stored(summary.first, summary.first_ns);
                break;
            case Pick::Last:
                offer_stored(summary.last, summary.last_ns);
                break;
        }
    }

    void add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                    std::size_t begin, std::size_t end) override {
        const std::span<const T> column = typed_values<T>(values);
        if (pick_ == Pick::First) {
            for (std::size_t row = begin; row < end; ++row) {
                if (values.is_valid(row)) return offer(column[row], times[row]);
            }
        } else if (pick_ == Pick::Last) {
            for (std::size_t row = end; row > begin; --row) {
                if (values.is_valid(row - 1)) return offer(column[row - 1], times[row - 1]);
            }
        } else {
            if constexpr (kIsNumber) {
                if (values.validity.empty()) return offer_extreme(times, column, begin, end);
            }
            for_each_valid_row(values, begin, end,
                               [&](std::size_t row) { offer(column[row], times[row]); });
        }
    }

    void merge(const SampleFold& other_fold) override {
        const auto& other = static_cast<const PickFold&>(other_fold);
        if (!other.best_.has_value) return;
        if (is_better(T(other.best_.value), other.best_.time_ns, other.best_.series_rank)) {
            best_ = other.best_;
        }
    }

    void clear() override { best_ = {}; }

    Result<FoldResult> finish() const override {
        if (!best_.has_value) return FoldResult{null_cell(), {}, {}};
        FoldResult result{Cell(best_.value), {}, {}};
        if (has_time_) {
            result.time_ns = best_.time_ns;
            result.series_rank = best_.series_rank;
        }
        return result;
    }

private:
    static constexpr bool kIsNumber = std::is_arithmetic_v<T> && sizeof(T) == sizeof(double);

    void offer_stored(const Value& value, std::int64_t time_ns) {
        offer(T(std::get<StoredType<T>>(value)), time_ns);
    }

    /// Offers the smallest or greatest value of [begin, end), found without a branch: each new one
    /// of random values would be mispredicted.
    void offer_extreme(std::span<const std::int64_t> times, std::span<const T> column,
                       std::size_t begin, std::size_t end) {
        if (begin >= end) return;
        const auto rows = column.subspan(begin, end - begin);
        const T extreme = pick_ == Pick::Min ? least_of(rows) : greatest_of(rows);
        for (std::size_t row = begin; row < end; ++row) {
            if (column[row] != extreme) continue;
            offer(column[row], times[row]);
            if (extreme != 0) return;  // The two zeros are equal, but one is below the other.
        }
    }

    static T least_of(std::span<const T> values) {
        if constexpr (std::is_same_v<T, double>) return span_folds().min(values);
        return extreme_of(values, std::less<>{});
    }
    static T greatest_of(std::span<const T> values) {
        if constexpr (std::is_same_v<T, double>) return span_folds().max(values);
        return extreme_of(values, std::greater<>{});
    }

    template <typename IsBetter>
    static T extreme_of(std::span<const T> values, IsBetter is_better) {
        // Several at once, because one comparison waits for the one before it.
        std::array<T, 4> lanes;
        lanes.fill(values.front());
        std::size_t i = 0;
        for (; i + lanes.size() <= values.size(); i += lanes.size()) {
            for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
                const T value = values[i + lane];
                lanes[lane] = is_better(value, lanes[lane]) ? value : lanes[lane];
            }
        }
        for (; i < values.size(); ++i) {
            lanes[0] = is_better(values[i], lanes[0]) ? values[i] : lanes[0];
        }
        return *std::ranges::min_element(lanes, is_better);
    }

    void offer(const T& value, std::int64_t time_ns) {
        if (!is_better(value, time_ns, series_rank_)) return;
        best_.value = StoredType<T>(value);
        best_.time_ns = time_ns;
        best_.series_rank = series_rank_;
        best_.has_value = true;
    }

    bool is_better(const T& value, std::int64_t time_ns, std::size_t series_rank) const {
        if (!best_.has_value) return true;
        const T best_value(best_.value);
        if (is_by_value_) {
            const bool is_min = pick_ == Pick::Min;
            if (is_below(value, best_value)) return is_min;
            if (is_below(best_value, value)) return !is_min;
            if (time_ns != best_.time_ns) return time_ns < best_.time_ns;
        } else {
            if (time_ns != best_.time_ns)
                return (time_ns < best_.time_ns) == (pick_ == Pick::First);
            if (is_below(best_value, value)) return true;
            if (is_below(value, best_value)) return false;
        }
        return series_rank < best_.series_rank;
    }

    Pick pick_;
    bool is_by_value_;
    bool has_time_;
    std::size_t series_rank_ = 0;
    PickedSample<T> best_;
};

template <typename T>
class SpreadFold final : public SampleFold {
public:
    void begin_series(std::size_t) override {}

    void add_summary(const ColumnSummary& summary) override {
        if (summary.non_null_count == 0) return;
        offer(std::get<T>(summary.min));
        offer(std::get<T>(summary.max));
    }

    void add_values(std::span<const std::int64_t>, const ColumnValues& values, std::size_t begin,
                    std::size_t end) override {
        const std::span<const T> column = typed_values<T>(values);
        for_each_valid_row(values, begin, end, [&](std::size_t row) { offer(column[row]); });
    }

    void merge(const SampleFold& other_fold) override {
        const auto& other = static_cast<const SpreadFold&>(other_fold);
        if (!other.has_value_) return;
        offer(other.min_);
        offer(other.max_);
    }

    void clear() override { has_value_ = false; }

    Result<FoldResult> finish() const override {
        if (!has_value_) return FoldResult{null_cell(), {}, {}};
        if constexpr (std::is_same_v<T, double>) {
            return float_result(max_ - min_);
        } else {
            return integer_result<T>(
                static_cast<WideInteger>(max_) - static_cast<WideInteger>(min_), "spread");
        }
    }

private:
    void offer(T value) {
        if (!has_value_ || value < min_) min_ = value;
        if (!has_value_ || value > max_) max_ = value;
        has_value_ = true;
    }

    bool has_value_ = false;
    T min_{};
    T max_{};
};

/// stddev of a sample. Carries the sums of d and d^2 with d = x - shift in double-double; the shift
/// is the first value seen, so that data far from zero does not cancel.
template <typename T>
class StdDevFold final : public SampleFold {
public:
    StdDevFold() { takes_summaries_ = false; }

    void begin_series(std::size_t) override {}
    void add_summary(const ColumnSummary&) override {}

    void add_values(std::span<const std::int64_t>, const ColumnValues& values, std::size_t begin,
                    std::size_t end) override {
        const std::span<const T> column = typed_values<T>(values);
        for_each_valid_row(values, begin, end, [&](std::size_t row) {
            if (count_ == 0) shift_ = column[row];
            const DoubleDouble distance = difference(column[row], shift_);
            sum_ = add(sum_, distance);
            square_sum_ = add(square_sum_, multiply(distance, distance));
            ++count_;
        });
    }

    void merge(const SampleFold& other_fold) override {
        const auto& other = static_cast<const StdDevFold&>(other_fold);
        if (other.count_ == 0) return;
        if (count_ == 0) {
            *this = other;
            return;
        }
        // With m = other.shift - shift: (d + m) and (d + m)^2 summed over the other's d.
        const DoubleDouble move = difference(other.shift_, shift_);
        const DoubleDouble other_count = to_double_double(static_cast<WideInteger>(other.count_));
        const DoubleDouble moved = multiply(move, other_count);
        sum_ = add(sum_, add(other.sum_, moved));
        square_sum_ = add(square_sum_, other.square_sum_);
        square_sum_ = add(square_sum_, multiply(multiply({2, 0}, move), other.sum_));
        square_sum_ = add(square_sum_, multiply(move, moved));
        count_ += other.count_;
    }

    void clear() override {
        count_ = 0;
        sum_ = {};
        square_sum_ = {};
    }

    Result<FoldResult> finish() const override {
        if (count_ < 2) return FoldResult{null_cell(), {}, {}};
        const DoubleDouble count = to_double_double(static_cast<WideInteger>(count_));
        const DoubleDouble mean_part = divide(multiply(sum_, sum_), count);
        const DoubleDouble squares = add(square_sum_, negate(mean_part));
        const DoubleDouble variance = divide(squares, add(count, -1.0));
        // Rounding may leave a hair below zero when all values are equal to the shift's neighbours.
        // The comparison keeps NaN, which std::max would turn into 0.
        const double rounded = variance.rounded();
        return float_result(std::sqrt(rounded < 0 ? 0.0 : rounded));
    }

private:
    static DoubleDouble difference(T left, T right) {
        if constexpr (std::is_same_v<T, double>) {
            return two_sum(left, -right);
        } else {
            return to_double_double(static_cast<WideInteger>(left) -
                                    static_cast<WideInteger>(right));
        }
    }

    std::uint64_t count_ = 0;
    T shift_{};
    DoubleDouble sum_;
    DoubleDouble square_sum_;
};

using FoldPtr = std::unique_ptr<SampleFold>;

template <typename T>
FoldPtr make_numeric_fold(FunctionId function) {
    switch (function) {
        case FunctionId::Sum:
            return std::make_unique<SumFold<T>>(false);
        case FunctionId::Mean:
            return std::make_unique<SumFold<T>>(true);
        case FunctionId::Spread:
            return std::make_unique<SpreadFold<T>>();
        case FunctionId::StdDev:
            return std::make_unique<StdDevFold<T>>();
        default:
            return nullptr;
    }
}

template <typename T>
FoldPtr make_pick_fold(FunctionId function, bool needs_time) {
    switch (function) {
        case FunctionId::Min:
            return std::make_unique<PickFold<T>>(Pick::Min, needs_time);
        case FunctionId::Max:
            return std::make_unique<PickFold<T>>(Pick::Max, needs_time);
        case FunctionId::First:
            return std::make_unique<PickFold<T>>(Pick::First, needs_time);
        case FunctionId::Last:
            return std::make_unique<PickFold<T>>(Pick::Last, needs_time);
        default:
            return nullptr;
    }
}

template <typename T>
FoldPtr make_typed_fold(FunctionId function, bool needs_time) {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, std::uint8_t>) {
        if (FoldPtr fold = make_numeric_fold<T>(function)) return fold;
    }
    return make_pick_fold<T>(function, needs_time);
}

FoldPtr make_fold(FunctionId function, FieldType type, bool needs_time) {
    if (function == FunctionId::Count) return std::make_unique<CountFold>();
    if (function == FunctionId::Nps) return make_nps_fold();
    if (function == FunctionId::Mode || function == FunctionId::CountDistinct) {
        return make_distinct_fold(function, type);
    }
    switch (type) {
        case FieldType::Float:
            return make_typed_fold<double>(function, needs_time);
        case FieldType::Integer:
            return make_typed_fold<std::int64_t>(function, needs_time);
        case FieldType::Unsigned:
            return make_typed_fold<std::uint64_t>(function, needs_time);
        case FieldType::Boolean:
            return make_typed_fold<std::uint8_t>(function, needs_time);
        case FieldType::String:
            return make_typed_fold<std::string_view>(function, needs_time);
    }
    return nullptr;
}

}  // namespace

Result<std::unique_ptr<SampleFold>> make_sample_fold(
    FunctionId function, FieldType type, bool needs_time,
    const std::optional<PercentileRequest>& percentile) {
    const FunctionInfo& info = function_info(function);
    TIDEMARK_RETURN_IF_ERROR(check_field_type(info, type));
    FoldPtr fold = function == FunctionId::ApproxPercentile && percentile
                       ? make_approx_percentile_fold(*percentile)
                       : make_fold(function, type, needs_time);
    if (fold == nullptr) {
        return Error(ErrorCode::InvalidArgument,
                     std::string(info.name) + "() is not a function of samples");
    }
    return fold;
}

void ShareFold::add_runs(std::span<const LeafRun> runs) {
    for (const LeafRun& run : runs) {
        known_count += run.sample_count;
        if (run.is_true) true_count += run.sample_count;
    }
}

void ShareFold::merge(const ShareFold& other) {
    true_count += other.true_count;
    known_count += other.known_count;
}

Cell ShareFold::finish() const {
    if (known_count == 0) return null_cell();
    return exact_ratio(static_cast<WideInteger>(true_count), known_count);
}

}  // namespace tidemark::query

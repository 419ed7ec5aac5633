#include "query/functions/approx_percentile.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <tidemark/quantile_sketch.h>

#include "query/functions/column_access.h"

namespace tidemark::query {
namespace {

class ApproxPercentileFold final : public SampleFold {
public:
    explicit ApproxPercentileFold(const PercentileRequest& request) : request_(request) {
        takes_summaries_ = false;
    }

    void begin_series(std::size_t) override {}

    void add_summary(const ColumnSummary&) override {}

    void add_values(std::span<const std::int64_t>, const ColumnValues& values, std::size_t begin,
                    std::size_t end) override {
        if (values.type == FieldType::Float && values.validity.empty()) {
            return add(values.floats.subspan(begin, end - begin));
        }
        numbers_.clear();
        for_each_number(values, begin, end, [&](std::size_t, auto number) {
            numbers_.push_back(static_cast<double>(number));
        });
        add(numbers_);
    }

    void merge(const SampleFold& other_fold) override {
        const auto& other = static_cast<const ApproxPercentileFold&>(other_fold);
        sketch_.merge(other.sketch_);
        min_ = std::min(min_, other.min_);
        max_ = std::max(max_, other.max_);
    }

    void clear() override {
        sketch_.clear();
        min_ = kGreatest;
        max_ = -kGreatest;
    }

    Result<FoldResult> finish() const override {
        const auto position = request_.position(static_cast<std::size_t>(sketch_.count()));
        if (!position.has_value) return FoldResult{};
        return FoldResult{Cell(std::clamp(sketch_.value_at(position.low), min_, max_)), {}, {}};
    }

private:
    static constexpr double kGreatest = std::numeric_limits<double>::infinity();

    void add(std::span<const double> numbers) {
        if (numbers.empty()) return;
        sketch_.add(numbers);
        const auto [least, greatest] = std::ranges::minmax(numbers);
        min_ = std::min(min_, least);
        max_ = std::max(max_, greatest);
    }

    PercentileRequest request_;
    QuantileSketch sketch_;
    double min_ = kGreatest;
    double max_ = -kGreatest;
    std::vector<double> numbers_;  // Kept for its memory.
};

}  // namespace

std::unique_ptr<SampleFold> make_approx_percentile_fold(const PercentileRequest& request) {
    return std::make_unique<ApproxPercentileFold>(request);
}

}  // namespace tidemark::query

#include "query/functions/nps_fold.h"

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "query/functions/column_access.h"
#include "query/functions/double_double.h"

namespace tidemark::query {
namespace {

template <typename T>
bool is_answer(T number) {
    if constexpr (std::is_same_v<T, double>) {
        if (number != std::floor(number)) return false;
    }
    if constexpr (std::is_signed_v<T>) {
        if (number < T{0}) return false;
    }
    return number <= T{10};
}

class NpsFold final : public SampleFold {
public:
    NpsFold() { takes_summaries_ = false; }

    void begin_series(std::size_t) override {}
    void add_summary(const ColumnSummary&) override {}

    void add_values(std::span<const std::int64_t>, const ColumnValues& values, std::size_t begin,
                    std::size_t end) override {
        for_each_number(values, begin, end, [this](std::size_t, auto number) {
            using T = decltype(number);
            if (!is_answer(number)) {
                ++left_out_count_;
                return;
            }
            ++answer_count_;
            if (number >= T{9}) ++net_promoters_;
            if (number <= T{6}) --net_promoters_;
        });
    }

    void merge(const SampleFold& other_fold) override {
        const auto& other = static_cast<const NpsFold&>(other_fold);
        answer_count_ += other.answer_count_;
        left_out_count_ += other.left_out_count_;
        net_promoters_ += other.net_promoters_;
    }

    void clear() override { *this = NpsFold(); }

    Result<FoldResult> finish() const override {
        FoldResult result;
        result.has_left_out = left_out_count_ > 0;
        if (answer_count_ > 0) {
            result.cell = exact_ratio(WideInteger{100} * net_promoters_, answer_count_);
        }
        return result;
    }

private:
    std::uint64_t answer_count_ = 0;
    std::uint64_t left_out_count_ = 0;
    std::int64_t net_promoters_ = 0;
};

}  // namespace

std::unique_ptr<SampleFold> make_nps_fold() { return std::make_unique<NpsFold>(); }

}  // namespace tidemark::query

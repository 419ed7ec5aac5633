#include "query/functions/slope_order.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace tidemark::query {
namespace {

WideInteger length_between(std::int64_t begin_ns, std::int64_t end_ns) {
    return WideInteger{end_ns} - begin_ns;
}

/// The sign of a sum of doubles: Shewchuk's Grow-Expansion. Parts of `terms` must not overflow.
template <std::size_t count>
int sign_of_sum(const std::array<double, count>& terms) {
    std::array<double, count> expansion{};
    for (std::size_t size = 0; size < count; ++size) {
        double carried = terms[size];
        for (std::size_t i = 0; i < size; ++i) {
            const DoubleDouble sum = two_sum(carried, expansion[i]);
            expansion[i] = sum.low;
            carried = sum.high;
        }
        expansion[size] = carried;
    }
    // The last part that is not zero is greater than all before it together.
    for (std::size_t i = count; i > 0; --i) {
        if (expansion[i - 1] != 0) return expansion[i - 1] > 0 ? 1 : -1;
    }
    return 0;
}

}  // namespace

SlopeOrder::SlopeOrder(std::span<const TrendSample> samples)
    : samples_(samples), keys_(samples.size()) {
    if (samples.empty()) return;
    const auto [first, last] = std::ranges::minmax(samples, {}, &TrendSample::time_ns);
    begin_ns_ = first.time_ns;
    width_ns_ = static_cast<double>(length_between(first.time_ns, last.time_ns));
    for (const TrendSample& sample : samples) {
        greatest_ = std::max(greatest_, std::fabs(sample.value));
    }
}

SlopeOrder::Order SlopeOrder::by_time() const {
    Order order(samples_.size());
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    return order;
}

DoubleDouble SlopeOrder::slope_of(const SamplePair& pair) const {
    const TrendSample& earlier = samples_[pair.first];
    const TrendSample& later = samples_[pair.second];
    const DoubleDouble rise =
        add(two_sum(later.value, -earlier.value), two_sum(later.rest, -earlier.rest));
    return divide(rise, to_double_double(length_between(earlier.time_ns, later.time_ns)));
}

std::uint64_t SlopeOrder::count_below(double slope) {
    Order order = by_time();
    std::vector<SamplePair> none;
    return turn(order, slope, {}, none);
}

std::uint64_t SlopeOrder::turn(Order& order, double slope, std::span<const std::uint64_t> wanted,
                               std::vector<SamplePair>& pairs) {
    set_slope(slope);
    turned_ = 0;
    wanted_ = wanted;
    pairs_ = &pairs;
    merged_.resize(order.size());
    for (std::size_t width = 1; width < order.size(); width *= 2) {
        for (std::size_t begin = 0; begin < order.size(); begin += 2 * width) {
            const std::size_t middle = std::min(begin + width, order.size());
            const std::size_t end = std::min(begin + 2 * width, order.size());
            merge(order, {begin, middle, end});
        }
        order.swap(merged_);
    }
    return turned_;
}

void SlopeOrder::set_slope(double slope) {
    slope_ = slope;
    if (std::isinf(slope)) return;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
        const TrendSample& sample = samples_[i];
        const auto passed_ns = static_cast<double>(length_between(begin_ns_, sample.time_ns));
        keys_[i] = sample.value - slope * passed_ns + sample.rest;
    }
    // Each key is rounded five times, by 2^-53 of one of these or of their sum.
    error_ = 0x1p-48 * (greatest_ + std::fabs(slope) * width_ns_);
}

/// Whether `left` comes behind `right`. Of equal ones the one that is earlier comes first.
bool SlopeOrder::is_after(std::uint32_t left, std::uint32_t right) const {
    const TrendSample& a = samples_[left];
    const TrendSample& b = samples_[right];
    if (a.series_rank != b.series_rank) return left > right;
    if (a.time_ns == b.time_ns) return left > right;
    if (std::isinf(slope_)) return a.time_ns < b.time_ns;
    const double distance = keys_[left] - keys_[right];
    if (distance > error_) return true;
    if (distance < -error_) return false;
    const int sign = exact_sign(left, right);
    return sign == 0 ? left > right : sign > 0;
}

/// Of left's key less right's.
int SlopeOrder::exact_sign(std::uint32_t left, std::uint32_t right) const {
    const TrendSample& a = samples_[left];
    const TrendSample& b = samples_[right];
    const DoubleDouble passed = to_double_double(length_between(b.time_ns, a.time_ns));
    const DoubleDouble high = two_product(-slope_, passed.high);
    const DoubleDouble low = two_product(-slope_, passed.low);
    return sign_of_sum(
        std::array{low.low, low.high, high.low, a.rest, -b.rest, high.high, a.value, -b.value});
}

void SlopeOrder::merge(Order& order, const Run& run) {
    std::size_t left = run.begin;
    std::size_t right = run.middle;
    for (std::size_t place = run.begin; place < run.end; ++place) {
        const bool takes_left =
            left < run.middle && (right == run.end || !is_after(order[left], order[right]));
        if (takes_left) {
            merged_[place] = order[left++];
            continue;
        }
        if (left < run.middle) note_pairs(order, run, left, order[right]);
        merged_[place] = order[right++];
    }
}

/// `right` changes places with all that is left of the run before it.
void SlopeOrder::note_pairs(const Order& order, const Run& run, std::size_t left,
                            std::uint32_t right) {
    const std::uint64_t first = turned_;
    turned_ += run.middle - left;
    while (!wanted_.empty() && wanted_.front() < turned_) {
        const std::uint32_t other = order[left + (wanted_.front() - first)];
        pairs_->emplace_back(std::min(other, right), std::max(other, right));
        wanted_ = wanted_.subspan(1);
    }
}

}  // namespace tidemark::query

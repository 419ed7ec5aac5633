#include "query/functions/slope_selection.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace tidemark::query {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kListedPerSample = 4;
constexpr std::size_t kFewestDrawn = 16;

double next_above(double number) { return std::nextafter(number, kInfinity); }

/// The greatest double that is not above `number`.
double floor_of(const DoubleDouble& number) {
    return number.low < 0 ? std::nextafter(number.high, -kInfinity) : number.high;
}

bool is_less(const DoubleDouble& left, const DoubleDouble& right) {
    return left.high != right.high ? left.high < right.high : left.low < right.low;
}

}  // namespace

SlopeSelection::SlopeSelection(SlopeOrder& order, std::size_t sample_count,
                               std::uint64_t slope_count, std::size_t pair_limit)
    : order_(order),
      sample_count_(sample_count),
      slope_count_(slope_count),
      list_limit_(pair_limit < kPairLimit ? pair_limit
                                          : std::max(pair_limit, kListedPerSample * sample_count)) {
}

DoubleDouble SlopeSelection::median() {
    const std::uint64_t high_rank = slope_count_ / 2;
    interval_ = whole();
    find(high_rank);
    const DoubleDouble high = slope_at(high_rank);
    if (slope_count_ % 2 == 1) return high;
    if (!interval_.holds(high_rank - 1)) {
        interval_ = whole();
        find(high_rank - 1);
    }
    const DoubleDouble sum = add(high, slope_at(high_rank - 1));
    return {sum.high / 2, sum.low / 2};
}

SlopeSelection::Interval SlopeSelection::whole() const {
    Interval all;
    all.below_high = slope_count_;
    all.order = order_.by_time();
    return all;
}

void SlopeSelection::find(std::uint64_t rank) {
    while (interval_.count() > list_limit_) {
        if (interval_.high == next_above(interval_.low)) {
            // All are one double: any of them will do.
            slopes_ = random_slopes();
            return;
        }
        narrow(rank);
    }
    std::vector<std::uint64_t> numbers(interval_.count());
    std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
    slopes_ = slopes_numbered(numbers);
}

DoubleDouble SlopeSelection::slope_at(std::uint64_t rank) const {
    const std::uint64_t place = rank - interval_.below_low;
    if (slopes_.size() == interval_.count()) return slopes_[place];
    return slopes_[slopes_.size() / 2];
}

/// Cuts the interval where the slope of this rank is likely to lie between both cuts.
void SlopeSelection::narrow(std::uint64_t rank) {
    const std::vector<DoubleDouble> drawn = random_slopes();
    const auto drawn_count = static_cast<double>(drawn.size());
    const double place = static_cast<double>(rank - interval_.below_low) /
                         static_cast<double>(interval_.count()) * drawn_count;
    const double distance = 2 * std::sqrt(drawn_count);
    bool is_narrower = false;
    if (place >= distance) {
        const auto below = static_cast<std::size_t>(place - distance);
        is_narrower = cut(floor_of(drawn[below]), rank);
    }
    if (place + distance < drawn_count) {
        const auto above = static_cast<std::size_t>(place + distance);
        is_narrower = cut(next_above(floor_of(drawn[above])), rank) || is_narrower;
    }
    if (is_narrower || cut(floor_of(drawn[drawn.size() / 2]), rank)) return;
    // Many slopes are equal to the lower end: they become an interval of their own.
    cut(next_above(interval_.low), rank);
}

/// Keeps the part of the interval that has the rank. False when the cut is not inside.
bool SlopeSelection::cut(double slope, std::uint64_t rank) {
    if (slope <= interval_.low || slope >= interval_.high) return false;
    SlopeOrder::Order order = interval_.order;
    std::vector<SamplePair> none;
    const std::uint64_t below = interval_.below_low + order_.turn(order, slope, {}, none);
    if (below <= rank) {
        interval_.low = slope;
        interval_.below_low = below;
        interval_.order = std::move(order);
    } else {
        interval_.high = slope;
        interval_.below_high = below;
    }
    return true;
}

/// Numbers ascend. The slopes do as well.
std::vector<DoubleDouble> SlopeSelection::slopes_numbered(
    const std::vector<std::uint64_t>& numbers) {
    std::vector<SamplePair> pairs;
    pairs.reserve(numbers.size());
    SlopeOrder::Order order = interval_.order;
    order_.turn(order, interval_.high, numbers, pairs);
    std::vector<DoubleDouble> slopes;
    slopes.reserve(pairs.size());
    for (const SamplePair& pair : pairs) slopes.push_back(order_.slope_of(pair));
    std::ranges::sort(slopes, is_less);
    return slopes;
}

std::vector<DoubleDouble> SlopeSelection::random_slopes() {
    std::vector<std::uint64_t> numbers(std::max(sample_count_, kFewestDrawn));
    for (std::uint64_t& number : numbers) number = random_below(interval_.count());
    std::ranges::sort(numbers);
    return slopes_numbered(numbers);
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), from the same beginning every time.
std::uint64_t SlopeSelection::random_below(std::uint64_t count) {
    random_state_ += 0x9e37'79b9'7f4a'7c15;
    std::uint64_t mixed = random_state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11eb;
    mixed ^= mixed >> 31U;
    return static_cast<std::uint64_t>((WideUnsigned{mixed} * count) >> 64U);
}

}  // namespace tidemark::query

#include "query/functions/correlation.h"

#include <algorithm>
#include <cmath>

namespace tidemark::query {
namespace {

DoubleDouble subtract(const DoubleDouble& left, const DoubleDouble& right) {
    return add(left, negate(right));
}

DoubleDouble count_of(std::uint64_t count) {
    return to_double_double(static_cast<WideInteger>(count));
}

/// Rounded once: a step of Newton's takes in what the root of the rounded number leaves off.
double root_of(const DoubleDouble& number) {
    const double nearly = std::sqrt(std::fabs(number.rounded()));
    if (nearly == 0) return 0;
    const DoubleDouble rest = subtract(number, two_product(nearly, nearly));
    return nearly + rest.rounded() / (2 * nearly);
}

}  // namespace

void Correlation::add(const DoubleDouble& x, const DoubleDouble& y) {
    if (pair_count_++ == 0) {
        x_.shift = x;
        y_.shift = y;
        return;
    }
    const DoubleDouble x_distance = subtract(x, x_.shift);
    const DoubleDouble y_distance = subtract(y, y_.shift);
    const auto note = [](const DoubleDouble& distance, Side& side) {
        side.varies = side.varies || distance.high != 0;
        side.sum = query::add(side.sum, distance);
        side.square_sum = query::add(side.square_sum, multiply(distance, distance));
    };
    note(x_distance, x_);
    note(y_distance, y_);
    product_sum_ = query::add(product_sum_, multiply(x_distance, y_distance));
}

/// Counts distances from a value that lies `by` below the shift.
void Correlation::Side::move(const DoubleDouble& by, const DoubleDouble& count) {
    const DoubleDouble moved = multiply(by, count);
    square_sum = query::add(square_sum, multiply(multiply({2, 0}, by), sum));
    square_sum = query::add(square_sum, multiply(by, moved));
    sum = query::add(sum, moved);
}

void Correlation::merge(const Correlation& other) {
    if (other.pair_count_ == 0) return;
    if (pair_count_ == 0) {
        *this = other;
        return;
    }
    Correlation moved = other;
    const DoubleDouble count = count_of(other.pair_count_);
    const DoubleDouble x_by = subtract(other.x_.shift, x_.shift);
    const DoubleDouble y_by = subtract(other.y_.shift, y_.shift);
    // (x + a)(y + b) = xy + ay + bx + ab, summed over the other's pairs.
    moved.product_sum_ = query::add(moved.product_sum_, multiply(x_by, other.y_.sum));
    moved.product_sum_ = query::add(moved.product_sum_, multiply(y_by, other.x_.sum));
    moved.product_sum_ = query::add(moved.product_sum_, multiply(multiply(x_by, y_by), count));
    moved.x_.move(x_by, count);
    moved.y_.move(y_by, count);
    const auto join = [](Side& side, const Side& joined, const DoubleDouble& by) {
        side.varies = side.varies || joined.varies || by.high != 0;
        side.sum = query::add(side.sum, joined.sum);
        side.square_sum = query::add(side.square_sum, joined.square_sum);
    };
    join(x_, moved.x_, x_by);
    join(y_, moved.y_, y_by);
    product_sum_ = query::add(product_sum_, moved.product_sum_);
    pair_count_ += other.pair_count_;
}

DoubleDouble Correlation::Side::spread(const DoubleDouble& count) const {
    return subtract(square_sum, divide(multiply(sum, sum), count));
}

FoldResult Correlation::finish() const {
    if (pair_count_ < 2 || !x_.varies || !y_.varies) return {};
    const DoubleDouble count = count_of(pair_count_);
    const DoubleDouble x_spread = x_.spread(count);
    const DoubleDouble y_spread = y_.spread(count);
    const DoubleDouble common = subtract(product_sum_, divide(multiply(x_.sum, y_.sum), count));
    FoldResult result;
    result.is_out_of_range = true;
    if (!(x_spread.high > 0) || !(y_spread.high > 0)) return result;
    // The root of r squared, so that both spreads count alike and only the end is rounded.
    const DoubleDouble square = multiply(divide(common, x_spread), divide(common, y_spread));
    if (!std::isfinite(square.rounded())) return result;
    const double magnitude = std::min(1.0, root_of(square));
    result.cell = common.high < 0 ? -magnitude : magnitude;
    result.is_out_of_range = false;
    return result;
}

}  // namespace tidemark::query

#pragma once

#include <cstdint>

#include <tidemark/query.h>

#include "query/functions/double_double.h"
#include "query/functions/sample_fold.h"

namespace tidemark::query {

/// correlate(f, g): Pearson's correlation of pairs of values. Sums of distances from the first
/// pair, of their squares and of their products are carried in double-double. A monoid: parts
/// merge.
class Correlation {
public:
    void add(const DoubleDouble& x, const DoubleDouble& y);
    void merge(const Correlation& other);

    std::uint64_t pair_count() const { return pair_count_; }

    /// In [-1, 1]. Null for fewer than two pairs, and where all x or all y are equal; out of range
    /// where squares leave the range of a double.
    FoldResult finish() const;

private:
    /// One of the two variables.
    struct Side {
        DoubleDouble shift;  ///< The first value: distances are counted from it.
        DoubleDouble sum;
        DoubleDouble square_sum;
        bool varies = false;

        void move(const DoubleDouble& by, const DoubleDouble& count);
        DoubleDouble spread(const DoubleDouble& count) const;
    };

    std::uint64_t pair_count_ = 0;
    Side x_;
    Side y_;
    DoubleDouble product_sum_;
};

}  // namespace tidemark::query

#include "storage/summary/double_double.h"

#include <cstddef>

namespace tidemark::storage {

DoubleDouble sum_of(std::span<const double> values) {
    // Independent sums, because one addition waits for the one before it. Their errors are small,
    // so these add up in plain doubles (Ogita, Rump, Oishi: Accurate sum and dot product, 2005).
    constexpr std::size_t kLaneCount = 8;
    double sums[kLaneCount] = {};
    double errors[kLaneCount] = {};
    std::size_t i = 0;
    for (; i + kLaneCount <= values.size(); i += kLaneCount) {
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
            const DoubleDouble sum = two_sum(sums[lane], values[i + lane]);
            sums[lane] = sum.high;
            errors[lane] += sum.low;
        }
    }
    DoubleDouble total;
    // A few values have put nothing there.
    for (std::size_t lane = 0; lane < kLaneCount && i != 0; ++lane) {
        if (!std::isfinite(sums[lane])) errors[lane] = 0;
        total = add(total, two_sum(sums[lane], errors[lane]));
    }
    for (; i < values.size(); ++i) total = add(total, {values[i], 0});
    return total;
}

}  // namespace tidemark::storage

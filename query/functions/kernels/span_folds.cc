#include "query/functions/kernels/span_folds.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "query/functions/double_double.h"
#include "storage/base/cpu_features.h"
#include "storage/base/kernel_choice.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tidemark::query {
namespace {

/// Independent chains of additions, so that they overlap. How many is part of the result.
constexpr std::size_t kLanes = 8;
/// Inside a block the errors of one chain are summed plainly: 128 errors of 2^-53 each, themselves
/// rounded at 2^-53, stay below 2^-90 of the magnitudes.
constexpr std::size_t kBlock = 1024;

struct LaneSums {
    std::array<double, kLanes> sums{};
    std::array<double, kLanes> errors{};

    void add(std::size_t lane, double value) {
        const DoubleDouble step = two_sum(sums[lane], value);
        sums[lane] = step.high;
        errors[lane] += step.low;
    }
};

/// Adds up blocks; add_rows(block, lanes) takes as many whole rows of lanes as there are, and says
/// how many values that were.
template <typename AddRows>
DoubleDouble sum_blocks(std::span<const double> values, AddRows add_rows) {
    DoubleDouble total;
    for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
        const auto block = values.subspan(begin, std::min(kBlock, values.size() - begin));
        LaneSums lanes;
        for (std::size_t i = add_rows(block, lanes); i < block.size(); ++i) {
            lanes.add(i % kLanes, block[i]);
        }
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            total = add(total, two_sum(lanes.sums[lane], lanes.errors[lane]));
        }
    }
    return total;
}

DoubleDouble sum_scalar(std::span<const double> values) {
    return sum_blocks(values, [](std::span<const double> block, LaneSums& lanes) {
        std::size_t i = 0;
        for (; i + kLanes <= block.size(); i += kLanes) {
            for (std::size_t lane = 0; lane < kLanes; ++lane) lanes.add(lane, block[i + lane]);
        }
        return i;
    });
}

constexpr SpanFolds kScalar{
    "scalar", [] { return true; }, sum_scalar,
    [](std::span<const double> values) { return *std::ranges::min_element(values); },
    [](std::span<const double> values) { return *std::ranges::max_element(values); }};

#if defined(__x86_64__)

#define TIDEMARK_AVX2 __attribute__((target("avx2")))

/// Lanes of four, each with the errors of its sums.
struct RegisterSums {
    __m256d sums;
    __m256d errors;

    TIDEMARK_AVX2 void add(const double* values) {
        const __m256d value = _mm256_loadu_pd(values);
        const __m256d sum = _mm256_add_pd(sums, value);
        const __m256d value_part = _mm256_sub_pd(sum, sums);
        const __m256d error = _mm256_add_pd(_mm256_sub_pd(sums, _mm256_sub_pd(sum, value_part)),
                                            _mm256_sub_pd(value, value_part));
        sums = sum;
        errors = _mm256_add_pd(errors, error);
    }
};

TIDEMARK_AVX2 std::size_t add_rows_avx2(std::span<const double> block, LaneSums& lanes) {
    RegisterSums lower{_mm256_setzero_pd(), _mm256_setzero_pd()};
    RegisterSums upper = lower;
    std::size_t i = 0;
    for (; i + kLanes <= block.size(); i += kLanes) {
        lower.add(&block[i]);
        upper.add(&block[i + 4]);
    }
    _mm256_storeu_pd(lanes.sums.data(), lower.sums);
    _mm256_storeu_pd(lanes.sums.data() + 4, upper.sums);
    _mm256_storeu_pd(lanes.errors.data(), lower.errors);
    _mm256_storeu_pd(lanes.errors.data() + 4, upper.errors);
    return i;
}

DoubleDouble sum_avx2(std::span<const double> values) {
    return sum_blocks(values, [](std::span<const double> block, LaneSums& lanes) {
        return add_rows_avx2(block, lanes);
    });
}

struct Least {
    TIDEMARK_AVX2 static __m256d of(__m256d left, __m256d right) {
        return _mm256_min_pd(left, right);
    }
    static double of(double left, double right) { return std::min(left, right); }
};
struct Greatest {
    TIDEMARK_AVX2 static __m256d of(__m256d left, __m256d right) {
        return _mm256_max_pd(left, right);
    }
    static double of(double left, double right) { return std::max(left, right); }
};

template <typename Extreme>
TIDEMARK_AVX2 double extreme_avx2(std::span<const double> values) {
    // Four registers, since one comparison waits for the one before it.
    constexpr std::size_t kRegisters = 4;
    __m256d best[kRegisters];
    for (__m256d& one : best) one = _mm256_set1_pd(values.front());
    std::size_t i = 0;
    for (; i + 4 * kRegisters <= values.size(); i += 4 * kRegisters) {
        for (std::size_t one = 0; one < kRegisters; ++one) {
            best[one] = Extreme::of(best[one], _mm256_loadu_pd(&values[i + 4 * one]));
        }
    }
    alignas(32) double lanes[4];
    _mm256_store_pd(lanes,
                    Extreme::of(Extreme::of(best[0], best[1]), Extreme::of(best[2], best[3])));
    double extreme = lanes[0];
    for (const double lane : lanes) extreme = Extreme::of(extreme, lane);
    for (; i < values.size(); ++i) extreme = Extreme::of(extreme, values[i]);
    return extreme;
}

constexpr SpanFolds kAvx2{"avx2", [] { return storage::cpu_features().avx2; }, sum_avx2,
                          extreme_avx2<Least>, extreme_avx2<Greatest>};

#undef TIDEMARK_AVX2

#endif

}  // namespace

std::span<const SpanFolds* const> supported_span_folds() {
#if defined(__x86_64__)
    static const auto supported = storage::supported_tables<SpanFolds>({&kScalar, &kAvx2});
#else
    static const auto supported = storage::supported_tables<SpanFolds>({&kScalar});
#endif
    return supported;
}

const SpanFolds& span_folds() {
    static const SpanFolds& chosen = storage::chosen_table<SpanFolds>(supported_span_folds());
    return chosen;
}

}  // namespace tidemark::query

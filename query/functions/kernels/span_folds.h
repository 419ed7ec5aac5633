#pragma once

#include <span>
#include <string_view>

#include <tidemark/scan.h>

namespace tidemark::query {

/// What is taken of many doubles at once. Stateless; all functions are thread-safe. All tables give
/// identical results, but for the sign of a zero.
struct SpanFolds {
    std::string_view name;  ///< Accepted by TIDEMARK_FORCE_KERNELS.
    bool (*supported)();

    /// The sum, with an error below 2^-80 of the sum of magnitudes.
    DoubleDouble (*sum)(std::span<const double> values);

    /// The least and the greatest of at least one value, none of which is a NaN.
    double (*min)(std::span<const double> values);
    double (*max)(std::span<const double> values);
};

/// The one in use: the best one the processor can run, or the one forced by the environment.
const SpanFolds& span_folds();

/// Every one the processor can run, scalar first; for differential tests.
std::span<const SpanFolds* const> supported_span_folds();

}  // namespace tidemark::query

#pragma once

#include <memory>

#include "query/functions/percentile_request.h"
#include "query/functions/sample_fold.h"

namespace tidemark::query {

/// approx_percentile: the value that percentile() picks, off by less than 0.8 % of it, and never
/// outside of the samples' true minimum and maximum; a float. Counts every sample exactly, in a
/// QuantileSketch instead of keeping the samples, so that memory does not grow with their number.
/// For fields of numbers. Integers that no double holds are counted as the nearest one.
std::unique_ptr<SampleFold> make_approx_percentile_fold(const PercentileRequest& request);

}  // namespace tidemark::query

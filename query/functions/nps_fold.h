#pragma once

#include <memory>

#include "query/functions/sample_fold.h"

namespace tidemark::query {

/// nps(f): the net promoter score of answers from 0 to 10, 100 x (promoters - detractors) /
/// answers: 9 and 10 promote, 0 to 6 detract (Reichheld, Harvard Business Review 12/2003). Samples
/// that are no whole number from 0 to 10 are no answers: they are left out, and the result says so.
/// Null without an answer.
std::unique_ptr<SampleFold> make_nps_fold();

}  // namespace tidemark::query

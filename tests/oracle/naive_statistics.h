#pragma once

#include <vector>

#include "tests/oracle/naive_evaluator.h"

namespace tidemark::oracle {

// Objectives and the statistics of samples, one column at a time.

/// R4 of a window without exclusions, over one or several series.
struct WindowTimes {
    Int128 good_ns = 0;
    Int128 bad_ns = 0;
    Int128 unknown_ns = 0;
    Int128 future_ns = 0;
    bool is_closed = false;
};

/// One of sla's columns.
Expected sla_column(const Call& call, WindowTimes times, UnknownAs unknown_as);

bool is_statistic(const Call& call);
/// apdex, nps, correlate and the columns of trend, over the samples of one window of all series of
/// a group.
Expected statistic(const Call& call, const std::vector<const Series*>& group, const Window& window);

}  // namespace tidemark::oracle

#pragma once

#include <cstdint>
#include <vector>

#include "tests/oracle/naive_evaluator.h"

namespace tidemark::oracle {

// The functions of a field over time: what was in force when, and counters (R13).

/// time_integral, rate, change_count and time_percentile: they see values that are held, and
/// nothing after the present.
bool is_held_function(const Call& call);
Expected held_function(const Call& call, const std::vector<const Series*>& group,
                       const Window& window, const Query& query);

/// increase and resets: over the samples of a window and the one before each.
bool is_counter_function(const Call& call);
Expected counter_function(const Call& call, const std::vector<const Series*>& group,
                          const Window& window);

/// The rows of changes(f) of one series over the query's whole range: time and value.
std::vector<ExpectedRow> changes_of(const Series& series, const std::string& field,
                                    const Query& query);

/// The rows of state_durations(f, unit) of one series: value, duration, share, entries; unknown
/// last.
std::vector<ExpectedRow> state_durations_of(const Series& series, const Call& call,
                                            const Query& query);

}  // namespace tidemark::oracle

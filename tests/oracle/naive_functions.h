#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/naive_evaluator.h"

namespace tidemark::oracle {

/// A series on its way through one state function: what is true when, before the present.
struct SeriesStates {
    const Series* series;
    std::vector<Span> truths;  ///< Raw P over all windows, clipped at as_of.
    std::vector<Span> states;  ///< With CLEAR, from the first sample on.
    std::vector<Span> runs;    ///< After FOR, KEEP and CLEAR.
};

/// A function of a predicate over one window.
Expected state_function(const Call& call, const std::vector<SeriesStates>& group,
                        const Window& window, const Query& query);

/// What one series' field held over [begin, end).
struct HeldMean {
    Int128 known_ns = 0;
    Exact integral = 0;   ///< Of value times nanoseconds.
    Exact magnitude = 0;  ///< The same of the values' magnitudes.
    std::optional<Value> peak;
};
HeldMean held_mean(const Series& series, const std::string& field, std::int64_t hold_ns,
                   std::int64_t begin_ns, std::int64_t end_ns);

Expected time_mean(const Call& call, const std::vector<const Series*>& group, const Window& window,
                   const Query& query);

/// InfluxQL's functions and the shares, over the points of one window.
Expected sample_function(const Call& call, const std::vector<const Series*>& group,
                         const Window& window);

bool is_state_function(const Call& call);

Exact exact_of(const Value& value);
Exact magnitude_of(Exact number);

/// Null where the denominator is 0.
Expected ratio_cell(Int128 numerator, Int128 denominator);
/// In seconds where no unit was written.
Expected duration_cell(Int128 duration_ns, std::int64_t unit_ns);

/// A cell that holds the double nearest to `exact`; it may be off by 2^-80 of `magnitude` (R17).
Expected float_cell(Exact exact, Exact magnitude);

/// A cell that holds `value`.
Expected value_cell(const Value& value);

}  // namespace tidemark::oracle

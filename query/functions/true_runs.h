#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/types.h>

#include "query/functions/state_timeline.h"

namespace tidemark::query {

/// FOR, KEEP and CLEAR of a call. All off by default.
struct RunOptions {
    std::int64_t for_ns = 0;               ///< Shorter true runs are dropped.
    std::int64_t keep_ns = 0;              ///< Gaps up to this length are bridged.
    const StateTimeline* clear = nullptr;  ///< Q of CLEAR Q; borrowed.
};

/// A stretch [begin_ns, end_ns) on which the predicate holds, after the whole of R7 but the clip to
/// a window. It ends at as_of at the latest.
struct TrueRun {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    std::int64_t unknown_ns;  ///< Unknown time that KEEP bridged.
    bool is_open;             ///< It touches as_of.
    bool operator==(const TrueRun&) const = default;
};

struct TrueRuns {
    std::vector<TrueRun> runs;  ///< Ascending, disjoint.
    std::int64_t as_of_ns = std::numeric_limits<std::int64_t>::max();
};

/// The true runs of `predicate` in R7's order: hysteresis, bridging, FOR; cut at `as_of_ns`.
/// Excluded time cuts runs when the predicate is unknown there: see
/// StateTimeline::with_unknown_in(). Of what KEEP bridges, time in `excluded` (in normal form) is
/// not unknown.
TrueRuns find_true_runs(const StateTimeline& predicate, const RunOptions& options,
                        std::int64_t as_of_ns, std::span<const TimeRange> excluded = {});

/// True when the runs that reach into [begin_ns, as_of_ns) could be others if more history were
/// known: the timelines are complete only from `known_from_ns` on, and a run's start, the state
/// CLEAR depends on or a gap KEEP may bridge goes back beyond it. Then scan again from further
/// back; with everything scanned pass int64's minimum, and it is false.
///
/// For a predicate of one leaf scanned with CarryIn::RunStart, `known_from_ns` is one less than the
/// carried run's first_ns: that the leaf was of another truth just before is known.
bool needs_earlier_history(const StateTimeline& predicate, const RunOptions& options,
                           std::int64_t begin_ns, std::int64_t known_from_ns,
                           std::int64_t as_of_ns);

/// The samples of a numeric field of one series in time order, nulls left out; the one carried in
/// comes first. From a NaN on nothing is in force until the next one. Spans are borrowed.
struct HeldSamples {
    std::span<const std::int64_t> times;
    std::span<const double> values;
    std::int64_t hold_ns = kHoldForever;
    std::span<const TimeRange> excluded{};  ///< Time that does not count; in normal form.
};

/// One row of episodes().
struct Episode {
    std::int64_t begin_ns;  ///< The true start, maybe before the window.
    std::int64_t end_ns;
    std::int64_t inside_ns;  ///< The part in the window.
    std::int64_t unknown_ns;
    bool is_open;
    std::optional<double> peak;  ///< Greatest value in force in [begin, end).
    std::optional<double> mean;  ///< Time-weighted over the known part of [begin, end).
};

/// One row per run with at least 1 ns in the window, in time order. `samples` is of the
/// predicate's first numeric field, null when there is none.
std::vector<Episode> episodes_of_window(const TrueRuns& runs, const TimeRange& window,
                                        const HeldSamples* samples);

/// The cells of an episode in the order of episode_columns(), durations in `unit_ns`.
Result<std::vector<Cell>> episode_cells(const Episode& episode, std::int64_t unit_ns);

}  // namespace tidemark::query

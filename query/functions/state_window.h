#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/types.h>

#include "query/functions/double_double.h"
#include "query/functions/function_table.h"
#include "query/functions/state_timeline.h"
#include "query/functions/true_runs.h"

namespace tidemark::query {

/// A length of time in ns. Wide, because many series are summed.
using WideNs = WideInteger;

/// R4's five parts of a window; their sum is exactly its length times the number of series added.
struct StateTotals {
    WideNs good_ns = 0;
    WideNs bad_ns = 0;
    WideNs unknown_ns = 0;
    WideNs excluded_ns = 0;
    WideNs future_ns = 0;

    WideNs sum_ns() const { return good_ns + bad_ns + unknown_ns + excluded_ns + future_ns; }
    void merge(const StateTotals& other);
    bool operator==(const StateTotals&) const = default;
};

/// Totals of any windows of one predicate of one series. Windows asked for in ascending order cost
/// a step of a cursor, others a binary search.
///
/// Time in `excluded` (ascending, disjoint) is taken out first, what is left of the time from
/// `as_of_ns` on is future, the rest is good, bad or unknown (R3, R4).
///
/// Not thread-safe: asking moves the cursor.
class StateWindows {
public:
    StateWindows(const StateTimeline& timeline, std::int64_t as_of_ns,
                 std::span<const TimeRange> excluded = {});

    StateTotals totals(const TimeRange& window);

private:
    enum class Kind : std::uint8_t { Unknown, Good, Bad, Excluded, Future };
    static constexpr std::size_t kKindCount = 5;
    /// Nanoseconds of each kind in a stretch of time; index by Kind. Unknown is not kept.
    using Sums = std::array<std::uint64_t, kKindCount>;

    /// All of `kind` from begin_ns to the next piece. The first one begins with time.
    struct Piece {
        std::int64_t begin_ns;
        Kind kind;
        Sums before_ns;
    };

    void append(std::int64_t begin_ns, Kind kind);
    Sums sums_before(std::int64_t time_ns, std::size_t& cursor) const;

    std::vector<Piece> pieces_;
    std::size_t begin_cursor_ = 0;
    std::size_t end_cursor_ = 0;
};

/// What a group knows about one predicate in one window: everything the state functions answer
/// from. Series merge: durations and counts are summed, longest and current are maxima, since the
/// minimum.
struct StateGroup {
    StateTotals totals;
    std::int64_t longest_ns = 0;
    std::optional<std::int64_t> current_ns;  ///< Nothing: unknown in all series.
    std::optional<std::int64_t> since_ns;    ///< Nothing: false or unknown in all series.
    std::int64_t episode_count = 0;          ///< Runs with at least 1 ns in the window.
    std::int64_t begun_count = 0;            ///< Runs that began in the window.
    std::int64_t ended_count = 0;            ///< Runs that ended in the window.
    WideNs ended_ns = 0;                     ///< Those runs' true lengths.

    void merge(const StateGroup& other);
};

/// Everything but the totals of one series in one window, from its true runs (after FOR, KEEP,
/// CLEAR). `timeline` is the plain predicate and decides false against unknown.
void add_runs_of_window(const TrueRuns& runs, const StateTimeline& timeline,
                        const TimeRange& window, std::int64_t as_of_ns, StateGroup& group);

/// The answer of a function of class State. Durations are in `unit_ns` as float, with 1 ns as
/// integer. Null where nothing is known. InvalidArgument when an exact integer does not fit.
Result<Cell> state_result(FunctionId function, const StateGroup& group, std::int64_t unit_ns);

/// `duration_ns` in `unit_ns`: a float, rounded once; an integer for 1 ns.
Result<Cell> duration_cell(WideNs duration_ns, std::int64_t unit_ns);

}  // namespace tidemark::query

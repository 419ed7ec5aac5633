#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/types.h>

#include "tests/oracle/naive_model.h"

// Answers of SELECT statements, computed from the points one by one as semantics.md says, without
// looking at how storage or query do it.

namespace tidemark::oracle {

/// 113 bits of mantissa: sums and products of the tests' doubles are as good as exact next to
/// R17's bound of 2^-80.
__extension__ using Exact = __float128;
__extension__ using Int128 = __int128;

/// One function of the SELECT list.
struct Call {
    std::string function;
    std::string field;                 ///< The argument, when it is a field.
    std::vector<Predicate> predicate;  ///< The argument, when it is a predicate: one.
    Life life{};
    /// The p of percentile, the q of percentile_disc and percentile_cont, in 1/1000.
    std::int64_t thousandths = 0;
    Value limit{};              ///< share_le's L, apdex' T.
    std::int64_t unit_ns = 0;   ///< Of durations. 1: exact integers. 0: none written, seconds.
    std::string objective{};    ///< sla's, as written.
    std::string column{};       ///< Which one, of a function that gives several.
    std::string other_field{};  ///< correlate's second field, taken lag_ns earlier.
    std::int64_t lag_ns = 0;
};

/// The call itself, or one for each of the columns that it gives.
std::vector<Call> columns_of(const Call& call);
/// The same for all calls, one after the other.
std::vector<Call> columns_of(const std::vector<Call>& calls);

/// UNKNOWN AS of R5.
enum class UnknownAs : std::uint8_t { LeftOut, Bad, Good };

/// SELECT calls FROM m WHERE time >= begin AND time < end STALE hold GROUP BY ..., asked at now.
struct Query {
    std::vector<Call> calls;
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;
    std::int64_t now_ns = 0;
    std::int64_t hold_ns = kHoldForever;
    UnknownAs unknown_as = UnknownAs::LeftOut;
    std::int64_t bucket_ns = 0;  ///< 0: no GROUP BY time.
    std::int64_t offset_ns = 0;
    std::int64_t window_ns = 0;  ///< 0: no WINDOW.
    std::vector<std::string> group_tags;

    /// Time that does not count for series with these tags.
    struct ExcludedTime {
        TagSet tags;
        TimeRange range;
    };
    std::vector<ExcludedTime> excluded;
    std::string exclusion_clauses;  ///< What says so: " EXCEPT MAINTENANCE".
};

/// The statement `query` stands for.
std::string text(const Query& query, std::string_view measurement);

/// What a cell must be. A float may differ from `exact` by one ulp and by `slack` (R17).
struct Expected {
    Cell cell;
    Exact exact = 0;
    Exact slack = 0;
};

bool agrees(const Expected& expected, const Cell& got);
/// A cell for messages; floats with all their digits.
std::string text(const Cell& cell);

struct ExpectedRow {
    std::int64_t time_ns;  ///< The label; meaningless without GROUP BY time.
    std::vector<Expected> cells;
};
struct ExpectedSeries {
    TagSet tags;  ///< Of GROUP BY, sorted by key.
    std::vector<ExpectedRow> rows;
};

/// A window [begin, end) and its label.
struct Window {
    std::int64_t label_ns;
    std::int64_t begin_ns;
    std::int64_t end_ns;
};

/// R2: the windows of a query, in order.
std::vector<Window> windows_of(const Query& query);

/// Tells the series what the query takes out of its time.
void exclude(const Query& query, Series& series);

/// The complete answer to `query` over what `arrivals` make.
std::vector<ExpectedSeries> evaluate(const std::vector<Point>& arrivals, const Query& query);

/// A row of episodes(P) without its tags.
struct Episode {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    std::int64_t inside_ns;
    bool is_open;
    Expected peak;
    Expected mean;
    std::int64_t unknown_ns;
};

/// episodes(call.predicate) of one series over the query's whole range. Peak and mean are those of
/// `field`, over all of the run.
std::vector<Episode> episodes_of(const Series& series, const Call& call, const std::string& field,
                                 const Query& query);

}  // namespace tidemark::oracle

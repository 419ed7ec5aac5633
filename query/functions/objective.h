#pragma once

#include <cstdint>
#include <string_view>

#include <tidemark/query.h>
#include <tidemark/result.h>

#include "query/functions/decimal.h"
#include "query/functions/function_table.h"
#include "query/functions/state_window.h"

// sla(P, objective): how much of a window may be bad, and what has become of that.

namespace tidemark::query {

/// The share of time that is to be good, exactly as written.
class Objective {
public:
    /// `text` is the decimal without the sign %: "0.999", or "99.9" with `is_percent`.
    /// InvalidArgument when it is none from 0 to 1, or to 100 %.
    static Result<Objective> parse(std::string_view text, bool is_percent);

    /// How much of `whole_ns` may be bad: (1 - objective) x whole_ns, rounded down to whole ns. The
    /// rounding decides nothing: what is compared with a budget is itself a number of whole ns.
    WideNs budget_ns(WideNs whole_ns) const;

private:
    Objective(std::uint64_t bad, std::uint64_t divisor) : bad_(bad), divisor_(divisor) {}

    // 1 - objective is bad_ / divisor_. Both are at most 10^18, so their products fit into 128
    // bits.
    std::uint64_t bad_;
    std::uint64_t divisor_;
};

enum class ObjectiveVerdict : std::uint8_t {
    Breached,      ///< Bad is more than the budget.
    Met,           ///< The window is closed, and bad + unknown is within the budget.
    Undetermined,  ///< The window is closed, and it depends on what is unknown.
    Open,          ///< The window is not closed, and the budget not spent.
};

/// "BREACHED", ...
std::string_view verdict_name(ObjectiveVerdict verdict);

/// An objective and what became of it in one window of a group.
struct ObjectiveBudget {
    WideNs budget_ns = 0;
    WideNs spent_ns = 0;  ///< The bad time.
    WideNs unknown_ns = 0;
    ObjectiveVerdict verdict = ObjectiveVerdict::Open;
};

/// The budget is of all that is not excluded, the future included. `is_closed`: the window has
/// passed.
ObjectiveBudget budget_of(const Objective& objective, const StateTotals& totals, bool is_closed);

/// A column of sla(): verdict, budget, spent or left, which is negative when the objective is
/// breached. Durations as duration_cell().
Result<Cell> sla_result(FunctionId function, const ObjectiveBudget& budget, std::int64_t unit_ns);

}  // namespace tidemark::query

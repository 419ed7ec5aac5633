#include "query/functions/objective.h"

#include <string>

namespace tidemark::query {
namespace {

constexpr std::uint64_t kHundred = 100;
constexpr std::uint64_t kGreatestDivisor = 1'000'000'000'000'000'000;

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

Error out_of_range(std::string_view text, bool is_percent, bool may_be_percent) {
    std::string message =
        "sla() expects an objective from 0 to 1, such as 0.999, or with a percent sign, such as "
        "99.9%; found " +
        std::string(text) + (is_percent ? "%" : "");
    if (!is_percent && may_be_percent) message += ", did you mean " + std::string(text) + "%?";
    return invalid(std::move(message));
}

}  // namespace

Result<Objective> Objective::parse(std::string_view text, bool is_percent) {
    if (text.starts_with('-')) return out_of_range(text, is_percent, false);
    TIDEMARK_ASSIGN_OR_RETURN(const Decimal decimal, Decimal::parse(text));
    const bool is_at_most_hundred =
        WideUnsigned{decimal.digits()} <= WideUnsigned{decimal.divisor()} * kHundred;
    if (!is_percent) {
        if (decimal.is_above_one()) return out_of_range(text, false, is_at_most_hundred);
        return Objective(decimal.divisor() - decimal.digits(), decimal.divisor());
    }
    if (!is_at_most_hundred) return out_of_range(text, true, false);
    if (decimal.divisor() > kGreatestDivisor / kHundred) {
        return invalid("sla() takes at most 16 decimals before the percent sign, found " +
                       std::string(text) + "%");
    }
    const std::uint64_t divisor = decimal.divisor() * kHundred;
    return Objective(divisor - decimal.digits(), divisor);
}

WideNs Objective::budget_ns(WideNs whole_ns) const {
    const auto divisor = static_cast<WideNs>(divisor_);
    const auto bad = static_cast<WideNs>(bad_);
    return whole_ns / divisor * bad + whole_ns % divisor * bad / divisor;
}

std::string_view verdict_name(ObjectiveVerdict verdict) {
    switch (verdict) {
        case ObjectiveVerdict::Breached:
            return "BREACHED";
        case ObjectiveVerdict::Met:
            return "MET";
        case ObjectiveVerdict::Undetermined:
            return "UNDETERMINED";
        case ObjectiveVerdict::Open:
            break;
    }
    return "OPEN";
}

ObjectiveBudget budget_of(const Objective& objective, const StateTotals& totals, bool is_closed) {
    ObjectiveBudget budget;
    budget.budget_ns = objective.budget_ns(totals.sum_ns() - totals.excluded_ns);
    budget.spent_ns = totals.bad_ns;
    budget.unknown_ns = totals.unknown_ns;
    if (totals.bad_ns > budget.budget_ns) {
        budget.verdict = ObjectiveVerdict::Breached;
    } else if (is_closed) {
        const bool is_met = totals.bad_ns + totals.unknown_ns <= budget.budget_ns;
        budget.verdict = is_met ? ObjectiveVerdict::Met : ObjectiveVerdict::Undetermined;
    }
    return budget;
}

Result<Cell> sla_result(FunctionId function, const ObjectiveBudget& budget, std::int64_t unit_ns) {
    switch (function) {
        case FunctionId::SlaVerdict:
            return Cell(std::string(verdict_name(budget.verdict)));
        case FunctionId::SlaBudget:
            return duration_cell(budget.budget_ns, unit_ns);
        case FunctionId::SlaSpent:
            return duration_cell(budget.spent_ns, unit_ns);
        case FunctionId::SlaLeft:
            return duration_cell(budget.budget_ns - budget.spent_ns, unit_ns);
        default:
            break;
    }
    return invalid(std::string(function_info(function).name) + "() is no column of sla()");
}

}  // namespace tidemark::query

#include "query/operators/sla_watch.h"

#include <algorithm>
#include <cstdio>

namespace tidemark::query {
namespace {

std::string seconds_text(WideNs duration_ns) {
    constexpr WideUnsigned kSecondNs = 1'000'000'000;
    char text[40];
    std::snprintf(text, sizeof text, "%.15g s", exact_ratio(duration_ns, kSecondNs));
    return text;
}

}  // namespace

void SlaWatch::add(const std::string& call, const ObjectiveBudget& budget) {
    const std::lock_guard lock(mutex_);
    Verdicts& verdicts = calls_[call];
    ++verdicts.count;
    if (budget.verdict != ObjectiveVerdict::Undetermined) return;
    const bool is_first = verdicts.undetermined_count++ == 0;
    verdicts.most_unknown_ns = std::max(verdicts.most_unknown_ns, budget.unknown_ns);
    verdicts.least_unknown_ns =
        is_first ? budget.unknown_ns : std::min(verdicts.least_unknown_ns, budget.unknown_ns);
}

void SlaWatch::report(ExecutionContext& context) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [call, verdicts] : calls_) {
        if (verdicts.undetermined_count == 0) continue;
        std::string unknown = seconds_text(verdicts.least_unknown_ns);
        if (verdicts.least_unknown_ns < verdicts.most_unknown_ns) {
            unknown += " to " + seconds_text(verdicts.most_unknown_ns);
        }
        context.warn(call + " is UNDETERMINED in " + std::to_string(verdicts.undetermined_count) +
                     " of " + std::to_string(verdicts.count) + " windows: " + unknown +
                     " of unknown time decide");
    }
}

}  // namespace tidemark::query

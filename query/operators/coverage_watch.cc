#include "query/operators/coverage_watch.h"

#include <cstdio>
#include <string>

#include "query/syntax/duration.h"

namespace tidemark::query {
namespace {

constexpr double kEnoughCoverage = 0.9;  // R6

std::string print_ns(std::int64_t ns) { return print_duration({ns, DurationUnit::Nanosecond}); }

std::string print_pace(const SamplingPace& pace) {
    if (pace.sample_count < 2) return ": it has a single sample";
    // In doubles: the times may lie further apart than an int64 can say.
    const double length_ns = static_cast<double>(pace.last_ns) - static_cast<double>(pace.first_ns);
    const auto mean_ns =
        static_cast<std::int64_t>(length_ns / static_cast<double>(pace.sample_count - 1));
    return ": its samples are " + print_rounded_duration(mean_ns) + " apart on average";
}

}  // namespace

void CoverageWatch::add(const GroupMember& member, const StateTotals& totals,
                        const SamplingPace& pace) {
    const auto known = static_cast<double>(totals.good_ns + totals.bad_ns);
    const double whole = known + static_cast<double>(totals.unknown_ns);
    const std::lock_guard lock(mutex_);
    const bool is_excluded = whole <= 0 && totals.future_ns == 0 && totals.excluded_ns > 0;
    (is_excluded ? has_excluded_series_ : has_counted_series_) = true;
    if (whole <= 0) return;
    const double coverage = known / whole;
    Series& series = series_[{member.source_index, member.series_index}];
    if (series.tags != nullptr && coverage >= series.coverage) return;
    series = {coverage, pace, member.tags};
}

void CoverageWatch::report(std::int64_t hold_ns, ExecutionContext& context) const {
    const std::lock_guard lock(mutex_);
    if (has_excluded_series_ && !has_counted_series_) {
        context.warn(std::string(kAllExcludedText));
    }
    std::size_t low_count = 0;
    const Series* lowest = nullptr;
    for (const auto& [position, series] : series_) {
        if (series.coverage >= kEnoughCoverage) continue;
        ++low_count;
        if (lowest == nullptr || series.coverage < lowest->coverage) lowest = &series;
    }
    if (lowest == nullptr) return;
    char coverage[32];
    std::snprintf(coverage, sizeof coverage, "%.3g", lowest->coverage);
    std::string tags;
    for (const Tag& tag : *lowest->tags) {
        tags += (tags.empty() ? "" : ",") + tag.key + "=" + tag.value;
    }
    std::string text = "coverage is below 0.9 in " + std::to_string(low_count) + " of " +
                       std::to_string(series_.size()) + " series, lowest " + coverage;
    if (!tags.empty()) text += " {" + tags + "}";
    text += print_pace(lowest->pace);
    if (hold_ns != kHoldForever) text += ", and each holds for " + print_ns(hold_ns) + " (STALE)";
    context.warn(std::move(text));
}

}  // namespace tidemark::query

#include "query/functions/exclusions.h"

#include <algorithm>

namespace tidemark::query {

bool MaintenanceWindow::concerns(const TagSet& series) const {
    return std::ranges::all_of(
        tags, [&](const Tag& tag) { return std::ranges::find(series, tag) != series.end(); });
}

TimeRanges Exclusions::find_closed(const TimeRange& range) const {
    const auto open_in_any = [&](const std::vector<Calendar>& calendars) {
        TimeRanges open;
        for (const Calendar& calendar : calendars) {
            open = union_of(open, calendar.open_within(range));
        }
        return open;
    };
    TimeRanges closed;
    if (!rules_.during.empty()) closed = complement(open_in_any(rules_.during), range);
    return union_of(closed, open_in_any(rules_.except));
}

std::shared_ptr<const TimeRanges> Exclusions::closed_within(const TimeRange& range) const {
    const std::lock_guard lock(mutex_);
    if (range.begin_ns >= known_.begin_ns && range.end_ns <= known_.end_ns) return closed_;
    TimeRange wanted = range;
    if (!known_.is_empty()) {
        wanted = {std::min(range.begin_ns, known_.begin_ns), std::max(range.end_ns, known_.end_ns)};
    }
    closed_ = std::make_shared<const TimeRanges>(find_closed(wanted));
    known_ = wanted;
    return closed_;
}

TimeRanges Exclusions::excluded(const TagSet& series, const TimeRange& range) const {
    if (range.is_empty()) return {};
    TimeRanges closed = clipped(*closed_within(range), range);
    TimeRanges maintained;
    for (const MaintenanceWindow& window : rules_.maintenance) {
        if (window.concerns(series)) maintained.push_back(window.range);
    }
    return union_of(closed, clipped(normalised(std::move(maintained)), range));
}

std::vector<std::int64_t> Exclusions::edges(const TimeRange& range) const {
    std::vector<std::int64_t> edges;
    if (range.is_empty()) return edges;
    const auto add = [&](std::int64_t edge_ns) {
        if (range.contains(edge_ns)) edges.push_back(edge_ns);
    };
    const auto closed = closed_within(range);
    for (const TimeRange& one : clipped(*closed, range)) {
        add(one.begin_ns);
        add(one.end_ns);
    }
    for (const MaintenanceWindow& window : rules_.maintenance) {
        add(window.range.begin_ns);
        add(window.range.end_ns);
    }
    std::ranges::sort(edges);
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    return edges;
}

}  // namespace tidemark::query

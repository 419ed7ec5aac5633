#include "query/functions/time_ranges.h"

#include <algorithm>
#include <iterator>

namespace tidemark::query {

TimeRanges normalised(TimeRanges ranges) {
    std::erase_if(ranges, [](const TimeRange& range) { return range.is_empty(); });
    std::ranges::sort(ranges, {}, &TimeRange::begin_ns);
    TimeRanges joined;
    for (const TimeRange& range : ranges) {
        if (!joined.empty() && range.begin_ns <= joined.back().end_ns) {
            joined.back().end_ns = std::max(joined.back().end_ns, range.end_ns);
        } else {
            joined.push_back(range);
        }
    }
    return joined;
}

TimeRanges union_of(const TimeRanges& left, const TimeRanges& right) {
    if (left.empty()) return right;
    if (right.empty()) return left;
    TimeRanges both;
    both.reserve(left.size() + right.size());
    std::ranges::merge(left, right, std::back_inserter(both), {}, &TimeRange::begin_ns,
                       &TimeRange::begin_ns);
    return normalised(std::move(both));
}

TimeRanges complement(std::span<const TimeRange> ranges, const TimeRange& whole) {
    TimeRanges gaps;
    std::int64_t begin_ns = whole.begin_ns;
    auto range = std::ranges::upper_bound(ranges, begin_ns, {}, &TimeRange::end_ns);
    for (; range != ranges.end() && range->begin_ns < whole.end_ns; ++range) {
        if (range->begin_ns > begin_ns) gaps.push_back({begin_ns, range->begin_ns});
        begin_ns = range->end_ns;
    }
    if (begin_ns < whole.end_ns) gaps.push_back({begin_ns, whole.end_ns});
    return gaps;
}

TimeRanges clipped(std::span<const TimeRange> ranges, const TimeRange& whole) {
    TimeRanges inside;
    auto range = std::ranges::upper_bound(ranges, whole.begin_ns, {}, &TimeRange::end_ns);
    for (; range != ranges.end() && range->begin_ns < whole.end_ns; ++range) {
        inside.push_back(
            {std::max(range->begin_ns, whole.begin_ns), std::min(range->end_ns, whole.end_ns)});
    }
    std::erase_if(inside, [](const TimeRange& one) { return one.is_empty(); });
    return inside;
}

TimeRanges difference(const TimeRanges& ranges, const TimeRanges& others) {
    if (others.empty()) return ranges;
    TimeRanges left;
    for (const TimeRange& range : ranges) {
        const TimeRanges rest = complement(clipped(others, range), range);
        left.insert(left.end(), rest.begin(), rest.end());
    }
    return left;
}

std::uint64_t covered_ns(std::span<const TimeRange> ranges, const TimeRange& range) {
    std::uint64_t sum_ns = 0;
    for (const TimeRange& one : clipped(ranges, range)) {
        sum_ns += static_cast<std::uint64_t>(one.end_ns) - static_cast<std::uint64_t>(one.begin_ns);
    }
    return sum_ns;
}

bool contains(std::span<const TimeRange> ranges, std::int64_t time_ns) {
    const auto range = std::ranges::upper_bound(ranges, time_ns, {}, &TimeRange::end_ns);
    return range != ranges.end() && range->begin_ns <= time_ns;
}

}  // namespace tidemark::query

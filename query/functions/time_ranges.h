#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <tidemark/types.h>

namespace tidemark::query {

// Sets of instants. A set is a list of ranges in normal form: ascending, none empty, with a gap
// between neighbours.

using TimeRanges = std::vector<TimeRange>;

/// The normal form of any ranges.
TimeRanges normalised(TimeRanges ranges);

TimeRanges union_of(const TimeRanges& left, const TimeRanges& right);

/// The instants of `whole` that are not in `ranges`.
TimeRanges complement(std::span<const TimeRange> ranges, const TimeRange& whole);

/// The instants of `ranges` that are in `whole`.
TimeRanges clipped(std::span<const TimeRange> ranges, const TimeRange& whole);

/// The instants of `ranges` that are not in `others`.
TimeRanges difference(const TimeRanges& ranges, const TimeRanges& others);

/// How much of `range` the set covers, in ns.
std::uint64_t covered_ns(std::span<const TimeRange> ranges, const TimeRange& range);

/// True when the instant is in the set. `ranges` are in normal form.
bool contains(std::span<const TimeRange> ranges, std::int64_t time_ns);

}  // namespace tidemark::query

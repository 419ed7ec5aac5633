#include "storage/engine/compaction_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "storage/engine/flush.h"

namespace tidemark::storage {
namespace {

/// So many segments of one kind are merged without waiting for anything.
constexpr std::size_t kFullTier = 16;
/// A closed partition is brought into its final form with so many, or when the store is idle.
constexpr std::size_t kClosedTier = 8;
/// Segments of this size with full vectors gain nothing from being merged, unless they overlap.
constexpr std::uint64_t kLargeSizeBytes = std::uint64_t{64} << 20;
/// No merge reads much more than this, so that it ends soon and needs little free space.
constexpr std::uint64_t kMergeSizeBytes = std::uint64_t{1} << 30;

using Segments = std::span<const PlannedSegment* const>;

class Planner {
public:
    explicit Planner(const CompactionRules& rules) : rules_(rules) {}

    /// `segments` are those of one partition, in order of arrival.
    void consider_partition(Segments segments, std::int64_t partition) {
        find_overlapping(segments);
        std::size_t window_begin = 0;
        for (std::size_t begin = 0; begin < segments.size();) {
            if (!are_of_one_window(*segments[window_begin], *segments[begin])) window_begin = begin;
            std::size_t end = begin;
            while (end < segments.size() && may_be_merged(*segments[end]) &&
                   are_of_one_window(*segments[begin], *segments[end])) {
                ++end;
            }
            consider_run(segments.subspan(begin, end - begin), begin - window_begin,
                         is_closed(*segments[begin], partition));
            begin = std::max(end, begin + 1);
        }
    }

    std::optional<CompactionPlan> take_best() { return std::move(best_); }

private:
    /// Those that share more than a small part of their time with others.
    void find_overlapping(Segments segments) {
        overlapping_.clear();
        std::vector<const PlannedSegment*> by_time(segments.begin(), segments.end());
        std::ranges::sort(by_time, {}, &PlannedSegment::first_ns);
        const PlannedSegment* furthest = nullptr;
        for (const PlannedSegment* segment : by_time) {
            if (furthest != nullptr && is_overlap(*furthest, *segment)) {
                overlapping_.insert(furthest);
                overlapping_.insert(segment);
            }
            if (furthest == nullptr || furthest->last_ns < segment->last_ns) furthest = segment;
        }
    }

    /// `later` does not begin first. Sources are out of step by a little, which is no overlap.
    static bool is_overlap(const PlannedSegment& earlier, const PlannedSegment& later) {
        const std::int64_t shared_end_ns = std::min(earlier.last_ns, later.last_ns);
        if (shared_end_ns < later.first_ns) return false;
        const std::uint64_t shared_ns = distance_ns(later.first_ns, shared_end_ns);
        const std::uint64_t shorter_ns = std::min(distance_ns(earlier.first_ns, earlier.last_ns),
                                                  distance_ns(later.first_ns, later.last_ns));
        return shared_ns >= shorter_ns / 8;
    }

    static std::uint64_t distance_ns(std::int64_t begin_ns, std::int64_t end_ns) {
        return static_cast<std::uint64_t>(end_ns) - static_cast<std::uint64_t>(begin_ns);
    }

    bool may_be_merged(const PlannedSegment& segment) const {
        const bool has_full_vectors =
            segment.row_count / rules_.rows_per_vector * 2 > segment.row_group_count;
        const bool is_done = segment.size_bytes >= kLargeSizeBytes && has_full_vectors &&
                             !overlapping_.contains(&segment);
        return !segment.is_pinned && !segment.is_expired && !is_done &&
               segment.rewrite_count < kMaxRewriteCount;
    }

    static bool are_of_one_window(const PlannedSegment& left, const PlannedSegment& right) {
        if (left.window_ns == 0) return true;
        return partition_of(left.last_ns, left.window_ns) ==
               partition_of(right.last_ns, left.window_ns);
    }

    /// Late data apart, nothing comes any more into the window of the segment, or its partition.
    bool is_closed(const PlannedSegment& segment, std::int64_t partition) const {
        const bool has_window = segment.window_ns != 0;
        const std::int64_t width_ns = has_window ? segment.window_ns : rules_.partition_width_ns;
        const std::int64_t place = has_window ? partition_of(segment.last_ns, width_ns) : partition;
        std::int64_t settled_ns = 0;
        return !__builtin_sub_overflow(rules_.now_ns, width_ns / 8, &settled_ns) &&
               partition_of(settled_ns, width_ns) > place;
    }

    std::size_t tier_limit(std::size_t count_in_front) const {
        if (!rules_.is_idle) return kFullTier;
        return std::clamp<std::size_t>(count_in_front + 1, 2, kFullTier);
    }

    /// Neighbours that may be merged, with `count_in_front` segments of their window in front.
    void consider_run(Segments run, std::size_t count_in_front, bool is_closed) {
        const std::size_t closed_limit = rules_.is_idle ? 2 : kClosedTier;
        if (is_closed && count_in_front == 0 && run.size() >= closed_limit) {
            return propose(run);
        }
        for (int tier = kMaxRewriteCount - 1; tier >= 0; --tier) {
            std::size_t begin = run.size();
            std::size_t tier_count = 0;
            while (begin > 0 && run[begin - 1]->rewrite_count <= tier) {
                --begin;
                if (run[begin]->rewrite_count == tier) ++tier_count;
            }
            if (tier_count >= tier_limit(count_in_front + begin)) {
                return propose(run.subspan(begin));
            }
        }
    }

    void propose(Segments segments) {
        CompactionPlan plan;
        for (const PlannedSegment* segment : segments) {
            const bool is_enough = plan.size_bytes + segment->size_bytes > kMergeSizeBytes;
            if (is_enough && plan.segment_ids.size() >= 2) break;
            plan.segment_ids.push_back(segment->segment_id);
            plan.size_bytes += segment->size_bytes;
            plan.rewrite_count = std::max(plan.rewrite_count, segment->rewrite_count);
        }
        ++plan.rewrite_count;
        // The most segments for the least work first.
        const auto order = [](const CompactionPlan& one) {
            return std::pair(one.segment_ids.size(), ~one.size_bytes);
        };
        if (!best_ || order(plan) > order(*best_)) best_ = std::move(plan);
    }

    const CompactionRules& rules_;
    std::set<const PlannedSegment*> overlapping_;
    std::optional<CompactionPlan> best_;
};

using Partitions = std::map<std::pair<PolicyId, std::int64_t>, std::vector<const PlannedSegment*>>;

// Segments of a store that had wider partitions once stay as they are. Nothing may be merged across
// them either, so they stand, pinned, in every partition that they reach into.
void add_wide_segments(const std::vector<PlannedSegment>& wide, std::int64_t partition_width_ns,
                       Partitions& partitions) {
    for (const PlannedSegment& segment : wide) {
        const std::int64_t first = partition_of(segment.first_ns, partition_width_ns);
        const std::int64_t last = partition_of(segment.last_ns, partition_width_ns);
        for (auto found = partitions.lower_bound({segment.policy, first});
             found != partitions.end() && found->first <= std::pair(segment.policy, last);
             ++found) {
            found->second.push_back(&segment);
        }
    }
}

// All that has expired in one policy, with the last values of what expired earlier. What reaches
// into the time of other segments waits for them: else the last values, of all sequences at once,
// would stand between sequences.
std::optional<CompactionPlan> plan_expiry(std::span<const PlannedSegment> segments) {
    std::map<PolicyId, std::int64_t> begin_of_others;
    for (const PlannedSegment& segment : segments) {
        if (segment.is_expired) continue;
        const auto [begin, is_new] = begin_of_others.try_emplace(segment.policy, segment.first_ns);
        begin->second = std::min(begin->second, segment.first_ns);
    }
    std::map<PolicyId, CompactionPlan> plans;
    std::optional<PolicyId> due;
    for (const PlannedSegment& segment : segments) {
        const auto others = begin_of_others.find(segment.policy);
        const bool overlaps = others != begin_of_others.end() && segment.last_ns >= others->second;
        if (!segment.is_expired || segment.is_pinned || overlaps) continue;
        CompactionPlan& plan = plans[segment.policy];
        plan.segment_ids.push_back(segment.segment_id);
        plan.rewrite_count = kLastValuesOnly;
        plan.size_bytes += segment.size_bytes;
        if (segment.rewrite_count != kLastValuesOnly) due = segment.policy;
    }
    if (!due) return std::nullopt;
    return plans.at(*due);
}

std::optional<CompactionPlan> plan_removal(std::span<const PlannedSegment> segments) {
    for (const PlannedSegment& segment : segments) {
        if (!segment.has_deleted_rows || segment.is_pinned) continue;
        auto rewrite_count = segment.rewrite_count;
        if (rewrite_count < kMaxRewriteCount) ++rewrite_count;
        return CompactionPlan{{segment.segment_id}, rewrite_count, segment.size_bytes};
    }
    return std::nullopt;
}

}  // namespace

std::optional<CompactionPlan> plan_compaction(std::span<const PlannedSegment> segments,
                                              const CompactionRules& rules) {
    if (auto expiry = plan_expiry(segments)) return expiry;
    Partitions partitions;
    std::vector<PlannedSegment> wide;
    for (const PlannedSegment& segment : segments) {
        const std::int64_t partition = partition_of(segment.first_ns, rules.partition_width_ns);
        if (partition == partition_of(segment.last_ns, rules.partition_width_ns)) {
            partitions[{segment.policy, partition}].push_back(&segment);
        } else {
            wide.push_back(segment);
            wide.back().is_pinned = true;
        }
    }
    add_wide_segments(wide, rules.partition_width_ns, partitions);
    Planner planner(rules);
    for (auto& [place, members] : partitions) {
        std::ranges::sort(members, {}, [](const PlannedSegment* segment) {
            return std::tuple(segment->last_sequence, segment->first_sequence, segment->segment_id);
        });
        planner.consider_partition(members, place.second);
    }
    auto plan = planner.take_best();
    return plan ? plan : plan_removal(segments);
}

}  // namespace tidemark::storage

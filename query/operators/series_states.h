#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "query/functions/state_timeline.h"
#include "query/functions/true_runs.h"
#include "query/operators/series_groups.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// What state functions ask of one predicate: plain, or with FOR, KEEP and CLEAR.
struct StateQuestion {
    std::size_t predicate = 0;
    std::int64_t for_ns = 0;
    std::int64_t keep_ns = 0;
    std::optional<std::size_t> clear;
    bool needs_runs = false;       ///< longest, current, since, episodes.
    bool needs_run_start = false;  ///< Where a run began matters, however far back.
    bool needs_only_end = false;   ///< current, since: the run at the end, and when all is known.
    bool operator==(const StateQuestion&) const = default;
};

/// How densely a series was sampled, for R6.
struct SamplingPace {
    std::uint64_t sample_count = 0;
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
};

/// The answer to one question for one series.
struct SeriesState {
    StateTimeline timeline;  ///< Before FOR, KEEP and CLEAR; unknown where time does not count.
    TimeRanges excluded;     ///< Of all windows, and of the past as far as runs reach back.
    TrueRuns runs;           ///< Only if asked for.
    SamplingPace pace;
    /// There is a sample of the predicate's fields in one of the windows, or carried into one.
    bool has_samples = false;
};

/// Reads the leaves of predicates from a scan and makes timelines and runs of them, looking back
/// before the range as far as the questions need.
///
/// Thread-safe once open.
class SeriesStates {
public:
    /// `windows` ascend in end; what is asked of the scan is [their earliest begin, as_of). All
    /// arguments but the questions must outlive this.
    static Result<SeriesStates> open(const SeriesSelection& selection,
                                     const std::vector<BoundPredicate>& predicates,
                                     std::vector<StateQuestion> questions,
                                     std::span<const TimeRange> windows, std::int64_t as_of_ns,
                                     std::int64_t hold_ns, ExecutionContext& context);

    /// The answers in the order of the questions.
    Result<std::vector<SeriesState>> read(const GroupMember& member);

private:
    /// What one scan of one series gave: a timeline per leaf.
    struct LeafTimelines {
        std::vector<StateTimeline> timelines;
        std::vector<SamplingPace> paces;
    };

    SeriesStates(const SeriesSelection& selection, const std::vector<BoundPredicate>& predicates,
                 ExecutionContext& context)
        : selection_(&selection), predicates_(&predicates), context_(&context) {}

    void collect_leaves();
    std::size_t leaf_number(std::size_t predicate, std::size_t leaf) const;
    /// `begin_ns` is where the scans begin.
    Result<LeafTimelines> read_leaves(const SourceScans& scans, std::int64_t begin_ns,
                                      const GroupMember& member) const;
    /// Nothing but the run at the end matters: a scan finds it backwards, as an earlier one.
    bool needs_only_end() const;
    Status open_ends();
    /// Leaves that are what they are from the last change on; before that they are false or, as
    /// they are, unknown.
    Result<LeafTimelines> read_ends(const GroupMember& member) const;
    StateTimeline predicate_timeline(std::size_t predicate, const LeafTimelines& leaves,
                                     const TagSet& tags) const;
    bool goes_back_alone(const StateQuestion& question) const;
    bool is_known_in_a_window(const StateTimeline& leaf) const;
    /// Takes DURING and EXCEPT out of the timeline.
    void exclude(const StateQuestion& question, const GroupMember& member,
                 SeriesState& state) const;
    Result<SeriesState> answer(const StateQuestion& question, const LeafTimelines& leaves,
                               const GroupMember& member);
    /// The scans that begin earlier, further back with every level; nothing after the last level,
    /// which has all there is.
    Result<const SourceScans*> earlier_scans(std::size_t level);
    std::int64_t known_from_ns(std::size_t level) const;

    const SeriesSelection* selection_;
    const std::vector<BoundPredicate>* predicates_;
    ExecutionContext* context_;
    std::vector<StateQuestion> questions_;
    std::span<const TimeRange> windows_;
    bool has_gaps_ = false;  // Between windows: WINDOW is shorter than the buckets.
    ScanRequest request_;
    std::vector<std::size_t> first_leaf_;  // Of each predicate, among the request's leaves.
    std::optional<SourceScans> scans_;
    // Where only the end matters: what is carried in there. `scans_` then has the leaves' fields.
    std::optional<SourceScans> end_scans_;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    std::vector<std::unique_ptr<SourceScans>> earlier_scans_;  // By level; guarded by mutex_.
};

}  // namespace tidemark::query

#include "query/operators/series_states.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "query/functions/state_window.h"
#include "query/plan/time_expression.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kMinNs = std::numeric_limits<std::int64_t>::min();

// Each level looks this many times further back than the one before; the last one takes all.
constexpr std::int64_t kLookBackFactor = 8;
constexpr std::size_t kLastLevel = 5;

void add_to_pace(std::span<const LeafRun> runs, SamplingPace& pace) {
    for (const LeafRun& run : runs) {
        if (run.sample_count == 0) continue;
        if (pace.sample_count == 0) pace.first_ns = run.first_ns;
        pace.sample_count += run.sample_count;
        pace.last_ns = run.last_ns;
    }
}

/// Whether the first of the runs says that a hold ends where the range begins, so that what was
/// carried to there is in force at no instant of it.
bool ends_hold_at(std::int64_t begin_ns, std::span<const LeafRun> runs) {
    return !runs.empty() && runs.front().sample_count == 0 && runs.front().first_ns == begin_ns;
}
bool ends_hold_at(std::int64_t begin_ns, const ScanPiece& piece, const ColumnPiece& column) {
    return column.summary == nullptr && !piece.times.empty() && piece.times.front() == begin_ns &&
           column.values.ends_hold(0);
}

/// Tells the samples of a leaf's field before its last run, for which it is enough that they are
/// there.
class KnownSamples {
public:
    KnownSamples(const std::optional<LeafRun>& last_run, LeafTimelineBuilder& timeline,
                 SamplingPace& pace)
        : limit_ns_(last_run ? last_run->first_ns : std::numeric_limits<std::int64_t>::max()),
          timeline_(timeline),
          pace_(pace) {}

    /// No two of them are further apart than the hold limit.
    void add(std::int64_t first_ns, std::int64_t last_ns, std::uint64_t count) {
        const auto run_count = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
        const LeafRun all{first_ns, last_ns, run_count, false};
        add_to_pace(std::span(&all, 1), pace_);
        if (first_ns >= limit_ns_) return;
        timeline_.add({first_ns, std::min(last_ns, limit_ns_ - 1), run_count, false});
    }

    void add_rows(std::span<const std::int64_t> times, const ColumnValues& values) {
        for (std::size_t row = 0; row < times.size(); ++row) {
            if (values.is_valid(row)) add(times[row], times[row], 1);
            const bool ends_hold = values.ends_hold(row) && times[row] < limit_ns_;
            if (ends_hold) timeline_.add({times[row], times[row], 0, false});
        }
    }

private:
    std::int64_t limit_ns_;
    LeafTimelineBuilder& timeline_;
    SamplingPace& pace_;
};

}  // namespace

Result<SeriesStates> SeriesStates::open(const SeriesSelection& selection,
                                        const std::vector<BoundPredicate>& predicates,
                                        std::vector<StateQuestion> questions,
                                        std::span<const TimeRange> windows, std::int64_t as_of_ns,
                                        std::int64_t hold_ns, ExecutionContext& context) {
    SeriesStates states(selection, predicates, context);
    states.questions_ = std::move(questions);
    states.windows_ = windows;
    for (std::size_t i = 1; i < windows.size(); ++i) {
        if (windows[i - 1].end_ns < windows[i].begin_ns) states.has_gaps_ = true;
    }
    states.request_.range.end_ns = std::min(as_of_ns, windows.back().end_ns);
    states.request_.range.begin_ns = states.request_.range.end_ns;
    for (const TimeRange& window : windows) {
        states.request_.range.begin_ns = std::min(states.request_.range.begin_ns, window.begin_ns);
    }
    states.request_.hold_ns = hold_ns;
    const bool needs_start =
        std::any_of(states.questions_.begin(), states.questions_.end(),
                    [](const StateQuestion& question) { return question.needs_run_start; });
    states.request_.carry_in = needs_start ? CarryIn::RunStart : CarryIn::WithinHold;
    states.collect_leaves();
    states.earlier_scans_.resize(kLastLevel + 1);
    if (states.needs_only_end()) {
        TIDEMARK_RETURN_IF_ERROR(states.open_ends());
        return states;
    }
    TIDEMARK_ASSIGN_OR_RETURN(states.scans_,
                              SourceScans::open(selection, states.request_, context));
    return states;
}

bool SeriesStates::needs_only_end() const {
    return windows_.size() == 1 &&
           std::all_of(questions_.begin(), questions_.end(), [this](const StateQuestion& question) {
               return question.needs_only_end && goes_back_alone(question);
           });
}

Status SeriesStates::open_ends() {
    ScanRequest at_end = request_;
    at_end.range.begin_ns = at_end.range.end_ns;
    TIDEMARK_ASSIGN_OR_RETURN(end_scans_, SourceScans::open(*selection_, at_end, *context_));
    ScanRequest before = request_;
    before.leaves.clear();
    before.carry_in = CarryIn::WithinHold;
    for (const PredicateLeaf& leaf : request_.leaves) {
        before.columns.push_back({leaf.field, Need::Summary});
    }
    TIDEMARK_ASSIGN_OR_RETURN(scans_, SourceScans::open(*selection_, before, *context_));
    return success();
}

void SeriesStates::collect_leaves() {
    for (const BoundPredicate& predicate : *predicates_) {
        first_leaf_.push_back(request_.leaves.size());
        request_.leaves.insert(request_.leaves.end(), predicate.leaves().begin(),
                               predicate.leaves().end());
    }
}

std::size_t SeriesStates::leaf_number(std::size_t predicate, std::size_t leaf) const {
    return first_leaf_[predicate] + leaf;
}

Result<SeriesStates::LeafTimelines> SeriesStates::read_leaves(const SourceScans& scans,
                                                              std::int64_t begin_ns,
                                                              const GroupMember& member) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans.open_cursor(member));
    std::vector<LeafTimelineBuilder> builders(request_.leaves.size(),
                                              LeafTimelineBuilder(request_.hold_ns));
    LeafTimelines leaves;
    leaves.paces.resize(builders.size());
    for (std::size_t i = 0; i < builders.size(); ++i) {
        const auto& carried = cursor->carried().leaves[i];
        if (!carried) continue;
        builders[i].add(*carried);
        // A run may only touch the start; alone it gives the series no rows.
        const bool is_in_force = saturating_add(carried->last_ns, request_.hold_ns) > begin_ns;
        if (is_in_force) add_to_pace(std::span(&*carried, 1), leaves.paces[i]);
    }
    std::vector<bool> has_runs(builders.size(), false);
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) break;
        for (std::size_t i = 0; i < builders.size(); ++i) {
            if (!has_runs[i] && ends_hold_at(begin_ns, piece->leaves[i])) leaves.paces[i] = {};
            has_runs[i] = has_runs[i] || !piece->leaves[i].empty();
            builders[i].add(piece->leaves[i]);
            add_to_pace(piece->leaves[i], leaves.paces[i]);
        }
    }
    for (LeafTimelineBuilder& builder : builders) leaves.timelines.push_back(builder.finish());
    return leaves;
}

Result<SeriesStates::LeafTimelines> SeriesStates::read_ends(const GroupMember& member) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto end, end_scans_->open_cursor(member));
    TIDEMARK_ASSIGN_OR_RETURN(const auto before, scans_->open_cursor(member));
    const auto& last_runs = end->carried().leaves;
    std::vector<LeafTimelineBuilder> builders(last_runs.size(),
                                              LeafTimelineBuilder(request_.hold_ns));
    LeafTimelines leaves;
    leaves.paces.resize(builders.size());
    std::vector<KnownSamples> samples;
    samples.reserve(builders.size());
    for (std::size_t i = 0; i < builders.size(); ++i) {
        samples.emplace_back(last_runs[i], builders[i], leaves.paces[i]);
        const auto& carried = before->carried().columns[i];
        if (carried) samples[i].add(carried->time_ns, carried->time_ns, 1);
    }
    bool is_first_piece = true;
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, before->next());
        if (piece == nullptr) break;
        const bool is_at_begin = std::exchange(is_first_piece, false);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            if (is_at_begin && ends_hold_at(request_.range.begin_ns, *piece, piece->columns[i])) {
                leaves.paces[i] = {};
            }
            const ColumnSummary* summary = piece->columns[i].summary;
            if (summary == nullptr) {
                samples[i].add_rows(piece->times, piece->columns[i].values);
            } else if (summary->non_null_count > 0) {
                samples[i].add(summary->first_ns, summary->last_ns, summary->non_null_count);
            }
        }
    }
    leaves.timelines.reserve(builders.size());
    for (std::size_t i = 0; i < builders.size(); ++i) {
        if (last_runs[i]) builders[i].add(*last_runs[i]);
        leaves.timelines.push_back(builders[i].finish());
    }
    return leaves;
}

StateTimeline SeriesStates::predicate_timeline(std::size_t predicate, const LeafTimelines& leaves,
                                               const TagSet& tags) const {
    const BoundPredicate& bound = (*predicates_)[predicate];
    const auto of_predicate =
        std::span(leaves.timelines).subspan(first_leaf_[predicate], bound.leaves().size());
    return bound.is_single_leaf() ? of_predicate[0]
                                  : combine_leaves(bound.steps_for(tags), of_predicate);
}

/// The scan itself finds where a run began when the predicate is one leaf and nothing else decides.
bool SeriesStates::goes_back_alone(const StateQuestion& question) const {
    return (*predicates_)[question.predicate].is_single_leaf() && question.keep_ns == 0 &&
           !question.clear && request_.carry_in == CarryIn::RunStart;
}

bool SeriesStates::is_known_in_a_window(const StateTimeline& leaf) const {
    StateWindows totals(leaf, request_.range.end_ns);
    return std::any_of(windows_.begin(), windows_.end(), [&](const TimeRange& window) {
        if (window.is_empty()) return false;
        const StateTotals parts = totals.totals(window);
        return parts.good_ns + parts.bad_ns > 0;
    });
}

void SeriesStates::exclude(const StateQuestion& question, const GroupMember& member,
                           SeriesState& state) const {
    if (selection_->exclusions == nullptr) return;
    const auto changes = state.timeline.changes();
    const std::int64_t end_ns = windows_.back().end_ns;
    const std::int64_t first_change_ns = changes.empty() ? end_ns : changes.front().at_ns;
    std::int64_t begin_ns = request_.range.begin_ns;
    // Without a lower bound the windows of a series begin with its first sample.
    if (begin_ns == kMinNs) begin_ns = first_change_ns;
    if (question.needs_runs) begin_ns = std::min(begin_ns, first_change_ns);
    state.excluded = excluded_time(*selection_, member, {begin_ns, end_ns});
    state.timeline = state.timeline.with_unknown_in(state.excluded);
}

Result<SeriesState> SeriesStates::answer(const StateQuestion& question, const LeafTimelines& leaves,
                                         const GroupMember& member) {
    SeriesState state;
    const std::size_t leaf_count = (*predicates_)[question.predicate].leaves().size();
    for (std::size_t i = 0; i < leaf_count; ++i) {
        const std::size_t leaf = leaf_number(question.predicate, i);
        const SamplingPace& pace = leaves.paces[leaf];
        state.has_samples =
            state.has_samples ||
            (pace.sample_count > 0 && (!has_gaps_ || is_known_in_a_window(leaves.timelines[leaf])));
        if (pace.sample_count > state.pace.sample_count) state.pace = pace;
    }
    state.timeline = predicate_timeline(question.predicate, leaves, *member.tags);
    exclude(question, member, state);
    if (!question.needs_runs || !state.has_samples) return state;

    std::optional<StateTimeline> clear;
    if (question.clear) clear = predicate_timeline(*question.clear, leaves, *member.tags);
    const auto options = [&] {
        return RunOptions{question.for_ns, question.keep_ns, clear ? &*clear : nullptr};
    };
    const std::int64_t begin_ns = request_.range.begin_ns;
    std::int64_t known_from = begin_ns;
    for (std::size_t level = 0; question.needs_run_start && !goes_back_alone(question); ++level) {
        // Of a run that ends where the range begins, mttr wants to know the start.
        if (!needs_earlier_history(state.timeline, options(), saturating_add(begin_ns, -1),
                                   known_from, request_.range.end_ns)) {
            break;
        }
        TIDEMARK_ASSIGN_OR_RETURN(const SourceScans* scans, earlier_scans(level));
        if (scans == nullptr) break;
        known_from = known_from_ns(level);
        TIDEMARK_ASSIGN_OR_RETURN(const LeafTimelines earlier,
                                  read_leaves(*scans, known_from, member));
        state.timeline = predicate_timeline(question.predicate, earlier, *member.tags);
        exclude(question, member, state);
        if (question.clear) clear = predicate_timeline(*question.clear, earlier, *member.tags);
    }
    state.runs = find_true_runs(state.timeline, options(), request_.range.end_ns, state.excluded);
    return state;
}

std::int64_t SeriesStates::known_from_ns(std::size_t level) const {
    if (level == kLastLevel) return kMinNs;
    const TimeRange& range = request_.range;
    std::int64_t length_ns = 0;
    if (__builtin_sub_overflow(range.end_ns, range.begin_ns, &length_ns)) return kMinNs;
    if (request_.hold_ns != kHoldForever) length_ns = std::max(length_ns, request_.hold_ns);
    length_ns = std::max<std::int64_t>(length_ns, 1);
    for (std::size_t i = 0; i < level; ++i) {
        if (__builtin_mul_overflow(length_ns, kLookBackFactor, &length_ns)) return kMinNs;
    }
    return saturating_add(range.begin_ns, -length_ns);
}

Result<const SourceScans*> SeriesStates::earlier_scans(std::size_t level) {
    if (level > kLastLevel) return static_cast<const SourceScans*>(nullptr);
    const std::lock_guard lock(*mutex_);
    std::unique_ptr<SourceScans>& scans = earlier_scans_[level];
    if (scans == nullptr) {
        ScanRequest request = request_;
        request.range.begin_ns = known_from_ns(level);
        TIDEMARK_ASSIGN_OR_RETURN(SourceScans opened,
                                  SourceScans::open(*selection_, request, *context_));
        scans = std::make_unique<SourceScans>(std::move(opened));
    }
    return static_cast<const SourceScans*>(scans.get());
}

Result<std::vector<SeriesState>> SeriesStates::read(const GroupMember& member) {
    auto read =
        end_scans_ ? read_ends(member) : read_leaves(*scans_, request_.range.begin_ns, member);
    TIDEMARK_ASSIGN_OR_RETURN(const LeafTimelines leaves, std::move(read));
    std::vector<SeriesState> states;
    for (const StateQuestion& question : questions_) {
        TIDEMARK_ASSIGN_OR_RETURN(SeriesState state, answer(question, leaves, member));
        states.push_back(std::move(state));
    }
    return states;
}

}  // namespace tidemark::query

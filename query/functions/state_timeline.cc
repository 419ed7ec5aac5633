#include "query/functions/state_timeline.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "storage/base/assert.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();

/// Runs a postfix predicate; `stack` is working memory.
Truth run_steps(std::span<const PredicateStep> steps, std::span<const Truth> leaves,
                std::vector<Truth>& stack) {
    stack.clear();
    for (const PredicateStep& step : steps) {
        switch (step.kind) {
            case PredicateStep::Kind::Leaf:
                stack.push_back(leaves[step.leaf]);
                continue;
            case PredicateStep::Kind::Constant:
                stack.push_back(step.constant);
                continue;
            case PredicateStep::Kind::Not:
                TIDEMARK_ASSERT(!stack.empty(), "predicate lacks an operand");
                stack.back() = truth_not(stack.back());
                continue;
            case PredicateStep::Kind::And:
            case PredicateStep::Kind::Or:
                break;
        }
        TIDEMARK_ASSERT(stack.size() >= 2, "predicate lacks an operand");
        const Truth right = stack.back();
        stack.pop_back();
        stack.back() = step.kind == PredicateStep::Kind::And ? truth_and(stack.back(), right)
                                                             : truth_or(stack.back(), right);
    }
    TIDEMARK_ASSERT(stack.size() == 1, "predicate leaves more than one value");
    return stack.back();
}

}  // namespace

Truth truth_not(Truth operand) {
    if (operand == Truth::Unknown) return operand;
    return operand == Truth::True ? Truth::False : Truth::True;
}

Truth truth_and(Truth left, Truth right) {
    if (left == Truth::False || right == Truth::False) return Truth::False;
    return left == Truth::True && right == Truth::True ? Truth::True : Truth::Unknown;
}

Truth truth_or(Truth left, Truth right) {
    if (left == Truth::True || right == Truth::True) return Truth::True;
    return left == Truth::False && right == Truth::False ? Truth::False : Truth::Unknown;
}

std::int64_t hold_end_ns(std::int64_t time_ns, std::int64_t hold_ns) {
    if (hold_ns == kHoldForever || time_ns > kLatest - std::max<std::int64_t>(hold_ns, 0)) {
        return kLatest;
    }
    return time_ns + hold_ns;
}

StateTimeline StateTimeline::constant(Truth truth) {
    StateTimeline timeline;
    timeline.append(kEarliest, truth);
    return timeline;
}

Truth StateTimeline::at(std::int64_t time_ns) const {
    const auto after = std::ranges::upper_bound(changes_, time_ns, {}, &TruthChange::at_ns);
    return after == changes_.begin() ? Truth::Unknown : std::prev(after)->truth;
}

void StateTimeline::append(std::int64_t at_ns, Truth truth) {
    if (!changes_.empty() && changes_.back().at_ns == at_ns) changes_.pop_back();
    const Truth before = changes_.empty() ? Truth::Unknown : changes_.back().truth;
    if (truth != before) changes_.push_back({at_ns, truth});
}

StateTimeline StateTimeline::with_unknown_as(Truth truth) const {
    StateTimeline filled = constant(truth);
    filled.reserve(changes_.size() + 1);
    for (const TruthChange& change : changes_) {
        filled.append(change.at_ns, change.truth == Truth::Unknown ? truth : change.truth);
    }
    return filled;
}

StateTimeline StateTimeline::with_unknown_in(std::span<const TimeRange> ranges) const {
    StateTimeline cut;
    std::size_t next = 0;
    Truth truth = Truth::Unknown;
    for (const TimeRange& range : ranges) {
        if (range.is_empty()) continue;
        for (; next < changes_.size() && changes_[next].at_ns < range.begin_ns; ++next) {
            truth = changes_[next].truth;
            cut.append(changes_[next].at_ns, truth);
        }
        cut.append(range.begin_ns, Truth::Unknown);
        for (; next < changes_.size() && changes_[next].at_ns <= range.end_ns; ++next) {
            truth = changes_[next].truth;
        }
        cut.append(range.end_ns, truth);
    }
    for (; next < changes_.size(); ++next) cut.append(changes_[next].at_ns, changes_[next].truth);
    return cut;
}

void LeafTimelineBuilder::add(const LeafRun& run) {
    if (has_run_) {
        const std::int64_t hold_end = hold_end_ns(last_sample_ns_, hold_ns_);
        if (hold_end < run.first_ns) timeline_.append(hold_end, Truth::Unknown);
    }
    if (run.sample_count == 0) {
        timeline_.append(run.first_ns, Truth::Unknown);
        has_run_ = false;
        return;
    }
    timeline_.append(run.first_ns, run.is_true ? Truth::True : Truth::False);
    last_sample_ns_ = run.last_ns;
    has_run_ = true;
}

StateTimeline LeafTimelineBuilder::finish() {
    if (has_run_) {
        const std::int64_t hold_end = hold_end_ns(last_sample_ns_, hold_ns_);
        if (hold_end < kLatest) timeline_.append(hold_end, Truth::Unknown);
    }
    has_run_ = false;
    StateTimeline finished;
    std::swap(finished, timeline_);
    return finished;
}

StateTimeline combine_leaves(std::span<const PredicateStep> steps,
                             std::span<const StateTimeline> leaves) {
    if (steps.size() == 1 && steps[0].kind == PredicateStep::Kind::Leaf) {
        return leaves[steps[0].leaf];
    }
    std::vector<Truth> truths(leaves.size(), Truth::Unknown);
    std::vector<std::size_t> next(leaves.size(), 0);
    std::vector<Truth> stack;
    StateTimeline combined;
    combined.append(kEarliest, run_steps(steps, truths, stack));
    while (true) {
        bool has_change = false;
        std::int64_t at_ns = kLatest;
        for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf) {
            const auto changes = leaves[leaf].changes();
            if (next[leaf] == changes.size()) continue;
            has_change = true;
            at_ns = std::min(at_ns, changes[next[leaf]].at_ns);
        }
        if (!has_change) return combined;
        for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf) {
            const auto changes = leaves[leaf].changes();
            if (next[leaf] == changes.size() || changes[next[leaf]].at_ns != at_ns) continue;
            truths[leaf] = changes[next[leaf]].truth;
            ++next[leaf];
        }
        combined.append(at_ns, run_steps(steps, truths, stack));
    }
}

Truth combine_truths(std::span<const PredicateStep> steps, std::span<const Truth> leaves) {
    std::vector<Truth> stack;
    return run_steps(steps, leaves, stack);
}

}  // namespace tidemark::query

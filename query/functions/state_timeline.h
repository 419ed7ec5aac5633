#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <tidemark/scan.h>
#include <tidemark/types.h>

namespace tidemark::query {

/// Kleene's three truth values.
enum class Truth : std::uint8_t { False, True, Unknown };

Truth truth_not(Truth operand);
Truth truth_and(Truth left, Truth right);
Truth truth_or(Truth left, Truth right);

/// From `at_ns` on, until the next change, the predicate is `truth`.
struct TruthChange {
    std::int64_t at_ns;
    Truth truth;
    bool operator==(const TruthChange&) const = default;
};

/// The truth of a predicate over all of time: a step function, Unknown before its first change.
/// Neighbouring changes differ in truth and ascend in time.
class StateTimeline {
public:
    StateTimeline() = default;

    static StateTimeline constant(Truth truth);

    std::span<const TruthChange> changes() const { return changes_; }
    bool is_empty() const { return changes_.empty(); }
    Truth at(std::int64_t time_ns) const;

    /// Appends a change; a change to the truth already in force is dropped, one at the time of the
    /// last change replaces it. `at_ns` must not be before the last change.
    void append(std::int64_t at_ns, Truth truth);
    void reserve(std::size_t change_count) { changes_.reserve(change_count); }
    void clear() { changes_.clear(); }

    /// UNKNOWN AS BAD (False) or GOOD (True): the same with no Unknown left.
    StateTimeline with_unknown_as(Truth truth) const;
    /// The same, Unknown inside `ranges` (ascending, disjoint).
    StateTimeline with_unknown_in(std::span<const TimeRange> ranges) const;

    bool operator==(const StateTimeline&) const = default;

private:
    std::vector<TruthChange> changes_;
};

/// The end of a sample's hold (R1): time_ns + hold_ns, saturated; kHoldForever has no end.
std::int64_t hold_end_ns(std::int64_t time_ns, std::int64_t hold_ns);

/// end - begin for begin <= end; does not overflow.
inline std::uint64_t length_ns(std::int64_t begin_ns, std::int64_t end_ns) {
    return static_cast<std::uint64_t>(end_ns) - static_cast<std::uint64_t>(begin_ns);
}

/// The same as a signed number; a length beyond int64 saturates.
inline std::int64_t saturated_length_ns(std::int64_t begin_ns, std::int64_t end_ns) {
    constexpr std::uint64_t kLongest = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(length_ns(begin_ns, end_ns), kLongest));
}

/// Builds the timeline of one leaf from the runs a scan yields. Each sample holds until the next,
/// at most `hold_ns` (R1). Times saturate.
class LeafTimelineBuilder {
public:
    explicit LeafTimelineBuilder(std::int64_t hold_ns) : hold_ns_(hold_ns) {}

    /// The carried run first (when there is one), then every run in time order. Runs of equal truth
    /// may come unjoined; one of no samples ends a hold.
    void add(const LeafRun& run);
    void add(std::span<const LeafRun> runs) {
        for (const LeafRun& run : runs) add(run);
    }

    /// The timeline; the builder is empty again. The last run holds to its limit: what is later
    /// than `as_of` is cut by whoever asks (R3).
    StateTimeline finish();

private:
    std::int64_t hold_ns_;
    bool has_run_ = false;
    std::int64_t last_sample_ns_ = 0;
    StateTimeline timeline_;
};

/// A predicate in postfix order, over leaves by number.
struct PredicateStep {
    enum class Kind : std::uint8_t { Leaf, Constant, Not, And, Or };
    Kind kind = Kind::Constant;
    std::size_t leaf = 0;             ///< For Leaf.
    Truth constant = Truth::Unknown;  ///< For Constant (tags, literals).
};

/// Evaluates the predicate over all of time. `steps` is well formed: leaves exist, operands are
/// there, one value remains.
StateTimeline combine_leaves(std::span<const PredicateStep> steps,
                             std::span<const StateTimeline> leaves);

/// Evaluates it for one point whose leaves have these truths.
Truth combine_truths(std::span<const PredicateStep> steps, std::span<const Truth> leaves);

}  // namespace tidemark::query

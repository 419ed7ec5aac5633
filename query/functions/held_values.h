#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "query/functions/decimal.h"
#include "query/functions/double_double.h"
#include "query/functions/time_ranges.h"

namespace tidemark::query {

/// The observation function x(t) of one field of one series (R1) as the instants at which it
/// changes. Neighbours differ; before the first one nothing is known.
struct HeldChange {
    std::int64_t at_ns;
    Cell value;  ///< From here on; null: unknown.
    bool operator==(const HeldChange&) const = default;
};

/// A field of one series over time, and how densely it was sampled.
struct HeldField {
    std::vector<HeldChange> changes;
    std::uint64_t sample_count = 0;
    std::int64_t first_ns = 0;  ///< Of the samples.
    std::int64_t last_ns = 0;
    TimeRanges excluded;  ///< Time from the first change on that does not count.
};

/// Makes the changes of a field from its samples, which come in time order. -0.0 is 0.0 here.
///
/// Not thread-safe.
class HeldValuesBuilder {
public:
    explicit HeldValuesBuilder(std::int64_t hold_ns) : hold_ns_(hold_ns) {}

    /// True when all samples of a summary are one value, in force from the first to the last.
    bool can_use(const ColumnSummary& summary) const;
    /// can_use(summary) must hold.
    void add_summary(const ColumnSummary& summary);
    void add_sample(std::int64_t time_ns, const Value& value);
    /// Nothing is known from here on.
    void end_hold(std::int64_t time_ns);
    void add_values(std::span<const std::int64_t> times, const ColumnValues& values);

    /// Of the changes so far, texts in them aside.
    std::size_t memory_size_bytes() const { return field_.changes.capacity() * sizeof(HeldChange); }

    /// Lets the last sample hold to its limit. Leaves an empty builder.
    HeldField finish();

private:
    template <typename T>
    void add_column(std::span<const std::int64_t> times, const ColumnValues& values);
    template <typename T>
    void add_typed(std::int64_t time_ns, const T& value);
    void end_worn_out_hold(std::int64_t time_ns);

    std::int64_t hold_ns_;
    bool is_holding_ = false;
    HeldField field_;
};

/// A stretch of known time with one value.
struct HeldStretch {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    const Cell* value;
};

/// The stretches of [begin, end) in which a value is known, in time order. They point into
/// `changes`.
std::vector<HeldStretch> known_stretches(std::span<const HeldChange> changes,
                                         const TimeRange& range);

/// change_count(): changes from one known value to another at instants of `range`.
std::int64_t change_count(std::span<const HeldChange> changes, const TimeRange& range);

/// changes(): the value in force at range.begin_ns, if known, then every change in `range`; null
/// where it becomes unknown.
std::vector<HeldChange> changes_within(std::span<const HeldChange> changes, const TimeRange& range);

/// The same where `excluded` (in normal form, time_ranges.h) does not count: there nothing is
/// known.
std::vector<HeldChange> changes_outside(std::span<const HeldChange> changes,
                                        std::span<const TimeRange> excluded);

/// A row of state_durations().
struct ValueDuration {
    Cell value;  ///< Null: unknown.
    WideInteger duration_ns = 0;
    std::int64_t entry_count = 0;  ///< Runs begun in the range.
};

/// One per distinct value, longest first, equal ones in order of value; unknown comes last, also
/// when there is none. What is in `excluded` (in normal form) is neither, and a value after it is a
/// new run.
std::vector<ValueDuration> value_durations(std::span<const HeldChange> changes,
                                           const TimeRange& range,
                                           std::span<const TimeRange> excluded = {});

/// For how long which values of a number were in force, of any number of series: time_percentile.
class HeldWeights {
public:
    void add(std::span<const HeldChange> changes, const TimeRange& range);

    /// The smallest value v such that at least `percent` (at most 100) of the known time has values
    /// up to v. Null when nothing is known.
    Cell percentile(const Decimal& percent) const;

private:
    std::vector<std::pair<Cell, WideUnsigned>> weights_;
    WideUnsigned known_ns_ = 0;
};

}  // namespace tidemark::query

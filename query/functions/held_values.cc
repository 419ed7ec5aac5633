#include "query/functions/held_values.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "query/column/cell.h"
#include "query/functions/column_access.h"
#include "query/functions/state_timeline.h"

namespace tidemark::query {
namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();

/// Whether a cell holds what a column's T stands for.
template <typename T>
bool holds(const Cell& cell, const T& value) {
    const auto* held = std::get_if<StoredType<T>>(&cell);
    return held != nullptr && *held == static_cast<StoredType<T>>(value);
}
bool holds(const Cell& cell, const std::string_view& value) {
    const auto* held = std::get_if<std::string>(&cell);
    return held != nullptr && *held == value;
}

template <typename T>
Cell stored(const T& value) {
    if constexpr (std::is_same_v<T, double>) {
        return value == 0 ? 0.0 : value;
    } else {
        return static_cast<StoredType<T>>(value);
    }
}

/// Values of one field: of one type, in its order.
bool is_less(const Cell& left, const Cell& right) {
    const auto order = compare_cells(left, right);
    return order && *order == std::partial_ordering::less;
}

struct CellLess {
    bool operator()(const Cell& left, const Cell& right) const { return is_less(left, right); }
};

/// Position of the first change after `time_ns`.
std::size_t first_after(std::span<const HeldChange> changes, std::int64_t time_ns) {
    const auto after = std::ranges::upper_bound(changes, time_ns, {}, &HeldChange::at_ns);
    return static_cast<std::size_t>(after - changes.begin());
}

/// Calls visit(value, begin, end) for each stretch of the range, unknown ones included.
template <typename Visit>
void for_each_stretch(std::span<const HeldChange> changes, const TimeRange& range, Visit&& visit) {
    static const Cell kUnknown;
    std::size_t next = first_after(changes, range.begin_ns);
    std::int64_t begin_ns = range.begin_ns;
    while (begin_ns < range.end_ns) {
        const bool is_last = next == changes.size();
        const std::int64_t end_ns =
            is_last ? range.end_ns : std::min(range.end_ns, changes[next].at_ns);
        visit(next == 0 ? kUnknown : changes[next - 1].value, begin_ns, end_ns);
        begin_ns = end_ns;
        ++next;
    }
}

}  // namespace

/// Ends the hold of the last sample where it is over before `time_ns`.
void HeldValuesBuilder::end_worn_out_hold(std::int64_t time_ns) {
    if (!is_holding_) return;
    const std::int64_t hold_end = hold_end_ns(field_.last_ns, hold_ns_);
    if (hold_end >= time_ns) return;
    field_.changes.push_back({hold_end, Cell()});
    is_holding_ = false;
}

void HeldValuesBuilder::end_hold(std::int64_t time_ns) {
    end_worn_out_hold(time_ns);
    if (std::exchange(is_holding_, false)) field_.changes.push_back({time_ns, Cell()});
}

template <typename T>
void HeldValuesBuilder::add_typed(std::int64_t time_ns, const T& value) {
    std::vector<HeldChange>& changes = field_.changes;
    end_worn_out_hold(time_ns);
    if (field_.sample_count == 0) field_.first_ns = time_ns;
    ++field_.sample_count;
    field_.last_ns = time_ns;
    is_holding_ = true;
    if (changes.empty() || !holds(changes.back().value, value)) {
        changes.push_back({time_ns, stored(value)});
    }
}

bool HeldValuesBuilder::can_use(const ColumnSummary& summary) const {
    if (summary.non_null_count == 0) return true;
    return summary.has_values && summary.largest_gap_ns <= hold_ns_ && summary.min == summary.max;
}

void HeldValuesBuilder::add_summary(const ColumnSummary& summary) {
    if (summary.non_null_count == 0) return;
    add_sample(summary.first_ns, summary.first);
    field_.sample_count += summary.non_null_count - 1;
    field_.last_ns = summary.last_ns;
}

void HeldValuesBuilder::add_sample(std::int64_t time_ns, const Value& value) {
    std::visit(
        [&](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, bool>) {
                add_typed<std::uint8_t>(time_ns, static_cast<std::uint8_t>(held));
            } else if constexpr (std::is_same_v<T, std::string>) {
                add_typed<std::string_view>(time_ns, held);
            } else {
                add_typed<T>(time_ns, held);
            }
        },
        value);
}

template <typename T>
void HeldValuesBuilder::add_column(std::span<const std::int64_t> times,
                                   const ColumnValues& values) {
    const std::span<const T> column = typed_values<T>(values);
    for_each_sample_or_end(
        values, 0, times.size(), [&](std::size_t row) { add_typed<T>(times[row], column[row]); },
        [&](std::size_t row) { end_hold(times[row]); });
}

void HeldValuesBuilder::add_values(std::span<const std::int64_t> times,
                                   const ColumnValues& values) {
    switch (values.type) {
        case FieldType::Float:
            return add_column<double>(times, values);
        case FieldType::Integer:
            return add_column<std::int64_t>(times, values);
        case FieldType::Unsigned:
            return add_column<std::uint64_t>(times, values);
        case FieldType::Boolean:
            return add_column<std::uint8_t>(times, values);
        case FieldType::String:
            return add_column<std::string_view>(times, values);
    }
}

HeldField HeldValuesBuilder::finish() {
    if (std::exchange(is_holding_, false) && hold_ns_ != kHoldForever) {
        field_.changes.push_back({hold_end_ns(field_.last_ns, hold_ns_), Cell()});
    }
    return std::exchange(field_, {});
}

std::vector<HeldStretch> known_stretches(std::span<const HeldChange> changes,
                                         const TimeRange& range) {
    std::vector<HeldStretch> stretches;
    for_each_stretch(changes, range,
                     [&](const Cell& value, std::int64_t begin_ns, std::int64_t end_ns) {
                         if (!is_null(value)) stretches.push_back({begin_ns, end_ns, &value});
                     });
    return stretches;
}

std::int64_t change_count(std::span<const HeldChange> changes, const TimeRange& range) {
    std::int64_t count = 0;
    std::size_t i = range.begin_ns == std::numeric_limits<std::int64_t>::min()
                        ? 0
                        : first_after(changes, range.begin_ns - 1);
    for (; i < changes.size() && changes[i].at_ns < range.end_ns; ++i) {
        if (i > 0 && !is_null(changes[i].value) && !is_null(changes[i - 1].value)) ++count;
    }
    return count;
}

std::vector<HeldChange> changes_within(std::span<const HeldChange> changes,
                                       const TimeRange& range) {
    std::vector<HeldChange> rows;
    for_each_stretch(changes, range,
                     [&](const Cell& value, std::int64_t begin_ns, std::int64_t /*end_ns*/) {
                         if (rows.empty() && is_null(value)) return;
                         rows.push_back({begin_ns, value});
                     });
    return rows;
}

std::vector<HeldChange> changes_outside(std::span<const HeldChange> changes,
                                        std::span<const TimeRange> excluded) {
    std::vector<HeldChange> outside;
    const auto append = [&outside](std::int64_t at_ns, const Cell& value) {
        if (!outside.empty() && outside.back().at_ns == at_ns) outside.pop_back();
        const bool is_same = outside.empty() ? is_null(value) : outside.back().value == value;
        if (!is_same) outside.push_back({at_ns, value});
    };
    std::size_t next = 0;
    Cell value;
    for (const TimeRange& range : excluded) {
        for (; next < changes.size() && changes[next].at_ns < range.begin_ns; ++next) {
            value = changes[next].value;
            append(changes[next].at_ns, value);
        }
        append(range.begin_ns, Cell());
        for (; next < changes.size() && changes[next].at_ns <= range.end_ns; ++next) {
            value = changes[next].value;
        }
        append(range.end_ns, value);
    }
    for (; next < changes.size(); ++next) append(changes[next].at_ns, changes[next].value);
    return outside;
}

std::vector<ValueDuration> value_durations(std::span<const HeldChange> changes,
                                           const TimeRange& range,
                                           std::span<const TimeRange> excluded) {
    std::map<Cell, ValueDuration, CellLess> by_value;
    ValueDuration unknown;
    const auto is_change = [&](std::int64_t at_ns) {
        const auto at = std::ranges::lower_bound(changes, at_ns, {}, &HeldChange::at_ns);
        return at != changes.end() && at->at_ns == at_ns;
    };
    const auto begins_run = [&](std::int64_t begin_ns) {
        return begin_ns > range.begin_ns || is_change(begin_ns) ||
               (begin_ns > kEarliest && contains(excluded, begin_ns - 1));
    };
    const auto add = [&](const Cell& value, std::int64_t begin_ns, std::int64_t end_ns) {
        ValueDuration& row = is_null(value) ? unknown : by_value[value];
        row.value = value;
        row.duration_ns += WideInteger{end_ns} - begin_ns;
        if (begins_run(begin_ns)) ++row.entry_count;
    };
    for (const TimeRange& part : complement(excluded, range)) {
        for_each_stretch(changes, part, add);
    }
    std::vector<ValueDuration> rows;
    rows.reserve(by_value.size() + 1);
    for (auto& [value, row] : by_value) rows.push_back(std::move(row));
    std::ranges::stable_sort(rows, std::ranges::greater(), &ValueDuration::duration_ns);
    rows.push_back(std::move(unknown));
    return rows;
}

void HeldWeights::add(std::span<const HeldChange> changes, const TimeRange& range) {
    for (const HeldStretch& stretch : known_stretches(changes, range)) {
        const auto length =
            static_cast<WideUnsigned>(WideInteger{stretch.end_ns} - stretch.begin_ns);
        weights_.emplace_back(*stretch.value, length);
        known_ns_ += length;
    }
}

Cell HeldWeights::percentile(const Decimal& percent) const {
    if (known_ns_ == 0) return std::monostate{};
    auto sorted = weights_;
    std::ranges::sort(sorted, is_less, &std::pair<Cell, WideUnsigned>::first);
    // The least whole number of ns that is at least known * digits / (100 * divisor). Divided
    // first, so that the products fit: digits and the remainder are below 2^60 and 2^67.
    const WideUnsigned whole = WideUnsigned{100} * percent.divisor();
    const WideUnsigned rest = known_ns_ % whole * percent.digits();
    const WideUnsigned needed_ns =
        known_ns_ / whole * percent.digits() + rest / whole + (rest % whole == 0 ? 0 : 1);
    WideUnsigned sum_ns = 0;
    for (const auto& [value, length_ns] : sorted) {
        sum_ns += length_ns;
        if (sum_ns >= needed_ns) return value;
    }
    return sorted.back().first;
}

}  // namespace tidemark::query

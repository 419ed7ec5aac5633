#include "query/functions/state_window.h"

#include <algorithm>
#include <limits>
#include <string>

namespace tidemark::query {
namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();

template <typename T, typename Choose>
void merge_optional(std::optional<T>& into, const std::optional<T>& other, Choose choose) {
    if (!other) return;
    into = into ? choose(*into, *other) : *other;
}

/// A mean is a float in every unit: no whole number holds it exactly.
Cell mean_cell(WideNs whole_ns, std::int64_t count, std::int64_t unit_ns) {
    if (count == 0) return std::monostate{};
    return exact_ratio(whole_ns, static_cast<WideUnsigned>(WideNs{unit_ns} * count));
}

Cell ratio_cell(WideNs part, WideNs whole) {
    if (whole == 0) return std::monostate{};
    return exact_ratio(part, static_cast<WideUnsigned>(whole));
}

}  // namespace

void StateTotals::merge(const StateTotals& other) {
    good_ns += other.good_ns;
    bad_ns += other.bad_ns;
    unknown_ns += other.unknown_ns;
    excluded_ns += other.excluded_ns;
    future_ns += other.future_ns;
}

StateWindows::StateWindows(const StateTimeline& timeline, std::int64_t as_of_ns,
                           std::span<const TimeRange> excluded) {
    const std::span<const TruthChange> changes = timeline.changes();
    pieces_.reserve(changes.size() + 2 * excluded.size() + 2);
    std::size_t next_change = 0;
    std::size_t next_excluded = 0;
    Kind kind = Kind::Unknown;
    bool is_excluded = false;
    std::int64_t now_ns = kEarliest;
    while (true) {
        for (; next_change < changes.size() && changes[next_change].at_ns <= now_ns;
             ++next_change) {
            const Truth truth = changes[next_change].truth;
            kind = truth == Truth::Unknown ? Kind::Unknown
                                           : (truth == Truth::True ? Kind::Good : Kind::Bad);
        }
        while (next_excluded < excluded.size() && excluded[next_excluded].end_ns <= now_ns) {
            ++next_excluded;
        }
        is_excluded = next_excluded < excluded.size() && excluded[next_excluded].begin_ns <= now_ns;
        append(now_ns, is_excluded ? Kind::Excluded : (now_ns >= as_of_ns ? Kind::Future : kind));

        std::optional<std::int64_t> next_ns;
        const auto consider = [&](std::int64_t at_ns) {
            if (at_ns > now_ns && (!next_ns || at_ns < *next_ns)) next_ns = at_ns;
        };
        consider(as_of_ns);
        if (next_change < changes.size()) consider(changes[next_change].at_ns);
        if (next_excluded < excluded.size()) {
            consider(is_excluded ? excluded[next_excluded].end_ns
                                 : excluded[next_excluded].begin_ns);
        }
        if (!next_ns) return;
        now_ns = *next_ns;
    }
}

void StateWindows::append(std::int64_t begin_ns, Kind kind) {
    if (pieces_.empty()) {
        pieces_.push_back({begin_ns, kind, {}});
        return;
    }
    const Piece& last = pieces_.back();
    if (last.kind == kind) return;
    Sums before_ns = last.before_ns;
    before_ns[static_cast<std::size_t>(last.kind)] += length_ns(last.begin_ns, begin_ns);
    pieces_.push_back({begin_ns, kind, before_ns});
}

StateWindows::Sums StateWindows::sums_before(std::int64_t time_ns, std::size_t& cursor) const {
    if (pieces_[cursor].begin_ns > time_ns) {
        const auto after = std::ranges::upper_bound(pieces_, time_ns, {}, &Piece::begin_ns);
        cursor = static_cast<std::size_t>(after - pieces_.begin()) - 1;
    }
    while (cursor + 1 < pieces_.size() && pieces_[cursor + 1].begin_ns <= time_ns) ++cursor;
    const Piece& piece = pieces_[cursor];
    Sums sums = piece.before_ns;
    sums[static_cast<std::size_t>(piece.kind)] += length_ns(piece.begin_ns, time_ns);
    return sums;
}

StateTotals StateWindows::totals(const TimeRange& window) {
    if (window.is_empty()) return {};
    const Sums begin = sums_before(window.begin_ns, begin_cursor_);
    const Sums end = sums_before(window.end_ns, end_cursor_);
    const auto inside = [&](Kind kind) {
        const auto index = static_cast<std::size_t>(kind);
        return static_cast<WideNs>(end[index] - begin[index]);
    };
    return {inside(Kind::Good), inside(Kind::Bad), inside(Kind::Unknown), inside(Kind::Excluded),
            inside(Kind::Future)};
}

void StateGroup::merge(const StateGroup& other) {
    totals.merge(other.totals);
    longest_ns = std::max(longest_ns, other.longest_ns);
    const auto greater = [](std::int64_t a, std::int64_t b) { return std::max(a, b); };
    const auto smaller = [](std::int64_t a, std::int64_t b) { return std::min(a, b); };
    merge_optional(current_ns, other.current_ns, greater);
    merge_optional(since_ns, other.since_ns, smaller);
    episode_count += other.episode_count;
    begun_count += other.begun_count;
    ended_count += other.ended_count;
    ended_ns += other.ended_ns;
}

void add_runs_of_window(const TrueRuns& runs, const StateTimeline& timeline,
                        const TimeRange& window, std::int64_t as_of_ns, StateGroup& group) {
    const std::int64_t end_ns = std::min(window.end_ns, as_of_ns);
    if (window.begin_ns >= end_ns) return;
    StateGroup mine;
    // A run that ends where the window begins has nothing in it, but ended in it.
    auto run = std::ranges::lower_bound(runs.runs, window.begin_ns, {}, &TrueRun::end_ns);
    const TrueRun* last = nullptr;
    for (; run != runs.runs.end() && run->begin_ns < end_ns; ++run) {
        if (run->end_ns < end_ns) {
            ++mine.ended_count;
            mine.ended_ns += WideNs{run->end_ns} - run->begin_ns;
        }
        if (run->end_ns == window.begin_ns) continue;
        ++mine.episode_count;
        if (run->begin_ns >= window.begin_ns) ++mine.begun_count;
        const std::int64_t inside_ns = saturated_length_ns(std::max(run->begin_ns, window.begin_ns),
                                                           std::min(run->end_ns, end_ns));
        mine.longest_ns = std::max(mine.longest_ns, inside_ns);
        last = &*run;
    }
    if (last != nullptr && last->end_ns >= end_ns) {
        mine.current_ns = saturated_length_ns(last->begin_ns, end_ns);
        mine.since_ns = last->begin_ns;
    } else if (timeline.at(end_ns - 1) != Truth::Unknown) {
        mine.current_ns = 0;
    }
    group.merge(mine);
}

Result<Cell> duration_cell(WideNs duration_ns, std::int64_t unit_ns) {
    if (unit_ns != 1) return Cell(exact_ratio(duration_ns, static_cast<WideUnsigned>(unit_ns)));
    if (duration_ns > std::numeric_limits<std::int64_t>::max() ||
        duration_ns < std::numeric_limits<std::int64_t>::min()) {
        return Error(ErrorCode::InvalidArgument,
                     "a duration of more than 292 years does not fit into integer nanoseconds; "
                     "ask for another unit, like 1s");
    }
    return Cell(static_cast<std::int64_t>(duration_ns));
}

Result<Cell> state_result(FunctionId function, const StateGroup& group, std::int64_t unit_ns) {
    const StateTotals& totals = group.totals;
    const WideNs known_ns = totals.good_ns + totals.bad_ns;
    const WideNs counted_ns = known_ns + totals.unknown_ns;
    switch (function) {
        case FunctionId::TimeIn:
            return duration_cell(totals.good_ns, unit_ns);
        case FunctionId::TimeOut:
            return duration_cell(totals.bad_ns, unit_ns);
        case FunctionId::Unknown:
            return duration_cell(totals.unknown_ns, unit_ns);
        case FunctionId::Excluded:
            return duration_cell(totals.excluded_ns, unit_ns);
        case FunctionId::Future:
            return duration_cell(totals.future_ns, unit_ns);
        case FunctionId::Uptime:
            return ratio_cell(totals.good_ns, known_ns);
        case FunctionId::Downtime:
            return ratio_cell(totals.bad_ns, known_ns);
        case FunctionId::Coverage:
            return ratio_cell(known_ns, counted_ns);
        case FunctionId::UptimeLow:
            return ratio_cell(totals.good_ns, counted_ns);
        case FunctionId::UptimeHigh:
            return ratio_cell(totals.good_ns + totals.unknown_ns, counted_ns);
        case FunctionId::Longest:
            if (known_ns == 0 && group.longest_ns == 0) return Cell(std::monostate{});
            return duration_cell(group.longest_ns, unit_ns);
        case FunctionId::Current:
            if (!group.current_ns) return Cell(std::monostate{});
            return duration_cell(*group.current_ns, unit_ns);
        case FunctionId::EpisodeCount:
            return Cell(group.episode_count);
        case FunctionId::Mttr:
            return mean_cell(group.ended_ns, group.ended_count, unit_ns);
        case FunctionId::Mtbf:
            return mean_cell(totals.bad_ns, group.begun_count, unit_ns);
        case FunctionId::Since:
            if (!group.since_ns) return Cell(std::monostate{});
            return Cell(TimeCell{*group.since_ns});
        default:
            break;
    }
    return Error(ErrorCode::InvalidArgument,
                 std::string(function_info(function).name) + "() is not a state function");
}

}  // namespace tidemark::query

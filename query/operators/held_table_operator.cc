#include "query/operators/held_table_operator.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "query/functions/state_window.h"

namespace tidemark::query {

Result<RowBatch*> HeldTableOperator::next() {
    if (!has_computed_) TIDEMARK_RETURN_IF_ERROR(compute_all());
    has_computed_ = true;
    while (next_batch_ < batches_.size()) {
        RowBatch& batch = batches_[next_batch_++];
        if (!batch.rows.empty()) return &batch;
    }
    return nullptr;
}

Status HeldTableOperator::compute_all() {
    TimeRange range = plan_.frame.range;
    range.end_ns = plan_.frame.as_of_ns;
    if (range.is_empty()) return success();
    TIDEMARK_ASSIGN_OR_RETURN(
        const HeldReader reader,
        HeldReader::open(plan_.series, {plan_.call.field}, range, plan_.hold_ns, context_));
    const std::vector<SeriesGroup> groups = group_series(plan_.series, reader.scans());
    std::vector<std::vector<Rows>> rows(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) rows[i].resize(groups[i].members.size());
    TIDEMARK_RETURN_IF_ERROR(for_each_member_parallel(
        groups, context_.thread_count(), [&](std::size_t group, std::size_t member) {
            return list_series(reader, groups[group].members[member], rows[group][member]);
        }));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        RowBatch batch{groups[i].measurement, groups[i].tag_values, {}};
        for (Rows& part : rows[i]) {
            std::move(part.begin(), part.end(), std::back_inserter(batch.rows));
        }
        // Changes come in order of time; durations series by series, the longest first.
        if (plan_.call.function == FunctionId::Changes) {
            std::stable_sort(
                batch.rows.begin(), batch.rows.end(), [](const auto& left, const auto& right) {
                    return std::get<TimeCell>(left[0]).ns < std::get<TimeCell>(right[0]).ns;
                });
        }
        batches_.push_back(std::move(batch));
    }
    coverage_.report(plan_.hold_ns, context_);
    return success();
}

Status HeldTableOperator::list_series(const HeldReader& reader, const GroupMember& member,
                                      Rows& rows) {
    TIDEMARK_ASSIGN_OR_RETURN(const auto read, reader.read(member));
    const std::vector<HeldChange>& changes = read.fields.front().changes;
    TimeRange window = plan_.frame.range;
    window.end_ns = plan_.frame.as_of_ns;
    // Without a lower bound the window of a series begins at its first sample.
    if (!plan_.frame.has_lower && !changes.empty()) window.begin_ns = changes.front().at_ns;
    if (known_stretches(changes, window).empty()) return success();
    watch_coverage(member, read.fields.front(), window, coverage_);
    const auto counted = changes_outside(changes, read.fields.front().excluded);
    if (known_stretches(counted, window).empty()) return success();
    if (plan_.call.function == FunctionId::StateDurations) {
        return list_durations(read.fields.front(), window, *member.tags, rows);
    }
    std::vector<HeldChange> within = changes_within(counted, window);
    if ((row_count_ += within.size()) > context_.held_row_limit()) {
        return Error(ErrorCode::LimitExceeded, "changes() has more than " +
                                                   std::to_string(context_.held_row_limit()) +
                                                   " rows: narrow the time range");
    }
    rows.reserve(within.size());
    for (HeldChange& change : within) {
        rows.push_back({TimeCell{change.at_ns}, std::move(change.value)});
        add_tags(*member.tags, rows.back());
    }
    return success();
}

void HeldTableOperator::add_tags(const TagSet& tags, std::vector<Cell>& row) const {
    for (const std::string& tag : plan_.tag_columns) {
        const std::string_view value = tag_value(tags, tag);
        row.push_back(value.empty() ? Cell() : Cell(std::string(value)));
    }
}

Status HeldTableOperator::list_durations(const HeldField& field, const TimeRange& window,
                                         const TagSet& tags, Rows& rows) const {
    std::vector<ValueDuration> durations = value_durations(field.changes, window, field.excluded);
    WideInteger known_ns = 0;
    for (std::size_t i = 0; i + 1 < durations.size(); ++i) known_ns += durations[i].duration_ns;
    for (ValueDuration& one : durations) {
        TIDEMARK_ASSIGN_OR_RETURN(Cell duration,
                                  duration_cell(one.duration_ns, plan_.call.unit_ns));
        const bool is_unknown = &one == &durations.back();
        Cell share = is_unknown
                         ? Cell()
                         : Cell(exact_ratio(one.duration_ns, static_cast<WideUnsigned>(known_ns)));
        rows.push_back({TimeCell{window.begin_ns}, std::move(one.value), std::move(duration),
                        std::move(share), Cell(one.entry_count)});
        add_tags(tags, rows.back());
        if (!plan_.yields_ns) continue;
        TIDEMARK_ASSIGN_OR_RETURN(Cell ns, duration_cell(one.duration_ns, 1));
        rows.back().push_back(std::move(ns));
    }
    return success();
}

}  // namespace tidemark::query

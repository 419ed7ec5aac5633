#include "query/operators/held_table_operator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "query/column/cell.h"
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
    std::vector<std::vector<RowTable>> rows(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) rows[i].resize(groups[i].members.size());
    TIDEMARK_RETURN_IF_ERROR(for_each_member_parallel(
        groups, context_.thread_count(), [&](std::size_t group, std::size_t member) {
            return list_series(reader, groups[group].members[member], rows[group][member]);
        }));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        RowBatch batch{groups[i].measurement, groups[i].tag_values, {}};
        for (RowTable& part : rows[i]) batch.rows.append(std::move(part));
        // Changes come in order of time; durations series by series, the longest first.
        if (plan_.call.function == FunctionId::Changes) {
            batch.rows.stable_sort(
                [](ConstRow left, ConstRow right) { return time_of(left) < time_of(right); });
        }
        batches_.push_back(std::move(batch));
    }
    coverage_.report(plan_.hold_ns, context_);
    return success();
}

Status HeldTableOperator::list_series(const HeldReader& reader, const GroupMember& member,
                                      RowTable& rows) {
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
    rows.reserve(within.size(), 2 + plan_.tag_columns.size());
    for (HeldChange& change : within) {
        std::vector<Cell> row{TimeCell{change.at_ns}, std::move(change.value)};
        add_tags(*member.tags, row);
        rows.push_back(std::move(row));
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
                                         const TagSet& tags, RowTable& rows) const {
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
        std::vector<Cell> row{TimeCell{window.begin_ns}, std::move(one.value), std::move(duration),
                              std::move(share), Cell(one.entry_count)};
        add_tags(tags, row);
        if (plan_.yields_ns) {
            TIDEMARK_ASSIGN_OR_RETURN(Cell ns, duration_cell(one.duration_ns, 1));
            row.push_back(std::move(ns));
        }
        rows.push_back(std::move(row));
    }
    return success();
}

}  // namespace tidemark::query

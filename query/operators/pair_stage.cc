#include "query/operators/pair_stage.h"

#include <algorithm>
#include <span>

#include "query/column/cell.h"
#include "query/functions/column_access.h"
#include "query/functions/sliding_merge.h"
#include "query/plan/time_expression.h"

namespace tidemark::query {

bool PairStage::computes(const BoundCall& call) {
    return call.info().function_class == FunctionClass::Pairs;
}

Result<PairStage> PairStage::open(const AggregateWindows& plan, const WindowTable& windows,
                                  ExecutionContext& context) {
    PairStage stage(plan, windows);
    std::int64_t longest_lag_ns = 0;
    for (std::size_t i = 0; i < plan.calls.size(); ++i) {
        const BoundCall& call = plan.calls[i];
        if (!computes(call)) continue;
        std::vector<ColumnRequest>& columns = stage.request_.columns;
        const std::size_t field = column_of(columns, call.field, Need::Values);
        const std::size_t other_field = column_of(columns, call.other_field, Need::Values);
        stage.calls_.push_back({i, field, other_field, call.lag_ns});
        longest_lag_ns = std::max(longest_lag_ns, call.lag_ns);
    }
    add_condition_columns(plan.series.where, stage.request_.columns);
    stage.request_.range = windows.hull();
    stage.request_.range.begin_ns = saturating_add(stage.request_.range.begin_ns, -longest_lag_ns);
    TIDEMARK_ASSIGN_OR_RETURN(stage.scans_,
                              SourceScans::open(plan.series, stage.request_, context));
    return stage;
}

Status PairStage::run(const SeriesGroup& group, GroupCells& cells) const {
    std::vector<CallState> states(calls_.size());
    for (CallState& state : states) state.parts.resize(windows_->part_count());
    for (const GroupMember& member : group.members) {
        TIDEMARK_RETURN_IF_ERROR(read_member(member, states));
    }
    for (std::size_t i = 0; i < calls_.size(); ++i) finish_call(calls_[i], states[i], cells);
    return success();
}

Status PairStage::read_member(const GroupMember& member, std::vector<CallState>& states) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    RowFilter filter(plan_->series.where, request_.columns, *member.tags);
    const auto types = scans_->scans()[member.source_index]->column_types();
    PartCursor parts(*windows_);
    for (CallState& state : states) state.earlier.clear();
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) return success();
        for (std::size_t row = 0; row < piece->row_count; ++row) {
            if (!filter.passes(*piece, row)) continue;
            const std::size_t part = parts.part_of(piece->times[row]);
            for (std::size_t i = 0; i < calls_.size(); ++i) {
                const bool has_fields = types[calls_[i].field] && types[calls_[i].other_field];
                if (has_fields) add_row(*piece, row, part, calls_[i], states[i]);
            }
        }
    }
}

void PairStage::add_row(const ScanPiece& piece, std::size_t row, std::size_t part,
                        const StageCall& call, CallState& state) const {
    const std::int64_t time_ns = piece.times[row];
    const auto other = number_at(piece.columns[call.other_field].values, row);
    if (other) state.earlier.emplace_back(time_ns, *other);
    const std::int64_t wanted_ns = saturating_add(time_ns, -call.lag_ns);
    while (!state.earlier.empty() && state.earlier.front().first < wanted_ns) {
        state.earlier.pop_front();
    }
    const auto number = number_at(piece.columns[call.field].values, row);
    const bool is_in_window = part < windows_->part_count() && windows_->is_part_of_window(part);
    if (!number || !is_in_window) return;
    state.has_samples = true;
    if (call.lag_ns == 0) {
        if (other) state.parts[part].add(*number, *other);
    } else if (!state.earlier.empty() && state.earlier.front().first == wanted_ns) {
        state.parts[part].add(*number, state.earlier.front().second);
    }
}

void PairStage::finish_call(const StageCall& call, const CallState& state,
                            GroupCells& cells) const {
    if (!state.has_samples) return;
    cells.has_value = true;
    SlidingMerge sliding(
        std::span<const Correlation>(state.parts),
        [](Correlation& target, const Correlation& source) { target.merge(source); });
    for (std::size_t window = 0; window < windows_->windows().size(); ++window) {
        const WindowTable::Parts parts = windows_->parts(window);
        FoldResult result = sliding.merged(parts.begin, parts.end).finish();
        if (result.is_out_of_range) cells.is_out_of_range[call.call] = true;
        cells.of_call[call.call][window] = std::move(result.cell);
    }
}

}  // namespace tidemark::query

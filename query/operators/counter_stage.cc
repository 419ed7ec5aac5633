#include "query/operators/counter_stage.h"

#include <algorithm>
#include <span>
#include <utility>

#include "query/column/cell.h"
#include "query/functions/sliding_merge.h"
#include "query/functions/state_timeline.h"
#include "query/plan/time_expression.h"

namespace tidemark::query {

bool CounterStage::computes(const BoundCall& call) {
    return call.info().function_class == FunctionClass::Counter;
}

Result<CounterStage> CounterStage::open(const AggregateWindows& plan, const WindowTable& windows,
                                        ExecutionContext& context) {
    CounterStage stage(plan, windows);
    for (const BoundCall& call : plan.calls) {
        stage.column_of_call_.push_back(
            computes(call) ? column_of(stage.request_.columns, call.field, Need::Summary) : 0);
        stage.needs_near_ = stage.needs_near_ || call.function == FunctionId::Rate;
    }
    const CounterFold any_fold(FieldType::Float, plan.hold_ns, plan.frame.as_of_ns);
    for (ColumnRequest& column : stage.request_.columns) {
        column.accepts = [any_fold, near = stage.needs_near_](const ColumnSummary& summary) {
            return any_fold.can_use(summary, near);
        };
    }
    // Its edges are the windows' and as_of, beyond which a rate sees no sample.
    const TimeIntegral edges(windows.windows(), plan.hold_ns, plan.frame.as_of_ns);
    stage.request_.cuts.assign(edges.edges().begin(), edges.edges().end());
    stage.request_.range = windows.hull();
    stage.request_.carry_in = CarryIn::LastValue;
    // Where no rate is asked for, a summary with a long gap in it is as good as any.
    stage.request_.hold_ns = stage.needs_near_ ? plan.hold_ns : kHoldForever;
    TIDEMARK_ASSIGN_OR_RETURN(stage.scans_,
                              SourceScans::open(plan.series, stage.request_, context));
    return stage;
}

CounterStage::Columns CounterStage::empty_columns() const {
    Columns columns;
    for (std::size_t i = 0; i < request_.columns.size(); ++i) {
        const auto type = scans_->column_type(i);
        if (!type) {
            columns.emplace_back();
            continue;
        }
        columns.push_back(
            Column{*type, std::vector<CounterPart>(windows_->part_count()),
                   TimeIntegral(windows_->windows(), plan_->hold_ns, plan_->frame.as_of_ns)});
    }
    return columns;
}

Status CounterStage::run(const SeriesGroup& group, GroupCells& cells) const {
    Columns columns = empty_columns();
    for (const GroupMember& member : group.members) {
        TIDEMARK_RETURN_IF_ERROR(read_member(member, columns));
    }
    for (std::size_t i = 0; i < plan_->calls.size(); ++i) {
        if (!computes(plan_->calls[i]) || !columns[column_of_call_[i]]) continue;
        TIDEMARK_RETURN_IF_ERROR(finish_call(i, *columns[column_of_call_[i]], cells));
    }
    return success();
}

Status CounterStage::read_member(const GroupMember& member, Columns& columns) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    const auto types = scans_->scans()[member.source_index]->column_types();
    std::vector<std::optional<CounterFold>> folds(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!columns[i] || !types[i]) continue;
        if (*types[i] != columns[i]->type) {
            return Error(ErrorCode::InvalidArgument,
                         "field " + request_.columns[i].field +
                             " has different types in the measurements of this query");
        }
        const auto& carried = cursor->carried().columns[i];
        folds[i].emplace(columns[i]->type, plan_->hold_ns, plan_->frame.as_of_ns);
        folds[i]->begin_series(carried);
        const bool is_in_force =
            carried && !carried->is_ended &&
            hold_end_ns(carried->time_ns, plan_->hold_ns) > request_.range.begin_ns;
        columns[i]->known.begin_series(is_in_force ? carried : std::nullopt);
    }
    PartCursor parts(*windows_);
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) break;
        const std::size_t part = parts.part_of(piece->first_ns);
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (!folds[i]) continue;
            add_piece(i, *piece, part, *folds[i], *columns[i]);
        }
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (folds[i]) columns[i]->known.end_series();
    }
    return success();
}

void CounterStage::add_piece(std::size_t index, const ScanPiece& piece, std::size_t part_index,
                             CounterFold& fold, Column& column) const {
    CounterPart nobodys;
    CounterPart& part = part_index < column.parts.size() ? column.parts[part_index] : nobodys;
    const ColumnPiece& read = piece.columns[index];
    if (read.summary == nullptr) {
        fold.add_values(piece.times, read.values, 0, piece.row_count, part);
        if (needs_near_) column.known.add_values(piece.times, read.values, 0, piece.row_count);
        return;
    }
    fold.add_summary(*read.summary, part);
    if (needs_near_) column.known.add_summary(*read.summary);
}

Status CounterStage::finish_call(std::size_t call_index, Column& column, GroupCells& cells) const {
    SlidingMerge sliding(
        std::span<const CounterPart>(column.parts),
        [](CounterPart& target, const CounterPart& source) { target.merge(source); });
    for (std::size_t window = 0; window < windows_->windows().size(); ++window) {
        const WindowTable::Parts parts = windows_->parts(window);
        const CounterPart whole = sliding.merged(parts.begin, parts.end);
        TIDEMARK_RETURN_IF_ERROR(finish_window(call_index, column, whole, window, cells));
    }
    return success();
}

Status CounterStage::finish_window(std::size_t call_index, Column& column, const CounterPart& whole,
                                   std::size_t window, GroupCells& cells) const {
    const FunctionId function = plan_->calls[call_index].function;
    const WideUnsigned known_ns = column.known.window(window).known_ns;
    if (function == FunctionId::Rate ? known_ns == 0 : whole.sample_count == 0) return success();
    Cell& cell = cells.of_call[call_index][window];
    if (function == FunctionId::Rate) {
        cell = rate_cell(whole, column.type, known_ns);
    } else if (function == FunctionId::Resets) {
        cell = static_cast<std::int64_t>(whole.reset_count);
    } else {
        TIDEMARK_ASSIGN_OR_RETURN(cell, increase_cell(whole, column.type));
    }
    cells.has_value = true;
    if (is_null(cell)) cells.is_out_of_range[call_index] = true;
    return success();
}

}  // namespace tidemark::query

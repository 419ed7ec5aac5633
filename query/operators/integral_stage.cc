#include "query/operators/integral_stage.h"

#include <algorithm>
#include <utility>

#include "query/column/cell.h"
#include "query/plan/time_expression.h"

namespace tidemark::query {

bool IntegralStage::computes(const BoundCall& call) {
    return call.info().function_class == FunctionClass::TimeMean;
}

Result<IntegralStage> IntegralStage::open(const AggregateWindows& plan, const WindowTable& windows,
                                          ExecutionContext& context) {
    IntegralStage stage(plan, windows, context);
    for (const BoundCall& call : plan.calls) {
        stage.column_of_call_.push_back(
            computes(call) ? column_of(stage.request_.columns, call.field, Need::Summary) : 0);
    }
    const TimeIntegral integral(windows.windows(), plan.hold_ns, plan.frame.as_of_ns);
    stage.request_.range = windows.hull();
    stage.request_.range.end_ns = std::min(stage.request_.range.end_ns, plan.frame.as_of_ns);
    stage.request_.range.begin_ns =
        std::min(stage.request_.range.begin_ns, stage.request_.range.end_ns);
    stage.request_.cuts.assign(integral.edges().begin(), integral.edges().end());
    stage.request_.carry_in = CarryIn::WithinHold;
    stage.request_.hold_ns = plan.hold_ns;
    TIDEMARK_ASSIGN_OR_RETURN(stage.scans_,
                              SourceScans::open(plan.series, stage.request_, context));
    return stage;
}

Status IntegralStage::run(const SeriesGroup& group, GroupCells& cells) const {
    std::vector<TimeIntegral> integrals;
    for (std::size_t i = 0; i < request_.columns.size(); ++i) {
        integrals.emplace_back(windows_->windows(), plan_->hold_ns, plan_->frame.as_of_ns);
    }
    for (const GroupMember& member : group.members) {
        TIDEMARK_RETURN_IF_ERROR(read_member(member, integrals));
    }
    for (std::size_t i = 0; i < plan_->calls.size(); ++i) {
        if (!computes(plan_->calls[i]) || !plan_->calls[i].field_type) continue;
        const TimeIntegral& integral = integrals[column_of_call_[i]];
        for (std::size_t window = 0; window < windows_->windows().size(); ++window) {
            if (integral.window(window).known_ns == 0) continue;
            cells.has_value = true;
            cells.of_call[i][window] = integral.mean(window);
            if (is_null(cells.of_call[i][window])) cells.is_out_of_range[i] = true;
        }
    }
    return success();
}

Status IntegralStage::read_member(const GroupMember& member,
                                  std::vector<TimeIntegral>& integrals) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    const auto types = scans_->scans()[member.source_index]->column_types();
    for (std::size_t i = 0; i < integrals.size(); ++i) {
        if (types[i]) integrals[i].begin_series(cursor->carried().columns[i]);
    }
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) break;
        for (std::size_t i = 0; i < integrals.size(); ++i) {
            if (!types[i]) continue;
            const ColumnPiece& column = piece->columns[i];
            if (column.summary == nullptr) {
                integrals[i].add_values(piece->times, column.values, 0, piece->row_count);
            } else if (integrals[i].can_use(*column.summary)) {
                integrals[i].add_summary(*column.summary);
            } else {
                TIDEMARK_RETURN_IF_ERROR(add_rows_of(member, i, *piece, integrals[i]));
            }
        }
    }
    for (std::size_t i = 0; i < integrals.size(); ++i) {
        if (types[i]) integrals[i].end_series();
    }
    return success();
}

/// Reads the rows that a summary stands for but cannot answer for: a gap in them is too long.
Status IntegralStage::add_rows_of(const GroupMember& member, std::size_t column,
                                  const ScanPiece& piece, TimeIntegral& integral) const {
    const ResolvedSource& source = plan_->series.sources[member.source_index];
    ScanRequest request;
    request.database = source.database;
    request.retention_policy = source.policy;
    request.measurement = source.measurement;
    for (const Tag& tag : *member.tags) {
        request.tags.push_back({tag.key, CompareOp::Equal, tag.value, {}});
    }
    request.series_filter = [&member](const TagSet& tags) { return tags == *member.tags; };
    request.columns = {{request_.columns[column].field, Need::Values}};
    request.range = {piece.first_ns, saturating_add(piece.last_ns, 1)};
    TIDEMARK_ASSIGN_OR_RETURN(const Scan* scan, context_->scan(std::move(request)));
    for (std::size_t i = 0; i < scan->series().size(); ++i) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scan->open(i));
        while (true) {
            TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* rows, cursor->next());
            if (rows == nullptr) break;
            integral.add_values(rows->times, rows->columns[0].values, 0, rows->row_count);
        }
    }
    return success();
}

}  // namespace tidemark::query

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
    IntegralStage stage(plan, windows);
    for (const BoundCall& call : plan.calls) {
        stage.column_of_call_.push_back(
            computes(call) ? column_of(stage.request_.columns, call.field, Need::Summary) : 0);
    }
    const TimeIntegral integral(windows.windows(), plan.hold_ns, plan.frame.as_of_ns);
    stage.request_.range = windows.hull();
    stage.request_.range.end_ns = std::min(stage.request_.range.end_ns, plan.frame.as_of_ns);
    stage.request_.range.begin_ns =
        std::min(stage.request_.range.begin_ns, stage.request_.range.end_ns);
    stage.request_.cuts = with_exclusion_edges(
        plan.series, {integral.edges().begin(), integral.edges().end()}, stage.request_.range);
    stage.request_.carry_in = CarryIn::WithinHold;
    stage.request_.hold_ns = plan.hold_ns;
    TIDEMARK_ASSIGN_OR_RETURN(stage.scans_,
                              SourceScans::open(plan.series, stage.request_, context));
    return stage;
}

Status IntegralStage::run(const SeriesGroup& group,
                          std::span<const std::optional<std::int64_t>> first_samples_ns,
                          CoverageWatch& coverage, GroupCells& cells) const {
    std::vector<TimeIntegral> integrals;
    integrals.reserve(request_.columns.size());
    for (std::size_t i = 0; i < request_.columns.size(); ++i) {
        integrals.emplace_back(windows_->windows(), plan_->hold_ns, plan_->frame.as_of_ns);
    }
    for (std::size_t i = 0; i < group.members.size(); ++i) {
        TimeRange range = request_.range;
        if (!first_samples_ns.empty()) {
            range.begin_ns = std::max(range.begin_ns, first_samples_ns[i].value_or(range.end_ns));
        }
        TIDEMARK_RETURN_IF_ERROR(read_member(group.members[i], range, coverage, integrals));
    }
    for (std::size_t i = 0; i < plan_->calls.size(); ++i) {
        if (!computes(plan_->calls[i]) || !plan_->calls[i].field_type) continue;
        TimeIntegral& integral = integrals[column_of_call_[i]];
        for (std::size_t window = 0; window < windows_->windows().size(); ++window) {
            const TimeIntegral::WindowResult result = integral.window(window);
            if (result.known_ns == 0) continue;
            cells.has_value = true;
            const BoundCall& call = plan_->calls[i];
            cells.of_call[i][window] =
                call.function == FunctionId::TimeMean ? result.mean() : result.area(call.unit_ns);
            if (is_null(cells.of_call[i][window])) cells.is_out_of_range[i] = true;
        }
    }
    return success();
}

/// `range` is what the coverage of the series is of.
Status IntegralStage::read_member(const GroupMember& member, const TimeRange& range,
                                  CoverageWatch& coverage,
                                  std::vector<TimeIntegral>& integrals) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    const auto types = scans_->scans()[member.source_index]->column_types();
    const TimeRanges excluded = excluded_time(plan_->series, member, request_.range);
    for (std::size_t i = 0; i < integrals.size(); ++i) {
        if (types[i]) integrals[i].begin_series(cursor->carried().columns[i], excluded);
    }
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) break;
        for (std::size_t i = 0; i < integrals.size(); ++i) {
            if (!types[i]) continue;
            const ColumnPiece& column = piece->columns[i];
            if (column.summary != nullptr) {
                integrals[i].add_summary(*column.summary);
            } else {
                integrals[i].add_values(piece->times, column.values, 0, piece->row_count);
            }
        }
    }
    for (std::size_t i = 0; i < integrals.size(); ++i) {
        if (!types[i]) continue;
        const TimeIntegral::SeriesResult series = integrals[i].end_series();
        if (series.sample_count == 0 || range.is_empty()) continue;
        StateTotals totals;
        totals.good_ns = static_cast<WideNs>(series.known_ns);
        totals.excluded_ns = static_cast<WideNs>(covered_ns(excluded, range));
        totals.unknown_ns =
            WideNs{range.end_ns} - range.begin_ns - totals.excluded_ns - totals.good_ns;
        coverage.add(member, totals, {series.sample_count, series.first_ns, series.last_ns});
    }
    return success();
}

}  // namespace tidemark::query

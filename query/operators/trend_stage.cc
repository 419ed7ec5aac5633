#include "query/operators/trend_stage.h"

#include <algorithm>
#include <string>
#include <utility>

#include "query/functions/column_access.h"

namespace tidemark::query {
namespace {

Cell optional_cell(const std::optional<double>& number) { return number ? Cell(*number) : Cell(); }

}  // namespace

bool TrendStage::computes(const BoundCall& call) {
    return call.info().function_class == FunctionClass::Trend;
}

Result<TrendStage> TrendStage::open(const AggregateWindows& plan, const WindowTable& windows,
                                    ExecutionContext& context) {
    TrendStage stage(plan, windows, context);
    for (const BoundCall& call : plan.calls) {
        stage.column_of_call_.push_back(
            computes(call) ? column_of(stage.request_.columns, call.field, Need::Values) : 0);
    }
    stage.field_count_ = stage.request_.columns.size();
    add_condition_columns(plan.series.where, stage.request_.columns);
    stage.request_.range = windows.hull();
    TIDEMARK_ASSIGN_OR_RETURN(stage.scans_,
                              SourceScans::open(plan.series, stage.request_, context));
    return stage;
}

Status TrendStage::run(const SeriesGroup& group, GroupCells& cells) const {
    std::vector<Column> columns(field_count_);
    MemoryHold hold(context_->guard());
    for (const GroupMember& member : group.members) {
        TIDEMARK_RETURN_IF_ERROR(read_member(member, columns, hold));
    }
    for (std::size_t column = 0; column < columns.size(); ++column) {
        for (std::size_t window = 0; window < windows_->windows().size(); ++window) {
            TIDEMARK_RETURN_IF_ERROR(context_->guard().check());
            auto samples = samples_within(columns[column], windows_->windows()[window]);
            if (samples.empty()) continue;
            fill_cells(column, window, trend_of(std::move(samples)), cells);
        }
    }
    return success();
}

Status TrendStage::read_member(const GroupMember& member, std::vector<Column>& columns,
                               MemoryHold& hold) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    RowFilter filter(plan_->series.where, request_.columns, *member.tags);
    const auto types = scans_->scans()[member.source_index]->column_types();
    const std::size_t series_rank = columns.front().ends.size();
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) break;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (!types[i]) continue;
            TIDEMARK_RETURN_IF_ERROR(add_piece(*piece, i, filter, series_rank, columns[i]));
        }
        std::size_t byte_count = 0;
        for (const Column& column : columns) {
            byte_count += column.samples.capacity() * sizeof(TrendSample);
        }
        TIDEMARK_RETURN_IF_ERROR(hold.hold(byte_count));
    }
    for (Column& column : columns) column.ends.push_back(column.samples.size());
    return success();
}

Status TrendStage::add_piece(const ScanPiece& piece, std::size_t index, RowFilter& filter,
                             std::size_t series_rank, Column& column) const {
    std::vector<TrendSample>& samples = column.samples;
    for_each_number(piece.columns[index].values, 0, piece.row_count,
                    [&](std::size_t row, auto number) {
                        if (!filter.passes(piece, row)) return;
                        const DoubleDouble exact = exact_number(number);
                        samples.push_back({series_rank, piece.times[row], exact.high, exact.low});
                    });
    if (samples.size() <= kTrendSampleLimit) return success();
    return Error(ErrorCode::LimitExceeded,
                 "trend(" + request_.columns[index].field + ") has more than " +
                     std::to_string(kTrendSampleLimit) +
                     " samples in one group: use a shorter time range, more groups, or a trend of "
                     "the means of a subquery");
}

std::vector<TrendSample> TrendStage::samples_within(const Column& column, const TimeRange& window) {
    std::vector<TrendSample> within;
    std::size_t begin = 0;
    for (const std::size_t end : column.ends) {
        const auto series = std::span(column.samples).subspan(begin, end - begin);
        const auto first =
            std::ranges::lower_bound(series, window.begin_ns, {}, &TrendSample::time_ns);
        const auto last =
            std::ranges::lower_bound(first, series.end(), window.end_ns, {}, &TrendSample::time_ns);
        within.insert(within.end(), first, last);
        begin = end;
    }
    return within;
}

void TrendStage::fill_cells(std::size_t column, std::size_t window, const Trend& trend,
                            GroupCells& cells) const {
    cells.has_value = true;
    for (std::size_t i = 0; i < plan_->calls.size(); ++i) {
        const BoundCall& call = plan_->calls[i];
        if (!computes(call) || column_of_call_[i] != column) continue;
        Cell& cell = cells.of_call[i][window];
        if (call.function == FunctionId::TrendCount) {
            cell = static_cast<std::int64_t>(trend.count);
        } else if (call.function == FunctionId::TrendP) {
            cell = optional_cell(trend.p);
        } else {
            cell = optional_cell(trend.slope_per_day);
            if (trend.is_out_of_range) cells.is_out_of_range[i] = true;
        }
    }
}

}  // namespace tidemark::query

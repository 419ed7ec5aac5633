#include "query/session/select_runner.h"

#include <chrono>
#include <utility>

#include "query/operators/build_operators.h"
#include "query/operators/execution_context.h"
#include "query/plan/binder.h"
#include "query/plan/explain.h"
#include "query/plan/messages.h"

namespace tidemark::query {
namespace {

BindContext bind_context(const StatementContext& context) {
    return {context.store,
            {context.options.database, context.options.retention_policy},
            context.now_ns};
}

/// Tells of every time how it stands on the zone's clocks.
void localize(RowTable& rows, const TimeZone& zone) {
    for (const Row row : rows) {
        for (Cell& cell : row) {
            auto* time = std::get_if<TimeCell>(&cell);
            if (time == nullptr) continue;
            const std::int64_t offset_seconds = zone.offset_ns_at(time->ns) / 1'000'000'000;
            time->offset_seconds = static_cast<std::int32_t>(offset_seconds);
        }
    }
}

Status collect_rows(Operator& root, const SelectPlan& plan, const QueryOptions& options,
                    StatementResult& result) {
    std::size_t row_count = 0;
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, root.next());
        if (batch == nullptr) return success();
        if (batch->rows.empty()) continue;
        row_count += batch->rows.size();
        if (row_count > options.row_limit) return row_limit_error(options.row_limit);
        ResultSeries series;
        series.name = std::move(batch->measurement);
        for (std::size_t i = 0; i < plan.group_tags.size(); ++i) {
            series.tags.emplace_back(plan.group_tags[i], std::move(batch->tag_values[i]));
        }
        series.columns = plan.column_names;
        series.rows = std::move(batch->rows);
        if (plan.time_zone) localize(series.rows, *plan.time_zone);
        result.series.push_back(std::move(series));
    }
}

/// Runs a plan; the answer holds an error when it failed. Adds the messages.
StatementResult run_plan(const SelectPlan& plan, ExecutionContext& execution,
                         const QueryOptions& options) {
    StatementResult result;
    const OperatorPtr root = build_operators(plan.root, execution);
    Status status = collect_rows(*root, plan, options, result);
    if (!status) return failed(std::move(status).error());
    result.messages = plan.messages;
    for (ResultMessage& message : execution.messages()) {
        warn(result.messages, std::move(message.text));
    }
    return result;
}

StatementResult lines_result(std::string column, std::vector<std::string> lines) {
    ResultSeries series;
    series.columns = {std::move(column)};
    for (std::string& line : lines) series.rows.push_back({Cell(std::move(line))});
    StatementResult result;
    result.series.push_back(std::move(series));
    return result;
}

}  // namespace

StatementResult failed(Error error) {
    StatementResult result;
    result.error = std::move(error);
    return result;
}

Error row_limit_error(std::size_t row_limit) {
    return Error(ErrorCode::LimitExceeded, "the answer has more than " + std::to_string(row_limit) +
                                               " rows: narrow the time range or use LIMIT");
}

StatementResult run_select(const SelectStatement& select, const StatementContext& context) {
    auto plan = bind_select(select, bind_context(context));
    if (!plan) return failed(std::move(plan).error());
    ExecutionContext execution(context.store, context.options, context.is_killed);
    return run_plan(plan.value(), execution, context.options);
}

StatementResult run_explain(const ExplainStatement& statement, const StatementContext& context) {
    auto plan = bind_select(statement.select, bind_context(context));
    if (!plan) return failed(std::move(plan).error());
    std::vector<std::string> lines = explain(plan.value().root);
    if (!statement.analyze) {
        StatementResult result = lines_result("QUERY PLAN", std::move(lines));
        result.messages = plan.value().messages;
        return result;
    }
    ExecutionContext execution(context.store, context.options, context.is_killed);
    const auto begin = std::chrono::steady_clock::now();
    StatementResult answer = run_plan(plan.value(), execution, context.options);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    if (answer.error) return answer;
    std::size_t row_count = 0;
    for (const ResultSeries& series : answer.series) row_count += series.rows.size();
    const ScanTotals totals = execution.totals();
    const auto add = [&](const std::string& name, std::uint64_t count) {
        lines.push_back(name + ": " + std::to_string(count));
    };
    add("rows answered by summaries", totals.rows_from_summaries);
    add("rows answered by encoded values", totals.rows_from_encoded);
    add("rows answered by decoding", totals.rows_decoded);
    add("bytes read", totals.bytes_read);
    add("series scanned", totals.series_scanned);
    add("rows of the answer", row_count);
    lines.push_back("time: " + std::to_string(took.count()) + " ms");
    StatementResult result = lines_result("EXPLAIN ANALYZE", std::move(lines));
    result.messages = std::move(answer.messages);
    return result;
}

}  // namespace tidemark::query

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/version.h>

#include "query/plan/messages.h"
#include "query/plan/name_suggestion.h"
#include "query/session/show.h"
#include "query/syntax/printer.h"

namespace tidemark::query {
namespace {

using Module = StatisticsModule;

// Names are InfluxDB's where it counts the same.
std::vector<Module> modules_of(const StatementContext& context) {
    const StoreStatistics store = context.store.statistics();
    const CompactionStatistics& merges = store.compaction;
    std::vector<Module> modules{
        {"compaction",
         {{"merges", merges.run_count},
          {"mergeFailures", merges.failure_count},
          {"segmentsRemoved", merges.removed_segment_count},
          {"segmentsAdded", merges.added_segment_count},
          {"rowsRead", merges.read_row_count},
          {"rowsWritten", merges.written_row_count},
          {"bytesWritten", merges.written_size_bytes}}},
        {"queryExecutor",
         {{"queriesActive", context.running.list().size()},
          {"queriesExecuted", context.running.begun_count()}}},
        {"store",
         {{"numSeries", store.series_count},
          {"headRows", store.head_row_count},
          {"segments", store.segment_count},
          {"segmentBytes", store.segment_size_bytes},
          {"segmentSamples", store.segment_sample_count},
          {"walBytes", store.wal_size_bytes},
          {"writtenSequence", store.written_sequence},
          {"durableSequence", store.durable_sequence}}},
    };
    if (context.options.statistics) {
        for (Module& module : context.options.statistics()) modules.push_back(std::move(module));
    }
    std::ranges::sort(modules, {}, &Module::name);
    return modules;
}

ResultSeries series_of(const Module& module) {
    ResultSeries series{module.name, {}, {}, {}};
    std::vector<Cell> row;
    for (const auto& [name, figure] : module.figures) {
        series.columns.push_back(name);
        row.emplace_back(static_cast<std::int64_t>(figure));
    }
    series.rows.push_back(std::move(row));
    return series;
}

std::vector<ResultSeries> statistics(const StatementContext& context) {
    std::vector<ResultSeries> all;
    for (const Module& module : modules_of(context)) all.push_back(series_of(module));
    return all;
}

std::vector<ResultSeries> diagnostics(const StatementContext& context) {
    return {{"build", {}, {"Version"}, {{std::string(kVersion)}}},
            {"system", {}, {"currentTime"}, {{TimeCell{context.now_ns}}}}};
}

}  // namespace

StatementResult show(const ShowStats& statement, const StatementContext& context) {
    StatementResult result;
    result.series = statement.diagnostics ? diagnostics(context) : statistics(context);
    if (!statement.module) return result;
    std::vector<std::string> names;
    for (const ResultSeries& series : result.series) names.push_back(series.name);
    std::erase_if(result.series,
                  [&](const ResultSeries& series) { return series.name != *statement.module; });
    if (result.series.empty()) {
        warn(result.messages, "there is no module " + print_identifier(*statement.module) +
                                  suggestion(*statement.module, names));
    }
    return result;
}

}  // namespace tidemark::query

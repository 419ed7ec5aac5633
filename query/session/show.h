#pragma once

#include "query/session/select_runner.h"

namespace tidemark::query {

// The statements that look at the schema and at the engine, with InfluxDB's columns and names.

StatementResult show(const ShowDatabases& statement, const StatementContext& context);
StatementResult show(const ShowRetentionPolicies& statement, const StatementContext& context);
StatementResult show(const ShowMeasurements& statement, const StatementContext& context);
StatementResult show(const ShowSeries& statement, const StatementContext& context);
StatementResult show(const ShowTagKeys& statement, const StatementContext& context);
StatementResult show(const ShowTagValues& statement, const StatementContext& context);
StatementResult show(const ShowFieldKeys& statement, const StatementContext& context);
StatementResult show(const ShowCardinality& statement, const StatementContext& context);
StatementResult show(const ShowQueries& statement, const StatementContext& context);
StatementResult show(const ShowStats& statement, const StatementContext& context);

}  // namespace tidemark::query

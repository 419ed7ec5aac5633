#pragma once

#include "query/session/select_runner.h"

namespace tidemark::query {

// The statements that take series and rows away, for all policies of a database unless one is
// named, and the one that saves them. QueryOptions::may_write is for the caller to check.

StatementResult change(const DeleteStatement& statement, const StatementContext& context);
StatementResult change(const DropSeries& statement, const StatementContext& context);
StatementResult change(const DropMeasurement& statement, const StatementContext& context);
StatementResult change(const Backup& statement, const StatementContext& context);

}  // namespace tidemark::query

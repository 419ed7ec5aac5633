#pragma once

#include "query/session/select_runner.h"

namespace tidemark::query {

// The statements that change databases and how long they keep what. QueryOptions::may_write is for
// the caller to check.

StatementResult change(const CreateDatabase& statement, const StatementContext& context);
StatementResult change(const DropDatabase& statement, const StatementContext& context);
StatementResult change(const CreateRetentionPolicy& statement, const StatementContext& context);
StatementResult change(const AlterRetentionPolicy& statement, const StatementContext& context);
StatementResult change(const DropRetentionPolicy& statement, const StatementContext& context);
StatementResult change(const SetStale& statement, const StatementContext& context);
StatementResult change(const SetNan& statement, const StatementContext& context);

}  // namespace tidemark::query

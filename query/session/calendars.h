#pragma once

#include "query/session/select_runner.h"

namespace tidemark::query {

// Calendars and maintenance windows: documents of a database, kept with who made them, when and
// why. QueryOptions::may_write is for the caller to check.

StatementResult change(const CreateCalendar& statement, const StatementContext& context);
StatementResult change(const DropCalendar& statement, const StatementContext& context);
StatementResult show(const ShowCalendars& statement, const StatementContext& context);

/// Answers with the window and its id, which follows from what it says: the same statement again
/// makes no second window.
StatementResult change(const CreateMaintenance& statement, const StatementContext& context);
StatementResult change(const DropMaintenance& statement, const StatementContext& context);
StatementResult show(const ShowMaintenance& statement, const StatementContext& context);

}  // namespace tidemark::query

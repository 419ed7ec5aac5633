#pragma once

#include <tidemark/query.h>

#include "query/session/select_runner.h"
#include "query/syntax/ast.h"

namespace tidemark::query {

/// SELECT .. INTO: writes the rows that the SELECT answers as points, and answers how many there
/// were. A row has the tags of its group, its time, and a field for each column that is not null;
/// rows without any are left out. All rows go into one write. When a column has another type than
/// the field it would be written to, nothing is written; rows that the store refuses for other
/// reasons (too old, too far in the future) make the statement fail as well, though the others are
/// written then.
StatementResult run_select_into(const SelectStatement& select, const StatementContext& context);

}  // namespace tidemark::query

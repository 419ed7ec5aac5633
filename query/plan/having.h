#pragma once

#include <functional>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "query/plan/call_binder.h"
#include "query/plan/row_expression.h"
#include "query/plan/time_expression.h"
#include "query/syntax/ast.h"

namespace tidemark::query {

/// What HAVING can name.
struct HavingScope {
    /// The columns of the answer and what computes them.
    const std::vector<std::string>* names = nullptr;
    const std::vector<RowExpression>* columns = nullptr;
    /// The same before binding, so that an alias of a duration can be compared in ns; empty where
    /// columns are no calls.
    const std::vector<Expression>* expressions = nullptr;
    /// Adds a call and says where its cell is; null where calls are not allowed.
    CallList* calls = nullptr;
    std::size_t first_call_slot = 0;
    /// Where the duration that a column shows stands in ns, by position; 0 for columns that show
    /// none. May be null.
    const std::vector<std::size_t>* ns_slots = nullptr;
};

/// Binds HAVING. A duration compares with what gives durations, in ns; a bare number in the unit
/// the function was asked for; times with since().
Result<RowExpression> bind_having(const Expression& having, const HavingScope& scope,
                                  const TimeContext& context);

}  // namespace tidemark::query

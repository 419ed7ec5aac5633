#pragma once

#include <cstdint>

#include <tidemark/result.h>
#include <tidemark/store.h>

#include "query/plan/logical_plan.h"
#include "query/plan/outer_query.h"
#include "query/syntax/ast.h"

namespace tidemark::query {

/// The hold limit where nothing declares one (R6).
inline constexpr std::int64_t kDefaultHoldNs = 300'000'000'000;

struct BindContext {
    const Store& store;
    SessionDefaults defaults;
    std::int64_t now_ns = 0;            ///< What now() is.
    const OuterQuery* outer = nullptr;  ///< Of a subquery; else null.
};

/// Turns a SELECT into a plan: names resolved against the schema, time range, conditions, groups,
/// functions and their arguments checked. InvalidArgument, NotFound or Unsupported with what was
/// found and what was expected.
Result<SelectPlan> bind_select(const SelectStatement& select, const BindContext& context);

}  // namespace tidemark::query

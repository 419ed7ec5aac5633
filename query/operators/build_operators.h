#pragma once

#include "query/operators/execution_context.h"
#include "query/operators/operator.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The operators that run a plan. `plan` and `context` must outlive them.
OperatorPtr build_operators(const LogicalPlan& plan, ExecutionContext& context);

}  // namespace tidemark::query

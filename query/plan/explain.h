#pragma once

#include <string>
#include <vector>

#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// The plan as text, one line per node, the last step first; what a node reads is indented below.
std::vector<std::string> explain(const LogicalPlan& plan);

}  // namespace tidemark::query

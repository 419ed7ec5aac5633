#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tidemark/result.h>

#include "query/functions/time_buckets.h"
#include "query/plan/schema.h"
#include "query/plan/time_expression.h"
#include "query/syntax/ast.h"

namespace tidemark::query {

/// GROUP BY and WINDOW, understood.
struct Grouping {
    std::vector<std::string> tags;  ///< Ascending, each once.
    BucketSpec buckets;             ///< Without a step when there is no time(..).
};

/// InvalidArgument for WINDOW without time(..), two times, or an offset that is no time.
Result<Grouping> bind_group_by(const SelectStatement& select, const Schema& schema,
                               const TimeContext& context);

}  // namespace tidemark::query

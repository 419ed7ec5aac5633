#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <tidemark/query.h>

#include "query/syntax/ast.h"

namespace tidemark::query {

/// What the statements of one text share.
struct StatementContext {
    Store& store;
    const QueryOptions& options;
    RunningQueries& running;
    std::int64_t now_ns = 0;  ///< One now() per text.
    const std::atomic<bool>* is_killed = nullptr;
};

/// Binds and runs a SELECT.
StatementResult run_select(const SelectStatement& select, const StatementContext& context);

/// EXPLAIN shows the plan; EXPLAIN ANALYZE runs it as well and shows how its rows were answered.
StatementResult run_explain(const ExplainStatement& explain, const StatementContext& context);

/// The answer is longer than allowed.
Error row_limit_error(std::size_t row_limit);

/// A result that is only an error.
StatementResult failed(Error error);

}  // namespace tidemark::query

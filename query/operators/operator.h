#pragma once

#include <memory>

#include <tidemark/result.h>

#include "query/column/row_batch.h"

namespace tidemark::query {

/// One step of a running query. Operators form a chain; the root is pulled. Each batch is one
/// group, complete; groups come in order of measurement and tag values.
///
/// Not thread-safe; an operator may use threads inside next().
class Operator {
public:
    virtual ~Operator() = default;

    /// The next group, or null when there are no more. The batch belongs to the operator, is valid
    /// until the next call, and may be emptied by the caller.
    virtual Result<RowBatch*> next() = 0;
};

using OperatorPtr = std::unique_ptr<Operator>;

}  // namespace tidemark::query

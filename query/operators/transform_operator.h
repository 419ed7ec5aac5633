#pragma once

#include <utility>
#include <vector>

#include "query/operators/execution_context.h"
#include "query/operators/operator.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// TransformRows: rows made of the values of one column, one after the other.
class TransformOperator final : public Operator {
public:
    /// `plan` and `context` must outlive the operator.
    TransformOperator(OperatorPtr input, const TransformRows& plan, ExecutionContext& context)
        : input_(std::move(input)), plan_(plan), context_(context) {}

    Result<RowBatch*> next() override;

private:
    Result<TransformedValues> transformed(std::vector<TimedCell> values) const;

    OperatorPtr input_;
    const TransformRows& plan_;
    ExecutionContext& context_;
};

}  // namespace tidemark::query

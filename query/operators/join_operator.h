#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "query/operators/operator.h"
#include "query/plan/logical_plan.h"

namespace tidemark::query {

/// JoinByTime: the rows of several inputs side by side.
class JoinOperator final : public Operator {
public:
    /// `plan` must outlive the operator.
    JoinOperator(std::vector<OperatorPtr> inputs, const JoinByTime& plan)
        : inputs_(std::move(inputs)), plan_(plan), groups_(inputs_.size()) {}

    Result<RowBatch*> next() override;

private:
    void join_rows(const std::vector<RowBatch*>& parts);

    std::vector<OperatorPtr> inputs_;
    const JoinByTime& plan_;
    bool has_begun_ = false;
    std::vector<RowBatch*> groups_;  // The next group of each input; null at its end.
    RowBatch joined_;
};

}  // namespace tidemark::query

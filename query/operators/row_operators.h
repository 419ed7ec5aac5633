#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "query/operators/execution_context.h"
#include "query/operators/operator.h"
#include "query/plan/logical_plan.h"

// The operators that work on the rows of a group, whatever made them. All borrow their plan.

namespace tidemark::query {

/// FillWindows: values for buckets that have none, or no rows for them.
class FillOperator final : public Operator {
public:
    /// `before` may be null.
    FillOperator(OperatorPtr input, OperatorPtr before, const FillWindows& plan)
        : input_(std::move(input)), before_(std::move(before)), plan_(plan) {}
    Result<RowBatch*> next() override;

private:
    /// The last value of a call, and the start of its bucket.
    struct LastValue {
        std::int64_t time_ns = 0;
        Cell cell;
    };
    using GroupKey = std::pair<std::string, std::vector<std::string>>;  // Measurement, tag values.

    Status read_before();
    void fill_previous(RowBatch& batch, std::size_t slot) const;

    OperatorPtr input_;
    OperatorPtr before_;
    std::map<GroupKey, std::vector<LastValue>> last_before_;  // By call; null where there is none.
    const FillWindows& plan_;
};

/// FilterRows: keeps the rows for which HAVING is true.
class FilterOperator final : public Operator {
public:
    FilterOperator(OperatorPtr input, const FilterRows& plan)
        : input_(std::move(input)), plan_(plan) {}
    Result<RowBatch*> next() override;

private:
    OperatorPtr input_;
    const FilterRows& plan_;
};

/// ComputeColumns: replaces the cells of each row by those of the answer.
class ComputeOperator final : public Operator {
public:
    ComputeOperator(OperatorPtr input, const ComputeColumns& plan, ExecutionContext& context)
        : input_(std::move(input)), plan_(plan), context_(context) {}
    Result<RowBatch*> next() override;

private:
    OperatorPtr input_;
    const ComputeColumns& plan_;
    ExecutionContext& context_;
};

/// OrderRows. Reads all groups when their order is turned around, else passes them through.
class OrderOperator final : public Operator {
public:
    OrderOperator(OperatorPtr input, const OrderRows& plan)
        : input_(std::move(input)), plan_(plan) {}
    Result<RowBatch*> next() override;

private:
    void order(RowBatch& batch) const;
    Status collect_groups();

    OperatorPtr input_;
    const OrderRows& plan_;
    bool has_collected_ = false;
    std::vector<RowBatch> groups_;  // In reverse.
    RowBatch current_;
};

/// LimitRows.
class LimitOperator final : public Operator {
public:
    LimitOperator(OperatorPtr input, const LimitRows& plan)
        : input_(std::move(input)), plan_(plan) {}
    Result<RowBatch*> next() override;

private:
    OperatorPtr input_;
    const LimitRows& plan_;
    std::uint64_t groups_skipped_ = 0;
    std::uint64_t groups_passed_ = 0;
};

}  // namespace tidemark::query

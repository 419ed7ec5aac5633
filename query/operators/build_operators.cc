#include "query/operators/build_operators.h"

#include <utility>

#include "query/operators/aggregate_operator.h"
#include "query/operators/episodes_operator.h"
#include "query/operators/held_table_operator.h"
#include "query/operators/join_operator.h"
#include "query/operators/pick_operator.h"
#include "query/operators/raw_rows_operator.h"
#include "query/operators/row_operators.h"
#include "query/operators/transform_operator.h"

namespace tidemark::query {

OperatorPtr build_operators(const LogicalPlan& plan, ExecutionContext& context) {
    const auto input = [&](const Box<LogicalPlan>& node) {
        return build_operators(*node, context);
    };
    return std::visit(
        Match{
            [&](const SelectRows& node) -> OperatorPtr {
                return std::make_unique<RawRowsOperator>(node, context);
            },
            [&](const AggregateWindows& node) -> OperatorPtr {
                return std::make_unique<AggregateOperator>(node, context);
            },
            [&](const ListEpisodes& node) -> OperatorPtr {
                return std::make_unique<EpisodesOperator>(node, context);
            },
            [&](const ListValues& node) -> OperatorPtr {
                return std::make_unique<HeldTableOperator>(node, context);
            },
            [&](const PickSamples& node) -> OperatorPtr {
                return std::make_unique<PickOperator>(node, context);
            },
            [&](const TransformRows& node) -> OperatorPtr {
                return std::make_unique<TransformOperator>(input(node.input), node, context);
            },
            [&](const JoinByTime& node) -> OperatorPtr {
                std::vector<OperatorPtr> inputs;
                inputs.reserve(node.inputs.size());
                for (const auto& child : node.inputs) inputs.push_back(input(child));
                return std::make_unique<JoinOperator>(std::move(inputs), node);
            },
            [&](const FillWindows& node) -> OperatorPtr {
                OperatorPtr before = node.before ? input(*node.before) : nullptr;
                return std::make_unique<FillOperator>(input(node.input), std::move(before), node);
            },
            [&](const FilterRows& node) -> OperatorPtr {
                return std::make_unique<FilterOperator>(input(node.input), node);
            },
            [&](const ComputeColumns& node) -> OperatorPtr {
                return std::make_unique<ComputeOperator>(input(node.input), node, context);
            },
            [&](const OrderRows& node) -> OperatorPtr {
                return std::make_unique<OrderOperator>(input(node.input), node);
            },
            [&](const LimitRows& node) -> OperatorPtr {
                return std::make_unique<LimitOperator>(input(node.input), node);
            },
        },
        plan.node);
}

}  // namespace tidemark::query

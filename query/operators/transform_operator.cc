#include "query/operators/transform_operator.h"

#include <algorithm>
#include <span>

#include "query/column/cell.h"

namespace tidemark::query {
namespace {

/// Values of one time stay in the order in which they are.
void turn_around(std::vector<TimedCell>& values, bool descending) {
    std::ranges::stable_sort(values, [descending](const TimedCell& left, const TimedCell& right) {
        return descending ? left.time_ns > right.time_ns : left.time_ns < right.time_ns;
    });
}

}  // namespace

Result<RowBatch*> TransformOperator::next() {
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(RowBatch * batch, input_->next());
        if (batch == nullptr) return nullptr;
        std::vector<TimedCell> values;
        values.reserve(batch->rows.size());
        for (const Row row : batch->rows) {
            values.push_back({time_of(row), std::move(row[plan_.slot])});
        }
        TIDEMARK_ASSIGN_OR_RETURN(TransformedValues results, transformed(std::move(values)));
        if (results.is_out_of_range) {
            context_.warn(plan_.text +
                          " leaves the range of a double in at least one row: left out there");
        }
        if (results.values.empty()) continue;
        batch->rows.clear();
        batch->rows.reserve(results.values.size(), 2);
        for (TimedCell& result : results.values) {
            const Row row = batch->rows.append(2);
            row[0] = TimeCell{result.time_ns};
            row[1] = std::move(result.cell);
        }
        return batch;
    }
}

Result<TransformedValues> TransformOperator::transformed(std::vector<TimedCell> values) const {
    if (!plan_.descending) return transform(plan_.steps, std::move(values));
    // An area is the same from either side; the other functions look back from where they come.
    const std::span<const TransformationStep> steps(plan_.steps);
    const std::size_t ascending_count = steps.front().function == FunctionId::Integral ? 1 : 0;
    TIDEMARK_ASSIGN_OR_RETURN(TransformedValues areas,
                              transform(steps.first(ascending_count), std::move(values)));
    turn_around(areas.values, true);
    TIDEMARK_ASSIGN_OR_RETURN(TransformedValues results,
                              transform(steps.subspan(ascending_count), std::move(areas.values)));
    turn_around(results.values, false);
    results.is_out_of_range = results.is_out_of_range || areas.is_out_of_range;
    return results;
}

}  // namespace tidemark::query

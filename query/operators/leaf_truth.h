#pragma once

#include <cstddef>

#include <tidemark/scan.h>

#include "query/functions/state_timeline.h"

namespace tidemark::query {

/// The truth of one comparison for the value of one row; unknown where the row has none.
Truth leaf_truth(const PredicateLeaf& leaf, const ColumnValues& values, std::size_t row);

}  // namespace tidemark::query

#pragma once

#include <string>
#include <utility>
#include <vector>

#include <tidemark/query.h>

namespace tidemark::query {

/// Rows of one group: what operators hand on. The first cell of a row is its time.
struct RowBatch {
    std::string measurement;
    /// The values of the GROUP BY tags, in the order of the plan's group tags.
    std::vector<std::string> tag_values;
    std::vector<std::vector<Cell>> rows;
};

}  // namespace tidemark::query

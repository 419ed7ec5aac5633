#pragma once

#include <string>
#include <utility>
#include <vector>

#include <tidemark/rows.h>

namespace tidemark::query {

/// Rows of one group: what operators hand on. The first cell of a row is its time.
struct RowBatch {
    std::string measurement;
    /// The values of the GROUP BY tags, in the order of the plan's group tags.
    std::vector<std::string> tag_values;
    RowTable rows;
};

}  // namespace tidemark::query

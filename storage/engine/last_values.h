#pragma once

#include <memory>
#include <vector>

#include <tidemark/result.h>

#include "storage/segment/row_group.h"

namespace tidemark::storage {

/// The last value of each field of a series: all that a later query may carry in from these row
/// groups, which may overlap and come in any order. Encoded, with a row for each time at which a
/// field has its last value, and the interval of all their sequences. `groups` must not be empty.
/// Corruption when a row group that had to be read cannot be.
Result<std::shared_ptr<const RowGroup>> last_values_of(
    std::vector<std::shared_ptr<const RowGroup>> groups);

}  // namespace tidemark::storage

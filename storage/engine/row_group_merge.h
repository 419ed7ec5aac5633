#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <tidemark/result.h>

#include "storage/segment/row_group.h"

namespace tidemark::storage {

/// The rows of a series' row groups, of any form and in any order, as encoded row groups in order
/// of time that do not overlap. Where they did, the later sequence won, per field (R9).
///
/// Row groups of `rows_per_vector` rows that overlap no other come back as they are, undecoded; of
/// the others full ones are made, half full ones in front of one that comes back as it is. Only the
/// last one, and where rows were written twice, may have fewer rows.
///
/// Corruption when a row group that had to be decoded cannot be, or when a field has two types.
Result<std::vector<std::shared_ptr<const RowGroup>>> merge_row_groups(
    std::vector<std::shared_ptr<const RowGroup>> groups, std::uint32_t rows_per_vector);

/// True when the row group `left` arrived before `right`: then where both have a value at one time
/// that of `right` counts.
bool arrived_before(const RowGroup& left, const RowGroup& right);

}  // namespace tidemark::storage

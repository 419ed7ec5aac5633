#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <tidemark/result.h>

#include "storage/segment/row_group.h"

namespace tidemark::storage {

/// Takes a row group; an error ends the merge.
using RowGroupSink = std::function<Status(const std::shared_ptr<const RowGroup>& group)>;

/// The rows of a series' row groups, of any form and in any order, as encoded row groups in order
/// of time that do not overlap, which `sink` gets one by one. Where they did, the later sequence
/// won, per field (R9).
///
/// Row groups of `rows_per_vector` rows that overlap no other come as they are, undecoded; of the
/// others full ones are made, half full ones in front of one that comes as it is. Only the last
/// one, and where rows were written twice, may have fewer rows.
///
/// Holds few vectors of rows in memory, or as many as overlap at one time. Corruption when a row
/// group that had to be decoded cannot be, or when a field has two types; what `sink` said.
Status merge_row_groups(std::vector<std::shared_ptr<const RowGroup>> groups,
                        std::uint32_t rows_per_vector, const RowGroupSink& sink);

/// True when the row group `left` arrived before `right`: then where both have a value at one time
/// that of `right` counts.
bool arrived_before(const RowGroup& left, const RowGroup& right);

}  // namespace tidemark::storage

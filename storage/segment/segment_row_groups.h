#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <tidemark/result.h>

#include "storage/segment/row_group.h"
#include "storage/segment/series_block.h"

// Row groups that are views into a segment. They keep it, and so the mapping, alive.

namespace tidemark::storage {

class SegmentReader;

/// A row group of a series with these fields; `row_group_index` counts those of the whole segment.
std::shared_ptr<const RowGroup> make_segment_row_group(std::shared_ptr<const SegmentReader> segment,
                                                       SeriesBlockRowGroup stored,
                                                       const std::vector<RowGroupColumn>& fields,
                                                       std::uint64_t row_group_index);

/// Reads the members of a block, which keeps the segment alive for it.
using OpenBlock = std::function<Result<std::vector<std::shared_ptr<const RowGroup>>>()>;

/// A block of a series with these fields. The record has columns. What `open` gives is compared
/// with it. Thread-safe when `open` is.
std::shared_ptr<const RowGroup> make_segment_block(std::shared_ptr<const SegmentReader> segment,
                                                   std::shared_ptr<const SeriesBlockRecord> record,
                                                   const std::vector<RowGroupColumn>& fields,
                                                   std::uint64_t payload_offset, OpenBlock open);

}  // namespace tidemark::storage

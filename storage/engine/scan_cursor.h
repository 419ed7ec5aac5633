#pragma once

#include <memory>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>

#include "storage/engine/scan_compile.h"
#include "storage/segment/row_group.h"

namespace tidemark::storage {

/// The pieces of one series, made from its row groups: those of every segment and of the head that
/// the snapshot holds, in any order, those in front of the range too when `scan` asks for carry-in.
/// Row groups that overlap in time are merged (R9): the one with the later sequences wins, of equal
/// ones the one that stands later in `groups`. Keeps the row groups alive.
///
/// `statistics` is added to (series_scanned included) while the cursor moves and must outlive it.
/// Columns asked for with Need::Summary come as values where a gap is longer than the request's
/// hold limit, because what a summary says of time is not exact there. Looks up the carried-in
/// values at once: Corruption when they cannot be read.
Result<std::unique_ptr<SeriesCursor>> make_series_cursor(
    std::shared_ptr<const CompiledScan> scan, std::vector<std::shared_ptr<const RowGroup>> groups,
    ScanStatistics& statistics);

}  // namespace tidemark::storage

#pragma once

#include <cstddef>

#include <tidemark/result.h>
#include <tidemark/scan.h>

#include "storage/engine/scan_compile.h"
#include "storage/engine/scan_piece.h"
#include "storage/engine/scan_source.h"

namespace tidemark::storage {

/// A piece out of rows [begin_row, end_row) of one row group that no other one interferes with:
/// from summaries when it is whole and they suffice, else leaves from the encoded values and
/// columns decoded, as far as each is needed. Null when the scan asks for nothing of what the rows
/// hold.
///
/// The piece is valid as long as `source` and until `parts` are used again. Corruption when the row
/// group cannot be read.
Result<const ScanPiece*> make_stretch_piece(const CompiledScan& scan, ScanSource& source,
                                            std::size_t begin_row, std::size_t end_row,
                                            PieceParts& parts, ScanStatistics& statistics);

/// The same out of all rows, from summaries alone; of blocks too. Null when those do not suffice.
Result<const ScanPiece*> make_summary_piece(const CompiledScan& scan, ScanSource& source,
                                            PieceParts& parts, ScanStatistics& statistics);

}  // namespace tidemark::storage

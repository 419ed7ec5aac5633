#pragma once

#include <span>

#include <tidemark/result.h>
#include <tidemark/scan.h>

#include "storage/engine/scan_compile.h"
#include "storage/engine/scan_source.h"

namespace tidemark::storage {

/// What was in force in front of the scan's range, as its carry_in asks: found backwards through
/// `sources`, which hold all row groups of the series that begin before the range, in any order,
/// or blocks of them.
/// Of samples at one time the one of the source with the higher rank counts. Opens as little as it
/// can. Corruption when a row group cannot be read.
Result<CarriedValues> find_carried(const CompiledScan& scan, std::span<ScanSource* const> sources);

}  // namespace tidemark::storage

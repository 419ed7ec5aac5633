#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <tidemark/scan.h>

#include "storage/engine/scan_compile.h"
#include "storage/segment/row_group.h"
#include "tests/engine/scan_model.h"
#include "tests/segment/random_rows.h"

namespace tidemark::tests {

/// Row groups and what they hold. The fields are those of RandomRows, named after their types.
struct ScannedSeries {
    std::vector<std::shared_ptr<const storage::RowGroup>> groups;
    ScanModel model;
};

/// The type that a field is named after, or nothing.
std::optional<FieldType> type_of_field(std::string_view field);

std::shared_ptr<const storage::CompiledScan> compile(const ScanRequest& request);

/// Columns, leaves, range, cuts, hold and carry-in at random, for rows from 0 to about 700 ns.
ScanRequest random_request(RandomRows& random);

/// Drives a scan and compares every piece with the model.
void check_scan(const ScanRequest& request, const ScannedSeries& series,
                ScanStatistics& statistics);

}  // namespace tidemark::tests

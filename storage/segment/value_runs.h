#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "storage/segment/row_group.h"

// The values of a column that rarely changes, such as a state: few enough to stand in the directory
// of a segment, so that no row group has to be opened to tell when which value was there.

namespace tidemark::storage {

/// Collects the runs of one column of row groups in order of time. Not thread-safe.
class ValueRunsBuilder {
public:
    /// Takes in an encoded row group with the column, whose summary is `summary`. Corruption when
    /// it cannot be read. Decodes only what may be of few runs, and nothing any more once there are
    /// too many of them for a block of any size.
    Status add(const RowGroup& group, std::size_t column_index, const ColumnSummary& summary);

    /// Appends the runs, of a column of this type of a block of `row_count` rows; nothing when
    /// there are too many. FORMAT.md section 3.1.
    void write_to(FieldType type, std::uint64_t row_count, std::vector<std::byte>& out) const;

private:
    void add_run(const ValueRun& run);

    std::vector<ValueRun> runs_;
    bool has_too_many_ = false;
};

/// Reads what write_to() wrote of a column with this summary; none out of no bytes. The runs have
/// all samples that the summary speaks of, in order of time; else it is Corruption.
Result<std::vector<ValueRun>> read_value_runs(const ColumnSummary& summary,
                                              std::span<const std::byte> bytes);

}  // namespace tidemark::storage

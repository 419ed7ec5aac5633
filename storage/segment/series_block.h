#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/bytes.h"
#include "storage/segment/row_group.h"
#include "storage/segment/row_group_totals.h"
#include "storage/segment/value_runs.h"

// The directory of one series of a segment: its key, its fields and where its row groups lie.
// FORMAT.md section 3, "Series block".

namespace tidemark::storage {

/// What times and sequences are stored relative to: the row group or block before, at first 0.
struct SeriesBlockOrigin {
    std::int64_t first_ns = 0;
    Sequence first_sequence = 0;
};

/// Collects the directory of one series after the other. Not thread-safe.
class SeriesBlockBuilder {
public:
    /// Forgets the series before. The payloads of the row groups follow one another from
    /// `payload_offset` on; `row_group_index` counts the row groups of the series before.
    void begin(std::string_view series_key, std::uint64_t payload_offset,
               std::uint64_t row_group_index);

    /// Corruption when the row group, one of another segment, cannot be read.
    Status add_row_group(const RowGroup& group, std::uint64_t payload_checksum);

    /// Ends the series and appends its directory.
    void write_to(std::vector<std::byte>& out);

private:
    std::size_t field_index(const RowGroupColumn& column);
    Status add_column(const RowGroup& group, std::size_t column_index, RowGroupTotals& totals,
                      ByteWriter& writer);
    void end_block();

    std::string series_key_;
    std::uint64_t payload_offset_ = 0;
    std::uint64_t first_row_group_index_ = 0;
    struct Field {
        std::string name;
        FieldType type;
    };
    std::vector<Field> fields_;
    std::vector<std::byte> row_groups_;  // The entries of all.
    RowGroupTotals open_block_;
    std::vector<ValueRunsBuilder> open_runs_;  // Of its columns, by index of the field.
    std::size_t open_block_offset_ = 0;        // Of its entries.
    RowGroupTotals totals_;                    // Of the blocks that have ended.
    std::vector<std::byte> block_records_;
    std::uint64_t block_count_ = 0;
    std::int64_t latest_first_ns_ = 0;  // Of the row group before.
    SeriesBlockOrigin origin_;          // Of the next row group.
    SeriesBlockOrigin block_origin_;    // Of the next block.
};

/// Where one column of a row group lies.
struct SeriesBlockColumn {
    std::size_t field_index = 0;
    std::uint32_t non_null_count = 0;
    std::uint64_t validity_size_bytes = 0;
    std::uint64_t values_size_bytes = 0;
    std::span<const std::byte> summary;
    std::span<const std::byte> value_runs;  ///< Of blocks only.
};

struct SeriesBlockRowGroup {
    RowGroupInfo info;
    std::uint64_t payload_offset = 0;
    std::uint64_t payload_size_bytes = 0;
    std::uint64_t payload_checksum = 0;
    std::uint64_t times_size_bytes = 0;
    std::vector<SeriesBlockColumn> columns;
};

/// What is said of the row groups of one block together, or of those of all blocks.
struct SeriesBlockRecord {
    std::uint64_t row_group_count = 0;
    RowGroupInfo info;  ///< The row count is 0 without columns.
    std::uint64_t payload_size_bytes = 0;
    std::uint64_t entries_size_bytes = 0;
    /// Without the sizes. Empty where there are no common summaries, see RowGroupTotals.
    std::vector<SeriesBlockColumn> columns;
};

struct SeriesBlockHeader {
    std::string_view series_key;
    std::uint64_t payload_offset = 0;
    std::uint64_t first_row_group_index = 0;
    std::vector<RowGroupColumn> fields;  ///< non_null_count is 0.
    std::uint64_t row_group_count = 0;
    std::uint64_t block_count = 0;  ///< 0 of few row groups.
    /// Of all row groups; only where there is more than one block.
    std::optional<SeriesBlockRecord> totals;
};

/// A block; of a series without any, its row groups, of which the record has the number alone.
struct SeriesBlockPart {
    SeriesBlockRecord record;
    std::uint64_t payload_offset = 0;
    std::uint64_t first_row_group_index = 0;
    std::span<const std::byte> entries;
};

/// Reads a block from untrusted bytes, which must outlive it. Every error is Corruption.
class SeriesBlockReader {
public:
    explicit SeriesBlockReader(std::span<const std::byte> block) : block_(block), reader_(block) {}

    Result<SeriesBlockHeader> read_header();

    /// What follows the header, up to the end.
    Result<std::vector<SeriesBlockPart>> read_parts(const SeriesBlockHeader& header);

private:
    Result<SeriesBlockRecord> read_record(SeriesBlockOrigin& origin);
    Result<SeriesBlockColumn> read_record_column(std::uint32_t row_count);

    std::span<const std::byte> block_;
    ByteReader reader_;
    std::size_t field_count_ = 0;
};

/// The row groups of a part of a series with so many fields, out of untrusted bytes. Corruption
/// when the entries are not those of the part.
Result<std::vector<SeriesBlockRowGroup>> read_row_groups(const SeriesBlockPart& part,
                                                         std::size_t field_count);

}  // namespace tidemark::storage

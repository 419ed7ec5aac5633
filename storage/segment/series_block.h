#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/types.h>

#include "storage/base/bytes.h"
#include "storage/segment/row_group.h"

// The directory of one series of a segment: its key, its fields and where its row groups lie.
// FORMAT.md section 3, "Series block".

namespace tidemark::storage {

/// Collects the directory of one series after the other. Not thread-safe.
class SeriesBlockBuilder {
public:
    /// Forgets the series before. The payloads of the row groups follow one another from
    /// `payload_offset` on; `row_group_index` counts the row groups of the series before.
    void begin(std::string_view series_key, std::uint64_t payload_offset,
               std::uint64_t row_group_index);

    /// Corruption when the row group, one of another segment, cannot be read.
    Status add_row_group(const RowGroup& group, std::uint64_t payload_checksum);

    /// Appends the block.
    void write_to(std::vector<std::byte>& out) const;

private:
    std::size_t field_index(const RowGroupColumn& column);
    Status add_column(const RowGroup& group, std::size_t column_index, ByteWriter& writer);

    std::string series_key_;
    std::uint64_t payload_offset_ = 0;
    std::uint64_t first_row_group_index_ = 0;
    struct Field {
        std::string name;
        FieldType type;
    };
    std::vector<Field> fields_;
    std::uint64_t row_group_count_ = 0;
    std::int64_t previous_first_ns_ = 0;
    Sequence previous_first_sequence_ = 0;
    std::vector<std::byte> row_groups_;
};

struct SeriesBlockHeader {
    std::string_view series_key;
    std::uint64_t payload_offset = 0;
    std::uint64_t first_row_group_index = 0;
    std::vector<RowGroupColumn> fields;  ///< non_null_count is 0.
    std::uint64_t row_group_count = 0;
};

/// Where one column of a row group lies.
struct SeriesBlockColumn {
    std::size_t field_index = 0;
    std::uint32_t non_null_count = 0;
    std::uint64_t validity_size_bytes = 0;
    std::uint64_t values_size_bytes = 0;
    std::span<const std::byte> summary;
};

struct SeriesBlockRowGroup {
    RowGroupInfo info;
    std::uint64_t payload_offset = 0;
    std::uint64_t payload_size_bytes = 0;
    std::uint64_t payload_checksum = 0;
    std::uint64_t times_size_bytes = 0;
    std::vector<SeriesBlockColumn> columns;
};

/// Reads a block from untrusted bytes, which must outlive it. Every error is Corruption.
class SeriesBlockReader {
public:
    explicit SeriesBlockReader(std::span<const std::byte> block) : reader_(block) {}

    Result<SeriesBlockHeader> read_header();

    /// The next of header.row_group_count row groups.
    Result<SeriesBlockRowGroup> read_row_group();

    /// Corruption when bytes are left behind the last row group.
    Status expect_end() const;

private:
    Result<SeriesBlockColumn> read_column(std::uint32_t row_count);

    ByteReader reader_;
    std::size_t field_count_ = 0;
    std::uint64_t payload_offset_ = 0;
    std::int64_t previous_first_ns_ = 0;
    Sequence previous_first_sequence_ = 0;
};

}  // namespace tidemark::storage

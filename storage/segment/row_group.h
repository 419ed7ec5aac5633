#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "storage/segment/decoded_rows.h"

namespace tidemark::storage {

/// What is known of a row group without opening it.
struct RowGroupInfo {
    std::uint32_t row_count = 0;  ///< At least 1.
    std::int64_t first_ns = 0;    ///< Times of the first and of the last row.
    std::int64_t last_ns = 0;
    /// The WAL sequences of the rows inside. Row groups of one series that overlap in time have
    /// disjoint intervals, so "arrived later" is decided between whole groups (R9).
    Sequence first_sequence = 0;
    Sequence last_sequence = 0;
};

struct RowGroupColumn {
    std::string_view name;  ///< Valid as long as the row group.
    FieldType type = FieldType::Float;
    std::uint32_t non_null_count = 0;  ///< At least 1: an all-null column is not part of a group.
};

/// One column in the encoded form. Valid as long as the row group.
struct EncodedColumn {
    /// Bit i % 8 of byte i / 8 is set when row i has a value; empty when all rows have one.
    std::span<const std::byte> validity;
    /// The values that are there, non_null_count of them, as storage/codec wrote them.
    std::span<const std::byte> values;
};

/// Consecutive samples of one value. Of floats, of the same bits.
struct ValueRun {
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
    std::uint32_t sample_count = 0;
    Value value{};
    bool operator==(const ValueRun&) const = default;
};

/// Up to StoreOptions::rows_per_vector rows of one series at strictly ascending times: the unit in
/// which rows are encoded, summarised, stored in segments and handed to scans.
///
/// A row group has one of two forms behind this interface: *encoded* (bytes of its own, from the
/// head, or a view into a mapped segment, verified when first touched) or *decoded* (plain arrays:
/// the head's open tail). A *block* stands for row groups of a segment that follow one another in
/// time: it has what is known without opening them, and its members instead of encoded bytes.
///
/// Immutable and thread-safe.
class RowGroup {
public:
    virtual ~RowGroup() = default;

    const RowGroupInfo& info() const { return info_; }
    TimeRange time_range() const;  ///< Half-open, saturated at the end of time.

    /// The columns with at least one value here; each name once, in no particular order.
    virtual std::span<const RowGroupColumn> columns() const = 0;
    /// Index into columns(), or nothing.
    std::optional<std::size_t> find_column(std::string_view name) const;

    /// Whether it is a block, which has members.
    virtual bool is_block() const { return false; }
    /// Of a block: the row groups or smaller blocks that it stands for, in order of time; they do
    /// not overlap and have all its rows. Corruption when the segment says otherwise. Else none.
    virtual Result<std::vector<std::shared_ptr<const RowGroup>>> members() const;
    /// Of a block: all samples of a column that rarely changes, in order of time; none of other
    /// columns. Corruption when they cannot be read. Else none.
    virtual Result<std::vector<ValueRun>> value_runs(std::size_t column_index) const;

    /// The rows, in the decoded form; null in the others.
    virtual const DecodedRows* decoded_rows() const { return nullptr; }

    /// The summary of a column over all rows. The encoded form has it stored; the decoded form
    /// computes it at each call. Corruption when a segment's summary cannot be read.
    virtual Result<ColumnSummary> summary(std::size_t column_index) const = 0;

    // The encoded form only, else InvalidArgument. Corruption, naming the file, when a segment's
    // bytes do not match their checksum, which is verified at the first of these calls, and at each
    // of payload().
    virtual Result<std::span<const std::byte>> encoded_times() const;
    virtual Result<EncodedColumn> encoded_column(std::size_t column_index) const;
    /// Everything encoded: the times, then for each column its validity and its values. The segment
    /// writer copies it as it is.
    virtual Result<std::span<const std::byte>> payload() const;

    /// Corruption, naming the file, when bytes may have been read that are not those of the file:
    /// see MappedFile. To be asked behind the last look at what the functions above returned.
    virtual Status require_intact() const { return success(); }

    /// Memory or mapped bytes behind the row group, roughly; for limits and statistics.
    virtual std::size_t size_bytes() const = 0;

protected:
    explicit RowGroup(const RowGroupInfo& info) : info_(info) {}

private:
    RowGroupInfo info_;
};

/// Encodes and summarises rows [first_row, first_row + row_count) of `rows`, whose times must
/// ascend strictly (see sort_and_merge()). `row_count` must not be 0.
std::shared_ptr<const RowGroup> make_encoded_row_group(const DecodedRows& rows,
                                                       std::size_t first_row, std::size_t row_count,
                                                       Sequence first_sequence,
                                                       Sequence last_sequence);

/// A row group that holds `rows` as they are: not empty, times strictly ascending.
std::shared_ptr<const RowGroup> make_decoded_row_group(DecodedRows rows, Sequence first_sequence,
                                                       Sequence last_sequence);

/// The rows of a group in the decoded form, whatever form it has. Columns as in columns().
Result<DecodedRows> decode_row_group(const RowGroup& group);
/// The same with one of the columns.
Result<DecodedRows> decode_row_group_column(const RowGroup& group, std::size_t column_index);

}  // namespace tidemark::storage

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/scan.h>

#include "storage/codec/string_arena.h"
#include "storage/engine/scan_compile.h"
#include "storage/segment/row_group.h"

namespace tidemark::storage {

/// The truth of a leaf on the rows of a row group. A bit per row; where the leaf's field is null it
/// means nothing.
struct LeafMask {
    std::vector<std::uint64_t> bits;
    bool was_encoded = false;  ///< No value was decoded for it.

    bool is_true(std::size_t row) const { return ((bits[row / 64] >> (row % 64)) & 1U) != 0; }
};

/// Orders row groups by arrival: on equal times the greater one wins.
struct ArrivalRank {
    Sequence last_sequence = 0;
    Sequence first_sequence = 0;
    std::size_t list_index = 0;  ///< Of equal sequences the later in the list wins.
    auto operator<=>(const ArrivalRank&) const = default;
};

/// One row group as one scan sees it: fields instead of columns, each part opened when it is first
/// asked for and kept. Fields and leaves are named by their index in CompiledScan.
///
/// What it returns points into it or into the row group and is valid as long as it. Errors are
/// Corruption. Not thread-safe.
class ScanSource {
public:
    /// The group stands at `list_index` of the series' row groups. `scan` and `statistics` must
    /// outlive the source.
    static Result<std::unique_ptr<ScanSource>> make(const CompiledScan& scan,
                                                    std::shared_ptr<const RowGroup> group,
                                                    std::size_t list_index,
                                                    ScanStatistics& statistics);

    const RowGroupInfo& info() const { return group_->info(); }
    std::size_t row_count() const { return info().row_count; }
    const ArrivalRank& rank() const { return rank_; }
    /// Whether the scan asks for anything that is here.
    bool is_asked_for() const { return field_count_ > 0 || scan_.wants_every_row(); }

    /// A block can only be asked for its summaries and its members.
    bool is_block() const { return group_->is_block(); }
    /// Those that are asked for, opened once.
    Result<std::span<const std::unique_ptr<ScanSource>>> members();
    /// The same, for good.
    Result<std::vector<std::unique_ptr<ScanSource>>> take_members();

    bool has_field(std::size_t field) const { return fields_[field].column.has_value(); }
    /// Fields of the scan that have a value here.
    std::size_t field_count() const { return field_count_; }
    /// Number of rows with a value of a field that is here.
    std::size_t non_null_count(std::size_t field) const { return fields_[field].non_null_count; }
    bool is_dense(std::size_t field) const { return non_null_count(field) == row_count(); }

    /// As RowGroup::require_intact().
    Status require_intact() const { return group_->require_intact(); }

    bool is_encoded() const { return group_->decoded_rows() == nullptr; }
    /// Whether the scan may be answered from summaries here.
    bool has_summaries() const;
    /// Only with has_field(), of encoded row groups.
    Result<const ColumnSummary*> summary(std::size_t field);

    bool has_open_times() const { return !times_.empty(); }
    Result<std::span<const std::int64_t>> times();
    /// Only with has_field(), as values(): which rows have a value or a NaN, empty when all have.
    Result<std::span<const std::uint64_t>> validity(std::size_t field);
    /// One entry per row.
    Result<const ColumnValues*> values(std::size_t field);
    /// Only with has_field(): which rows have a NaN, empty when none has.
    Result<std::span<const std::uint64_t>> hold_ends(std::size_t field);
    /// Only when the leaf's field is here.
    Result<const LeafMask*> leaf_mask(std::size_t leaf);
    /// The truth that all samples of the leaf's field have, when the summary tells.
    Result<std::optional<bool>> decided_truth(std::size_t leaf);
    /// Only with has_field(): as RowGroup::value_runs().
    Result<std::vector<ValueRun>> value_runs(std::size_t field) const {
        return group_->value_runs(*fields_[field].column);
    }

private:
    struct FieldRows {
        ColumnValues values;
        std::vector<double> floats;
        std::vector<std::int64_t> integers;
        std::vector<std::uint64_t> unsigneds;
        std::vector<std::uint8_t> booleans;
        std::vector<std::string_view> strings;
        StringArena arena;
        // Of columns with NaN.
        std::vector<std::uint64_t> validity;
        std::vector<std::uint64_t> hold_ends;
    };
    struct Field {
        std::optional<std::size_t> column;
        std::size_t non_null_count = 0;
        std::unique_ptr<ColumnSummary> summary;
        std::optional<EncodedColumn> encoded;
        bool has_validity = false;
        std::vector<std::uint64_t> validity_words;
        std::span<const std::uint64_t> validity;
        std::unique_ptr<FieldRows> rows;
    };

    ScanSource(const CompiledScan& scan, std::shared_ptr<const RowGroup> group,
               std::size_t list_index, ScanStatistics& statistics);

    Status find_fields();
    Result<EncodedColumn> encoded(Field& field);
    static void set_nan_apart(std::size_t row_count, FieldRows& rows);
    Status decode_field(std::size_t field_index, FieldRows& rows);
    void view_field(std::size_t field_index, FieldRows& rows) const;
    Status fill_mask(std::size_t leaf, LeafMask& mask);
    Status match_rows(std::size_t leaf, LeafMask& mask);
    void count_bytes(std::size_t size_bytes);
    Error damaged(std::size_t field_index, const Error& error) const;

    const CompiledScan& scan_;
    std::shared_ptr<const RowGroup> group_;
    ArrivalRank rank_;
    ScanStatistics& statistics_;
    std::vector<Field> fields_;
    std::size_t field_count_ = 0;
    std::vector<std::int64_t> decoded_times_;
    std::span<const std::int64_t> times_;
    std::vector<std::unique_ptr<LeafMask>> masks_;
    std::vector<std::unique_ptr<ScanSource>> members_;
};

}  // namespace tidemark::storage

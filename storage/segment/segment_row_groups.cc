#include "storage/segment/segment_row_groups.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "storage/base/assert.h"
#include "storage/base/bytes.h"
#include "storage/segment/segment_reader.h"
#include "storage/segment/value_runs.h"
#include "storage/summary/summary.h"

namespace tidemark::storage {

/// What a segment says of rows without opening them.
class SegmentRows : public RowGroup {
public:
    std::span<const RowGroupColumn> columns() const override { return columns_; }

    Result<ColumnSummary> summary(std::size_t column_index) const override {
        ByteReader reader(stored_columns()[column_index].summary);
        auto summary = read_summary(columns_[column_index].type,
                                    {info().row_count, info().first_ns, info().last_ns}, reader);
        if (!summary) return damaged(column_index, summary.error().message());
        const bool is_whole = reader.is_at_end() && summary.value().non_null_count ==
                                                        columns_[column_index].non_null_count;
        if (!is_whole) return damaged(column_index, "summary of other values");
        return summary;
    }

    Status require_intact() const override { return segment_->require_intact(); }

protected:
    SegmentRows(const RowGroupInfo& info, std::shared_ptr<const SegmentReader> segment,
                std::uint64_t payload_offset)
        : RowGroup(info), segment_(std::move(segment)), payload_offset_(payload_offset) {}

    /// To be called once stored_columns() are there.
    void name_columns(const std::vector<RowGroupColumn>& fields) {
        columns_.reserve(stored_columns().size());
        for (const SeriesBlockColumn& column : stored_columns()) {
            columns_.push_back(fields[column.field_index]);
            columns_.back().non_null_count = column.non_null_count;
        }
    }

    virtual std::span<const SeriesBlockColumn> stored_columns() const = 0;
    virtual const char* kind() const = 0;  ///< For messages.

    std::string place() const {
        return std::string(kind()) + " at " + std::to_string(payload_offset_);
    }
    Error damaged(std::string message) const {
        return segment_->damaged(place(), std::move(message));
    }
    using Verify = SegmentReader::Verify;
    Result<std::span<const std::byte>> verified_payload(const SeriesBlockRowGroup& stored,
                                                        std::uint64_t row_group_index,
                                                        Verify verify) const {
        return segment_->verified_payload(row_group_index, stored.payload_offset,
                                          stored.payload_size_bytes, stored.payload_checksum,
                                          verify);
    }

    Error damaged(std::size_t column_index, std::string message) const {
        return segment_->damaged(place() + ": field " + std::string(columns_[column_index].name),
                                 std::move(message));
    }

private:
    std::shared_ptr<const SegmentReader> segment_;
    std::uint64_t payload_offset_;
    std::vector<RowGroupColumn> columns_;
};

namespace {

class SegmentRowGroup final : public SegmentRows {
public:
    SegmentRowGroup(std::shared_ptr<const SegmentReader> segment, SeriesBlockRowGroup stored,
                    const std::vector<RowGroupColumn>& fields, std::uint64_t row_group_index)
        : SegmentRows(stored.info, std::move(segment), stored.payload_offset),
          stored_(std::move(stored)),
          row_group_index_(row_group_index) {
        name_columns(fields);
    }

    Result<std::span<const std::byte>> encoded_times() const override {
        TIDEMARK_ASSIGN_OR_RETURN(const auto bytes, stored_payload(Verify::Once));
        return bytes.first(static_cast<std::size_t>(stored_.times_size_bytes));
    }

    Result<EncodedColumn> encoded_column(std::size_t column_index) const override {
        TIDEMARK_ASSIGN_OR_RETURN(const auto bytes, stored_payload(Verify::Once));
        std::uint64_t offset = stored_.times_size_bytes;
        for (std::size_t before = 0; before < column_index; ++before) {
            offset += stored_.columns[before].validity_size_bytes +
                      stored_.columns[before].values_size_bytes;
        }
        const SeriesBlockColumn& column = stored_.columns[column_index];
        const auto rest = bytes.subspan(static_cast<std::size_t>(offset));
        const auto validity_size_bytes = static_cast<std::size_t>(column.validity_size_bytes);
        return EncodedColumn{
            rest.first(validity_size_bytes),
            rest.subspan(validity_size_bytes, static_cast<std::size_t>(column.values_size_bytes))};
    }

    Result<std::span<const std::byte>> payload() const override {
        return stored_payload(Verify::Again);
    }

    std::size_t size_bytes() const override {
        return sizeof *this + static_cast<std::size_t>(stored_.payload_size_bytes);
    }

private:
    Result<std::span<const std::byte>> stored_payload(Verify verify) const {
        return verified_payload(stored_, row_group_index_, verify);
    }

    std::span<const SeriesBlockColumn> stored_columns() const override { return stored_.columns; }
    const char* kind() const override { return "row group"; }

    SeriesBlockRowGroup stored_;
    std::uint64_t row_group_index_;
};

class SegmentBlock final : public SegmentRows {
public:
    SegmentBlock(std::shared_ptr<const SegmentReader> segment,
                 std::shared_ptr<const SeriesBlockRecord> record,
                 const std::vector<RowGroupColumn>& fields, std::uint64_t payload_offset,
                 OpenBlock open)
        : SegmentRows(record->info, std::move(segment), payload_offset),
          record_(std::move(record)),
          open_(std::move(open)) {
        TIDEMARK_ASSERT(!record_->columns.empty(), "a block has summaries");
        name_columns(fields);
    }

    bool is_block() const override { return true; }

    Result<std::vector<std::shared_ptr<const RowGroup>>> members() const override {
        auto members = open_();
        if (!members) return damaged(members.error().message());
        if (!are_in_order(members.value()) || !have_all_values(members.value())) {
            return damaged("its row groups are others than it says");
        }
        return members;
    }

    Result<std::vector<ValueRun>> value_runs(std::size_t column_index) const override {
        TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary known, summary(column_index));
        auto runs = read_value_runs(known, record_->columns[column_index].value_runs);
        if (!runs) return damaged(column_index, runs.error().message());
        return runs;
    }

    std::size_t size_bytes() const override {
        return sizeof *this + static_cast<std::size_t>(record_->payload_size_bytes);
    }

private:
    using Members = std::vector<std::shared_ptr<const RowGroup>>;

    std::span<const SeriesBlockColumn> stored_columns() const override { return record_->columns; }
    const char* kind() const override { return "block"; }

    /// Whether they begin and end where the block does, and none begins before another ended.
    bool are_in_order(const Members& members) const {
        if (members.empty()) return false;
        const bool has_same_ends = members.front()->info().first_ns == info().first_ns &&
                                   members.back()->info().last_ns == info().last_ns;
        const auto overlap = [](const auto& left, const auto& right) {
            return left->info().last_ns >= right->info().first_ns;
        };
        const bool has_same_sequences = std::ranges::all_of(members, [this](const auto& member) {
            return member->info().first_sequence >= info().first_sequence &&
                   member->info().last_sequence <= info().last_sequence;
        });
        return has_same_ends && has_same_sequences &&
               std::ranges::adjacent_find(members, overlap) == members.end();
    }

    bool have_all_values(const Members& members) const {
        std::uint64_t row_count = 0;
        std::vector<std::uint64_t> value_counts(columns().size());
        for (const auto& member : members) {
            row_count += member->info().row_count;
            for (const RowGroupColumn& column : member->columns()) {
                const auto index = find_column(column.name);
                if (!index) return false;
                value_counts[*index] += column.non_null_count;
            }
        }
        return row_count == info().row_count &&
               std::ranges::equal(value_counts, columns(), {}, {}, &RowGroupColumn::non_null_count);
    }

    std::shared_ptr<const SeriesBlockRecord> record_;
    OpenBlock open_;
};

}  // namespace

std::shared_ptr<const RowGroup> make_segment_row_group(std::shared_ptr<const SegmentReader> segment,
                                                       SeriesBlockRowGroup stored,
                                                       const std::vector<RowGroupColumn>& fields,
                                                       std::uint64_t row_group_index) {
    return std::make_shared<SegmentRowGroup>(std::move(segment), std::move(stored), fields,
                                             row_group_index);
}

std::shared_ptr<const RowGroup> make_segment_block(std::shared_ptr<const SegmentReader> segment,
                                                   std::shared_ptr<const SeriesBlockRecord> record,
                                                   const std::vector<RowGroupColumn>& fields,
                                                   std::uint64_t payload_offset, OpenBlock open) {
    return std::make_shared<SegmentBlock>(std::move(segment), std::move(record), fields,
                                          payload_offset, std::move(open));
}

}  // namespace tidemark::storage

#include <limits>
#include <string>
#include <utility>

#include "storage/base/assert.h"
#include "storage/codec/column_codec.h"
#include "storage/segment/dense_column.h"
#include "storage/segment/row_group.h"
#include "storage/segment/validity.h"

namespace tidemark::storage {
namespace {

void encode_values(std::span<const double> values, std::vector<std::byte>& out) {
    encode_floats(values, out);
}
void encode_values(std::span<const std::int64_t> values, std::vector<std::byte>& out) {
    encode_integers(values, out);
}
void encode_values(std::span<const std::uint64_t> values, std::vector<std::byte>& out) {
    encode_unsigneds(values, out);
}
void encode_values(std::span<const std::uint8_t> values, std::vector<std::byte>& out) {
    encode_booleans(values, out);
}
void encode_values(std::span<const std::string_view> values, std::vector<std::byte>& out) {
    encode_strings(values, out);
}

/// Owns its bytes.
class EncodedRowGroup final : public RowGroup {
public:
    EncodedRowGroup(const RowGroupInfo& info, const DecodedRows& rows, std::size_t first_row)
        : RowGroup(info) {
        encode_times(std::span(rows.times).subspan(first_row, info.row_count), payload_);
        times_size_bytes_ = payload_.size();
        stored_.reserve(rows.columns.size());
        for (const DecodedColumn& column : rows.columns) add_column(rows, column, first_row);
        payload_.shrink_to_fit();
        for (const StoredColumn& column : stored_) {
            const auto non_null_count = static_cast<std::uint32_t>(column.summary.non_null_count);
            columns_.push_back({column.name, column.summary.type, non_null_count});
        }
    }

    std::span<const RowGroupColumn> columns() const override { return columns_; }

    Result<ColumnSummary> summary(std::size_t column_index) const override {
        return stored_[column_index].summary;
    }

    Result<std::span<const std::byte>> encoded_times() const override {
        return std::span<const std::byte>(payload_).first(times_size_bytes_);
    }

    Result<EncodedColumn> encoded_column(std::size_t column_index) const override {
        const StoredColumn& column = stored_[column_index];
        const auto bytes = std::span<const std::byte>(payload_).subspan(column.offset);
        return EncodedColumn{bytes.first(column.validity_size_bytes),
                             bytes.subspan(column.validity_size_bytes, column.values_size_bytes)};
    }

    Result<std::span<const std::byte>> payload() const override {
        return std::span<const std::byte>(payload_);
    }

    std::size_t size_bytes() const override {
        return sizeof *this + payload_.size() +
               stored_.size() * (sizeof(StoredColumn) + sizeof(RowGroupColumn));
    }

private:
    struct StoredColumn {
        std::string name;
        ColumnSummary summary;
        std::size_t offset = 0;  // Into the payload: validity, then values.
        std::size_t validity_size_bytes = 0;
        std::size_t values_size_bytes = 0;
    };

    void add_column(const DecodedRows& rows, const DecodedColumn& column, std::size_t first_row) {
        const std::size_t row_count = info().row_count;
        const auto validity = slice_validity(column.validity, first_row, row_count);
        if (!validity.empty() && count_valid_rows(validity, row_count) == 0) return;

        StoredColumn stored;
        stored.name = column.name;
        stored.summary = summarise_rows(rows.times, column, first_row, row_count);
        stored.offset = payload_.size();
        write_validity(validity, row_count, payload_);
        stored.validity_size_bytes = payload_.size() - stored.offset;
        visit_dense(rows.times, column, first_row, row_count,
                    [this](std::span<const std::int64_t>, auto values) {
                        encode_values(values, payload_);
                    });
        stored.values_size_bytes = payload_.size() - stored.offset - stored.validity_size_bytes;
        stored_.push_back(std::move(stored));
    }

    std::vector<std::byte> payload_;
    std::size_t times_size_bytes_ = 0;
    std::vector<StoredColumn> stored_;
    std::vector<RowGroupColumn> columns_;  // Names point into stored_.
};

}  // namespace

std::shared_ptr<const RowGroup> make_encoded_row_group(const DecodedRows& rows,
                                                       std::size_t first_row, std::size_t row_count,
                                                       Sequence first_sequence,
                                                       Sequence last_sequence) {
    TIDEMARK_ASSERT(row_count > 0 && row_count <= std::numeric_limits<std::uint32_t>::max(),
                    "a row group has rows");
    TIDEMARK_ASSERT(first_row + row_count <= rows.row_count(), "rows of a row group exist");
    const RowGroupInfo info{static_cast<std::uint32_t>(row_count), rows.times[first_row],
                            rows.times[first_row + row_count - 1], first_sequence, last_sequence};
    return std::make_shared<EncodedRowGroup>(info, rows, first_row);
}

}  // namespace tidemark::storage

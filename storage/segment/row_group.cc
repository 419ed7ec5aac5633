#include "storage/segment/row_group.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/base/assert.h"
#include "storage/codec/column_codec.h"
#include "storage/segment/dense_column.h"
#include "storage/segment/validity.h"
#include "storage/summary/summary.h"

namespace tidemark::storage {
namespace {

/// Keeps the rows as they came.
class DecodedRowGroup final : public RowGroup {
public:
    DecodedRowGroup(const RowGroupInfo& info, DecodedRows rows)
        : RowGroup(info), rows_(std::move(rows)) {
        std::erase_if(rows_.columns,
                      [](const DecodedColumn& column) { return column.non_null_count() == 0; });
        for (const DecodedColumn& column : rows_.columns) {
            TIDEMARK_ASSERT(column.row_count() == rows_.row_count(), "columns are equally long");
            columns_.push_back(
                {column.name, column.type, static_cast<std::uint32_t>(column.non_null_count())});
        }
    }

    std::span<const RowGroupColumn> columns() const override { return columns_; }
    const DecodedRows* decoded_rows() const override { return &rows_; }

    Result<ColumnSummary> summary(std::size_t column_index) const override {
        return summarise_rows(rows_.times, rows_.columns[column_index], 0, rows_.row_count());
    }

    std::size_t size_bytes() const override {
        // A string's own bytes come on top, one word stands for them.
        const std::size_t value_size_bytes = 2 * sizeof(std::uint64_t);
        return sizeof *this + rows_.row_count() * sizeof(std::int64_t) +
               rows_.columns.size() *
                   (sizeof(DecodedColumn) + rows_.row_count() * value_size_bytes);
    }

private:
    DecodedRows rows_;
    std::vector<RowGroupColumn> columns_;  // Names point into rows_.
};

Error not_encoded() {
    return {ErrorCode::InvalidArgument, "neither decoded row groups nor blocks have encoded bytes"};
}

template <typename T, typename Decode>
Status decode_spread(const EncodedColumn& encoded, std::size_t non_null_count,
                     const std::vector<std::uint64_t>& validity, std::vector<T>& values,
                     Decode&& decode) {
    TIDEMARK_RETURN_IF_ERROR(decode(encoded.values, std::span<T>(values).first(non_null_count)));
    spread_values(validity, non_null_count, std::span<T>(values));
    return success();
}

Status decode_string_rows(const EncodedColumn& encoded, std::size_t non_null_count,
                          DecodedColumn& column, std::size_t row_count) {
    StringArena arena;
    std::vector<std::string_view> views(row_count);
    const auto decode = [&arena](std::span<const std::byte> bytes,
                                 std::span<std::string_view> values) {
        return decode_strings(bytes, values, arena);
    };
    TIDEMARK_RETURN_IF_ERROR(
        decode_spread(encoded, non_null_count, column.validity, views, decode));
    column.strings.resize(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
        if (column.is_valid(row)) column.strings[row] = views[row];
    }
    return success();
}

Status decode_column(const RowGroup& group, std::size_t column_index, DecodedColumn& column) {
    const RowGroupColumn& stored = group.columns()[column_index];
    const std::size_t row_count = group.info().row_count;
    const std::size_t non_null_count = stored.non_null_count;
    column.name = stored.name;
    column.type = stored.type;
    TIDEMARK_ASSIGN_OR_RETURN(const EncodedColumn encoded, group.encoded_column(column_index));
    TIDEMARK_ASSIGN_OR_RETURN(column.validity,
                              read_validity(encoded.validity, row_count, non_null_count));
    const auto decode = [&](auto& values, auto decode_values) {
        values.resize(row_count);
        return decode_spread(encoded, non_null_count, column.validity, values, decode_values);
    };
    switch (stored.type) {
        case FieldType::Float:
            return decode(column.floats, decode_floats);
        case FieldType::Integer:
            return decode(column.integers, decode_integers);
        case FieldType::Unsigned:
            return decode(column.unsigneds, decode_unsigneds);
        case FieldType::Boolean:
            return decode(column.booleans, decode_booleans);
        case FieldType::String:
            return decode_string_rows(encoded, non_null_count, column, row_count);
    }
    return Error(ErrorCode::Corruption, "column of unknown type");
}

Result<DecodedRows> decode_row_times(const RowGroup& group) {
    DecodedRows rows;
    rows.times.resize(group.info().row_count);
    TIDEMARK_ASSIGN_OR_RETURN(const auto encoded_times, group.encoded_times());
    TIDEMARK_RETURN_IF_ERROR(decode_times(encoded_times, rows.times));
    return rows;
}

}  // namespace

TimeRange RowGroup::time_range() const {
    const bool is_last_ns_max = info_.last_ns == std::numeric_limits<std::int64_t>::max();
    return {info_.first_ns, is_last_ns_max ? info_.last_ns : info_.last_ns + 1};
}

Result<std::vector<std::shared_ptr<const RowGroup>>> RowGroup::members() const {
    return std::vector<std::shared_ptr<const RowGroup>>();
}

Result<std::vector<ValueRun>> RowGroup::value_runs(std::size_t) const {
    return std::vector<ValueRun>();
}

Result<std::span<const std::byte>> RowGroup::encoded_times() const { return not_encoded(); }
Result<EncodedColumn> RowGroup::encoded_column(std::size_t) const { return not_encoded(); }
Result<std::span<const std::byte>> RowGroup::payload() const { return not_encoded(); }

std::optional<std::size_t> RowGroup::find_column(std::string_view name) const {
    const auto all = columns();
    const auto found = std::ranges::find(all, name, &RowGroupColumn::name);
    if (found == all.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all.begin());
}

std::shared_ptr<const RowGroup> make_decoded_row_group(DecodedRows rows, Sequence first_sequence,
                                                       Sequence last_sequence) {
    TIDEMARK_ASSERT(rows.row_count() > 0, "a row group has rows");
    const RowGroupInfo info{static_cast<std::uint32_t>(rows.row_count()), rows.times.front(),
                            rows.times.back(), first_sequence, last_sequence};
    return std::make_shared<DecodedRowGroup>(info, std::move(rows));
}

Result<DecodedRows> decode_row_group(const RowGroup& group) {
    if (const DecodedRows* rows = group.decoded_rows()) return *rows;
    TIDEMARK_ASSIGN_OR_RETURN(DecodedRows rows, decode_row_times(group));
    rows.columns.resize(group.columns().size());
    for (std::size_t index = 0; index < rows.columns.size(); ++index) {
        TIDEMARK_RETURN_IF_ERROR(decode_column(group, index, rows.columns[index]));
    }
    TIDEMARK_RETURN_IF_ERROR(group.require_intact());
    return rows;
}

Result<DecodedRows> decode_row_group_column(const RowGroup& group, std::size_t column_index) {
    if (const DecodedRows* all = group.decoded_rows()) {
        DecodedRows rows;
        rows.times = all->times;
        rows.columns.push_back(all->columns[column_index]);
        return rows;
    }
    TIDEMARK_ASSIGN_OR_RETURN(DecodedRows rows, decode_row_times(group));
    TIDEMARK_RETURN_IF_ERROR(decode_column(group, column_index, rows.columns.emplace_back()));
    TIDEMARK_RETURN_IF_ERROR(group.require_intact());
    return rows;
}

ColumnSummary summarise_rows(std::span<const std::int64_t> times, const DecodedColumn& column,
                             std::size_t first_row, std::size_t row_count) {
    ColumnSummary summary = empty_summary(column.type);
    visit_dense(times, column, first_row, row_count,
                [&summary, row_count](std::span<const std::int64_t> dense_times, auto values) {
                    summary = summarise(row_count, dense_times, values);
                });
    return summary;
}

}  // namespace tidemark::storage

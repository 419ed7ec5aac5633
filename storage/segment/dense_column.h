#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tidemark/scan.h>

#include "storage/base/assert.h"
#include "storage/segment/decoded_rows.h"

namespace tidemark::storage {

/// Calls visit(times, values) with the rows of [first_row, first_row + row_count) that have a
/// value: `values` is a span of double, std::int64_t, std::uint64_t, std::uint8_t or
/// std::string_view, as the column's type wants it. Both spans are valid during the call only.
template <typename Visitor>
void visit_dense(std::span<const std::int64_t> times, const DecodedColumn& column,
                 std::size_t first_row, std::size_t row_count, Visitor&& visit) {
    const auto visit_as = [&]<typename Kept, typename Stored>(const std::vector<Stored>& stored) {
        if constexpr (std::is_same_v<Kept, Stored>) {
            if (column.validity.empty()) {
                return visit(times.subspan(first_row, row_count),
                             std::span<const Stored>(stored).subspan(first_row, row_count));
            }
        }
        std::vector<std::int64_t> kept_times;
        std::vector<Kept> kept;
        kept_times.reserve(row_count);
        kept.reserve(row_count);
        for (std::size_t row = first_row; row < first_row + row_count; ++row) {
            if (!column.is_valid(row)) continue;
            kept_times.push_back(times[row]);
            kept.push_back(stored[row]);
        }
        return visit(std::span<const std::int64_t>(kept_times), std::span<const Kept>(kept));
    };
    switch (column.type) {
        case FieldType::Float:
            return visit_as.template operator()<double>(column.floats);
        case FieldType::Integer:
            return visit_as.template operator()<std::int64_t>(column.integers);
        case FieldType::Unsigned:
            return visit_as.template operator()<std::uint64_t>(column.unsigneds);
        case FieldType::Boolean:
            return visit_as.template operator()<std::uint8_t>(column.booleans);
        case FieldType::String:
            return visit_as.template operator()<std::string_view>(column.strings);
    }
    TIDEMARK_ASSERT(false, "a column has one of five types");
}

/// The summary of a column over rows [first_row, first_row + row_count).
ColumnSummary summarise_rows(std::span<const std::int64_t> times, const DecodedColumn& column,
                             std::size_t first_row, std::size_t row_count);

}  // namespace tidemark::storage

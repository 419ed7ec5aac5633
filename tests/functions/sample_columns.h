#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tidemark/scan.h>

#include "query/functions/double_double.h"

// Columns as a scan hands them out, made from plain vectors.

namespace tidemark::query {

/// One column of one piece; nothing is a null, a NaN ends a hold. Owns what its views point to.
template <typename T>
class SampleColumn {
public:
    SampleColumn(std::vector<std::int64_t> times, std::vector<std::optional<T>> cells)
        : times_(std::move(times)) {
        validity_.resize(cells.size() / 64 + 1);
        hold_ends_.resize(validity_.size());
        for (std::size_t row = 0; row < cells.size(); ++row) {
            // NaN is the value that differs from itself.
            if (cells[row] && *cells[row] != *cells[row]) {
                cells[row].reset();
                hold_ends_[row / 64] |= std::uint64_t{1} << (row % 64);
            }
            values_.push_back(cells[row].value_or(T{}));
            has_null_ |= !cells[row].has_value();
            if (cells[row]) validity_[row / 64] |= std::uint64_t{1} << (row % 64);
        }
    }

    const std::vector<std::int64_t>& times() const { return times_; }
    std::size_t row_count() const { return times_.size(); }

    ColumnValues view() const {
        ColumnValues view;
        if (has_null_) view.validity = validity_;
        view.hold_ends = hold_ends_;
        if constexpr (std::is_same_v<T, double>) {
            view.type = FieldType::Float;
            view.floats = values_;
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            view.type = FieldType::Integer;
            view.integers = values_;
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
            view.type = FieldType::Unsigned;
            view.unsigneds = values_;
        } else if constexpr (std::is_same_v<T, std::uint8_t>) {
            view.type = FieldType::Boolean;
            view.booleans = values_;
        } else {
            view.type = FieldType::String;
            view.strings = values_;
        }
        return view;
    }

    /// What storage would have kept of these rows; float and integer columns.
    ColumnSummary summary() const {
        ColumnSummary summary;
        summary.type = view().type;
        summary.row_count = times_.size();
        std::optional<std::size_t> last_row;
        for (std::size_t row = 0; row < times_.size(); ++row) {
            if (has_null_ && !view().is_valid(row)) continue;
            add_row(summary, row, last_row);
            last_row = row;
        }
        return summary;
    }

private:
    void add_row(ColumnSummary& summary, std::size_t row,
                 const std::optional<std::size_t>& last_row) const {
        const T value = values_[row];
        if (!last_row) {
            summary.min = summary.max = summary.first = value;
            summary.first_ns = times_[row];
        } else {
            const std::int64_t gap_ns = times_[row] - times_[*last_row];
            summary.largest_gap_ns = std::max(summary.largest_gap_ns, gap_ns);
            const DoubleDouble held =
                multiply({static_cast<double>(values_[*last_row]), 0}, to_double_double(gap_ns));
            summary.integral = add(summary.integral, held);
            if (value < std::get<T>(summary.min)) summary.min = value;
            if (value > std::get<T>(summary.max)) summary.max = value;
        }
        summary.last = value;
        summary.last_ns = times_[row];
        ++summary.non_null_count;
        if constexpr (std::is_same_v<T, double>) {
            summary.sum = add(summary.sum, value);
        } else {
            summary.integer_sum += value;
        }
    }

    std::vector<std::int64_t> times_;
    std::vector<T> values_;
    std::vector<std::uint64_t> validity_;
    std::vector<std::uint64_t> hold_ends_;
    bool has_null_ = false;
};

using FloatColumn = SampleColumn<double>;
using IntegerColumn = SampleColumn<std::int64_t>;
using UnsignedColumn = SampleColumn<std::uint64_t>;
using BooleanColumn = SampleColumn<std::uint8_t>;
using StringColumn = SampleColumn<std::string_view>;

}  // namespace tidemark::query

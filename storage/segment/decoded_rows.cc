#include "storage/segment/decoded_rows.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

#include "storage/base/assert.h"
#include "storage/segment/validity.h"

namespace tidemark::storage {
namespace {

/// Calls `visit` with the vector that holds the values of `column`.
template <typename Column, typename Visitor>
decltype(auto) visit_values(Column& column, Visitor&& visit) {
    switch (column.type) {
        case FieldType::Float:
            return visit(column.floats);
        case FieldType::Integer:
            return visit(column.integers);
        case FieldType::Unsigned:
            return visit(column.unsigneds);
        case FieldType::Boolean:
            return visit(column.booleans);
        case FieldType::String:
            break;
    }
    TIDEMARK_ASSERT(column.type == FieldType::String, "a column has one of five types");
    return visit(column.strings);
}

/// The rows in order of time, rows of one time in order of arrival.
std::vector<std::size_t> order_by_time(const std::vector<std::int64_t>& times) {
    std::vector<std::size_t> order(times.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&times](std::size_t left, std::size_t right) {
        return times[left] < times[right];
    });
    return order;
}

/// One row for each run of equal times in `order`: the last of its rows that has a value.
DecodedColumn merge_column(const DecodedColumn& source, const std::vector<std::int64_t>& times,
                           const std::vector<std::size_t>& order) {
    DecodedColumn merged;
    merged.name = source.name;
    merged.type = source.type;
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin + 1;
        while (end < order.size() && times[order[end]] == times[order[begin]]) ++end;

        std::size_t latest = end;
        while (latest > begin && !source.is_valid(order[latest - 1])) --latest;
        if (latest == begin) {
            merged.append_null();
        } else {
            merged.append_row(source, order[latest - 1]);
        }
        begin = end;
    }
    return merged;
}

}  // namespace

std::size_t DecodedColumn::row_count() const {
    return visit_values(*this, [](const auto& values) { return values.size(); });
}

std::size_t DecodedColumn::non_null_count() const {
    return count_valid_rows(validity, row_count());
}

Value DecodedColumn::value(std::size_t row) const {
    switch (type) {
        case FieldType::Float:
            return floats[row];
        case FieldType::Integer:
            return integers[row];
        case FieldType::Unsigned:
            return unsigneds[row];
        case FieldType::Boolean:
            return booleans[row] != 0;
        case FieldType::String:
            break;
    }
    return strings[row];
}

void DecodedColumn::append(const Value& value) {
    TIDEMARK_ASSERT(value_type(value) == type, "a column holds values of one type");
    switch (type) {
        case FieldType::Float:
            floats.push_back(std::get<double>(value));
            break;
        case FieldType::Integer:
            integers.push_back(std::get<std::int64_t>(value));
            break;
        case FieldType::Unsigned:
            unsigneds.push_back(std::get<std::uint64_t>(value));
            break;
        case FieldType::Boolean:
            booleans.push_back(std::get<bool>(value) ? 1 : 0);
            break;
        case FieldType::String:
            strings.push_back(std::get<std::string>(value));
            break;
    }
    mark_last_row_valid();
}

void DecodedColumn::append_nulls(std::size_t count) {
    if (count == 0) return;
    const std::size_t rows = row_count();
    if (validity.empty()) validity = all_rows_valid(rows);
    validity.resize((rows + count + 63) / 64, 0);
    visit_values(*this, [rows, count](auto& values) { values.resize(rows + count); });
}

void DecodedColumn::append_row(const DecodedColumn& source, std::size_t row) {
    TIDEMARK_ASSERT(source.type == type, "a column holds values of one type");
    if (!source.is_valid(row)) return append_null();
    switch (type) {
        case FieldType::Float:
            floats.push_back(source.floats[row]);
            break;
        case FieldType::Integer:
            integers.push_back(source.integers[row]);
            break;
        case FieldType::Unsigned:
            unsigneds.push_back(source.unsigneds[row]);
            break;
        case FieldType::Boolean:
            booleans.push_back(source.booleans[row]);
            break;
        case FieldType::String:
            strings.push_back(source.strings[row]);
            break;
    }
    mark_last_row_valid();
}

void DecodedColumn::mark_last_row_valid() {
    if (validity.empty()) return;
    const std::size_t row = row_count() - 1;
    if (row / 64 >= validity.size()) validity.push_back(0);
    validity[row / 64] |= std::uint64_t{1} << (row % 64);
}

DecodedColumn& DecodedRows::column(std::string_view name, FieldType type) {
    const auto found = std::ranges::find(columns, name, &DecodedColumn::name);
    if (found != columns.end()) {
        TIDEMARK_ASSERT(found->type == type, "a field has one type");
        return *found;
    }
    DecodedColumn& added = columns.emplace_back();
    added.name = name;
    added.type = type;
    added.append_nulls(times.size());
    return added;
}

const DecodedColumn* DecodedRows::find_column(std::string_view name) const {
    const auto found = std::ranges::find(columns, name, &DecodedColumn::name);
    return found == columns.end() ? nullptr : &*found;
}

DecodedRows sort_and_merge(DecodedRows rows) {
    for (const DecodedColumn& column : rows.columns) {
        TIDEMARK_ASSERT(column.row_count() == rows.row_count(), "columns are equally long");
    }
    if (is_strictly_ascending(rows.times)) return rows;

    const std::vector<std::size_t> order = order_by_time(rows.times);
    DecodedRows merged;
    for (const DecodedColumn& column : rows.columns) {
        merged.columns.push_back(merge_column(column, rows.times, order));
    }
    for (const std::size_t row : order) {
        const std::int64_t time_ns = rows.times[row];
        if (merged.times.empty() || merged.times.back() != time_ns) merged.times.push_back(time_ns);
    }
    return merged;
}

bool is_strictly_ascending(const std::vector<std::int64_t>& times) {
    return std::ranges::adjacent_find(times, std::greater_equal<>{}) == times.end();
}

}  // namespace tidemark::storage

#include "storage/engine/last_values.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <tidemark/scan.h>

#include "storage/engine/row_group_merge.h"

namespace tidemark::storage {
namespace {

struct LastValue {
    std::int64_t time_ns = 0;
    Value value;
    std::size_t rank = 0;  // Of the row group, in order of arrival.

    bool is_before(const LastValue& other) const {
        return std::pair(time_ns, rank) < std::pair(other.time_ns, other.rank);
    }
};

/// The last value of a field, and what ended its hold (R10) if that came later.
struct LastOfField {
    std::optional<LastValue> value;
    std::optional<LastValue> end;
};

bool is_nan(const Value& value) {
    const double* number = std::get_if<double>(&value);
    return number != nullptr && std::isnan(*number);
}

void take_later(std::optional<LastValue>& known, LastValue found) {
    if (!known || known->is_before(found)) known = std::move(found);
}

Status add_column(const RowGroup& group, std::size_t column, std::size_t rank, LastOfField& last) {
    TIDEMARK_ASSIGN_OR_RETURN(const ColumnSummary summary, group.summary(column));
    if (summary.has_values) {
        take_later(last.value, {summary.last_ns, summary.last, rank});
        return success();
    }
    // One of the values is too long for a summary, or not a number.
    TIDEMARK_ASSIGN_OR_RETURN(const DecodedRows rows, decode_row_group(group));
    const DecodedColumn* decoded = rows.find_column(group.columns()[column].name);
    for (std::size_t row = rows.row_count(); row-- > 0;) {
        if (!decoded->is_valid(row)) continue;
        Value value = decoded->value(row);
        if (!is_nan(value)) {
            take_later(last.value, {rows.times[row], std::move(value), rank});
            return success();
        }
        take_later(last.end, {rows.times[row], std::move(value), rank});
    }
    return success();
}

void add_row(const std::string& name, const LastValue& last, DecodedRows& rows) {
    rows.column(name, value_type(last.value)).append(last.value);
    rows.times.push_back(last.time_ns);
    for (DecodedColumn& column : rows.columns) {
        if (column.row_count() < rows.row_count()) column.append_null();
    }
}

}  // namespace

Result<std::shared_ptr<const RowGroup>> last_values_of(
    std::vector<std::shared_ptr<const RowGroup>> groups) {
    std::ranges::stable_sort(
        groups, [](const auto& left, const auto& right) { return arrived_before(*left, *right); });
    std::map<std::string, LastOfField, std::less<>> fields;
    RowGroupInfo info = groups.front()->info();
    for (std::size_t rank = 0; rank < groups.size(); ++rank) {
        const RowGroup& group = *groups[rank];
        info.first_sequence = std::min(info.first_sequence, group.info().first_sequence);
        info.last_sequence = std::max(info.last_sequence, group.info().last_sequence);
        for (std::size_t column = 0; column < group.columns().size(); ++column) {
            LastOfField& last = fields[std::string(group.columns()[column].name)];
            TIDEMARK_RETURN_IF_ERROR(add_column(group, column, rank, last));
        }
    }
    DecodedRows rows;
    for (const auto& [name, last] : fields) {
        if (last.value) add_row(name, *last.value, rows);
        // Behind the value: where both have one time, what comes later here stays.
        if (last.end && (!last.value || last.value->is_before(*last.end))) {
            add_row(name, *last.end, rows);
        }
    }
    const DecodedRows sorted = sort_and_merge(std::move(rows));
    return make_encoded_row_group(sorted, 0, sorted.row_count(), info.first_sequence,
                                  info.last_sequence);
}

}  // namespace tidemark::storage

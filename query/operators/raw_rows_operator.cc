#include "query/operators/raw_rows_operator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "query/column/cell.h"

namespace tidemark::query {
namespace {

std::int64_t time_of(const std::vector<Cell>& row) { return std::get<TimeCell>(row[0]).ns; }

/// Puts the rows of several series, each in time order, into one order.
std::vector<std::vector<Cell>> merged(std::vector<std::vector<std::vector<Cell>>> series) {
    if (series.size() == 1) return std::move(series.front());
    std::vector<std::vector<Cell>> rows;
    for (auto& part : series) {
        std::move(part.begin(), part.end(), std::back_inserter(rows));
    }
    // Stable: rows of one time stay in series-key order.
    std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
        return time_of(left) < time_of(right);
    });
    return rows;
}

}  // namespace

Result<RowBatch*> RawRowsOperator::next() {
    if (!has_read_) TIDEMARK_RETURN_IF_ERROR(read_all());
    has_read_ = true;
    if (next_batch_ == batches_.size()) return nullptr;
    return &batches_[next_batch_++];
}

Status RawRowsOperator::read_all() {
    const bool has_field = std::any_of(plan_.columns.begin(), plan_.columns.end(),
                                       [](const InputColumn& column) { return !column.is_tag; });
    if (!has_field || plan_.frame.range.is_empty()) return success();
    request_.range = plan_.frame.range;
    for (const InputColumn& column : plan_.columns) {
        if (!column.is_tag) column_of(request_.columns, column.name, Need::Values);
    }
    add_condition_columns(plan_.series.where, request_.columns);
    TIDEMARK_ASSIGN_OR_RETURN(scans_, SourceScans::open(plan_.series, request_, context_));
    const std::vector<SeriesGroup> groups = group_series(plan_.series, *scans_);

    std::vector<std::vector<std::vector<std::vector<Cell>>>> rows(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) rows[i].resize(groups[i].members.size());
    TIDEMARK_RETURN_IF_ERROR(for_each_member_parallel(
        groups, context_.thread_count(), [&](std::size_t group, std::size_t member) {
            return read_series(groups[group].members[member], rows[group][member]);
        }));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        RowBatch batch{groups[i].measurement, groups[i].tag_values, merged(std::move(rows[i]))};
        if (!batch.rows.empty()) batches_.push_back(std::move(batch));
    }
    return success();
}

Status RawRowsOperator::read_series(const GroupMember& member,
                                    std::vector<std::vector<Cell>>& rows) const {
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    RowFilter filter(plan_.series.where, request_.columns, *member.tags);
    std::vector<Cell> row_of_tags(1 + plan_.columns.size());
    std::vector<std::size_t> column_of_slot(plan_.columns.size());
    for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
        const InputColumn& column = plan_.columns[i];
        if (column.is_tag) {
            const std::string_view value = tag_value(*member.tags, column.name);
            if (!value.empty()) row_of_tags[1 + i] = std::string(value);
        } else {
            const auto found = std::find_if(
                request_.columns.begin(), request_.columns.end(),
                [&](const ColumnRequest& request) { return request.field == column.name; });
            column_of_slot[i] = static_cast<std::size_t>(found - request_.columns.begin());
        }
    }
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) return success();
        for (std::size_t i = 0; i < piece->row_count; ++i) {
            if (rows.size() == plan_.first_rows) return success();
            if (filter.is_needed() && !filter.passes(*piece, i)) continue;
            std::vector<Cell> row = row_of_tags;
            row[0] = TimeCell{piece->times[i]};
            bool has_value = false;
            for (std::size_t j = 0; j < plan_.columns.size(); ++j) {
                if (plan_.columns[j].is_tag) continue;
                row[1 + j] = cell_at(piece->columns[column_of_slot[j]].values, i);
                has_value = has_value || !is_null(row[1 + j]);
            }
            if (has_value) rows.push_back(std::move(row));
        }
        if (rows.size() > context_.row_limit()) {
            return Error(ErrorCode::LimitExceeded, "the answer has more than " +
                                                       std::to_string(context_.row_limit()) +
                                                       " rows: narrow the time range or use LIMIT");
        }
    }
}

}  // namespace tidemark::query

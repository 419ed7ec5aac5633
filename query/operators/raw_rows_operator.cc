#include "query/operators/raw_rows_operator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "query/column/cell.h"

namespace tidemark::query {
namespace {

std::int64_t time_of(const std::vector<Cell>& row) { return std::get<TimeCell>(row[0]).ns; }

bool has_any_value(const ScanPiece& piece, std::size_t row) {
    return std::any_of(piece.columns.begin(), piece.columns.end(),
                       [row](const ColumnPiece& column) { return column.values.is_valid(row); });
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
    if (!has_field && plan_.witnesses.empty()) return success();
    if (plan_.frame.range.is_empty()) return success();
    request_.range = plan_.frame.range;
    for (const InputColumn& column : plan_.columns) {
        if (!column.is_tag) column_of(request_.columns, column.name, Need::Values);
    }
    for (const std::string& field : plan_.witnesses) {
        column_of(request_.columns, field, Need::Values);
    }
    add_condition_columns(plan_.series.where, request_.columns);
    TIDEMARK_ASSIGN_OR_RETURN(scans_, SourceScans::open(plan_.series, request_, context_));
    const std::vector<SeriesGroup> groups = group_series(plan_.series, *scans_);

    std::vector<GroupRows> group_rows(groups.size());
    const auto read_member = [&](std::size_t group, std::size_t member) -> Status {
        std::vector<std::vector<Cell>> rows;
        TIDEMARK_RETURN_IF_ERROR(read_series(groups[group].members[member], rows));
        return add_rows(member, std::move(rows), group_rows[group]);
    };
    TIDEMARK_RETURN_IF_ERROR(
        for_each_member_parallel(groups, context_.thread_count(), read_member));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::vector<GroupRows::Row>& rows = group_rows[i].rows;
        if (rows.empty()) continue;
        trim(rows);
        RowBatch batch{groups[i].measurement, groups[i].tag_values, {}};
        batch.rows.reserve(rows.size());
        for (GroupRows::Row& row : rows) batch.rows.push_back(std::move(row.cells));
        batches_.push_back(std::move(batch));
    }
    return success();
}

Status RawRowsOperator::count_rows(std::size_t before, std::size_t after) {
    row_count_ += after;
    const std::size_t count = row_count_ -= before;
    const std::size_t limit = plan_.may_shrink ? context_.held_row_limit() : context_.row_limit();
    if (count <= limit) return success();
    return Error(ErrorCode::LimitExceeded, "the answer has more than " + std::to_string(limit) +
                                               " rows: narrow the time range or use LIMIT");
}

Status RawRowsOperator::add_rows(std::size_t member, std::vector<std::vector<Cell>> rows,
                                 GroupRows& group) {
    const std::lock_guard lock(group.mutex);
    const std::size_t count = group.rows.size() + rows.size();
    group.rows.reserve(count);
    for (std::vector<Cell>& row : rows) group.rows.push_back({member, std::move(row)});
    if (!plan_.wanted_rows || count / 2 < *plan_.wanted_rows) return success();
    trim(group.rows);
    return count_rows(count, group.rows.size());
}

void RawRowsOperator::trim(std::vector<GroupRows::Row>& rows) const {
    // At one time rows stand in series-key order, in both directions.
    const auto sort = [&](bool latest_first) {
        const auto is_before = [&](const auto& left, const auto& right) {
            const std::int64_t left_ns = time_of(left.cells);
            const std::int64_t right_ns = time_of(right.cells);
            if (left_ns != right_ns) return (left_ns < right_ns) != latest_first;
            return left.member < right.member;
        };
        if (std::is_sorted(rows.begin(), rows.end(), is_before)) return;
        std::stable_sort(rows.begin(), rows.end(), is_before);
    };
    if (plan_.wanted_rows && rows.size() > *plan_.wanted_rows) {
        sort(plan_.wants_latest);
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(*plan_.wanted_rows), rows.end());
        if (!plan_.wants_latest) return;
    }
    sort(false);
}

Status RawRowsOperator::read_series(const GroupMember& member,
                                    std::vector<std::vector<Cell>>& rows) {
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
    std::size_t counted = 0;
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) return success();
        for (std::size_t i = 0; i < piece->row_count; ++i) {
            if (!plan_.wants_latest && rows.size() == plan_.wanted_rows) break;
            if (filter.is_needed() && !filter.passes(*piece, i)) continue;
            std::vector<Cell> row = row_of_tags;
            row[0] = TimeCell{piece->times[i]};
            // A scan leaves out rows without any of the fields it is asked for; but a NaN is there.
            bool has_value = !plan_.witnesses.empty() && has_any_value(*piece, i);
            for (std::size_t j = 0; j < plan_.columns.size(); ++j) {
                if (plan_.columns[j].is_tag) continue;
                row[1 + j] = cell_at(piece->columns[column_of_slot[j]].values, i);
                has_value = has_value || !is_null(row[1 + j]);
            }
            if (has_value) rows.push_back(std::move(row));
        }
        const bool has_enough = plan_.wanted_rows && rows.size() >= *plan_.wanted_rows;
        if (has_enough && plan_.wants_latest && rows.size() / 2 >= *plan_.wanted_rows) {
            rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(*plan_.wanted_rows));
        }
        TIDEMARK_RETURN_IF_ERROR(count_rows(std::exchange(counted, rows.size()), rows.size()));
        if (has_enough && !plan_.wants_latest) return success();
    }
}

}  // namespace tidemark::query

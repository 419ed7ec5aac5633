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

/// Makes rows of one series.
class RowMaker {
public:
    RowMaker(const SelectRows& plan, const std::vector<ColumnRequest>& requested,
             const TagSet& tags)
        : has_witnesses_(!plan.witnesses.empty()) {
        slots_.reserve(plan.columns.size());
        for (const InputColumn& column : plan.columns) {
            Slot& slot = slots_.emplace_back();
            if (column.is_tag) {
                const std::string_view value = tag_value(tags, column.name);
                if (!value.empty()) slot.tag = std::string(value);
                continue;
            }
            const auto found = std::ranges::find(requested, column.name, &ColumnRequest::field);
            slot.column = static_cast<std::size_t>(found - requested.begin());
        }
    }

    /// A row of the piece; empty when it has no value.
    std::vector<Cell> make(const ScanPiece& piece, std::size_t index) const {
        // A scan leaves out rows without any of the fields it is asked for; but a NaN is there.
        bool has_value = has_witnesses_ && has_any_value(piece, index);
        std::vector<Cell> row;
        row.reserve(1 + slots_.size());
        row.emplace_back(TimeCell{piece.times[index]});
        for (const Slot& slot : slots_) {
            if (!slot.column) {
                row.push_back(slot.tag);
                continue;
            }
            row.push_back(cell_at(piece.columns[*slot.column].values, index));
            has_value = has_value || !is_null(row.back());
        }
        if (!has_value) row.clear();
        return row;
    }

private:
    struct Slot {
        std::optional<std::size_t> column;  // Of the request; nothing for a tag.
        Cell tag;
    };

    bool has_witnesses_;
    std::vector<Slot> slots_;
};

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

    for (std::size_t i = 0; i < groups.size(); ++i) groups_.emplace_back(context_.guard());
    const auto read_member = [&](std::size_t group, std::size_t member) -> Status {
        MemoryHold hold(context_.guard());
        SeriesRows read;
        TIDEMARK_RETURN_IF_ERROR(read_series(groups[group].members[member], hold, read));
        return add_rows(member, std::move(read), groups_[group]);
    };
    TIDEMARK_RETURN_IF_ERROR(
        for_each_member_parallel(groups, context_.thread_count(), read_member));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::vector<GroupRows::Row>& rows = groups_[i].rows;
        if (rows.empty()) continue;
        trim(rows);
        RowBatch batch{groups[i].measurement, groups[i].tag_values, {}};
        batch.rows.reserve(rows.size());
        for (GroupRows::Row& row : rows) batch.rows.push_back(std::move(row.cells));
        rows.clear();
        rows.shrink_to_fit();
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

Status RawRowsOperator::add_rows(std::size_t member, SeriesRows read, GroupRows& group) {
    const std::lock_guard lock(group.mutex);
    const std::size_t count = group.rows.size() + read.rows.size();
    group.rows.reserve(count);
    for (std::vector<Cell>& row : read.rows) group.rows.push_back({member, std::move(row)});
    group.byte_count += read.byte_count;
    const bool has_surplus = plan_.wanted_rows && count / 2 >= *plan_.wanted_rows;
    if (has_surplus) {
        trim(group.rows);
        group.byte_count = 0;
        for (const GroupRows::Row& row : group.rows) {
            group.byte_count += memory_size_bytes(row.cells);
        }
    }
    TIDEMARK_RETURN_IF_ERROR(group.hold.hold(group.byte_count));
    return has_surplus ? count_rows(count, group.rows.size()) : success();
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

void RawRowsOperator::drop_earlier_rows(SeriesRows& read) const {
    const std::size_t count = *plan_.wanted_rows;
    read.rows.erase(read.rows.begin(), read.rows.end() - static_cast<std::ptrdiff_t>(count));
    read.byte_count = 0;
    for (const std::vector<Cell>& row : read.rows) read.byte_count += memory_size_bytes(row);
}

Status RawRowsOperator::read_series(const GroupMember& member, MemoryHold& hold, SeriesRows& read) {
    std::vector<std::vector<Cell>>& rows = read.rows;
    TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans_->open_cursor(member));
    RowFilter filter(plan_.series.where, request_.columns, *member.tags);
    const RowMaker maker(plan_, request_.columns, *member.tags);
    // Where all cells of a row but tags are numbers, one row is as long as the next.
    const auto types = scans_->scans()[member.source_index]->column_types();
    const bool has_texts = std::ranges::find(types, FieldType::String) != types.end();
    std::size_t row_bytes = 0;
    std::size_t counted = 0;
    while (true) {
        TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
        if (piece == nullptr) return success();
        for (std::size_t i = 0; i < piece->row_count; ++i) {
            if (!plan_.wants_latest && rows.size() == plan_.wanted_rows) break;
            if (filter.is_needed() && !filter.passes(*piece, i)) continue;
            std::vector<Cell> row = maker.make(*piece, i);
            if (row.empty()) continue;
            if (has_texts || row_bytes == 0) row_bytes = memory_size_bytes(row);
            read.byte_count += row_bytes;
            rows.push_back(std::move(row));
        }
        const bool has_enough = plan_.wanted_rows && rows.size() >= *plan_.wanted_rows;
        if (has_enough && plan_.wants_latest && rows.size() / 2 >= *plan_.wanted_rows) {
            drop_earlier_rows(read);
        }
        TIDEMARK_RETURN_IF_ERROR(hold.hold(read.byte_count));
        TIDEMARK_RETURN_IF_ERROR(count_rows(std::exchange(counted, rows.size()), rows.size()));
        if (has_enough && !plan_.wants_latest) return success();
    }
}

}  // namespace tidemark::query

#include "query/operators/raw_rows_operator.h"

#include <algorithm>
#include <utility>

#include "query/column/cell.h"

namespace tidemark::query {
namespace {

constexpr std::size_t kRowsOfTable = 1024;

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

    std::size_t width() const { return 1 + slots_.size(); }

    /// Appends a row of the piece. False: it has no value, and was not appended.
    bool append(const ScanPiece& piece, std::size_t index, RowTable& rows) const {
        // A scan leaves out rows without any of the fields it is asked for; but a NaN is there.
        bool has_value = has_witnesses_ && has_any_value(piece, index);
        const Row row = rows.append(width());
        row[0].emplace<TimeCell>(TimeCell{piece.times[index]});
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const Slot& slot = slots_[i];
            if (!slot.column) {
                row[1 + i] = slot.tag;
                continue;
            }
            has_value |= set_cell(piece.columns[*slot.column].values, index, row[1 + i]);
        }
        if (!has_value) rows.pop_back();
        return has_value;
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
        const bool is_alone = groups[group].members.size() == 1;
        SeriesRows read;
        TIDEMARK_RETURN_IF_ERROR(read_series(groups[group].members[member], is_alone, hold, read));
        return add_rows(member, std::move(read), groups_[group]);
    };
    TIDEMARK_RETURN_IF_ERROR(
        for_each_member_parallel(groups, context_.thread_count(), read_member));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        RowMerge& rows = groups_[i].rows;
        if (rows.row_count() == 0) continue;
        TIDEMARK_RETURN_IF_ERROR(trim(rows));
        TIDEMARK_ASSIGN_OR_RETURN(RowTable merged, rows.take(context_.guard()));
        batches_.push_back({groups[i].measurement, groups[i].tag_values, std::move(merged)});
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
    group.rows.add(member, std::move(read));
    const std::size_t count = group.rows.row_count();
    const bool has_surplus = plan_.wanted_rows && count / 2 >= *plan_.wanted_rows;
    if (has_surplus) TIDEMARK_RETURN_IF_ERROR(trim(group.rows));
    TIDEMARK_RETURN_IF_ERROR(group.hold.hold(group.rows.byte_count()));
    return has_surplus ? count_rows(count, group.rows.row_count()) : success();
}

Status RawRowsOperator::trim(RowMerge& rows) const {
    if (!plan_.wanted_rows) return success();
    return rows.keep(*plan_.wanted_rows, plan_.wants_latest, context_.guard());
}

void RawRowsOperator::drop_earlier_rows(SeriesRows& read) const {
    std::size_t surplus = read.row_count - *plan_.wanted_rows;
    const auto first = std::ranges::find_if(read.tables, [&](const RowTable& rows) {
        if (rows.size() > surplus) return true;
        surplus -= rows.size();
        return false;
    });
    first->keep(surplus, first->size());
    read.tables.erase(read.tables.begin(), first);
    read.row_count = *plan_.wanted_rows;
    read.byte_count = 0;
    for (const RowTable& rows : read.tables) {
        for (const ConstRow row : rows) read.byte_count += memory_size_bytes(row);
    }
}

Status RawRowsOperator::read_series(const GroupMember& member, bool is_alone, MemoryHold& hold,
                                    SeriesRows& read) {
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
        // What is merged goes table by table, and so does most of what is dropped.
        const bool is_full = !read.tables.empty() && read.tables.back().size() >= kRowsOfTable;
        if (read.tables.empty() || (is_full && (!is_alone || plan_.wants_latest))) {
            read.tables.emplace_back();
        }
        RowTable& rows = read.tables.back();
        const std::size_t size_before = rows.size();
        if (!plan_.wanted_rows && !filter.is_needed()) {
            rows.reserve(piece->row_count, maker.width());
        }
        for (std::size_t i = 0; i < piece->row_count; ++i) {
            const std::size_t count = read.row_count + rows.size() - size_before;
            if (!plan_.wants_latest && count == plan_.wanted_rows) break;
            if (filter.is_needed() && !filter.passes(*piece, i)) continue;
            if (!maker.append(*piece, i, rows)) continue;
            if (has_texts || row_bytes == 0) row_bytes = memory_size_bytes(rows.back());
            read.byte_count += row_bytes;
        }
        read.row_count += rows.size() - size_before;
        const bool has_enough = plan_.wanted_rows && read.row_count >= *plan_.wanted_rows;
        if (has_enough && plan_.wants_latest && read.row_count / 2 >= *plan_.wanted_rows) {
            drop_earlier_rows(read);
        }
        TIDEMARK_RETURN_IF_ERROR(hold.hold(read.byte_count));
        TIDEMARK_RETURN_IF_ERROR(
            count_rows(std::exchange(counted, read.row_count), read.row_count));
        if (has_enough && !plan_.wants_latest) return success();
    }
}

}  // namespace tidemark::query

#include "query/operators/beside_stage.h"

#include <algorithm>
#include <map>
#include <utility>

#include "query/column/cell.h"
#include "query/plan/time_expression.h"

namespace tidemark::query {

BesideReader::BesideReader(const std::vector<InputColumn>& beside,
                           std::vector<ColumnRequest>& columns)
    : beside_(&beside) {
    columns_.reserve(beside.size());
    for (const InputColumn& input : beside) {
        columns_.push_back(input.is_tag ? 0 : column_of(columns, input.name, Need::Values));
    }
}

std::vector<Cell> BesideReader::read(const ScanPiece& piece, std::size_t row,
                                     const TagSet& tags) const {
    std::vector<Cell> cells;
    cells.reserve(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const InputColumn& input = (*beside_)[i];
        if (!input.is_tag) {
            cells.push_back(cell_at(piece.columns[columns_[i]].values, row));
            continue;
        }
        const std::string_view value = tag_value(tags, input.name);
        cells.push_back(value.empty() ? Cell() : Cell(std::string(value)));
    }
    return cells;
}

Result<std::vector<std::vector<Cell>>> read_beside(const AggregateWindows& plan,
                                                   const SeriesGroup& group,
                                                   const GroupCells& cells,
                                                   ExecutionContext& context) {
    std::vector<std::vector<Cell>> found(cells.sample_times_ns.size(),
                                         std::vector<Cell>(plan.beside.size()));
    std::multimap<std::int64_t, std::size_t> windows_by_time;
    for (std::size_t window = 0; window < cells.sample_times_ns.size(); ++window) {
        if (cells.sample_times_ns[window]) {
            windows_by_time.emplace(*cells.sample_times_ns[window], window);
        }
    }
    if (windows_by_time.empty()) return found;

    const BoundCall& call = plan.calls.front();
    ScanRequest request;
    request.range = {windows_by_time.begin()->first,
                     saturating_add(windows_by_time.rbegin()->first, 1)};
    const std::size_t picked = column_of(request.columns, call.field, Need::Values);
    const BesideReader reader(plan.beside, request.columns);
    add_condition_columns(plan.series.where, request.columns);
    TIDEMARK_ASSIGN_OR_RETURN(const SourceScans scans,
                              SourceScans::open(plan.series, request, context));
    // At equal times and values first() and last() take the last series, the others the first one.
    const bool takes_last = call.function == FunctionId::First || call.function == FunctionId::Last;
    std::vector<bool> is_found(found.size(), false);
    for (const GroupMember& member : group.members) {
        TIDEMARK_ASSIGN_OR_RETURN(const auto cursor, scans.open_cursor(member));
        RowFilter filter(plan.series.where, request.columns, *member.tags);
        const TimeRanges excluded = excluded_time(plan.series, member, request.range);
        while (true) {
            TIDEMARK_ASSIGN_OR_RETURN(const ScanPiece* piece, cursor->next());
            if (piece == nullptr) break;
            for (std::size_t row = 0; row < piece->row_count; ++row) {
                const auto [first, last] = windows_by_time.equal_range(piece->times[row]);
                if (first == last || contains(excluded, piece->times[row])) continue;
                const Cell value = cell_at(piece->columns[picked].values, row);
                for (auto window = first; window != last; ++window) {
                    const std::size_t index = window->second;
                    if (is_found[index] && !takes_last) continue;
                    if (value != cells.of_call[0][index] || !filter.passes(*piece, row)) continue;
                    is_found[index] = true;
                    found[index] = reader.read(*piece, row, *member.tags);
                }
            }
        }
    }
    return found;
}

}  // namespace tidemark::query

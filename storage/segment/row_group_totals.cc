#include "storage/segment/row_group_totals.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "storage/summary/summary.h"

namespace tidemark::storage {
namespace {

using Columns = std::vector<std::optional<ColumnSummary>>;

void add_columns(Columns next, Columns& columns) {
    if (columns.size() < next.size()) columns.resize(next.size());
    for (std::size_t field = 0; field < next.size(); ++field) {
        if (!next[field]) continue;
        columns[field] =
            columns[field] ? merge(*columns[field], *next[field]) : std::move(*next[field]);
    }
}

}  // namespace

void RowGroupTotals::add(RowGroupTotals next) {
    if (row_group_count == 0) {
        *this = std::move(next);
        return;
    }
    constexpr std::uint64_t kMostRows = std::numeric_limits<std::uint32_t>::max();
    has_summaries = has_summaries && next.has_summaries && last_ns < next.first_ns &&
                    next.row_count <= kMostRows - row_count;
    row_group_count += next.row_group_count;
    row_count += next.row_count;
    payload_size_bytes += next.payload_size_bytes;
    last_ns = std::max(last_ns, next.last_ns);
    first_sequence = std::min(first_sequence, next.first_sequence);
    last_sequence = std::max(last_sequence, next.last_sequence);
    if (has_summaries) {
        add_columns(std::move(next.columns), columns);
    } else {
        columns.clear();
    }
}

}  // namespace tidemark::storage

#include "query/operators/join_operator.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>

#include "query/column/cell.h"

namespace tidemark::query {
namespace {

auto key_of(const RowBatch& batch) { return std::tie(batch.measurement, batch.tag_values); }

}  // namespace

Result<RowBatch*> JoinOperator::next() {
    if (!has_begun_) {
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            TIDEMARK_ASSIGN_OR_RETURN(groups_[i], inputs_[i]->next());
        }
        has_begun_ = true;
    }
    const RowBatch* first = nullptr;
    for (const RowBatch* group : groups_) {
        if (group == nullptr) continue;
        if (first == nullptr || key_of(*group) < key_of(*first)) first = group;
    }
    if (first == nullptr) return nullptr;
    joined_ = {first->measurement, first->tag_values, {}};
    std::vector<RowBatch*> parts(groups_.size(), nullptr);
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        if (groups_[i] != nullptr && key_of(*groups_[i]) == key_of(joined_)) parts[i] = groups_[i];
    }
    join_rows(parts);
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        if (parts[i] == nullptr) continue;
        TIDEMARK_ASSIGN_OR_RETURN(groups_[i], inputs_[i]->next());
    }
    return &joined_;
}

void JoinOperator::join_rows(const std::vector<RowBatch*>& parts) {
    std::vector<std::size_t> next_row(parts.size(), 0);
    const auto has_row = [&](std::size_t i) {
        return parts[i] != nullptr && next_row[i] < parts[i]->rows.size();
    };
    while (true) {
        bool is_at_end = true;
        std::int64_t time_ns = std::numeric_limits<std::int64_t>::max();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (!has_row(i)) continue;
            is_at_end = false;
            time_ns = std::min(time_ns, time_of(parts[i]->rows[next_row[i]]));
        }
        if (is_at_end) return;
        std::vector<Cell> row{TimeCell{time_ns}};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (!has_row(i) || time_of(parts[i]->rows[next_row[i]]) != time_ns) {
                row.insert(row.end(), plan_.widths[i], plan_.missing);
                continue;
            }
            std::ranges::move(parts[i]->rows[next_row[i]++].subspan(1), std::back_inserter(row));
        }
        joined_.rows.push_back(std::move(row));
    }
}

}  // namespace tidemark::query

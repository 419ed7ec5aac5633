#include "query/operators/row_merge.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "query/column/cell.h"
#include "query/operators/guarded_sort.h"

namespace tidemark::query {
namespace {

void append_moved(Row from, RowTable& to) {
    std::ranges::move(from, to.append(from.size()).begin());
}

/// The rows of one series are in order already.
RowTable joined(SeriesRows rows) {
    RowTable all = std::move(rows.tables.front());
    if (rows.tables.size() == 1) return all;
    all.reserve(rows.row_count - all.size(), all.width());
    for (std::size_t i = 1; i < rows.tables.size(); ++i) all.append(std::move(rows.tables[i]));
    return all;
}

}  // namespace

void RowMerge::add(std::size_t member, SeriesRows rows) {
    if (rows.row_count > 0) parts_.push_back({member, std::move(rows)});
}

std::size_t RowMerge::row_count() const {
    return std::accumulate(
        parts_.begin(), parts_.end(), std::size_t{0},
        [](std::size_t sum, const Part& part) { return sum + part.rows.row_count; });
}

std::size_t RowMerge::byte_count() const {
    return std::accumulate(
        parts_.begin(), parts_.end(), std::size_t{0},
        [](std::size_t sum, const Part& part) { return sum + part.rows.byte_count; });
}

Result<std::vector<RowMerge::Place>> RowMerge::ordered(bool latest_first, const QueryGuard& guard) {
    std::ranges::sort(parts_, {}, &Part::member);
    std::vector<Place> places;
    places.reserve(row_count());
    for (std::size_t part = 0; part < parts_.size(); ++part) {
        const std::vector<RowTable>& tables = parts_[part].rows.tables;
        for (std::size_t table = 0; table < tables.size(); ++table) {
            for (std::size_t row = 0; row < tables[table].size(); ++row) {
                places.push_back({time_of(tables[table][row]), static_cast<std::uint32_t>(part),
                                  static_cast<std::uint32_t>(table),
                                  static_cast<std::uint32_t>(row)});
            }
        }
    }
    // Places of one time are in order of their series, and stay so.
    TIDEMARK_RETURN_IF_ERROR(sort_guarded(
        places,
        [latest_first](const Place& left, const Place& right) {
            return latest_first ? left.time_ns > right.time_ns : left.time_ns < right.time_ns;
        },
        guard));
    return places;
}

Status RowMerge::keep(std::size_t count, bool latest, const QueryGuard& guard) {
    if (row_count() <= count) return success();
    TIDEMARK_ASSIGN_OR_RETURN(std::vector<Place> places, ordered(latest, guard));
    places.resize(count);
    // Back into the order of each series, which is that of its tables.
    std::ranges::sort(places, [](const Place& left, const Place& right) {
        return std::tie(left.part, left.table, left.row) <
               std::tie(right.part, right.table, right.row);
    });
    std::vector<SeriesRows> kept(parts_.size());
    for (const Place& place : places) {
        SeriesRows& rows = kept[place.part];
        if (rows.tables.empty()) rows.tables.emplace_back();
        const Row row = row_at(place);
        rows.byte_count += memory_size_bytes(row);
        ++rows.row_count;
        append_moved(row, rows.tables.front());
    }
    for (std::size_t part = 0; part < parts_.size(); ++part) {
        parts_[part].rows = std::move(kept[part]);
    }
    std::erase_if(parts_, [](const Part& part) { return part.rows.row_count == 0; });
    return success();
}

Result<RowTable> RowMerge::take(const QueryGuard& guard) {
    constexpr std::size_t kRowsBetweenChecks = 4096;
    std::vector<Part> empty;
    if (parts_.size() == 1) {
        empty.swap(parts_);
        return joined(std::move(empty.front().rows));
    }
    TIDEMARK_ASSIGN_OR_RETURN(const std::vector<Place> places, ordered(false, guard));
    RowTable all;
    if (!places.empty()) all.reserve(places.size(), row_at(places.front()).size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (i % kRowsBetweenChecks == 0) TIDEMARK_RETURN_IF_ERROR(guard.check());
        RowTable& table = parts_[places[i].part].rows.tables[places[i].table];
        const std::size_t row = places[i].row;
        append_moved(table[row], all);
        // So that the rows never take twice the memory.
        if (row + 1 == table.size()) table = RowTable();
    }
    parts_.clear();
    return all;
}

}  // namespace tidemark::query

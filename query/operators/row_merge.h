#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <tidemark/result.h>
#include <tidemark/rows.h>

#include "query/operators/query_guard.h"

namespace tidemark::query {

/// Rows of one series in order of time, in tables of few rows: what is merged goes table by table.
struct SeriesRows {
    std::vector<RowTable> tables;
    std::size_t row_count = 0;
    std::size_t byte_count = 0;
};

/// The rows of several series on their way into one group. Not thread-safe.
class RowMerge {
public:
    /// `member` says where the series stands in its group; each is added once.
    void add(std::size_t member, SeriesRows rows);

    std::size_t row_count() const;
    /// What the rows take in memory, about.
    std::size_t byte_count() const;

    /// Only the `count` earliest rows remain, or the latest; at one time those of the first series.
    Status keep(std::size_t count, bool latest, const QueryGuard& guard);

    /// All rows in order of time, at one time in order of their series; none are left here.
    Result<RowTable> take(const QueryGuard& guard);

private:
    struct Part {
        std::size_t member;
        SeriesRows rows;
    };
    struct Place {
        std::int64_t time_ns;
        std::uint32_t part;
        std::uint32_t table;
        std::uint32_t row;
    };

    Result<std::vector<Place>> ordered(bool latest_first, const QueryGuard& guard);
    Row row_at(const Place& place) {
        return parts_[place.part].rows.tables[place.table][place.row];
    }

    std::vector<Part> parts_;
};

}  // namespace tidemark::query

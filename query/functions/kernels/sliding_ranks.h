#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tidemark::query {

/// A sliding set of rows that knows its k-th smallest. Rows are ranked once by their keys (equal
/// keys by row, so ranks are distinct); the set is a bitmap over ranks. A cursor remembers a word
/// of the bitmap and how many rows are below it, so asking again for about the same k, as a
/// percentile of a sliding window does, costs a few steps. Counts of 64 words let a cursor jump.
///
/// Not thread-safe.
class SlidingRanks {
public:
    /// Ranks the rows 0 .. keys.size() - 1 (fewer than 2^32); none of them is inside. Keeps no
    /// reference to `keys`.
    void assign(std::span<const std::uint64_t> keys, std::size_t cursor_count);

    void enter(std::size_t row);
    void leave(std::size_t row);

    /// The row with the k-th smallest key, from 0; more than k rows are inside.
    std::size_t select(std::size_t cursor_index, std::size_t k);

    /// The row inside that follows `row` in order; there is one.
    std::size_t next(std::size_t row) const;

private:
    struct Cursor {
        std::size_t word = 0;
        std::size_t below = 0;  // Rows inside in the words before `word`.
    };

    void sort_rows(std::span<const std::uint64_t> keys);
    bool repair_order(std::span<const std::uint64_t> keys);

    std::vector<std::uint32_t> rank_of_row_;
    std::vector<std::uint32_t> row_of_rank_;
    std::vector<std::uint64_t> words_;
    std::vector<std::uint8_t> word_counts_;
    std::vector<std::uint32_t> group_counts_;  // Of 64 words.
    std::vector<Cursor> cursors_;
    // Working memory of sort_rows().
    std::vector<std::uint32_t> digits_;
    std::vector<std::uint32_t> buffer_;
};

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/codec/integer_column.h"

namespace tidemark::storage {

/// The guess for a whole column looks at so many of its first values.
inline constexpr std::size_t kDistinctLookCount = 128;

/// How many distinct values a column may have.
struct DistinctGuess {
    bool has_repetitions = false;  ///< Some come again soon.
    std::size_t count = 0;         ///< Of the whole column; rather too few if there are any.
};
/// From the first values, kDistinctLookCount of them or all, of a column of `count`. Cheap.
DistinctGuess guess_distinct(std::span<const std::uint64_t> first_values, std::size_t count);

/// Each distinct value once, and which of them each value is.
struct DistinctValues {
    std::vector<std::uint64_t> entries;  ///< Ascending in the order of the column.
    std::vector<std::uint64_t> indices;  ///< Of the values among the entries.
};

/// False, and nothing else of use, when there are more than `entry_limit` distinct values.
bool find_distinct(const IntegerColumn& column, std::size_t entry_limit, DistinctValues& distinct);

}  // namespace tidemark::storage

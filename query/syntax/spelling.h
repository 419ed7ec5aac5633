#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::query {

/// Single-character changes (insert, delete, replace, swap of neighbours) from one to the other,
/// ignoring the case of ASCII letters.
std::size_t spelling_distance(std::string_view left, std::string_view right);

/// The candidate that `word` most likely is a misspelling of: at most one change for up to three
/// letters, two above. The first of equally near ones; empty when none is near.
std::string nearest_spelling(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tidemark::query

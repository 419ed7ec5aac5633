#include "query/plan/name_suggestion.h"

#include <algorithm>
#include <vector>

namespace tidemark::query {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Insertions, deletions, replacements (Levenshtein), one row of the table at a time.
std::size_t edit_count(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced =
                diagonal + (lower(left[i - 1]) == lower(right[j - 1]) ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

// `a, b, c and 12 more`
std::string listed(std::span<const std::string> names) {
    constexpr std::size_t kListedNames = 8;
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kListedNames; ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    if (names.size() <= kListedNames) return text;
    return text + " and " + std::to_string(names.size() - kListedNames) + " more";
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> names) {
    std::optional<std::string> nearest;
    std::size_t fewest = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const std::string& candidate : names) {
        const std::size_t edits = edit_count(name, candidate);
        // Replacing most of a short name is no misspelling.
        if (edits < fewest && edits < std::max(name.size(), candidate.size())) {
            fewest = edits;
            nearest = candidate;
        }
    }
    return nearest;
}

std::string suggestion(std::string_view name, std::span<const std::string> names) {
    const auto nearest = nearest_name(name, names);
    if (nearest) return ", did you mean " + *nearest + "?";
    return names.empty() ? std::string()
                         : (names.size() == 1 ? "; there is " : "; there are ") + listed(names);
}

}  // namespace tidemark::query

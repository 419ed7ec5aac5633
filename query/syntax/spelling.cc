#include "query/syntax/spelling.h"

#include <algorithm>

namespace tidemark::query {
namespace {

constexpr std::size_t kLongestWord = 64;  // Longer ones are no misspelled names.

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

}  // namespace

std::size_t spelling_distance(std::string_view left_text, std::string_view right_text) {
    const std::string left = lower_case(left_text);
    const std::string right = lower_case(right_text);
    const std::size_t width = right.size() + 1;
    std::vector<std::size_t> distance((left.size() + 1) * width);
    const auto cell = [&](std::size_t row, std::size_t column) -> std::size_t& {
        return distance[row * width + column];
    };
    for (std::size_t row = 0; row <= left.size(); ++row) cell(row, 0) = row;
    for (std::size_t column = 0; column <= right.size(); ++column) cell(0, column) = column;
    for (std::size_t row = 1; row <= left.size(); ++row) {
        for (std::size_t column = 1; column <= right.size(); ++column) {
            const bool same = left[row - 1] == right[column - 1];
            std::size_t best = std::min({cell(row - 1, column) + 1, cell(row, column - 1) + 1,
                                         cell(row - 1, column - 1) + (same ? 0 : 1)});
            const bool swapped = row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
                                 left[row - 2] == right[column - 1];
            if (swapped) best = std::min(best, cell(row - 2, column - 2) + 1);
            cell(row, column) = best;
        }
    }
    return distance.back();
}

std::string nearest_spelling(std::string_view word, const std::vector<std::string>& candidates) {
    std::string nearest;
    if (word.size() > kLongestWord) return nearest;
    std::size_t limit = word.size() <= 3 ? 1 : 2;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > kLongestWord) continue;
        const std::size_t distance = spelling_distance(word, candidate);
        // Two-letter words are near everything.
        if (distance > limit || distance >= std::min(word.size(), candidate.size())) continue;
        if (nearest.empty() || distance < limit) {
            nearest = candidate;
            limit = distance;
        }
    }
    return nearest;
}

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::tools {

/// What could be typed at a place of a line.
struct LineCompletion {
    std::size_t begin = 0;                ///< Where what is replaced begins; it ends at the place.
    std::vector<std::string> candidates;  ///< Whole words, each with what follows it: "mean(".

    /// What all candidates begin with.
    std::string common_prefix() const;
};

/// Completes `line` at `place`, an offset in bytes.
using LineCompleter = std::function<LineCompletion(std::string_view line, std::size_t place)>;

}  // namespace tidemark::tools

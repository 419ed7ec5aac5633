#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <tidemark/query.h>

#include "tools/render/renderer.h"

namespace tidemark::tools {

/// A column of a series as text that a terminal may be shown.
struct TextColumn {
    std::string header;
    std::vector<std::string> texts;
    std::size_t width = 0;   ///< Of the widest, in characters.
    bool is_numeric = true;  ///< Every value that is there is a number.

    /// `text` filled up with blanks to the column's width.
    std::string padded(const std::string& text) const;
};

/// The columns of a series of that statement; durations for people where the style says so.
std::vector<TextColumn> text_columns(const ResultSeries& series, std::size_t statement,
                                     const RenderContext& context);

/// "cpu {host=a, region=x}"; empty when the series has neither name nor tags.
std::string series_heading(const ResultSeries& series);

}  // namespace tidemark::tools

#include "tools/render/text_columns.h"

#include <algorithm>

#include "tools/render/cell_text.h"
#include "tools/render/duration_text.h"

namespace tidemark::tools {
namespace {

// Only default units are made readable: who asked for minutes wants minutes.
bool is_humanised(const ColumnTraits* traits, const RenderStyle& style) {
    return style.humanises && traits != nullptr && traits->meaning == ColumnMeaning::Duration &&
           !traits->has_given_unit;
}

std::string shown_text(const Cell& cell, bool is_duration, std::int64_t unit_ns) {
    if (is_duration) {
        if (const auto value = number_of(cell)) {
            return duration_text(*value * (static_cast<double>(unit_ns) / 1e9));
        }
    }
    return printable(cell_text(cell));
}

TextColumn make_column(const ResultSeries& series, std::size_t index, const ColumnTraits* traits,
                       const RenderStyle& style) {
    const bool is_duration = is_humanised(traits, style);
    TextColumn column{printable(series.columns[index]), {}, 0, true};
    column.width = display_width(column.header);
    column.texts.reserve(series.rows.size());
    for (const ConstRow row : series.rows) {
        const Cell& cell = row[index];
        const bool is_null = std::holds_alternative<std::monostate>(cell);
        column.is_numeric = column.is_numeric && (is_null || is_number(cell));
        column.texts.push_back(shown_text(cell, is_duration, is_duration ? traits->unit_ns : 0));
        column.width = std::max(column.width, display_width(column.texts.back()));
    }
    return column;
}

}  // namespace

std::string TextColumn::padded(const std::string& text) const {
    const std::string blanks(width - display_width(text), ' ');
    return is_numeric ? blanks + text : text + blanks;
}

std::vector<TextColumn> text_columns(const ResultSeries& series, std::size_t statement,
                                     const RenderContext& context) {
    std::vector<TextColumn> columns;
    columns.reserve(series.columns.size());
    for (std::size_t index = 0; index < series.columns.size(); ++index) {
        const ColumnTraits* const traits = context.find(statement, series.columns[index]);
        columns.push_back(make_column(series, index, traits, context.style));
    }
    return columns;
}

std::string series_heading(const ResultSeries& series) {
    std::string heading = printable(series.name);
    std::string_view separator = series.name.empty() ? "{" : " {";
    for (const auto& [key, value] : series.tags) {
        heading.append(separator).append(printable(key)).append("=").append(printable(value));
        separator = ", ";
    }
    if (!series.tags.empty()) heading += '}';
    return heading;
}

}  // namespace tidemark::tools

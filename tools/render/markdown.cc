#include <string>
#include <vector>

#include "tools/render/renderer.h"
#include "tools/render/text_columns.h"

namespace tidemark::tools {
namespace {

// A bar would end the cell.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

void append_series(const ResultSeries& series, const std::vector<TextColumn>& columns,
                   std::string& out) {
    const std::string heading = series_heading(series);
    if (!heading.empty()) out += "**" + heading + "**\n\n";
    std::string rule;
    for (const TextColumn& column : columns) {
        out += "| " + escaped(column.header) + " ";
        rule += column.is_numeric ? "| ---: " : "| --- ";
    }
    out += "|\n" + rule + "|\n";
    for (std::size_t row = 0; row < series.rows.size(); ++row) {
        for (const TextColumn& column : columns) out += "| " + escaped(column.texts[row]) + " ";
        out += "|\n";
    }
}

}  // namespace

std::string render_markdown(const QueryResult& result, const RenderContext& context) {
    std::string out;
    for (std::size_t i = 0; i < result.statements.size(); ++i) {
        for (const ResultSeries& series : result.statements[i].series) {
            if (!out.empty()) out += '\n';
            append_series(series, text_columns(series, i, context), out);
        }
    }
    return out;
}

}  // namespace tidemark::tools

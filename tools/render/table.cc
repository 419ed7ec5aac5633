#include <string>
#include <vector>

#include "tools/render/renderer.h"
#include "tools/render/text_columns.h"

namespace tidemark::tools {
namespace {

void append_line(const std::vector<std::string>& cells, std::string& out) {
    std::string line;
    for (const std::string& cell : cells) {
        if (!line.empty()) line += "  ";
        line += cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line;
    out += '\n';
}

void append_series(const ResultSeries& series, const std::vector<TextColumn>& columns,
                   std::string& out) {
    const std::string heading = series_heading(series);
    if (!heading.empty()) out += heading + "\n";
    std::vector<std::string> headers;
    std::vector<std::string> rules;
    headers.reserve(columns.size());
    rules.reserve(columns.size());
    for (const TextColumn& column : columns) {
        headers.push_back(column.padded(column.header));
        rules.emplace_back(column.width, '-');
    }
    append_line(headers, out);
    append_line(rules, out);
    for (std::size_t row = 0; row < series.rows.size(); ++row) {
        std::vector<std::string> cells;
        cells.reserve(columns.size());
        for (const TextColumn& column : columns) cells.push_back(column.padded(column.texts[row]));
        append_line(cells, out);
    }
}

}  // namespace

std::string render_table(const QueryResult& result, const RenderContext& context) {
    std::string out;
    for (std::size_t i = 0; i < result.statements.size(); ++i) {
        const StatementResult& statement = result.statements[i];
        if (statement.error) continue;
        if (statement.series.empty()) {
            if (!out.empty()) out += '\n';
            out += "no rows\n";
        }
        for (const ResultSeries& series : statement.series) {
            if (!out.empty()) out += '\n';
            append_series(series, text_columns(series, i, context), out);
        }
    }
    return out;
}

}  // namespace tidemark::tools

#include <algorithm>
#include <string>
#include <vector>

#include "tools/render/cell_text.h"
#include "tools/render/renderer.h"

namespace tidemark::tools {
namespace {

struct TableColumn {
    std::string header;
    std::vector<std::string> texts;
    std::size_t width = 0;
    bool is_numeric = true;  // Every value that is there is a number.
};

TableColumn make_column(const ResultSeries& series, std::size_t index) {
    TableColumn column{printable(series.columns[index]), {}, 0, true};
    column.width = display_width(column.header);
    for (const std::vector<Cell>& row : series.rows) {
        const Cell& cell = row[index];
        const bool is_null = std::holds_alternative<std::monostate>(cell);
        column.is_numeric = column.is_numeric && (is_null || is_number(cell));
        column.texts.push_back(printable(cell_text(cell)));
        column.width = std::max(column.width, display_width(column.texts.back()));
    }
    return column;
}

// `text` filled up with blanks to the column's width.
std::string padded(const std::string& text, const TableColumn& column) {
    const std::string blanks(column.width - display_width(text), ' ');
    return column.is_numeric ? blanks + text : text + blanks;
}

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

void append_heading(const ResultSeries& series, std::string& out) {
    if (series.name.empty() && series.tags.empty()) return;
    out += printable(series.name);
    std::string_view separator = series.name.empty() ? "{" : " {";
    for (const auto& [key, value] : series.tags) {
        out.append(separator).append(printable(key)).append("=").append(printable(value));
        separator = ", ";
    }
    if (!series.tags.empty()) out += '}';
    out += '\n';
}

void append_series(const ResultSeries& series, std::string& out) {
    append_heading(series, out);
    std::vector<TableColumn> columns;
    for (std::size_t index = 0; index < series.columns.size(); ++index) {
        columns.push_back(make_column(series, index));
    }
    std::vector<std::string> headers;
    std::vector<std::string> rules;
    for (const TableColumn& column : columns) {
        headers.push_back(padded(column.header, column));
        rules.emplace_back(column.width, '-');
    }
    append_line(headers, out);
    append_line(rules, out);
    for (std::size_t row = 0; row < series.rows.size(); ++row) {
        std::vector<std::string> cells;
        cells.reserve(columns.size());
        for (const TableColumn& column : columns)
            cells.push_back(padded(column.texts[row], column));
        append_line(cells, out);
    }
}

}  // namespace

std::string render_table(const QueryResult& result) {
    std::string out;
    for (const StatementResult& statement : result.statements) {
        if (statement.error) continue;
        if (statement.series.empty()) {
            if (!out.empty()) out += '\n';
            out += "no rows\n";
        }
        for (const ResultSeries& series : statement.series) {
            if (!out.empty()) out += '\n';
            append_series(series, out);
        }
    }
    return out;
}

}  // namespace tidemark::tools

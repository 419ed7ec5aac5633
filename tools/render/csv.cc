#include <string>
#include <string_view>
#include <vector>

#include "tools/render/cell_text.h"
#include "tools/render/renderer.h"

namespace tidemark::tools {
namespace {

void append_field(std::string_view field, std::string& out) {
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += field;
        return;
    }
    out += '"';
    for (const char c : field) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::string tags_text(const ResultSeries& series) {
    std::string text;
    for (const auto& [key, value] : series.tags) {
        if (!text.empty()) text += ',';
        text.append(key).append("=").append(value);
    }
    return text;
}

void append_header(const ResultSeries& series, std::string& out) {
    if (!out.empty()) out += '\n';
    out += "name,tags";
    for (const std::string& column : series.columns) {
        out += ',';
        append_field(column, out);
    }
    out += '\n';
}

void append_rows(const ResultSeries& series, std::string& out) {
    const std::string tags = tags_text(series);
    for (const std::vector<Cell>& row : series.rows) {
        append_field(series.name, out);
        out += ',';
        append_field(tags, out);
        for (const Cell& cell : row) {
            out += ',';
            append_field(cell_text(cell), out);
        }
        out += '\n';
    }
}

}  // namespace

std::string render_csv(const QueryResult& result) {
    std::string out;
    for (const StatementResult& statement : result.statements) {
        const std::vector<std::string>* header = nullptr;
        for (const ResultSeries& series : statement.series) {
            if (header == nullptr || *header != series.columns) append_header(series, out);
            header = &series.columns;
            append_rows(series, out);
        }
    }
    return out;
}

}  // namespace tidemark::tools

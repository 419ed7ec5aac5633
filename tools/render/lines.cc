#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tools/render/cell_text.h"
#include "tools/render/renderer.h"
#include "tools/render/text_columns.h"

namespace tidemark::tools {
namespace {

void append_row(const std::vector<std::pair<std::string, std::string>>& values, std::string& out) {
    std::size_t width = 0;
    for (const auto& [name, text] : values) width = std::max(width, display_width(name));
    if (!out.empty()) out += '\n';
    for (const auto& [name, text] : values) {
        out += std::string(width - display_width(name), ' ') + name + " =";
        if (!text.empty()) out += " " + text;
        out += '\n';
    }
}

}  // namespace

std::string render_lines(const QueryResult& result, const RenderContext& context) {
    std::string out;
    for (std::size_t i = 0; i < result.statements.size(); ++i) {
        for (const ResultSeries& series : result.statements[i].series) {
            const std::vector<TextColumn> columns = text_columns(series, i, context);
            for (std::size_t row = 0; row < series.rows.size(); ++row) {
                std::vector<std::pair<std::string, std::string>> values;
                values.reserve(1 + series.tags.size() + columns.size());
                if (!series.name.empty()) values.emplace_back("name", printable(series.name));
                for (const auto& [key, value] : series.tags) {
                    values.emplace_back(printable(key), printable(value));
                }
                for (const TextColumn& column : columns) {
                    values.emplace_back(column.header, column.texts[row]);
                }
                append_row(values, out);
            }
        }
    }
    return out;
}

}  // namespace tidemark::tools

#include <algorithm>
#include <string>
#include <vector>

#include "server/format/json_writer.h"
#include "server/format/query_json.h"
#include "tools/render/renderer.h"

namespace tidemark::tools {
namespace {

bool has_column(const ResultSeries& series, const std::string& name) {
    return std::ranges::find(series.columns, name) != series.columns.end();
}

bool has_tag(const ResultSeries& series, const std::string& key) {
    return std::ranges::any_of(series.tags, [&](const auto& tag) { return tag.first == key; });
}

void append_row(const ResultSeries& series, ConstRow row, std::string& out) {
    server::JsonWriter json(out, false);
    json.begin_object();
    if (!series.name.empty() && !has_column(series, "name") && !has_tag(series, "name")) {
        json.key("name");
        json.string(series.name);
    }
    for (const auto& [key, value] : series.tags) {
        if (has_column(series, key)) continue;
        json.key(key);
        json.string(value);
    }
    for (std::size_t i = 0; i < series.columns.size(); ++i) {
        json.key(series.columns[i]);
        server::write_cell(row[i], std::nullopt, json);
    }
    json.end_object();
    out += '\n';
}

}  // namespace

std::string render_jsonl(const QueryResult& result, const RenderContext&) {
    std::string out;
    for (const StatementResult& statement : result.statements) {
        for (const ResultSeries& series : statement.series) {
            for (const ConstRow row : series.rows) append_row(series, row, out);
        }
    }
    return out;
}

}  // namespace tidemark::tools

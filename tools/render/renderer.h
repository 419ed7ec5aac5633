#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/statement_text.h>

namespace tidemark::tools {

/// What the place an answer is shown at can do.
struct RenderStyle {
    std::size_t width = 80;  ///< Characters in a line, for charts.
    bool is_utf8 = false;    ///< Else charts are drawn in ASCII.
    bool has_color = false;
    bool humanises = false;   ///< Tables say "1h 35m" instead of 5700.
    std::size_t height = 24;  ///< Lines, of a terminal.
};

/// What is known of an answer besides its rows.
struct RenderContext {
    RenderStyle style{};
    /// Of the statements' columns, see column_traits(); may be shorter than the answer.
    std::vector<std::vector<ColumnTraits>> traits{};

    /// Null when nothing is known of that column.
    const ColumnTraits* find(std::size_t statement, std::string_view column) const;
};

/// One way to show an answer. Rows only: errors and messages go to standard error, except that JSON
/// has them too.
struct Renderer {
    std::string_view name;         ///< As after --format and .mode.
    std::string_view description;  ///< For help.
    std::string (*render)(const QueryResult& result, const RenderContext& context);
};

/// All there are, the default one first.
std::span<const Renderer> renderers();

/// Null when there is none of that name.
const Renderer* find_renderer(std::string_view name);

/// "table, csv, json, .."
std::string renderer_names();

/// A table per series: its name and tags as heading, times as RFC 3339 in UTC, numbers to the
/// right, null as nothing. A statement without rows shows "no rows".
std::string render_table(const QueryResult& result, const RenderContext& context = {});

/// InfluxDB's CSV with times as RFC 3339: name,tags,columns, where tags is "key=value,key=value". A
/// header stands in front of rows whose columns differ from those before, after an empty line.
std::string render_csv(const QueryResult& result, const RenderContext& context = {});

/// Exactly what the HTTP interface answers.
std::string render_json(const QueryResult& result, const RenderContext& context = {});

/// One JSON object per row: the series' name as "name", its tags, and the columns. A column goes
/// before a tag, and a tag before the name, of the same key.
std::string render_jsonl(const QueryResult& result, const RenderContext& context = {});

/// A table per series, below a line with its name and tags in bold.
std::string render_markdown(const QueryResult& result, const RenderContext& context = {});

/// A line `column = value` per cell, rows apart by an empty line; tags like columns.
std::string render_lines(const QueryResult& result, const RenderContext& context = {});

/// Line charts of the numbers and bars of the states, see chart.h.
std::string render_chart(const QueryResult& result, const RenderContext& context = {});

}  // namespace tidemark::tools

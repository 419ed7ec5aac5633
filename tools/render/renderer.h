#pragma once

#include <span>
#include <string>
#include <string_view>

#include <tidemark/query.h>

namespace tidemark::tools {

/// One way to show an answer. Rows only: errors and messages go to standard error, except that JSON
/// has them too.
struct Renderer {
    std::string_view name;         ///< As after --format and .mode.
    std::string_view description;  ///< For help.
    std::string (*render)(const QueryResult& result);
};

/// All there are, the default one first.
std::span<const Renderer> renderers();

/// Null when there is none of that name.
const Renderer* find_renderer(std::string_view name);

/// "table, csv, json"
std::string renderer_names();

/// A table per series: its name and tags as heading, times as RFC 3339 in UTC, numbers to the
/// right, null as nothing. A statement without rows shows "no rows".
std::string render_table(const QueryResult& result);

/// InfluxDB's CSV with times as RFC 3339: name,tags,columns, where tags is "key=value,key=value". A
/// header stands in front of rows whose columns differ from those before, after an empty line.
std::string render_csv(const QueryResult& result);

/// Exactly what the HTTP interface answers.
std::string render_json(const QueryResult& result);

}  // namespace tidemark::tools

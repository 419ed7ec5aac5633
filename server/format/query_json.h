#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tidemark/query.h>

#include "server/format/json_writer.h"
#include "server/format/time_text.h"

namespace tidemark::server {

/// An answer in the shape of InfluxDB 1.x:
/// {"results":[{"statement_id":0,"series":[{"name":..,"tags":{..},"columns":[..],"values":[[..]]}],
/// "messages":[{"level":..,"text":..}],"error":..}]}, and a newline. Parts that are empty are left
/// out.
std::string query_json(const QueryResult& result, Epoch epoch, bool is_pretty);

/// The same as a document of that shape for each series, or for each `chunk_rows` rows (at least 1)
/// of a series that has more, each with a newline behind it. "partial": true stands in a series of
/// which further rows follow, and in a result of which further documents do.
std::string chunked_query_json(const QueryResult& result, Epoch epoch, bool is_pretty,
                               std::size_t chunk_rows);

/// One value of an answer.
void write_cell(const Cell& cell, Epoch epoch, JsonWriter& json);

/// {"error":"message"}, and a newline.
std::string error_json(std::string_view message, bool is_pretty = false);

}  // namespace tidemark::server

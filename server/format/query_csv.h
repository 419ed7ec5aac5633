#pragma once

#include <string>
#include <string_view>

#include <tidemark/query.h>

#include "server/format/time_text.h"

namespace tidemark::server {

struct CsvStyle {
    /// The unit of times; nothing: RFC 3339, in the time zone of the statement.
    Epoch epoch = storage::TimePrecision::Nanoseconds;
    /// Whether statements that failed are shown, too.
    bool shows_errors = true;
};

/// An answer as InfluxDB 1.x's CSV: a header "name,tags" and the columns, then a row each, where
/// tags is "key=value,key=value". Where the columns change an empty line and a new header follow,
/// and so does every statement after the first. A statement that failed is a header "error" and the
/// message.
std::string query_csv(const QueryResult& result, const CsvStyle& style);

/// The CSV of an error instead of an answer.
std::string error_csv(std::string_view message);

}  // namespace tidemark::server

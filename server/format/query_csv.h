#pragma once

#include <string>
#include <string_view>

#include <tidemark/query.h>

#include "server/format/time_text.h"

namespace tidemark::server {

/// An answer as InfluxDB 1.x's CSV: a header "name,tags" and the columns, then a row each, where
/// tags is "key=value,key=value". Where the columns change an empty line and a new header follow,
/// and so does every statement after the first. Times are integers, in nanoseconds unless there is
/// an epoch. A statement that failed is a header "error" and the message.
std::string query_csv(const QueryResult& result, Epoch epoch);

/// The CSV of an error instead of an answer.
std::string error_csv(std::string_view message);

}  // namespace tidemark::server

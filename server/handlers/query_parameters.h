#pragma once

#include <string_view>

#include <tidemark/query.h>
#include <tidemark/result.h>

namespace tidemark::server {

/// Reads `params` of /query, a JSON object of the values for $names, as InfluxDB 1.8 does: a text,
/// a number or a boolean stands for itself; an object with one member says what its value is, as in
/// {"from": {"duration": "10m"}} (duration, regex, identifier, string, integer, float).
/// InvalidArgument names the parameter.
Result<decltype(QueryOptions::parameters)> parse_query_parameters(std::string_view json);

}  // namespace tidemark::server

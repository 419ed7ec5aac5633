#pragma once

#include <string_view>

#include <tidemark/query.h>
#include <tidemark/result.h>

#include "tools/session/statement_runner.h"

namespace tidemark::tools {

/// Reads the JSON that InfluxDB 1.x and our own server answer to /query. Times stay the strings
/// they are in it; numbers are the ones that print the same again. An answer that is one error
/// becomes a syntax error when it names a place in the text, else one failed statement. Corruption
/// when it is no such JSON.
Result<QueryResult> parse_answer(std::string_view json);

/// Reads what our own server answers to /write. The error is the server's when it took nothing.
Result<WriteReport> read_write_answer(unsigned status, std::string_view body);

}  // namespace tidemark::tools

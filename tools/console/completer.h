#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/console/line_completion.h"
#include "tools/session/schema_reader.h"

namespace tidemark::tools {

/// Completes statements: keywords and functions as the parser expects them, names and tag values as
/// the schema has them at the moment. Keywords follow the case of what was typed; what all
/// candidates agree on is inserted, a keyword with the blank behind it. `place` is an offset in
/// `text`, which may hold several lines.
LineCompletion complete_statement(std::string_view text, std::size_t place,
                                  const std::string& database, SchemaReader& schema);

/// Completes a line that begins with a dot: the command, then its argument.
LineCompletion complete_dot_command(std::string_view line, std::size_t place,
                                    const std::string& database, SchemaReader& schema);

}  // namespace tidemark::tools

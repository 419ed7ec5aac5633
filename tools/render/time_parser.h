#pragma once

#include <optional>
#include <string_view>

#include <tidemark/query.h>

namespace tidemark::tools {

/// Reads an instant as answers spell it: "2024-02-29T12:00:00.5Z", "..+01:00". Nothing for anything
/// else, and for what int64 nanoseconds cannot hold.
std::optional<TimeCell> parse_rfc3339(std::string_view text);

}  // namespace tidemark::tools

#pragma once

#include <optional>
#include <string>

#include "storage/line_protocol/line_parser.h"

namespace tidemark::server {

/// What is odd about the times of `lines`, which were read in units of `precision`: milliseconds
/// taken for nanoseconds are valid times, but all of them lie in 1970. Nothing when they look
/// right.
///
///     line 1: time 1970-01-01T00:28:20Z: 1700000000000 looks like ms and was taken as ns (send it
///     with precision=ms)
std::optional<std::string> precision_hint(const storage::ParsedLines& lines,
                                          storage::TimePrecision precision);

}  // namespace tidemark::server

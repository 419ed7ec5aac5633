#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tidemark::query {

/// The one of `names` that is nearest to `name`: at most two edits, or a third of its length, and
/// differences of case count nothing. Nothing when none is near.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> names);

/// `, did you mean NAME?`, or where none is near `; there are NAME, NAME and 3 more`, or nothing.
std::string suggestion(std::string_view name, std::span<const std::string> names);

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tidemark/query.h>

namespace tidemark::tools {

/// A cell as text: numbers as in JSON answers, times as RFC 3339 in UTC, null as nothing.
std::string cell_text(const Cell& cell);

bool is_number(const Cell& cell);

/// A number of any type as a double; nothing for other cells.
std::optional<double> number_of(const Cell& cell);

/// An instant: a TimeCell, or the RFC 3339 text that answers over HTTP have instead.
std::optional<TimeCell> time_of(const Cell& cell);

/// What a terminal may be shown of `text`: control characters are spelled as escapes, so that
/// stored strings can neither break a table nor command the terminal.
std::string printable(std::string_view text);

/// Columns of a terminal that UTF-8 text takes, one per character.
std::size_t display_width(std::string_view text);

}  // namespace tidemark::tools

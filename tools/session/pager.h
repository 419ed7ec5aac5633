#pragma once

#include <string>

namespace tidemark::tools {

/// Shows `text` in the program that PAGER names, `less -RS` where it names none, and waits until
/// the reader leaves it. False when there is no such program or PAGER is empty: nothing was shown.
bool show_in_pager(const std::string& text);

}  // namespace tidemark::tools

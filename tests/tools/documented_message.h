#pragma once

#include <string>
#include <string_view>
#include <vector>

// docs/ERRORS.md, as the tests read it.

namespace tidemark::tools {

/// The lines of the section's ```message blocks.
std::vector<std::string> messages_of_section(const std::string& title);

/// Whether `text` holds `message`, in which <NAME> stands for anything within a line.
bool holds(std::string_view text, std::string_view message);

/// Checks that every message the section lists is in the answers, and every answer has one of them.
void check_documented(const std::string& title, const std::vector<std::string>& answers);

}  // namespace tidemark::tools

#include "tests/tools/documented_message.h"

#include <fstream>

#include <catch2/catch.hpp>

namespace tidemark::tools {

std::vector<std::string> messages_of_section(const std::string& title) {
    std::ifstream file(std::string(TIDEMARK_SOURCE_DIR) + "/docs/ERRORS.md");
    std::vector<std::string> messages;
    bool is_in_section = false;
    bool is_in_block = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("## ")) is_in_section = line == "## " + title;
        if (line.starts_with("```")) {
            is_in_block = line == "```message";
        } else if (is_in_section && is_in_block) {
            messages.push_back(line);
        }
    }
    return messages;
}

bool holds(std::string_view text, std::string_view message) {
    const std::size_t open = message.find('<');
    const std::string_view fixed = message.substr(0, open);
    for (std::size_t at = text.find(fixed); at != text.npos; at = text.find(fixed, at + 1)) {
        if (open == message.npos) return true;
        const std::string_view rest = text.substr(at + fixed.size());
        if (holds(rest.substr(0, rest.find('\n')), message.substr(message.find('>', open) + 1))) {
            return true;
        }
    }
    return false;
}

void check_documented(const std::string& title, const std::vector<std::string>& answers) {
    INFO("docs/ERRORS.md, " << title);
    const std::vector<std::string> messages = messages_of_section(title);
    REQUIRE_FALSE(messages.empty());
    std::vector<bool> is_explained(answers.size(), false);
    for (const std::string& message : messages) {
        bool is_given = false;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            if (!holds(answers[i], message)) continue;
            is_given = true;
            is_explained[i] = true;
        }
        INFO("message: " << message);
        CHECK(is_given);
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        INFO("answer: " << answers[i]);
        CHECK(is_explained[i]);
    }
}

}  // namespace tidemark::tools

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "query/functions/function_table.h"

// docs/QUERY_LANGUAGE.md. Its examples are run with the scripts; here is what it must not leave
// out.

namespace tidemark::tests {
namespace {

std::string document_text() {
    std::ifstream file(std::string(TIDEMARK_SOURCE_DIR) + "/docs/QUERY_LANGUAGE.md");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("the language document tells of every function", "[scripts]") {
    const std::string text = document_text();
    for (const query::FunctionInfo& info : query::function_table()) {
        if (query::spelled_name(info.name) != info.name) continue;  // count(distinct(f)).
        INFO(info.name);
        CHECK(text.find("`" + std::string(info.name) + "(") != std::string::npos);
    }
}

TEST_CASE("every block of the language document is an example that is run", "[scripts]") {
    std::istringstream text(document_text());
    std::size_t fence_count = 0;
    for (std::string line; std::getline(text, line);) {
        if (!line.starts_with("```")) continue;
        INFO(line);
        CHECK(line == (fence_count % 2 == 0 ? "```tidemark" : "```"));
        ++fence_count;
    }
    CHECK(fence_count > 0);
    CHECK(fence_count % 2 == 0);
}

}  // namespace tidemark::tests

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/store.h>

namespace tidemark::tests {

// A query script is text: what is in the store, what is asked, what must be answered. Its little
// language is described in tests/scripts/README.md. Documents are scripts as well: their
// ```tidemark blocks, one after the other.

/// One query of a script.
struct ScriptQuery {
    std::string text;
    std::size_t line = 0;
    std::vector<std::string> expected;
    bool compares_messages = false;  ///< True in documents, and where a message is expected.
};

struct Script {
    std::int64_t now_ns = 0;
    /// Precision, and lines of line protocol with times in it.
    std::vector<std::pair<std::string, std::string>> loads;
    std::vector<ScriptQuery> queries;
};

/// All scripts: tests/scripts/*.script, and the documents with examples. Sorted.
std::vector<std::filesystem::path> script_paths();

/// How a store is opened for a script: its clock, lines of any time, no flush that nobody asked
/// for.
StoreOptions script_store_options(const Clock& clock);

/// Throws, naming file and line, where the text is no script.
Script read_script(const std::filesystem::path& path);

/// The answer as the lines a script would expect.
std::vector<std::string> render_answer(const QueryResult& result, bool with_messages);

/// What `query` expects, and what it got, as text that is equal when all is well.
std::string expected_text(const ScriptQuery& query);
std::string answer_text(const ScriptQuery& query, const QueryResult& result);

/// 2026-01-01T00:00:00Z, with as many decimals as needed.
std::string rfc3339(std::int64_t ns);

}  // namespace tidemark::tests

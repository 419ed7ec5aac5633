#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/store.h>

namespace tidemark::tests {

// A query script is text: what is in the store, what is asked, what must be answered.
//
//     # A comment. Blank lines separate.
//     now 2026-01-01T01:00:00Z
//     load s                          # the unit of the timestamps: ns us ms s m h
//       cpu,host=a usage=70 0
//     query SELECT usage FROM cpu GROUP BY host
//       cpu host=a                    # name and tags of a series; _ when it has no name
//       time usage                    # its columns
//       1970-01-01T00:00:00Z 70       # its rows; _ is null, text with spaces is in quotes
//       message ...                   # compared only if there is at least one
//     query SELECT
//       error ...                     # the statement fails
//       syntax 1:7 ...                # the text is not understood; line, column, message
//
// A query goes on over further lines that begin with `..`.

/// One query of a script.
struct ScriptQuery {
    std::string text;
    std::size_t line = 0;
    std::vector<std::string> expected;
};

struct Script {
    std::int64_t now_ns = 0;
    std::vector<std::pair<std::string, std::string>> loads;  ///< Precision and lines.
    std::vector<ScriptQuery> queries;
};

Script read_script(const std::filesystem::path& path);

/// The answer as the lines a script would expect.
std::vector<std::string> render_answer(const QueryResult& result, bool with_messages);

/// 2026-01-01T00:00:00Z, with as many decimals as needed.
std::string rfc3339(std::int64_t ns);

}  // namespace tidemark::tests

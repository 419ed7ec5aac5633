#pragma once

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace tidemark::tests {

// Where Tidemark means to differ from InfluxDB is text; docs/INFLUXQL_COMPATIBILITY.md explains
// every deviation under its name.
//
//     # A comment.
//     deviation NAME
//       statement rows.script: SELECT ..   # where it stands, and all of its text
//       unsteady rows.script: SELECT ..    # the same, but InfluxDB's own answer changes from run
//       to
//                                          # run, and may be ours
//       pattern REGEX                      # found in such a text (ECMAScript)

/// Statements that are known to be answered differently. Reading fails the test on a line that is
/// none of the above.
class AcceptedDeviations {
public:
    explicit AcceptedDeviations(const std::filesystem::path& path);

    /// True when `statement`, with where it stands in front, may differ. Remembers which lines were
    /// needed for that.
    bool accept(const std::string& statement);
    /// Lines that no difference needed and that are not unsteady: what they accept is equal, and
    /// they must go.
    std::vector<std::string> unused() const;
    std::set<std::string> names() const;

private:
    struct Rule {
        std::string deviation;
        std::string text;  ///< As in the file.
        std::string statement;
        std::regex pattern;
        bool is_needed = false;
    };

    std::vector<Rule> rules_;
};

}  // namespace tidemark::tests

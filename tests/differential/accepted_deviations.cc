#include "tests/differential/accepted_deviations.h"

#include <fstream>

#include <catch2/catch.hpp>

namespace tidemark::tests {

AcceptedDeviations::AcceptedDeviations(const std::filesystem::path& path) {
    constexpr std::string_view kDeviation = "deviation ";
    constexpr std::string_view kStatement = "  statement ";
    constexpr std::string_view kUnsteady = "  unsteady ";
    constexpr std::string_view kPattern = "  pattern ";
    std::ifstream file(path);
    REQUIRE(file.good());
    std::string deviation;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        INFO(path.string() << ":" << number << ": " << line);
        if (line.empty() || line.starts_with("#")) continue;
        if (line.starts_with(kDeviation)) {
            deviation = line.substr(kDeviation.size());
            continue;
        }
        REQUIRE_FALSE(deviation.empty());
        Rule rule{deviation, line, {}, {}, false};
        if (line.starts_with(kPattern)) {
            rule.pattern = std::regex(line.substr(kPattern.size()));
        } else if (line.starts_with(kUnsteady)) {
            rule.statement = line.substr(kUnsteady.size());
            rule.is_needed = true;
        } else {
            REQUIRE(line.starts_with(kStatement));
            rule.statement = line.substr(kStatement.size());
        }
        rules_.push_back(std::move(rule));
    }
}

bool AcceptedDeviations::accept(const std::string& statement) {
    for (Rule& rule : rules_) {
        const bool is_meant = rule.statement.empty() ? std::regex_search(statement, rule.pattern)
                                                     : statement == rule.statement;
        if (!is_meant) continue;
        rule.is_needed = true;
        return true;
    }
    return false;
}

std::vector<std::string> AcceptedDeviations::unused() const {
    std::vector<std::string> lines;
    for (const Rule& rule : rules_) {
        if (!rule.is_needed) lines.push_back(rule.deviation + ":" + rule.text);
    }
    return lines;
}

std::set<std::string> AcceptedDeviations::names() const {
    std::set<std::string> names;
    for (const Rule& rule : rules_) names.insert(rule.deviation);
    return names;
}

}  // namespace tidemark::tests

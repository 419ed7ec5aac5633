#include "tests/query/script_runner.h"

#include <charconv>
#include <ctime>
#include <fstream>
#include <stdexcept>

#include "query/plan/time_expression.h"

namespace tidemark::tests {
namespace {

std::string without_comment(const std::string& line) {
    const std::size_t comment = line.find(" # ");
    std::string kept = line.starts_with("#") ? "" : line.substr(0, comment);
    kept.erase(kept.find_last_not_of(" \t\r") + 1);
    return kept;
}

std::string number_text(double number) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    return {text, end};
}

std::string cell_text(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> std::string {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return "_";
            } else if constexpr (std::is_same_v<T, double>) {
                return number_text(value);
            } else if constexpr (std::is_same_v<T, bool>) {
                return value ? "true" : "false";
            } else if constexpr (std::is_same_v<T, std::string>) {
                return value.find(' ') == std::string::npos ? value : "\"" + value + "\"";
            } else if constexpr (std::is_same_v<T, TimeCell>) {
                return rfc3339(value.ns);
            } else {
                return std::to_string(value);
            }
        },
        cell);
}

void render_series(const ResultSeries& series, std::vector<std::string>& lines) {
    std::string head = series.name.empty() ? "_" : series.name;
    for (const auto& [key, value] : series.tags) head += " " + key + "=" + value;
    lines.push_back(head);
    const auto joined = [](const auto& items, const auto& text_of) {
        std::string text;
        for (const auto& item : items) text += (text.empty() ? "" : " ") + text_of(item);
        return text;
    };
    lines.push_back(joined(series.columns, [](const std::string& name) { return name; }));
    for (const auto& row : series.rows) lines.push_back(joined(row, cell_text));
}

}  // namespace

std::string rfc3339(std::int64_t ns) {
    std::int64_t seconds = ns / 1'000'000'000;
    std::int64_t rest_ns = ns % 1'000'000'000;
    if (rest_ns < 0) {
        rest_ns += 1'000'000'000;
        --seconds;
    }
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[64];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    std::string formatted = text;
    if (rest_ns > 0) {
        std::string digits = std::to_string(1'000'000'000 + rest_ns).substr(1);
        digits.erase(digits.find_last_not_of('0') + 1);
        formatted += "." + digits;
    }
    return formatted + "Z";
}

Script read_script(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    Script script;
    enum class Part { None, Load, Query } part = Part::None;
    std::string raw;
    for (std::size_t number = 1; std::getline(file, raw); ++number) {
        const std::string line = without_comment(raw);
        if (line.empty()) continue;
        if (line.starts_with("  ")) {
            const std::string body = line.substr(line.find_first_not_of(' '));
            if (part == Part::Load) {
                script.loads.back().second += body + "\n";
            } else if (part == Part::Query && body.starts_with("..")) {
                script.queries.back().text += " " + body.substr(2);
            } else if (part == Part::Query) {
                script.queries.back().expected.push_back(body);
            }
        } else if (line.starts_with("now ")) {
            script.now_ns = query::parse_instant(line.substr(4), {}).value();
        } else if (line.starts_with("load ")) {
            script.loads.emplace_back(line.substr(5), "");
            part = Part::Load;
        } else if (line.starts_with("query ")) {
            script.queries.push_back({line.substr(6), number, {}});
            part = Part::Query;
        } else {
            throw std::runtime_error(path.string() + ":" + std::to_string(number) + ": " + line);
        }
    }
    return script;
}

std::vector<std::string> render_answer(const QueryResult& result, bool with_messages) {
    std::vector<std::string> lines;
    if (result.syntax_error) {
        lines.push_back("syntax " + std::to_string(result.syntax_error->location.line) + ":" +
                        std::to_string(result.syntax_error->location.column) + " " +
                        result.syntax_error->message);
    }
    for (const StatementResult& statement : result.statements) {
        for (const ResultSeries& series : statement.series) render_series(series, lines);
        if (statement.error) lines.push_back("error " + statement.error->message());
        if (!with_messages) continue;
        for (const ResultMessage& message : statement.messages) {
            lines.push_back("message " + message.text);
        }
    }
    return lines;
}

}  // namespace tidemark::tests

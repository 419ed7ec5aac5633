#include "tests/query/script_runner.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "query/plan/time_expression.h"
#include "storage/line_protocol/float_text.h"
#include "storage/line_protocol/time_precision.h"

namespace tidemark::tests {
namespace {

namespace fs = std::filesystem;

fs::path source_root() { return TIDEMARK_SOURCE_DIR; }

std::string without_comment(const std::string& line) {
    const std::size_t comment = line.find(" # ");
    std::string kept = line.starts_with("#") ? "" : line.substr(0, comment);
    kept.erase(kept.find_last_not_of(" \t\r") + 1);
    return kept;
}

// As JSON spells it, so that an answer that came as JSON and lost its types reads the same.
std::string number_text(double number) {
    std::string text;
    storage::append_float(number, storage::FloatStyle::Json, text);
    return text;
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

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += "  " + line + "\n";
    return text;
}

bool is_remark(std::string_view line) {
    return line.starts_with("message ") || line.starts_with("error ") ||
           line.starts_with("syntax ");
}

// One blank for several, so that columns may be aligned; not within quotes.
std::string without_alignment(std::string_view line) {
    std::string kept;
    bool is_quoted = false;
    for (const char c : line) {
        if (c == '"') is_quoted = !is_quoted;
        if (c == ' ' && !is_quoted && kept.ends_with(' ')) continue;
        kept += c;
    }
    return kept;
}

// `line` of line protocol with its time, the last word, counted from `start`.
std::optional<std::string> counted_from(std::int64_t start, const std::string& line) {
    const std::size_t begin = line.rfind(' ') + 1;
    const char* const end = line.data() + line.size();
    std::int64_t time = 0;
    const auto read = std::from_chars(line.data() + begin, end, time);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return line.substr(0, begin) + std::to_string(start + time);
}

class ScriptReader {
public:
    explicit ScriptReader(bool compares_messages) : compares_messages_(compares_messages) {}

    // False when it is no line of a script.
    bool take(const std::string& line, std::size_t number) {
        if (line.empty()) return true;
        if (line.starts_with("  ")) return take_body(line.substr(line.find_first_not_of(' ')));
        part_ = Part::None;
        if (line.starts_with("now ")) return take_now(line.substr(4));
        if (line.starts_with("load ")) return take_load(line.substr(5));
        if (!line.starts_with("query ")) return false;
        script_.queries.push_back({line.substr(6), number, {}, compares_messages_});
        part_ = Part::Query;
        return true;
    }

    Script release() { return std::move(script_); }

private:
    enum class Part : std::uint8_t { None, Load, Query };

    bool take_now(const std::string& time) {
        const auto now_ns = query::parse_instant(time, {});
        script_.now_ns = now_ns.value_or(0);
        return now_ns.has_value();
    }

    // PRECISION [since TIME]
    bool take_load(const std::string& heading) {
        const std::size_t end = std::min(heading.find(' '), heading.size());
        const std::string precision = heading.substr(0, end);
        const auto unit = storage::parse_time_precision(precision);
        if (!unit) return false;
        start_ = 0;
        if (end < heading.size()) {
            constexpr std::string_view kSince = " since ";
            if (!heading.substr(end).starts_with(kSince)) return false;
            const auto since_ns = query::parse_instant(heading.substr(end + kSince.size()), {});
            if (!since_ns) return false;
            start_ = *since_ns / storage::unit_ns(*unit);
        }
        script_.loads.emplace_back(precision, "");
        part_ = Part::Load;
        return true;
    }

    bool take_body(const std::string& line) {
        switch (part_) {
            case Part::None:
                return false;
            case Part::Load: {
                const auto counted = start_ == 0 ? line : counted_from(start_, line);
                if (counted) script_.loads.back().second += *counted + "\n";
                return counted.has_value();
            }
            case Part::Query:
                take_query(line);
                return true;
        }
        return false;
    }

    void take_query(const std::string& line) {
        ScriptQuery& query = script_.queries.back();
        if (line.starts_with("..")) {
            query.text += " " + line.substr(std::min(line.find_first_not_of(' ', 2), line.size()));
        } else {
            query.expected.push_back(is_remark(line) ? line : without_alignment(line));
            if (line.starts_with("message ")) query.compares_messages = true;
        }
    }

    const bool compares_messages_;
    Script script_;
    Part part_ = Part::None;
    std::int64_t start_ = 0;  // Of the times of a load, in its unit.
};

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

std::vector<fs::path> script_paths() {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(source_root() / "tests" / "scripts")) {
        if (entry.path().extension() == ".script") paths.push_back(entry.path());
    }
    paths.push_back(source_root() / "tests" / "scripts" / "README.md");
    paths.push_back(source_root() / "docs" / "QUERY_LANGUAGE.md");
    std::ranges::sort(paths);
    return paths;
}

StoreOptions script_store_options(const Clock& clock) {
    StoreOptions options;
    options.clock = &clock;
    options.future_limit_ns = kHoldForever;
    options.idle_flush_ns = 0;
    options.compaction_bytes_per_second = 0;
    return options;
}

Script read_script(const fs::path& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    const bool is_document = path.extension() == ".md";
    ScriptReader reader(is_document);
    bool is_script = !is_document;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        if (is_document && line.starts_with("```")) {
            is_script = line == "```tidemark";
        } else if (is_script && !reader.take(without_comment(line), number)) {
            throw std::runtime_error(path.string() + ":" + std::to_string(number) +
                                     ": no line of a script: " + line);
        }
    }
    return reader.release();
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

std::string expected_text(const ScriptQuery& query) { return joined(query.expected); }

std::string answer_text(const ScriptQuery& query, const QueryResult& result) {
    return joined(render_answer(result, query.compares_messages));
}

}  // namespace tidemark::tests

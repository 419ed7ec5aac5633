#include "server/format/query_csv.h"

#include <charconv>
#include <type_traits>
#include <variant>

#include "storage/line_protocol/float_text.h"

namespace tidemark::server {
namespace {

// Quoted where Go's encoding/csv quotes.
void append_text(std::string_view text, std::string& out) {
    const bool needs_quotes = text.find_first_of(",\"\r\n") != std::string_view::npos ||
                              text.starts_with(' ') || text.starts_with('\t') || text == "\\.";
    if (!needs_quotes) {
        out.append(text);
        return;
    }
    out.push_back('"');
    for (const char byte : text) {
        if (byte == '"') out.push_back('"');
        out.push_back(byte);
    }
    out.push_back('"');
}

template <typename Integer>
void append_integer(Integer value, std::string& out) {
    char buffer[24];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.append(buffer, end);
}

void append_time(TimeCell time, Epoch epoch, std::string& out) {
    if (epoch) return append_integer(in_unit(time.ns, *epoch), out);
    append_rfc3339(time.ns, time.offset_seconds, out);
}

void append_cell(const Cell& cell, Epoch epoch, std::string& out) {
    const auto append = [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool>) {
            out.append(value ? "true" : "false");
        } else if constexpr (std::is_same_v<T, double>) {
            storage::append_float(value, storage::FloatStyle::Decimal, out);
        } else if constexpr (std::is_integral_v<T>) {
            append_integer(value, out);
        } else if constexpr (std::is_same_v<T, std::string>) {
            append_text(value, out);
        } else if constexpr (std::is_same_v<T, TimeCell>) {
            append_time(value, epoch, out);
        }
    };
    std::visit(append, cell);
}

// A tag's key or value, as in a series key.
void append_escaped(std::string_view text, std::string& out) {
    for (const char byte : text) {
        if (byte == ',' || byte == '=' || byte == ' ') out.push_back('\\');
        out.push_back(byte);
    }
}

std::string tags_text(const ResultSeries& series) {
    std::string text;
    for (const auto& [key, value] : series.tags) {
        if (value.empty()) continue;  // A series without the tag.
        if (!text.empty()) text.push_back(',');
        append_escaped(key, text);
        text.push_back('=');
        append_escaped(value, text);
    }
    return text;
}

void append_header(const ResultSeries& series, std::string& out) {
    if (!out.empty()) out.push_back('\n');
    out.append("name,tags");
    for (const std::string& column : series.columns) {
        out.push_back(',');
        append_text(column, out);
    }
    out.push_back('\n');
}

void append_rows(const ResultSeries& series, Epoch epoch, std::string& out) {
    std::string prefix;
    append_text(series.name, prefix);
    prefix.push_back(',');
    append_text(tags_text(series), prefix);
    for (const auto& row : series.rows) {
        out.append(prefix);
        for (const Cell& cell : row) {
            out.push_back(',');
            append_cell(cell, epoch, out);
        }
        out.push_back('\n');
    }
}

}  // namespace

std::string query_csv(const QueryResult& result, const CsvStyle& style) {
    std::string out;
    for (const StatementResult& statement : result.statements) {
        if (statement.error && style.shows_errors) {
            if (!out.empty()) out.push_back('\n');
            out.append(error_csv(statement.error->message()));
        }
        const ResultSeries* previous = nullptr;
        for (const ResultSeries& series : statement.series) {
            if (previous == nullptr || previous->columns != series.columns) {
                append_header(series, out);
            }
            append_rows(series, style.epoch, out);
            previous = &series;
        }
    }
    return out;
}

std::string error_csv(std::string_view message) {
    std::string out = "error\n";
    append_text(message, out);
    out.push_back('\n');
    return out;
}

}  // namespace tidemark::server

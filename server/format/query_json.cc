#include "server/format/query_json.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

namespace tidemark::server {
namespace {

void write_time(TimeCell time, Epoch epoch, JsonWriter& json) {
    if (epoch) return json.integer(in_unit(time.ns, *epoch));
    std::string text;
    append_rfc3339(time.ns, time.offset_seconds, text);
    json.string(text);
}

using Rows = std::span<const std::vector<Cell>>;

void write_rows(Rows rows, Epoch epoch, JsonWriter& json) {
    json.key("values");
    json.begin_array();
    for (const auto& row : rows) {
        json.begin_array();
        for (const Cell& cell : row) write_cell(cell, epoch, json);
        json.end_array();
    }
    json.end_array();
}

void write_partial(bool is_partial, JsonWriter& json) {
    if (!is_partial) return;
    json.key("partial");
    json.boolean(true);
}

/// `rows` are some of the series'; `is_partial`: more of them follow.
void write_series(const ResultSeries& series, Rows rows, bool is_partial, Epoch epoch,
                  JsonWriter& json) {
    json.begin_object();
    if (!series.name.empty()) {
        json.key("name");
        json.string(series.name);
    }
    if (!series.tags.empty()) {
        json.key("tags");
        json.begin_object();
        for (const auto& [key, value] : series.tags) {
            json.key(key);
            json.string(value);
        }
        json.end_object();
    }
    json.key("columns");
    json.begin_array();
    for (const std::string& column : series.columns) json.string(column);
    json.end_array();
    if (!rows.empty()) write_rows(rows, epoch, json);
    write_partial(is_partial, json);
    json.end_object();
}

void write_messages(const std::vector<ResultMessage>& messages, JsonWriter& json) {
    json.key("messages");
    json.begin_array();
    for (const ResultMessage& message : messages) {
        json.begin_object();
        json.key("level");
        json.string(message.level);
        json.key("text");
        json.string(message.text);
        json.end_object();
    }
    json.end_array();
}

void write_remarks(const StatementResult& statement, JsonWriter& json) {
    if (!statement.messages.empty()) write_messages(statement.messages, json);
    if (!statement.error) return;
    json.key("error");
    json.string(statement.error->message());
}

void write_statement(const StatementResult& statement, std::size_t id, Epoch epoch,
                     JsonWriter& json) {
    json.begin_object();
    json.key("statement_id");
    json.unsigned_integer(id);
    if (!statement.series.empty()) {
        json.key("series");
        json.begin_array();
        for (const ResultSeries& series : statement.series) {
            write_series(series, series.rows, false, epoch, json);
        }
        json.end_array();
    }
    write_remarks(statement, json);
    json.end_object();
}

/// About what rows of times and short numbers take, so that the text is seldom moved as it grows.
std::size_t usual_size_bytes(const QueryResult& result) {
    constexpr std::size_t kCellBytes = 16;
    std::size_t cell_count = 0;
    for (const StatementResult& statement : result.statements) {
        for (const ResultSeries& series : statement.series) {
            cell_count += series.rows.size() * (series.columns.size() + 1);
        }
    }
    return cell_count * kCellBytes;
}

/// One after the other, the documents of an answer in chunks.
class ChunkWriter {
public:
    ChunkWriter(Epoch epoch, bool is_pretty, std::size_t chunk_rows)
        : epoch_(epoch), is_pretty_(is_pretty), chunk_rows_(chunk_rows) {}

    void write(const StatementResult& statement, std::size_t id) {
        if (statement.series.empty()) return write_chunk(statement, id, nullptr, {}, false, false);
        for (const ResultSeries& series : statement.series) {
            const bool is_last_series = &series == &statement.series.back();
            Rows left(series.rows);
            do {
                const Rows rows = left.first(std::min(chunk_rows_, left.size()));
                left = left.subspan(rows.size());
                write_chunk(statement, id, &series, rows, !left.empty(),
                            !left.empty() || !is_last_series);
            } while (!left.empty());
        }
    }

    std::string take() { return std::move(out_); }

private:
    /// The statement's remarks come with its last chunk.
    void write_chunk(const StatementResult& statement, std::size_t id, const ResultSeries* series,
                     Rows rows, bool has_more_rows, bool has_more) {
        JsonWriter json(out_, is_pretty_);
        json.begin_object();
        json.key("results");
        json.begin_array();
        json.begin_object();
        json.key("statement_id");
        json.unsigned_integer(id);
        if (series != nullptr) {
            json.key("series");
            json.begin_array();
            write_series(*series, rows, has_more_rows, epoch_, json);
            json.end_array();
        }
        if (!has_more) write_remarks(statement, json);
        write_partial(has_more, json);
        json.end_object();
        json.end_array();
        json.end_object();
        out_.push_back('\n');
    }

    const Epoch epoch_;
    const bool is_pretty_;
    const std::size_t chunk_rows_;
    std::string out_;
};

}  // namespace

void write_cell(const Cell& cell, Epoch epoch, JsonWriter& json) {
    const auto write = [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::monostate>) json.null();
        if constexpr (std::is_same_v<T, double>) json.number(value);
        if constexpr (std::is_same_v<T, std::int64_t>) json.integer(value);
        if constexpr (std::is_same_v<T, std::uint64_t>) json.unsigned_integer(value);
        if constexpr (std::is_same_v<T, bool>) json.boolean(value);
        if constexpr (std::is_same_v<T, std::string>) json.string(value);
        if constexpr (std::is_same_v<T, TimeCell>) write_time(value, epoch, json);
    };
    std::visit(write, cell);
}

std::string query_json(const QueryResult& result, Epoch epoch, bool is_pretty) {
    std::string out;
    out.reserve(usual_size_bytes(result));
    JsonWriter json(out, is_pretty);
    json.begin_object();
    json.key("results");
    json.begin_array();
    for (std::size_t id = 0; id < result.statements.size(); ++id) {
        write_statement(result.statements[id], id, epoch, json);
    }
    json.end_array();
    json.end_object();
    out.push_back('\n');
    return out;
}

std::string chunked_query_json(const QueryResult& result, Epoch epoch, bool is_pretty,
                               std::size_t chunk_rows) {
    ChunkWriter writer(epoch, is_pretty, std::max<std::size_t>(chunk_rows, 1));
    for (std::size_t id = 0; id < result.statements.size(); ++id) {
        writer.write(result.statements[id], id);
    }
    return writer.take();
}

std::string error_json(std::string_view message, bool is_pretty) {
    std::string out;
    JsonWriter json(out, is_pretty);
    json.begin_object();
    json.key("error");
    json.string(message);
    json.end_object();
    out.push_back('\n');
    return out;
}

}  // namespace tidemark::server

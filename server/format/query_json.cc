#include "server/format/query_json.h"

#include <algorithm>
#include <future>
#include <numeric>
#include <span>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tidemark::server {
namespace {

void write_time(TimeCell time, Epoch epoch, JsonWriter& json) {
    if (epoch) return json.integer(in_unit(time.ns, *epoch));
    std::string text;
    append_rfc3339(time.ns, time.offset_seconds, text);
    json.string(text);
}

/// Rows of a series, from `begin` on and in front of `end`.
struct RowRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

void write_rows(const RowTable& rows, RowRange range, Epoch epoch, JsonWriter& json) {
    json.key("values");
    json.begin_array();
    for (std::size_t row = range.begin; row < range.end; ++row) {
        json.begin_array();
        for (const Cell& cell : rows[row]) write_cell(cell, epoch, json);
        json.end_array();
    }
    json.end_array();
}

void write_partial(bool is_partial, JsonWriter& json) {
    if (!is_partial) return;
    json.key("partial");
    json.boolean(true);
}

/// `is_partial`: more of the series' rows follow.
void write_series(const ResultSeries& series, RowRange rows, bool is_partial, Epoch epoch,
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
    if (rows.begin != rows.end) write_rows(series.rows, rows, epoch, json);
    write_partial(is_partial, json);
    json.end_object();
}

/// About what rows of times and short numbers take, so that the text is seldom moved as it grows.
constexpr std::size_t kUsualCellBytes = 16;

std::size_t cell_count(const ResultSeries& series) {
    return series.rows.size() * (series.columns.size() + 1);
}

std::size_t cell_count(std::span<const ResultSeries> all) {
    return std::accumulate(
        all.begin(), all.end(), std::size_t{0},
        [](std::size_t sum, const ResultSeries& series) { return sum + cell_count(series); });
}

void write_each(std::span<const ResultSeries> all, Epoch epoch, JsonWriter& json) {
    for (const ResultSeries& series : all) {
        write_series(series, {0, series.rows.size()}, false, epoch, json);
    }
}

/// The series as a compact array.
std::string series_array(std::span<const ResultSeries> all, Epoch epoch) {
    std::string text;
    text.reserve(cell_count(all) * kUsualCellBytes);
    JsonWriter json(text, false);
    json.begin_array();
    write_each(all, epoch, json);
    json.end_array();
    return text;
}

/// Parts of neighbouring series with about as many cells each. At most `part_count`, at least one.
std::vector<std::span<const ResultSeries>> shared_out(std::span<const ResultSeries> all,
                                                      std::size_t part_count) {
    const std::size_t share = cell_count(all) / part_count;
    std::vector<std::span<const ResultSeries>> parts;
    while (parts.size() + 1 < part_count) {
        std::size_t size = 0;
        for (std::size_t cells = 0; size < all.size() && cells < share; ++size) {
            cells += cell_count(all[size]);
        }
        if (size == all.size()) break;
        parts.push_back(all.first(size));
        all = all.subspan(size);
    }
    parts.push_back(all);
    return parts;
}

/// Many of them are written by several threads, each into a text of its own.
void write_all(std::span<const ResultSeries> all, Epoch epoch, JsonWriter& json) {
    constexpr std::size_t kCellsPerThread = 20'000;  // Beside these, starting a thread is little.
    const std::size_t most = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t part_count =
        std::clamp(cell_count(all) / kCellsPerThread, std::size_t{1}, most);
    if (part_count == 1 || json.is_pretty()) return write_each(all, epoch, json);
    const auto parts = shared_out(all, part_count);
    std::vector<std::future<std::string>> others;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        // Where there is no thread to be had, get() does it.
        others.push_back(
            std::async(std::launch::async | std::launch::deferred, series_array, parts[i], epoch));
    }
    write_each(parts.front(), epoch, json);
    for (std::future<std::string>& other : others) json.elements_of(other.get());
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
        write_all(statement.series, epoch, json);
        json.end_array();
    }
    write_remarks(statement, json);
    json.end_object();
}

std::size_t usual_size_bytes(const QueryResult& result) {
    std::size_t cells = 0;
    for (const StatementResult& statement : result.statements)
        cells += cell_count(statement.series);
    return cells * kUsualCellBytes;
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
            const std::size_t row_count = series.rows.size();
            RowRange rows;
            do {
                rows = {rows.end, rows.end + std::min(chunk_rows_, row_count - rows.end)};
                const bool has_more_rows = rows.end < row_count;
                write_chunk(statement, id, &series, rows, has_more_rows,
                            has_more_rows || !is_last_series);
            } while (rows.end < row_count);
        }
    }

    std::string take() { return std::move(out_); }

private:
    /// The statement's remarks come with its last chunk.
    void write_chunk(const StatementResult& statement, std::size_t id, const ResultSeries* series,
                     RowRange rows, bool has_more_rows, bool has_more) {
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

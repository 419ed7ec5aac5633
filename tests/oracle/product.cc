#include "tests/oracle/product.h"

#include <stdexcept>
#include <utility>

namespace tidemark::oracle {
namespace {

template <typename T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message());
    return std::move(result).value();
}

std::string row_text(ConstRow row) {
    std::string line;
    for (const Cell& cell : row) line += (line.empty() ? "" : " | ") + text(cell);
    return line;
}

std::string tags_text(const std::vector<std::pair<std::string, std::string>>& tags) {
    std::string line;
    for (const auto& [key, value] : tags) line += "," + key + "=" + value;
    return line;
}

std::string tags_text(const TagSet& tags) {
    std::string line;
    for (const Tag& tag : tags) line += "," + tag.key + "=" + tag.value;
    return line;
}

std::string row_differences(const ExpectedRow& expected, const Query& query, ConstRow got) {
    if (got.size() != expected.cells.size() + 1) return "  wrong width: " + row_text(got) + "\n";
    std::string found;
    const std::vector<Call> columns = columns_of(query.calls);
    if (query.bucket_ns != 0 && got[0] != Cell(TimeCell{expected.time_ns})) {
        found += "  label " + std::to_string(expected.time_ns) + ", got " + text(got[0]) + "\n";
    }
    for (std::size_t i = 0; i < expected.cells.size(); ++i) {
        if (agrees(expected.cells[i], got[i + 1])) continue;
        found += "  " + text(got[0]) + ", column " + std::to_string(i + 1) + " (" +
                 columns[i].function + " " + columns[i].column + "): expected " +
                 text(expected.cells[i].cell) + ", got " + text(got[i + 1]) + "\n";
    }
    return found;
}

}  // namespace

Product::Product(StoreOptions options) : options_(options) {
    options_.future_limit_ns = kHoldForever;
    options_.idle_flush_ns = 0;
    options_.compaction_bytes_per_second = 0;
    open();
}

void Product::open() {
    store_ = must(Store::open(directory_.path(), options_));
    must(store_->create_database("d"));
    must(store_->set_nan_accepted("d", true));
}

void Product::write(const std::vector<Point>& points, std::size_t begin, std::size_t end) {
    WriteBatch batch;
    for (std::size_t i = begin; i < end; ++i) {
        batch.begin_point("m");
        for (const Tag& tag : points[i].tags) batch.add_tag(tag.key, tag.value);
        for (const auto& [name, value] : points[i].fields) batch.add_value(name, value);
        batch.end_point(points[i].time_ns);
    }
    const WriteResult result = must(store_->write("d", "", batch));
    if (!result.rejected.empty()) throw std::runtime_error(result.rejected.front().reason);
    last_written_ = result.sequence;
}

void Product::flush() { must(store_->flush()); }
void Product::compact() { must(store_->compact()); }

void Product::reopen() {
    must(store_->close());
    store_.reset();
    open();
}

StatementResult Product::ask(const std::string& statement, std::int64_t now_ns, ScanPath path) {
    must(store_->wait_durable(last_written_));
    QueryOptions options;
    options.database = "d";
    options.now_ns = now_ns;
    options.path = path;
    QueryResult result = execute(*store_, statement, options);
    if (result.syntax_error) {
        StatementResult refused;
        refused.error = Error(ErrorCode::InvalidArgument, result.syntax_error->render(statement));
        return refused;
    }
    if (result.statements.size() != 1) throw std::runtime_error("not one answer: " + statement);
    return std::move(result.statements.front());
}

std::string differences(const std::vector<ExpectedSeries>& expected, const Query& query,
                        const StatementResult& got) {
    if (got.error) return "error: " + got.error->message() + "\n";
    std::string found;
    if (got.series.size() != expected.size()) {
        return "expected " + std::to_string(expected.size()) + " series, got " +
               std::to_string(got.series.size()) + "\n";
    }
    for (std::size_t s = 0; s < expected.size(); ++s) {
        const ResultSeries& series = got.series[s];
        std::string here;
        if (tags_text(series.tags) != tags_text(expected[s].tags)) {
            here += "  tags " + tags_text(series.tags) + "\n";
        }
        if (series.rows.size() != expected[s].rows.size()) {
            here += "  expected " + std::to_string(expected[s].rows.size()) + " rows, got " +
                    std::to_string(series.rows.size()) + "\n";
        } else {
            for (std::size_t r = 0; r < series.rows.size(); ++r) {
                here += row_differences(expected[s].rows[r], query, series.rows[r]);
            }
        }
        if (!here.empty()) found += "series " + tags_text(expected[s].tags) + ":\n" + here;
    }
    return found;
}

std::string text(const StatementResult& result) {
    if (result.error) return "error: " + result.error->message();
    std::string written;
    for (const ResultSeries& series : result.series) {
        written += series.name + tags_text(series.tags) + ":";
        for (const std::string& column : series.columns) written += " " + column;
        written += "\n";
        for (const auto& row : series.rows) written += "  " + row_text(row) + "\n";
    }
    return written;
}

std::string text(const std::vector<Point>& points) {
    std::string written;
    for (const Point& point : points) {
        written += "m" + tags_text(point.tags) + " ";
        std::string fields;
        for (const auto& [name, value] : point.fields) {
            fields += (fields.empty() ? "" : ",") + name + "=" + text(value);
        }
        written += fields + " " + std::to_string(point.time_ns) + "\n";
    }
    return written;
}

}  // namespace tidemark::oracle

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/micro/measures.h"
#include "bench/micro/suites.h"
#include "server/format/query_csv.h"
#include "server/format/query_json.h"

namespace tidemark::bench {
namespace {

constexpr std::int64_t kBeginNs = 1'767'571'200'000'000'000;
constexpr std::int64_t kStepNs = 300'000'000'000;
constexpr std::size_t kSeriesCount = 100;
constexpr std::size_t kRowsPerSeries = 288;

// What the cells of an answer may hold, apart from their time.
struct AnswerShape {
    const char* name;
    std::vector<std::string> columns;
    Cell (*cell)(std::size_t row, std::size_t column);
};

double wave(std::size_t row, std::size_t column) {
    return 60 + 40 * std::sin(static_cast<double>(row * 7 + column));
}

const std::vector<AnswerShape>& answer_shapes() {
    static const std::vector<AnswerShape> all = {
        {"decimals",
         {"p50", "p95", "p99"},
         [](std::size_t row, std::size_t column) {
             return Cell(std::round(wave(row, column) * 1000) / 1000);
         }},
        {"doubles",
         {"mean", "stddev"},
         [](std::size_t row, std::size_t column) { return Cell(wave(row, column)); }},
        {"integers",
         {"requests", "errors"},
         [](std::size_t row, std::size_t column) {
             return Cell(static_cast<std::int64_t>(row * 4093 * (column + 1)));
         }},
        {"strings",
         {"state", "reason"},
         [](std::size_t row, std::size_t column) {
             return Cell(std::string(column == 0 ? "up" : "answers <slow> & late, since ") +
                         std::to_string(row % 100));
         }},
    };
    return all;
}

// As large as the answer to Q1 of the peer comparison: a day of 5-minute buckets of 100 hosts.
QueryResult make_answer(const AnswerShape& shape) {
    StatementResult statement;
    statement.series.reserve(kSeriesCount);
    for (std::size_t host = 0; host < kSeriesCount; ++host) {
        ResultSeries series{"http", {{"host", "h" + std::to_string(100 + host)}}, {"time"}, {}};
        series.columns.insert(series.columns.end(), shape.columns.begin(), shape.columns.end());
        series.rows.reserve(kRowsPerSeries, series.columns.size());
        for (std::size_t row = 0; row < kRowsPerSeries; ++row) {
            std::vector<Cell> cells;
            cells.reserve(series.columns.size());
            cells.emplace_back(TimeCell{kBeginNs + kStepNs * static_cast<std::int64_t>(row)});
            for (std::size_t column = 0; column < shape.columns.size(); ++column) {
                cells.push_back(shape.cell(row + host, column));
            }
            series.rows.push_back(std::move(cells));
        }
        statement.series.push_back(std::move(series));
    }
    QueryResult answer;
    answer.statements.push_back(std::move(statement));
    return answer;
}

template <typename Writer>
void write_answer(benchmark::State& state, const AnswerShape& shape,
                  const MemoryBandwidth& bandwidth, const Writer& writer) {
    const QueryResult answer = make_answer(shape);
    const auto text_size = static_cast<double>(writer(answer).size());
    const auto cell_count =
        static_cast<double>(kSeriesCount * kRowsPerSeries * (shape.columns.size() + 1));
    // The cells are read and the text is written.
    const Work work{.rates = {{"cells", cell_count}, {"bytes", text_size}},
                    .costs = {{"cell", cell_count}},
                    .memory_bytes = cell_count * sizeof(Cell) + text_size};
    run(state, work, bandwidth, [&] { benchmark::DoNotOptimize(writer(answer)); });
}

}  // namespace

void register_answer_benchmarks(const Surroundings& surroundings) {
    const auto add = [&](const std::string& name, const AnswerShape& shape, auto writer) {
        add_benchmark("answer/" + name + '/' + shape.name, [&surroundings, &shape,
                                                            writer](benchmark::State& state) {
            write_answer(state, shape, surroundings.bandwidth, writer);
        })->Unit(benchmark::kMillisecond);
    };
    for (const AnswerShape& shape : answer_shapes()) {
        add("json_epoch", shape, [](const QueryResult& answer) {
            return server::query_json(answer, storage::TimePrecision::Milliseconds, false);
        });
        add("json_rfc3339", shape, [](const QueryResult& answer) {
            return server::query_json(answer, std::nullopt, false);
        });
        add("csv", shape, [](const QueryResult& answer) { return server::query_csv(answer, {}); });
    }
}

}  // namespace tidemark::bench

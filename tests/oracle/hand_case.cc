#include "tests/oracle/hand_case.h"

#include <algorithm>
#include <iterator>

#include <catch2/catch.hpp>

#include "tests/oracle/naive_kpis.h"

namespace tidemark::oracle {
namespace {

Expected hand_cell(const Cell& cell) {
    const double* value = std::get_if<double>(&cell);
    return {cell, value == nullptr ? Exact(0) : static_cast<Exact>(*value), 0};
}

/// The hand's answer with the oracle's labels, which windows_of()'s own cases check.
std::vector<ExpectedSeries> hand_answer(const std::vector<HandSeries>& hand, const Query& query) {
    const auto windows = windows_of(query);
    std::vector<ExpectedSeries> answer;
    for (const HandSeries& series : hand) {
        REQUIRE(series.rows.size() == windows.size());
        answer.push_back({series.tags, {}});
        for (std::size_t r = 0; r < series.rows.size(); ++r) {
            answer.back().rows.push_back({windows[r].label_ns, {}});
            std::transform(series.rows[r].begin(), series.rows[r].end(),
                           std::back_inserter(answer.back().rows.back().cells), hand_cell);
        }
    }
    return answer;
}

/// The oracle's answer in the engine's shape.
StatementResult as_result(const std::vector<ExpectedSeries>& answer) {
    StatementResult result;
    for (const ExpectedSeries& series : answer) {
        result.series.push_back({"m", {}, {}, {}});
        for (const Tag& tag : series.tags)
            result.series.back().tags.emplace_back(tag.key, tag.value);
        for (const ExpectedRow& row : series.rows) {
            Row cells{TimeCell{row.time_ns}};
            for (const Expected& cell : row.cells) cells.push_back(cell.cell);
            result.series.back().rows.push_back(cells);
        }
    }
    return result;
}

/// Asks a table of the engine, from the head and from segments.
void check_product(const std::vector<Point>& points, const Query& query,
                   const std::vector<ExpectedSeries>& answer,
                   const std::vector<std::string>& columns) {
    // differences() names columns after the query's calls and checks times when there are buckets.
    Query table = query;
    table.bucket_ns = 1;
    table.calls.assign(columns.size() - 1, query.calls.front());
    Product product;
    product.write(points);
    for (const bool is_flushed : {false, true}) {
        if (is_flushed) product.flush();
        const StatementResult got = product.ask(text(query, "m"), query.now_ns);
        INFO((is_flushed ? "from segments:\n" : "from the head:\n") << text(got));
        CHECK(differences(answer, table, got).empty());
        REQUIRE(got.series.size() == 1);
        CHECK(got.series.front().columns == columns);
    }
}

}  // namespace

void check_series(const std::vector<Point>& points, const Query& query,
                  const std::vector<HandSeries>& hand) {
    const std::string statement = text(query, "m");
    INFO(statement);
    const auto answer = hand_answer(hand, query);
    INFO("oracle:\n" << text(as_result(evaluate(points, query))));
    CHECK(differences(answer, query, as_result(evaluate(points, query))).empty());

    Product product;
    product.write(points);
    const StatementResult from_head = product.ask(statement, query.now_ns);
    INFO("from the head:\n" << text(from_head));
    CHECK(differences(answer, query, from_head).empty());
    product.flush();
    const StatementResult from_segments = product.ask(statement, query.now_ns);
    INFO("from segments:\n" << text(from_segments));
    CHECK(differences(answer, query, from_segments).empty());
}

void check(const std::vector<Point>& points, const Query& query, const Rows& rows) {
    check_series(points, query, {{{}, rows}});
}

void check_episodes(const std::vector<Point>& points, const Query& query,
                    const std::vector<HandEpisode>& hand) {
    const std::string statement = text(query, "m");
    INFO(statement);
    std::vector<ExpectedSeries> answer{{{}, {}}};
    for (const HandEpisode& episode : hand) {
        answer.front().rows.push_back(
            {at(episode.begin),
             {hand_cell(TimeCell{at(episode.end)}),
              hand_cell(number(static_cast<double>(episode.end - episode.begin))),
              hand_cell(number(static_cast<double>(episode.inside))),
              hand_cell(Cell(episode.is_open)), hand_cell(number(episode.peak)),
              hand_cell(number(episode.mean)),
              hand_cell(number(static_cast<double>(episode.unknown))),
              hand_cell(Cell(std::string("a")))}});
    }
    const auto from_oracle =
        episodes_of(series_of(points).front(), query.calls.front(), "v", query);
    REQUIRE(from_oracle.size() == hand.size());
    for (std::size_t i = 0; i < hand.size(); ++i) {
        CHECK(from_oracle[i].begin_ns == at(hand[i].begin));
        CHECK(from_oracle[i].end_ns == at(hand[i].end));
        CHECK(from_oracle[i].inside_ns == minutes(hand[i].inside));
        CHECK(from_oracle[i].is_open == hand[i].is_open);
        CHECK(agrees(from_oracle[i].peak, number(hand[i].peak)));
        CHECK(agrees(from_oracle[i].mean, number(hand[i].mean)));
        CHECK(from_oracle[i].unknown_ns == minutes(hand[i].unknown));
    }
    check_product(points, query, answer,
                  {"time", "end", "duration", "inside", "open", "peak", "mean", "unknown", "host"});
}

void check_table(const std::vector<Point>& points, const Query& query,
                 const std::vector<HandTableRow>& hand) {
    INFO(text(query, "m"));
    const Call& call = query.calls.front();
    const Series series = series_of(points).front();
    const bool is_changes = call.function == "changes";
    const auto from_oracle = is_changes ? changes_of(series, call.field, query)
                                        : state_durations_of(series, call, query);
    REQUIRE(from_oracle.size() == hand.size());
    std::vector<ExpectedSeries> answer{{{}, {}}};
    for (std::size_t r = 0; r < hand.size(); ++r) {
        CHECK(from_oracle[r].time_ns == at(hand[r].minute));
        REQUIRE(from_oracle[r].cells.size() == hand[r].cells.size());
        ExpectedRow row{at(hand[r].minute), {}};
        for (std::size_t i = 0; i < hand[r].cells.size(); ++i) {
            CHECK(agrees(from_oracle[r].cells[i], hand[r].cells[i]));
            row.cells.push_back(hand_cell(hand[r].cells[i]));
        }
        row.cells.push_back(hand_cell(Cell(std::string("a"))));
        answer.front().rows.push_back(std::move(row));
    }
    check_product(points, query, answer,
                  is_changes ? std::vector<std::string>{"time", "value", "host"}
                             : std::vector<std::string>{"time", "value", "duration", "share",
                                                        "entries", "host"});
}

}  // namespace tidemark::oracle

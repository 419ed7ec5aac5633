// Complete answers of random statements over random data, cell by cell, on every path and at every
// stage of a store's life: properties 3 and 8.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/oracle/naive_kpis.h"
#include "tests/properties/random_case.h"

namespace tidemark::properties {
namespace {

TEST_CASE("every cell of every answer is the naive evaluator's", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(80); ++seed) {
        INFO("case " << seed);
        Random random(seed);
        const RandomData data = random_data(random);
        std::vector<Query> queries;
        for (int i = 0; i < 5; ++i) queries.push_back(random_query(random, data));
        for_each_stage(
            random, data,
            [&](const std::string& stage, Product& product, const std::vector<Point>& arrivals) {
                INFO(stage);
                for (const Query& query : queries) {
                    check_answer(product, arrivals, query);
                }
            });
    }
}

/// Compares a table of one host with the rows the naive evaluator found, which lack the tags.
void check_table(Product& product, const std::vector<oracle::ExpectedRow>& expected,
                 const Query& query, const std::string& host, ScanPath path) {
    const std::string statement = oracle::text(query, "m");
    INFO(statement << " now " << query.now_ns << ", host " << host);
    const StatementResult got = product.ask(statement, query.now_ns, path);
    REQUIRE_FALSE(got.error);
    RowTable rows;
    for (const ResultSeries& series : got.series) {
        if (series.tags.at(1).second == host) rows = series.rows;
    }
    INFO(oracle::text(got));
    REQUIRE(rows.size() == expected.size());
    for (std::size_t r = 0; r < rows.size(); ++r) {
        CHECK(rows[r][0] == Cell(TimeCell{expected[r].time_ns}));
        REQUIRE(rows[r].size() >= expected[r].cells.size() + 1);
        for (std::size_t i = 0; i < expected[r].cells.size(); ++i) {
            INFO("row " << r << ", column " << i);
            CHECK(oracle::agrees(expected[r].cells[i], rows[r][i + 1]));
        }
    }
}

TEST_CASE("changes and state_durations are the naive evaluator's, on every path", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(40); ++seed) {
        INFO("case " << seed);
        Random random(seed);
        const RandomData data = random_data(random);
        Query query = random_range(random, data);
        query.group_tags = {"dc", "host"};
        Call call;
        call.field = random.pick<std::string>({"f", "i", "u", "b", "s"});
        call.unit_ns = 1;
        for_each_stage(
            random, data,
            [&](const std::string& stage, Product& product, const std::vector<Point>& arrivals) {
                INFO(stage);
                for (const oracle::Series& series : oracle::series_of(arrivals)) {
                    for (const auto& [name, path] : paths()) {
                        INFO(name);
                        const std::string host = series.tag("host");
                        Query changes = query;
                        changes.calls = {call};
                        changes.calls[0].function = "changes";
                        changes.calls[0].unit_ns = 0;
                        check_table(product, oracle::changes_of(series, call.field, query), changes,
                                    host, path);
                        Query durations = query;
                        durations.calls = {call};
                        durations.calls[0].function = "state_durations";
                        check_table(product,
                                    oracle::state_durations_of(series, durations.calls[0], query),
                                    durations, host, path);
                    }
                }
            });
    }
}

}  // namespace
}  // namespace tidemark::properties

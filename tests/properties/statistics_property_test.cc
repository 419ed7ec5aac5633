// Objectives and statistics of samples, cell by cell, on every path and at every stage of a store's
// life; and what must hold between their columns whatever the data.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/properties/random_case.h"
#include "tests/properties/random_statistics.h"

namespace tidemark::properties {
namespace {

/// Field i becomes the answers of a survey, some of which are none.
void make_survey(Random& random, std::vector<Point>& points) {
    for (Point& point : points) {
        const auto found = point.fields.find("i");
        if (found != point.fields.end()) found->second = random.between(-1, 11);
    }
}

Query random_statistics_query(Random& random, const RandomData& data) {
    Query query = random_range(random, data);
    if (random.chance(60)) add_random_buckets(random, query);
    query.now_ns = std::max(query.now_ns, oracle::windows_of(query).front().begin_ns + 1);
    if (random.chance(20)) {
        query.unknown_as = random.chance(50) ? oracle::UnknownAs::Bad : oracle::UnknownAs::Good;
    }
    query.group_tags = random.pick<std::vector<std::string>>({{}, {"host"}, {"dc"}});
    const std::uint64_t count = 1 + random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
        query.calls.push_back(random_statistic(random, data));
    }
    return query;
}

const Cell& cell_of(ConstRow row, std::size_t column) { return row.at(1 + column); }

/// A duration in ns; the call must have asked for these.
std::int64_t ns_of(ConstRow row, std::size_t column) {
    return std::get<std::int64_t>(cell_of(row, column));
}

}  // namespace

TEST_CASE("every statistic of every window is the naive evaluator's", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(60); ++seed) {
        INFO("case " << seed);
        Random random(10'000 + seed);
        RandomData data = random_data(random);
        make_survey(random, data.points);
        make_survey(random, data.late);
        std::vector<Query> queries;
        for (int i = 0; i < 5; ++i) queries.push_back(random_statistics_query(random, data));
        for_each_stage(
            random, data,
            [&](const std::string& stage, Product& product, const std::vector<Point>& arrivals) {
                INFO(stage);
                for (const Query& query : queries) check_answer(product, arrivals, query);
            });
    }
}

TEST_CASE("budget, spent, left and verdict agree with each other and with R4", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(150); ++seed) {
        INFO("case " << seed);
        Random random(20'000 + seed);
        const RandomData data = random_data(random);
        Product product(random_store_options(random, data));
        product.write(data.points);
        Query query = random_range(random, data);
        add_random_buckets(random, query);
        query.now_ns = std::max(query.now_ns, oracle::windows_of(query).front().begin_ns + 1);
        Call sla = random_statistic(random, data);
        while (sla.function != "sla") sla = random_statistic(random, data);
        sla.unit_ns = 1;
        query.calls = {sla};
        for (const char* part : {"time_out", "unknown", "future"}) {
            query.calls.push_back({part, "", sla.predicate, {}, 0, {}, 1});
        }
        const StatementResult got = product.ask(oracle::text(query, "m"), query.now_ns);
        INFO(oracle::text(query, "m"));
        REQUIRE_FALSE(got.error);
        for (const ResultSeries& series : got.series) {
            for (const ConstRow row : series.rows) {
                const std::int64_t budget_ns = ns_of(row, 4);
                const std::int64_t spent_ns = ns_of(row, 5);
                const std::int64_t unknown_ns = ns_of(row, 8);
                const auto verdict = std::get<std::string>(cell_of(row, 0));
                CHECK(ns_of(row, 6) == budget_ns - spent_ns);
                CHECK(spent_ns == ns_of(row, 7));
                CHECK((verdict == "BREACHED") == (spent_ns > budget_ns));
                const bool is_safe = spent_ns + unknown_ns <= budget_ns;
                if (verdict == "MET") CHECK(is_safe);
                if (verdict == "UNDETERMINED") CHECK_FALSE(is_safe);
                if (ns_of(row, 9) > 0) CHECK((verdict == "OPEN" || verdict == "BREACHED"));
            }
        }
    }
}

}  // namespace tidemark::properties

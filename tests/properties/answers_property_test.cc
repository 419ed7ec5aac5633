// Complete answers of random statements over random data, cell by cell, on every path and at every
// stage of a store's life: properties 3 and 8.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

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

}  // namespace
}  // namespace tidemark::properties

// The properties of semantics.md that hold whatever the data is, asked of the engine alone: the
// naive evaluator could share a mistake with it, arithmetic cannot.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/properties/random_case.h"

namespace tidemark::properties {
namespace {

Call call_of(std::string function, const Predicate& predicate, std::int64_t unit_ns = 0) {
    return {std::move(function), "", {predicate}, {}, 0, {}, unit_ns};
}

Call call_on(std::string function, std::string field) {
    return {std::move(function), std::move(field), {}, {}, 0, {}, 0};
}

/// A case: its data, in a store at a random stage of its life.
struct Case {
    explicit Case(std::uint64_t seed)
        : random(seed), data(random_data(random)), product(random_store_options(random, data)) {
        std::vector<Point> arrivals = data.points;
        arrivals.insert(arrivals.end(), data.late.begin(), data.late.end());
        const std::size_t cut = random.below(arrivals.size() + 1);
        write_in_batches(random, product, arrivals, 0, cut);
        if (random.chance(70)) product.flush();
        write_in_batches(random, product, arrivals, cut, arrivals.size());
        if (random.chance(40)) product.flush();
        if (random.chance(40)) product.compact();
    }

    StatementResult ask(const Query& query) {
        return product.ask(oracle::text(query, "m"), query.now_ns);
    }

    Random random;
    RandomData data;
    Product product;
};

/// An integer cell; 0 for null.
std::int64_t integer(const Cell& cell) {
    const auto* value = std::get_if<std::int64_t>(&cell);
    return value == nullptr ? 0 : *value;
}

/// The rows of all series of an answer by tags and label: comparable.
std::string answer_text(const StatementResult& result) { return oracle::text(result); }

TEST_CASE("the parts of a window add up to it", "[properties]") {
    std::uint64_t row_count = 0;
    for (std::uint64_t seed = 1; seed <= case_count(100); ++seed) {
        Case one(seed);
        Query query = random_range(one.random, one.data);
        if (one.random.chance(70)) add_random_buckets(one.random, query);
        query.group_tags = {"dc", "host"};
        const Predicate p = random_predicate(one.random, one.data, 2);
        for (const char* part : {"time_in", "time_out", "unknown", "excluded", "future"}) {
            query.calls.push_back(call_of(part, p, 1));
        }
        INFO("case " << seed << ": " << oracle::text(query, "m") << " now " << query.now_ns);
        const StatementResult got = one.ask(query);
        REQUIRE_FALSE(got.error);
        const auto windows = oracle::windows_of(query);
        for (const ResultSeries& series : got.series) {
            REQUIRE(series.rows.size() == windows.size());
            for (std::size_t i = 0; i < windows.size(); ++i) {
                std::int64_t sum_ns = 0;
                for (std::size_t column = 1; column <= 5; ++column) {
                    REQUIRE(std::holds_alternative<std::int64_t>(series.rows[i][column]));
                    CHECK(integer(series.rows[i][column]) >= 0);
                    sum_ns += integer(series.rows[i][column]);
                }
                CHECK(sum_ns == windows[i].end_ns - windows[i].begin_ns);
                ++row_count;
            }
        }
    }
    CHECK(row_count > 100);
}

TEST_CASE("what is additive is the sum of its parts after any split", "[properties]") {
    std::uint64_t compared_count = 0;
    for (std::uint64_t seed = 1; seed <= case_count(60); ++seed) {
        Case one(seed);
        Query whole = random_range(one.random, one.data);
        whole.now_ns = one.data.end_ns + 1'000'000'000;
        const Predicate p = random_predicate(one.random, one.data, 1);
        whole.calls = {call_of("time_in", p, 1), call_of("time_out", p, 1), call_on("count", "i"),
                       call_on("sum", "i"), call_on("count", "s")};
        Query first = whole;
        Query second = whole;
        first.end_ns = second.begin_ns = one.random.between(whole.begin_ns, whole.end_ns);
        INFO("case " << seed << ": " << oracle::text(whole, "m") << " split at " << first.end_ns);
        std::vector<std::int64_t> sums(whole.calls.size());
        for (const Query& part : {first, second}) {
            if (part.begin_ns >= part.end_ns) continue;
            const StatementResult got = one.ask(part);
            REQUIRE_FALSE(got.error);
            if (got.series.empty()) continue;
            for (std::size_t i = 0; i < sums.size(); ++i) {
                sums[i] += integer(got.series[0].rows.at(0).at(i + 1));
            }
        }
        const StatementResult got = one.ask(whole);
        REQUIRE_FALSE(got.error);
        if (got.series.empty()) continue;
        for (std::size_t i = 0; i < sums.size(); ++i) {
            CHECK(integer(got.series[0].rows.at(0).at(i + 1)) == sums[i]);
        }
        ++compared_count;
    }
    CHECK(compared_count > 20);
}

TEST_CASE("current and since say the same beside what looks at the whole range", "[properties]") {
    std::uint64_t compared_count = 0;
    for (std::uint64_t seed = 1; seed <= case_count(150); ++seed) {
        Case one(seed);
        Query alone = random_range(one.random, one.data);
        alone.group_tags = {"dc", "host"};
        const Predicate p = random_predicate(one.random, one.data, 1);
        alone.calls = {call_of("current", p, 1), call_of("since", p)};
        Query beside = alone;
        beside.calls.push_back(call_of("longest", p, 1));
        INFO("case " << seed << ": " << oracle::text(alone, "m") << " now " << alone.now_ns);
        const StatementResult ends = one.ask(alone);
        const StatementResult whole = one.ask(beside);
        REQUIRE_FALSE(ends.error);
        REQUIRE(ends.series.size() == whole.series.size());
        for (std::size_t s = 0; s < ends.series.size(); ++s) {
            REQUIRE(ends.series[s].rows.size() == whole.series[s].rows.size());
            for (std::size_t column = 1; column <= 2; ++column) {
                CHECK((ends.series[s].rows.at(0).at(column) ==
                       whole.series[s].rows.at(0).at(column)));
            }
            ++compared_count;
        }
        REQUIRE(ends.messages.size() == whole.messages.size());
    }
    CHECK(compared_count > 100);
}

TEST_CASE("buckets of unknown time add up to the range's", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(60); ++seed) {
        Case one(seed);
        Query query = random_range(one.random, one.data);
        query.group_tags = {"dc", "host"};
        query.calls = {call_of("unknown", random_predicate(one.random, one.data, 1), 1)};
        const StatementResult whole = one.ask(query);
        Query split = query;
        add_random_buckets(one.random, split);
        split.window_ns = 0;
        const StatementResult parts = one.ask(split);
        INFO("case " << seed << ": " << oracle::text(split, "m") << " now " << split.now_ns);
        REQUIRE(whole.series.size() == parts.series.size());
        for (std::size_t s = 0; s < whole.series.size(); ++s) {
            std::int64_t sum_ns = 0;
            for (const auto& row : parts.series[s].rows) sum_ns += integer(row.at(1));
            CHECK(integer(whole.series[s].rows.at(0).at(1)) == sum_ns);
        }
    }
}

TEST_CASE("any order and batching of the same lines gives the same answers", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(40); ++seed) {
        INFO("case " << seed);
        Random random(seed);
        const RandomData data = random_data(random);  // Without `late`: no times twice.
        Product in_order(random_store_options(random, data));
        in_order.write(data.points);
        std::vector<Point> shuffled = data.points;
        random.shuffle(shuffled);
        Product in_disorder(random_store_options(random, data));
        const std::size_t cut = random.below(shuffled.size() + 1);
        write_in_batches(random, in_disorder, shuffled, 0, cut);
        in_disorder.flush();
        write_in_batches(random, in_disorder, shuffled, cut, shuffled.size());
        // Retries change nothing.
        write_in_batches(random, in_disorder, shuffled, 0, cut / 2);
        if (random.chance(50)) in_disorder.flush();
        if (random.chance(50)) in_disorder.compact();
        if (random.chance(50)) in_disorder.reopen();
        for (int i = 0; i < 4; ++i) {
            const Query query = random_query(random, data);
            const auto expected = oracle::evaluate(data.points, query);
            const std::string statement = oracle::text(query, "m");
            INFO(statement << " now " << query.now_ns);
            for (Product* product : {&in_order, &in_disorder}) {
                const auto got = product->ask(statement, query.now_ns);
                INFO(oracle::differences(expected, query, got));
                CHECK(oracle::differences(expected, query, got).empty());
            }
        }
    }
}

TEST_CASE("an equal sample more changes no time function", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(60); ++seed) {
        Random random(seed);
        const RandomData data = random_data(random);
        Query query = random_range(random, data);
        query.hold_ns = kHoldForever;  // So all gaps are below H.
        if (random.chance(50)) add_random_buckets(random, query);
        const Predicate p = random_predicate(random, data, 1);
        query.calls = {call_of("time_in", p, 1), call_of("time_out", p, 1),
                       call_of("unknown", p, 1), call_of("longest", p, 1),
                       call_of("current", p, 1)};
        query.group_tags = {"dc", "host"};

        Product product(random_store_options(random, data));
        product.write(data.points);
        if (random.chance(50)) product.flush();
        const std::string statement = oracle::text(query, "m");
        const std::string before = answer_text(product.ask(statement, query.now_ns));
        // Between a point with all fields and the series' next one, the same fields again.
        std::vector<Point> equal;
        for (const oracle::Series& series : oracle::series_of(data.points)) {
            for (auto row = series.rows.begin(); row != series.rows.end(); ++row) {
                const auto next = std::next(row);
                if (next == series.rows.end() || next->first - row->first < 2) continue;
                if (!random.chance(30)) continue;
                equal.push_back(
                    {series.tags, random.between(row->first + 1, next->first - 1), row->second});
            }
        }
        if (equal.empty()) continue;
        product.write(equal);
        INFO("case " << seed << ": " << statement << " now " << query.now_ns);
        CHECK(answer_text(product.ask(statement, query.now_ns)) == before);
    }
}

TEST_CASE("uptime lies between its bounds, and NOT swaps good and bad", "[properties]") {
    std::uint64_t known_count = 0;
    for (std::uint64_t seed = 1; seed <= case_count(80); ++seed) {
        Case one(seed);
        Query query = random_range(one.random, one.data);
        if (one.random.chance(50)) add_random_buckets(one.random, query);
        const Predicate p = random_predicate(one.random, one.data, 2);
        const Predicate not_p = oracle::negation(p);
        query.calls = {call_of("uptime_low", p),  call_of("uptime", p),
                       call_of("uptime_high", p), call_of("unknown", p, 1),
                       call_of("time_in", p, 1),  call_of("time_out", not_p, 1),
                       call_of("time_out", p, 1), call_of("time_in", not_p, 1),
                       call_of("uptime", not_p),  call_of("downtime", p)};
        INFO("case " << seed << ": " << oracle::text(query, "m") << " now " << query.now_ns);
        const StatementResult got = one.ask(query);
        REQUIRE_FALSE(got.error);
        for (const ResultSeries& series : got.series) {
            for (const auto& row : series.rows) {
                CHECK(row[5] == row[6]);
                CHECK(row[7] == row[8]);
                CHECK(row[9] == row[10]);
                if (!std::holds_alternative<double>(row[2])) continue;
                ++known_count;
                CHECK(std::get<double>(row[1]) <= std::get<double>(row[2]));
                CHECK(std::get<double>(row[2]) <= std::get<double>(row[3]));
                if (integer(row[4]) == 0) CHECK(row[1] == row[3]);
            }
        }
    }
    CHECK(known_count > 100);
}

TEST_CASE("percentile_disc is at most L exactly when share_le is at least q", "[properties]") {
    std::uint64_t compared_count = 0;
    for (std::uint64_t seed = 1; seed <= case_count(60); ++seed) {
        Case one(seed);
        Query query = random_range(one.random, one.data);
        if (one.random.chance(50)) add_random_buckets(one.random, query);
        Call disc = call_on("percentile_disc", "f");
        disc.thousandths = one.random.between(1, 1'000);
        Call share = call_on("share_le", "f");
        const auto found = one.data.points.empty() ? std::map<std::string, Value>{}
                                                   : one.random.pick(one.data.points).fields;
        const bool is_number = found.contains("f") && !oracle::is_nan(found.at("f"));
        share.limit = is_number ? found.at("f") : Value(0.5);
        query.calls = {disc, share, call_on("count", "f")};
        INFO("case " << seed << ": " << oracle::text(query, "m"));
        const StatementResult got = one.ask(query);
        REQUIRE_FALSE(got.error);
        for (const ResultSeries& series : got.series) {
            for (const auto& row : series.rows) {
                if (!std::holds_alternative<double>(row[1])) continue;
                // The share as a count of samples, so that no rounding decides.
                const auto within = static_cast<std::int64_t>(
                    std::llround(std::get<double>(row[2]) * static_cast<double>(integer(row[3]))));
                const bool is_at_most = std::get<double>(row[1]) <= std::get<double>(share.limit);
                CHECK(is_at_most == (within * 1'000 >= disc.thousandths * integer(row[3])));
                ++compared_count;
            }
        }
    }
    CHECK(compared_count > 100);
}

TEST_CASE("a WINDOW as wide as its bucket is no WINDOW", "[properties]") {
    for (std::uint64_t seed = 1; seed <= case_count(60); ++seed) {
        Case one(seed);
        Query query = random_query(one.random, one.data);
        if (query.bucket_ns == 0) add_random_buckets(one.random, query);
        query.window_ns = 0;
        const std::string plain = answer_text(one.ask(query));
        query.window_ns = query.bucket_ns;
        INFO("case " << seed << ": " << oracle::text(query, "m") << " now " << query.now_ns);
        CHECK(answer_text(one.ask(query)) == plain);
    }
}

}  // namespace
}  // namespace tidemark::properties

// Every path must be walked, or comparing them proves nothing: data laid out so that one kind of
// answer is the cheapest, and EXPLAIN ANALYZE to say that it was taken.

#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/properties/random_case.h"

namespace tidemark::properties {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;
constexpr std::uint32_t kRowsPerVector = 64;
constexpr std::int64_t kVectorCount = 10;
constexpr std::int64_t kRowCount = kVectorCount * kRowsPerVector;

/// Rows answered by `kind` according to EXPLAIN ANALYZE of `statement`.
std::uint64_t rows_answered_by(const std::string& kind, Product& product,
                               const std::string& statement, ScanPath path) {
    const StatementResult explained =
        product.ask("EXPLAIN ANALYZE " + statement, kStart + 2 * kRowCount * kSecond, path);
    REQUIRE_FALSE(explained.error);
    const std::string wanted = "rows answered by " + kind + ": ";
    for (const ResultSeries& series : explained.series) {
        for (const auto& row : series.rows) {
            const auto* line = std::get_if<std::string>(&row.at(0));
            if (line == nullptr || !line->starts_with(wanted)) continue;
            std::uint64_t count = 0;
            const char* digits = line->data() + wanted.size();
            const auto parsed = std::from_chars(digits, line->data() + line->size(), count);
            REQUIRE(parsed.ec == std::errc());
            return count;
        }
    }
    FAIL("no line '" << wanted << "' in " << oracle::text(explained));
    return 0;
}

/// One series, a row per second. Within each vector values rise by 0.01 from `low`; where
/// `straddles`, every second one lies 50 higher.
std::vector<Point> vectors_of(double low, bool straddles) {
    std::vector<Point> points;
    for (std::int64_t i = 0; i < kRowCount; ++i) {
        const double value = low + static_cast<double>(i % kRowsPerVector) / 100;
        const bool is_high = straddles && i % 2 == 1;
        points.push_back({{{"host", "a"}},
                          kStart + i * kSecond,
                          {{"f", is_high ? value + 50 : value}, {"i", i % 7}}});
    }
    return points;
}

StoreOptions store_options() {
    StoreOptions options;
    options.rows_per_vector = kRowsPerVector;
    return options;
}

/// A store whose rows all lie in full vectors of segments.
struct FlushedProduct : Product {
    explicit FlushedProduct(const std::vector<Point>& points) : Product(store_options()) {
        write(points);
        flush();
    }
};

Query states_over(double threshold, std::int64_t begin_ns, std::int64_t end_ns) {
    const Predicate above = oracle::compare("f", CompareOp::Greater, threshold);
    Query query;
    query.begin_ns = begin_ns;
    query.end_ns = end_ns;
    query.now_ns = end_ns + kSecond;
    query.hold_ns = 5 * kSecond;
    for (const char* function : {"time_in", "time_out", "unknown", "longest"}) {
        query.calls.push_back({function, "", {above}, {}, 0, {}, 1});
    }
    return query;
}

}  // namespace

TEST_CASE("vectors on one side of the threshold are answered by their summaries", "[properties]") {
    const auto points = vectors_of(10, false);
    FlushedProduct product(points);
    for (const double threshold : {5.0, 30.0}) {
        // The range cuts the first and the last vector.
        const Query query = states_over(threshold, kStart + 10 * kSecond + 3,
                                        kStart + (kRowCount - 10) * kSecond + 5);
        check_answer(product, points, query);
        const std::string statement = oracle::text(query, "m");
        INFO(statement);
        CHECK(rows_answered_by("summaries", product, statement, ScanPath::Cheapest) >=
              (kVectorCount - 2) * kRowsPerVector);
        CHECK(rows_answered_by("summaries", product, statement, ScanPath::NoSummaries) == 0);
        CHECK(rows_answered_by("summaries", product, statement, ScanPath::Decoded) == 0);
    }
}

TEST_CASE("vectors across the threshold are answered on their encoded values", "[properties]") {
    const auto points = vectors_of(10, true);
    FlushedProduct product(points);
    const Query query = states_over(30.0, kStart, kStart + kRowCount * kSecond);
    check_answer(product, points, query);
    const std::string statement = oracle::text(query, "m");
    INFO(statement);
    CHECK(rows_answered_by("encoded values", product, statement, ScanPath::Cheapest) > 0);
    CHECK(rows_answered_by("encoded values", product, statement, ScanPath::NoSummaries) > 0);
    CHECK(rows_answered_by("encoded values", product, statement, ScanPath::Decoded) == 0);
    CHECK(rows_answered_by("decoding", product, statement, ScanPath::Decoded) > 0);
}

TEST_CASE("sums and counts of whole vectors are answered by their summaries", "[properties]") {
    const auto points = vectors_of(0.1, true);
    FlushedProduct product(points);
    Query query;
    query.begin_ns = kStart + 10 * kSecond;
    query.end_ns = kStart + (kRowCount - 10) * kSecond;
    query.now_ns = query.end_ns;
    query.hold_ns = 5 * kSecond;
    for (const char* function : {"count", "sum", "mean", "min", "max", "time_mean"}) {
        query.calls.push_back({function, "f", {}, {}, 0, {}, 0});
    }
    query.calls.push_back({"sum", "i", {}, {}, 0, {}, 0});
    check_answer(product, points, query);
    const std::string statement = oracle::text(query, "m");
    INFO(statement);
    CHECK(rows_answered_by("summaries", product, statement, ScanPath::Cheapest) > 0);
    CHECK(rows_answered_by("decoding", product, statement, ScanPath::Decoded) > 0);
    CHECK(rows_answered_by("summaries", product, statement, ScanPath::Decoded) == 0);
}

TEST_CASE("late data takes a vector off the summary path and changes the answer", "[properties]") {
    auto points = vectors_of(10, false);
    FlushedProduct product(points);
    const Query query = states_over(30.0, kStart, kStart + kRowCount * kSecond);
    check_answer(product, points, query);
    // A second above the threshold inside the fourth vector, and one sample overwritten.
    const std::vector<Point> late = {
        {{{"host", "a"}}, kStart + 3 * kRowsPerVector * kSecond + kSecond / 2, {{"f", 99.0}}},
        {{{"host", "a"}}, kStart + 5 * kRowsPerVector * kSecond, {{"f", 77.0}}}};
    product.write(late);
    points.insert(points.end(), late.begin(), late.end());
    check_answer(product, points, query);
    product.flush();
    check_answer(product, points, query);
    const std::string statement = oracle::text(query, "m");
    INFO(statement);
    CHECK(rows_answered_by("summaries", product, statement, ScanPath::Cheapest) > 0);
}

}  // namespace tidemark::properties

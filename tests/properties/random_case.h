#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/oracle/naive_evaluator.h"
#include "tests/oracle/product.h"

// Random data, statements and the life of a store: what the properties of semantics.md are tried
// on. Everything follows from a case's number, so a failure is repeated by its number.

namespace tidemark::properties {

using oracle::Call;
using oracle::Point;
using oracle::Predicate;
using oracle::Product;
using oracle::Query;

/// Random numbers of one case.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    /// 0 .. count - 1. Not the library's distributions: those differ between implementations.
    std::uint64_t below(std::uint64_t count) { return engine_() % count; }
    std::int64_t between(std::int64_t least, std::int64_t greatest) {
        return least +
               static_cast<std::int64_t>(below(static_cast<std::uint64_t>(greatest - least) + 1));
    }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <typename T>
    const T& pick(const std::vector<T>& choices) {
        return choices[below(choices.size())];
    }
    template <typename T>
    void shuffle(std::vector<T>& items) {
        for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
    }

private:
    std::mt19937_64 engine_;
};

/// `usual`, times what the environment variable TIDEMARK_PROPERTY_CASES says (1 when unset).
std::uint64_t case_count(std::uint64_t usual);

/// Lines of some series with fields f (float), i (integer), u (unsigned), b (boolean), s (string).
struct RandomData {
    std::vector<Point> points;  ///< Each time of each series once, in order of time.
    std::vector<Point> late;    ///< More points amid them, some at times written before.
    std::int64_t begin_ns = 0;  ///< Time of the first point.
    std::int64_t end_ns = 0;    ///< Time of the last point.
    std::int64_t step_ns = 0;   ///< About the time between two points of a series.
};

RandomData random_data(Random& random);

/// A store with tiny vectors and small partitions.
/// A value of `field` that occurs in the data, so that comparisons hit it exactly.
Value random_constant(Random& random, const RandomData& data, const std::string& field);

StoreOptions random_store_options(Random& random, const RandomData& data);

/// A comparison of one of the fields, or several under AND, OR and NOT.
Predicate random_predicate(Random& random, const RandomData& data, unsigned depth);

/// A range and a hold; without functions.
Query random_range(Random& random, const RandomData& data);
/// GROUP BY time with or without offset and WINDOW; never more than some dozen windows.
void add_random_buckets(Random& random, Query& query);
/// A complete statement.
Query random_query(Random& random, const RandomData& data);

/// Writes points [begin, end) in random batches.
void write_in_batches(Random& random, Product& product, const std::vector<Point>& points,
                      std::size_t begin, std::size_t end);

/// Leads a store through its life - written, flushed, late data on top, reopened, flushed again -
/// and calls `check` at each stage with what had arrived by then.
void for_each_stage(Random& random, const RandomData& data,
                    const std::function<void(const std::string& stage, Product& product,
                                             const std::vector<Point>& arrivals)>& check);

/// All ways to answer, with their names.
const std::vector<std::pair<std::string, ScanPath>>& paths();

/// Asks and compares with the naive evaluator on every path; fails with all that is needed to
/// repeat it.
void check_answer(Product& product, const std::vector<Point>& arrivals, const Query& query);

}  // namespace tidemark::properties

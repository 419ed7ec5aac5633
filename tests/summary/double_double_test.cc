#include "storage/summary/double_double.h"

#include <random>

#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;
using Rational = boost::multiprecision::cpp_rational;
using Integer = boost::multiprecision::cpp_int;

Rational exact(const DoubleDouble& value) { return Rational(value.high) + Rational(value.low); }

double random_double(std::mt19937_64& random) {
    const auto digits = static_cast<std::int64_t>(random()) >> 10;
    return std::ldexp(static_cast<double>(digits), static_cast<int>(random() % 120) - 60);
}

}  // namespace

TEST_CASE("sum and product of two doubles are exact", "[summary]") {
    std::mt19937_64 random(21);
    for (int round = 0; round < 2'000; ++round) {
        const double left = random_double(random);
        const double right = random_double(random);
        CHECK(exact(two_sum(left, right)) == Rational(left) + Rational(right));
        CHECK(exact(two_product(left, right)) == Rational(left) * Rational(right));
    }
}

TEST_CASE("a sum and a product lose at most 2^-100 of themselves", "[summary]") {
    std::mt19937_64 random(22);
    const Rational bound = Rational(1) / Rational(Integer(1) << 100);
    for (int round = 0; round < 2'000; ++round) {
        const DoubleDouble left = two_sum(random_double(random), random_double(random));
        const DoubleDouble right = two_sum(random_double(random), random_double(random));
        const Rational sum = exact(left) + exact(right);
        const Rational magnitudes = abs(exact(left)) + abs(exact(right));
        CHECK(abs(exact(add(left, right)) - sum) <= magnitudes * bound);
        const std::uint64_t distance = random() >> (random() % 64);
        const Rational product = exact(left) * Rational(distance);
        CHECK(abs(exact(multiply(left, distance)) - product) <= abs(product) * bound);
    }
}

TEST_CASE("128-bit integers become pairs of doubles", "[summary]") {
    std::mt19937_64 random(23);
    for (int round = 0; round < 2'000; ++round) {
        const auto upper = static_cast<std::int64_t>(random()) >> (2 + random() % 62);
        const std::uint64_t lower = random();
        const Int128 value = static_cast<Int128>(upper) * (Int128{1} << 64) + lower;
        const Integer reference = (Integer(upper) << 64) + lower;
        const Rational difference = exact(to_double_double(value)) - Rational(reference);
        CHECK(abs(difference) <= abs(Rational(reference)) / Rational(Integer(1) << 105));
    }
}

TEST_CASE("a long sum of opposite signs keeps its small part", "[summary]") {
    std::vector<double> values;
    for (int i = 0; i < 1'000; ++i) values.insert(values.end(), {1e16, 1.0, -1e16});
    CHECK(sum_of(values).rounded() == 1'000.0);
}

}  // namespace tidemark::tests

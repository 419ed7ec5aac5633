#include "storage/codec/leaf_test.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

namespace tidemark::tests {
namespace {

using namespace tidemark::storage;

constexpr CompareOp kOrderings[] = {CompareOp::Equal,   CompareOp::NotEqual,
                                    CompareOp::Less,    CompareOp::LessEqual,
                                    CompareOp::Greater, CompareOp::GreaterEqual};

// x86-64's long double holds every double and every 64-bit integer exactly.
static_assert(std::numeric_limits<long double>::digits >= 64);

template <typename T>
bool compares(CompareOp op, const T& left, const T& right) {
    switch (op) {
        case CompareOp::Equal:
            return left == right;
        case CompareOp::NotEqual:
            return left != right;
        case CompareOp::Less:
            return left < right;
        case CompareOp::LessEqual:
            return left <= right;
        case CompareOp::Greater:
            return left > right;
        case CompareOp::GreaterEqual:
            return left >= right;
        case CompareOp::Matches:
            break;
    }
    return false;
}

long double exact(const Value& value) {
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    return std::get<std::uint64_t>(value);
}

/// Numbers of all types at and around everything that could be rounded.
std::vector<Value> numbers() {
    std::vector<Value> values = {0.0, -0.0, 0.5, -0.5, 1e300, -1e300, 5e-324, -5e-324, 1.5, 1e19};
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    values.insert(values.end(), {kInfinity, -kInfinity, std::numeric_limits<double>::max()});
    for (const int exponent : {0, 1, 31, 52, 53, 54, 62, 63, 64}) {
        const double power = std::ldexp(1.0, exponent);
        for (const double number :
             {power, std::nextafter(power, 0), std::nextafter(power, 1e300)}) {
            values.insert(values.end(), {number, -number});
        }
        if (exponent == 64) continue;
        const std::uint64_t integer = std::uint64_t{1} << exponent;
        for (const std::uint64_t number : {integer - 1, integer, integer + 1}) {
            values.emplace_back(number);
            values.emplace_back(static_cast<std::int64_t>(number));
            values.emplace_back(static_cast<std::int64_t>(0 - number));
        }
    }
    values.emplace_back(std::numeric_limits<std::uint64_t>::max());
    values.emplace_back(std::numeric_limits<std::uint64_t>::max() - 1);
    return values;
}

PredicateLeaf make_leaf(CompareOp op, Value constant) {
    return PredicateLeaf{"usage", op, std::move(constant), {}};
}

bool is_refused(FieldType type, const PredicateLeaf& leaf) {
    const auto test = LeafTest::make(type, leaf);
    return !test && test.error().code() == ErrorCode::InvalidArgument;
}

}  // namespace

TEST_CASE("numbers of all types compare by their exact value", "[codec]") {
    const std::vector<Value> all = numbers();
    for (const Value& constant : all) {
        for (const CompareOp op : kOrderings) {
            std::vector<LeafTest> tests;
            for (const FieldType type :
                 {FieldType::Float, FieldType::Integer, FieldType::Unsigned}) {
                tests.push_back(LeafTest::make(type, make_leaf(op, constant)).value());
            }
            for (const Value& value : all) {
                const LeafTest& test = tests[value.index()];
                REQUIRE(test.type() == value_type(value));
                INFO(exact(value) << " op " << static_cast<int>(op) << " " << exact(constant));
                REQUIRE(matches_value(test, value) == compares(op, exact(value), exact(constant)));
            }
        }
    }
}

TEST_CASE("NaN differs from everything", "[codec]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const CompareOp op : kOrderings) {
        const bool passes = op == CompareOp::NotEqual;
        const auto with_one = LeafTest::make(FieldType::Float, make_leaf(op, 1.0));
        CHECK(with_one.value().matches(nan) == passes);
        const auto with_nan = LeafTest::make(FieldType::Float, make_leaf(op, nan));
        CHECK(with_nan.value().matches(1.0) == passes);
        const auto of_integers = LeafTest::make(FieldType::Integer, make_leaf(op, nan));
        CHECK(of_integers.value().matches(std::int64_t{1}) == passes);
    }
}

TEST_CASE("strings compare by bytes", "[codec]") {
    const std::string texts[] = {"", "a", "b", "ab", "\x80", "Z", std::string("a\0", 2)};
    for (const std::string& constant : texts) {
        for (const CompareOp op : kOrderings) {
            const auto test = LeafTest::make(FieldType::String, make_leaf(op, constant));
            for (const std::string& text : texts) {
                CHECK(test.value().matches(std::string_view(text)) == compares(op, text, constant));
            }
        }
    }
}

TEST_CASE("what does not compare is refused with the field's name", "[codec]") {
    CHECK(is_refused(FieldType::Float, make_leaf(CompareOp::Equal, std::string("x"))));
    CHECK(is_refused(FieldType::Integer, make_leaf(CompareOp::Less, true)));
    CHECK(is_refused(FieldType::Unsigned, make_leaf(CompareOp::Matches, std::uint64_t{1})));
    CHECK(is_refused(FieldType::Boolean, make_leaf(CompareOp::Less, true)));
    CHECK(is_refused(FieldType::Boolean, make_leaf(CompareOp::Equal, 1.0)));
    CHECK(is_refused(FieldType::String, make_leaf(CompareOp::Equal, 1.0)));
    CHECK(is_refused(FieldType::String, make_leaf(CompareOp::Matches, std::string("no callback"))));
    const auto test = LeafTest::make(FieldType::Float, make_leaf(CompareOp::Equal, true));
    CHECK(test.error().message() ==
          "field usage is of type float, which does not compare with a boolean");
}

}  // namespace tidemark::tests

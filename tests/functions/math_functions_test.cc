#include "query/functions/math_functions.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace tidemark::query {
namespace {

Cell value_of(std::string_view name, const std::vector<Cell>& arguments) {
    const MathFunction* const function = find_math_function(name);
    REQUIRE(function != nullptr);
    bool is_finite = true;
    const Cell value = calculate(*function, arguments, is_finite);
    CHECK((is_finite || std::holds_alternative<std::monostate>(value)));
    return value;
}

double number_of(std::string_view name, const std::vector<Cell>& arguments) {
    const Cell value = value_of(name, arguments);
    REQUIRE(std::holds_alternative<double>(value));
    return std::get<double>(value);
}

bool is_lost(std::string_view name, const std::vector<Cell>& arguments) {
    bool is_finite = true;
    const Cell value = calculate(*find_math_function(name), arguments, is_finite);
    return !is_finite && std::holds_alternative<std::monostate>(value);
}

}  // namespace

TEST_CASE("math functions are found by name and listed in order", "[functions]") {
    CHECK(math_functions().size() == 18);
    std::string_view before;
    for (const MathFunction& function : math_functions()) {
        CHECK(before < function.name);
        CHECK(find_math_function(function.name) == &function);
        CHECK((function.of_one != nullptr) == (function.argument_count == 1));
        CHECK((function.of_two != nullptr) == (function.argument_count == 2));
        before = function.name;
    }
    CHECK(find_math_function("mean") == nullptr);
    CHECK(find_math_function("") == nullptr);
    CHECK(find_math_function("zzz") == nullptr);
}

TEST_CASE("integers stay integers where nothing has to be cut", "[functions]") {
    constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
    for (const std::int64_t number : {kLowest, std::int64_t{-3}, std::int64_t{0}, -(kLowest + 1)}) {
        for (const std::string_view name : {"ceil", "floor", "round"}) {
            CHECK(value_of(name, {number}) == Cell(number));
        }
    }
    CHECK(value_of("abs", {std::int64_t{-3}}) == Cell(std::int64_t{3}));
    CHECK(value_of("abs", {kLowest + 1}) == Cell(-(kLowest + 1)));
    CHECK(value_of("abs", {kLowest}) == Cell(kLowest));
    CHECK(value_of("abs", {~std::uint64_t{0}}) == Cell(~std::uint64_t{0}));
    CHECK(value_of("sqrt", {std::int64_t{9}}) == Cell(3.0));
    CHECK(value_of("pow", {std::int64_t{3}, std::uint64_t{2}}) == Cell(9.0));
}

TEST_CASE("halves are rounded away from zero", "[functions]") {
    CHECK(number_of("round", {0.5}) == 1);
    CHECK(number_of("round", {-0.5}) == -1);
    CHECK(number_of("round", {2.5}) == 3);
    CHECK(number_of("round", {0.49999999999999994}) == 0);
    CHECK(std::signbit(number_of("round", {-0.2})));
}

TEST_CASE("what is not finite is null and told", "[functions]") {
    CHECK(is_lost("sqrt", {-1.0}));
    CHECK(is_lost("ln", {0.0}));
    CHECK(is_lost("ln", {std::int64_t{-1}}));
    CHECK(is_lost("asin", {1.5}));
    CHECK(is_lost("acos", {std::int64_t{2}}));
    CHECK(is_lost("exp", {1000.0}));
    CHECK(is_lost("pow", {0.0, -1.0}));
    CHECK(is_lost("pow", {-8.0, 1.0 / 3}));
    CHECK(is_lost("log", {8.0, 1.0}));
    CHECK_FALSE(is_lost("log", {8.0, 0.0}));  // Over minus infinity: 0.
    CHECK_FALSE(is_lost("atan2", {0.0, 0.0}));
}

TEST_CASE("what is no number gives null, silently", "[functions]") {
    for (const Cell& cell : {Cell(), Cell(true), Cell(std::string("1")), Cell(TimeCell{1})}) {
        for (const MathFunction& function : math_functions()) {
            bool is_finite = true;
            std::vector<Cell> arguments(function.argument_count, Cell(1.5));
            for (Cell& argument : arguments) {
                const Cell kept = std::exchange(argument, cell);
                CHECK(calculate(function, arguments, is_finite) == Cell());
                argument = kept;
            }
            CHECK(is_finite);
        }
    }
}

TEST_CASE("functions undo each other", "[functions][property]") {
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> numbers(0.01, 1.5);
    for (int i = 0; i < 2000; ++i) {
        const double x = numbers(random);
        const double y = numbers(random) + 1.1;
        CHECK(number_of("ln", {number_of("exp", {x})}) == Approx(x));
        CHECK(number_of("log", {number_of("pow", {y, x}), y}) == Approx(x));
        CHECK(number_of("log2", {number_of("pow", {2.0, x})}) == Approx(x));
        CHECK(number_of("log10", {number_of("pow", {10.0, x})}) == Approx(x));
        CHECK(number_of("pow", {number_of("sqrt", {x}), 2.0}) == Approx(x));
        CHECK(number_of("asin", {number_of("sin", {x})}) == Approx(x));
        CHECK(number_of("acos", {number_of("cos", {x})}) == Approx(x));
        CHECK(number_of("atan", {number_of("tan", {x})}) == Approx(x));
        CHECK(number_of("atan2", {number_of("sin", {x}), number_of("cos", {x})}) == Approx(x));
        CHECK(number_of("tan", {x}) == Approx(number_of("sin", {x}) / number_of("cos", {x})));
        CHECK(number_of("floor", {-x}) == -number_of("ceil", {x}));
        CHECK(number_of("abs", {-x}) == x);
        CHECK(std::fabs(number_of("round", {x}) - x) <= 0.5);
    }
}

TEST_CASE("the type of a math function's column", "[functions]") {
    const MathFunction& round = *find_math_function("round");
    const MathFunction& pow = *find_math_function("pow");
    CHECK(result_type(round, FieldType::Integer) == FieldType::Integer);
    CHECK(result_type(round, FieldType::Unsigned) == FieldType::Unsigned);
    CHECK(result_type(round, FieldType::Float) == FieldType::Float);
    CHECK(result_type(round, std::nullopt) == std::nullopt);
    CHECK(result_type(pow, FieldType::Integer) == FieldType::Float);
}

}  // namespace tidemark::query

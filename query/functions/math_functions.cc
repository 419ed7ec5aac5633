#include "query/functions/math_functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

namespace tidemark::query {
namespace {

double logarithm(double number, double base) { return std::log(number) / std::log(base); }

constexpr MathFunction of_one(std::string_view name, double (*function)(double),
                              bool keeps_integers = false) {
    return {name, 1, keeps_integers, function, nullptr};
}

constexpr MathFunction of_two(std::string_view name, double (*function)(double, double)) {
    return {name, 2, false, nullptr, function};
}

constexpr bool kKeepsIntegers = true;

// Not constexpr: what <cmath> declares need not be constant.
const std::array kFunctions = {
    of_one("abs", std::fabs, kKeepsIntegers),
    of_one("acos", std::acos),
    of_one("asin", std::asin),
    of_one("atan", std::atan),
    of_two("atan2", std::atan2),
    of_one("ceil", std::ceil, kKeepsIntegers),
    of_one("cos", std::cos),
    of_one("exp", std::exp),
    of_one("floor", std::floor, kKeepsIntegers),
    of_one("ln", std::log),
    of_two("log", logarithm),
    of_one("log10", std::log10),
    of_one("log2", std::log2),
    of_two("pow", std::pow),
    // Halves away from zero.
    of_one("round", std::round, kKeepsIntegers),
    of_one("sin", std::sin),
    of_one("sqrt", std::sqrt),
    of_one("tan", std::tan),
};

std::optional<double> as_double(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> std::optional<double> {
            using T = std::decay_t<decltype(value)>;
            constexpr bool kIsNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
            if constexpr (kIsNumber) return static_cast<double>(value);
            return std::nullopt;
        },
        cell);
}

/// abs() of an integer; what the others make of one is the integer itself. The lowest integer has
/// no positive counterpart and stays, as sums wrap around.
Cell of_integer(const MathFunction& function, std::int64_t number) {
    if (function.name != "abs" || number >= 0) return number;
    return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(number));
}

}  // namespace

std::span<const MathFunction> math_functions() { return kFunctions; }

const MathFunction* find_math_function(std::string_view name) {
    const auto found = std::ranges::lower_bound(kFunctions, name, {}, &MathFunction::name);
    return found == kFunctions.end() || found->name != name ? nullptr : &*found;
}

Status check_argument_count(const MathFunction& function, std::size_t count) {
    if (count == function.argument_count) return success();
    return Error(ErrorCode::InvalidArgument,
                 "invalid number of arguments for " + std::string(function.name) + ", expected " +
                     std::to_string(function.argument_count) + ", got " + std::to_string(count));
}

std::optional<FieldType> result_type(const MathFunction& function, std::optional<FieldType> first) {
    const bool is_integer = first == FieldType::Integer || first == FieldType::Unsigned;
    return function.keeps_integers && (is_integer || !first) ? first : FieldType::Float;
}

Cell calculate(const MathFunction& function, std::span<const Cell> arguments, bool& is_finite) {
    if (function.keeps_integers) {
        if (const auto* number = std::get_if<std::int64_t>(&arguments.front())) {
            return of_integer(function, *number);
        }
        if (std::holds_alternative<std::uint64_t>(arguments.front())) return arguments.front();
    }
    const auto first = as_double(arguments.front());
    const auto last = as_double(arguments.back());
    if (!first || !last) return {};
    const double value =
        function.of_one != nullptr ? function.of_one(*first) : function.of_two(*first, *last);
    if (std::isfinite(value)) return value;
    is_finite = false;
    return {};
}

}  // namespace tidemark::query

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <tidemark/query.h>
#include <tidemark/result.h>
#include <tidemark/types.h>

// Functions of one or two numbers of the same row: abs(v), pow(v, 2). They stand wherever
// arithmetic does, and never look at other rows.

namespace tidemark::query {

/// One of them. Constant, lives for ever.
struct MathFunction {
    std::string_view name;
    std::size_t argument_count;  ///< 1 or 2.
    bool keeps_integers;         ///< An integer gives an integer; else all numbers give floats.
    double (*of_one)(double);    ///< Null where there are two arguments.
    double (*of_two)(double, double);
};

/// In order of name.
std::span<const MathFunction> math_functions();

/// `name` in lower case. Null when there is none.
const MathFunction* find_math_function(std::string_view name);

/// InvalidArgument, in InfluxDB's words, unless that is how many arguments the function takes.
Status check_argument_count(const MathFunction& function, std::size_t count);

/// The type of the function's values; `first` is the type of its first argument.
std::optional<FieldType> result_type(const MathFunction& function, std::optional<FieldType> first);

/// The function's value for as many arguments as it takes. Null where an argument is no number.
/// R10: null as well where the value is not finite, and `is_finite` becomes false.
Cell calculate(const MathFunction& function, std::span<const Cell> arguments, bool& is_finite);

}  // namespace tidemark::query

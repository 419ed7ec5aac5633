#include "storage/codec/leaf_test.h"

#include <cmath>
#include <compare>
#include <limits>
#include <optional>

#include "storage/base/assert.h"
#include "storage/codec/kernels/codec_kernels.h"

namespace tidemark::storage {
namespace {

// Where a constant lies among the numbers of a column's type: the largest one not above it and the
// smallest one not below it. They are equal when the type holds the constant exactly.
template <typename T>
struct Neighbours {
    std::optional<T> not_above;
    std::optional<T> not_below;
};

template <typename T>
constexpr T kLowest = std::numeric_limits<T>::lowest();
template <typename T>
constexpr T kHighest = std::numeric_limits<T>::max();
template <>
constexpr double kLowest<double> = -std::numeric_limits<double>::infinity();
template <>
constexpr double kHighest<double> = std::numeric_limits<double>::infinity();

/// Among integers, an integer of the other signedness.
template <typename T, typename Constant>
requires std::is_integral_v<T> && std::is_integral_v<Constant> Neighbours<T> neighbours(
    Constant constant) {
    if (std::cmp_less(constant, kLowest<T>)) return {std::nullopt, kLowest<T>};
    if (std::cmp_greater(constant, kHighest<T>)) return {kHighest<T>, std::nullopt};
    return {static_cast<T>(constant), static_cast<T>(constant)};
}

/// Among integers, a double that is not NaN.
template <typename T>
requires std::is_integral_v<T> Neighbours<T> neighbours(double constant) {
    constexpr int kValueBits = std::numeric_limits<T>::digits;
    const double behind_highest = std::ldexp(1.0, kValueBits);
    const double lowest = std::is_signed_v<T> ? -behind_highest : 0.0;
    if (constant >= behind_highest) return {kHighest<T>, std::nullopt};
    if (constant < lowest) return {std::nullopt, kLowest<T>};
    return {static_cast<T>(std::floor(constant)), static_cast<T>(std::ceil(constant))};
}

/// Among doubles, an integer.
template <typename T, typename Constant>
requires std::is_same_v<T, double> && std::is_integral_v<Constant> Neighbours<double> neighbours(
    Constant constant) {
    // The conversion rounds to one of the two neighbours; converting back tells to which side. What
    // rounds up to 2^63 or 2^64 does not fit back, but is known to lie above.
    const double nearest = static_cast<double>(constant);
    const double behind_highest = std::ldexp(1.0, std::numeric_limits<Constant>::digits);
    const bool is_above =
        nearest >= behind_highest || std::cmp_greater(static_cast<Constant>(nearest), constant);
    if (is_above) return {std::nextafter(nearest, kLowest<double>), nearest};
    if (std::cmp_less(static_cast<Constant>(nearest), constant)) {
        return {nearest, std::nextafter(nearest, kHighest<double>)};
    }
    return {nearest, nearest};
}

/// Among doubles, a double that is not NaN.
template <typename T, typename Constant>
requires std::is_same_v<T, double> && std::is_same_v<Constant, double> Neighbours<double>
neighbours(Constant constant) {
    return {constant, constant};
}

template <typename T>
NumberRange<T> empty_range() {
    NumberRange<T> range;
    range.is_empty = true;
    return range;
}

template <typename T>
NumberRange<T> range_up_to(std::optional<T> high) {
    return high ? NumberRange<T>{kLowest<T>, *high, false, false} : empty_range<T>();
}

template <typename T>
NumberRange<T> range_from(std::optional<T> low) {
    return low ? NumberRange<T>{*low, kHighest<T>, false, false} : empty_range<T>();
}

template <typename T>
std::optional<T> next_below(T value) {
    if (value == kLowest<T>) return std::nullopt;
    if constexpr (std::is_same_v<T, double>)
        return std::nextafter(value, kLowest<T>);
    else
        return static_cast<T>(value - 1);
}

template <typename T>
std::optional<T> next_above(T value) {
    if (value == kHighest<T>) return std::nullopt;
    if constexpr (std::is_same_v<T, double>)
        return std::nextafter(value, kHighest<T>);
    else
        return static_cast<T>(value + 1);
}

template <typename T>
NumberRange<T> range_of(CompareOp op, const Neighbours<T>& constant) {
    const bool is_exact = constant.not_above && constant.not_below == constant.not_above;
    switch (op) {
        case CompareOp::LessEqual:
            return range_up_to<T>(constant.not_above);
        case CompareOp::GreaterEqual:
            return range_from<T>(constant.not_below);
        case CompareOp::Less:
            return range_up_to<T>(is_exact ? next_below(*constant.not_above) : constant.not_above);
        case CompareOp::Greater:
            return range_from<T>(is_exact ? next_above(*constant.not_below) : constant.not_below);
        case CompareOp::Equal:
        case CompareOp::NotEqual:
        case CompareOp::Matches:
            break;
    }
    NumberRange<T> range = empty_range<T>();
    if (is_exact) range = {*constant.not_above, *constant.not_above, false, false};
    range.is_inverted = op == CompareOp::NotEqual;
    return range;
}

/// The numbers of type T that pass the comparison with a numeric constant.
template <typename T>
NumberRange<T> passing_numbers(CompareOp op, const Value& constant) {
    if (const double* number = std::get_if<double>(&constant)) {
        if (std::isnan(*number)) return range_of<T>(op, {});
        return range_of<T>(op, neighbours<T>(*number));
    }
    if (const auto* number = std::get_if<std::int64_t>(&constant)) {
        return range_of<T>(op, neighbours<T>(*number));
    }
    return range_of<T>(op, neighbours<T>(std::get<std::uint64_t>(constant)));
}

bool is_numeric(FieldType type) {
    return type == FieldType::Float || type == FieldType::Integer || type == FieldType::Unsigned;
}

Status check_leaf(FieldType type, const PredicateLeaf& leaf) {
    const auto refuse = [&](std::string_view reason) {
        return Error(ErrorCode::InvalidArgument, "field " + leaf.field + " is of type " +
                                                     std::string(field_type_name(type)) +
                                                     ", which " + std::string(reason));
    };
    const FieldType constant_type = value_type(leaf.constant);
    if (leaf.op == CompareOp::Matches) {
        if (type != FieldType::String) return refuse("cannot match a regular expression");
        if (!leaf.matches) return refuse("needs a callback to match");
        return success();
    }
    const bool is_comparable = is_numeric(type) ? is_numeric(constant_type) : constant_type == type;
    if (!is_comparable) {
        return refuse("does not compare with a " + std::string(field_type_name(constant_type)));
    }
    if (type == FieldType::Boolean && leaf.op != CompareOp::Equal &&
        leaf.op != CompareOp::NotEqual) {
        return refuse("compares with = and != only");
    }
    return success();
}

bool compares(CompareOp op, std::strong_ordering order) {
    switch (op) {
        case CompareOp::Equal:
            return order == 0;
        case CompareOp::NotEqual:
            return order != 0;
        case CompareOp::Less:
            return order < 0;
        case CompareOp::LessEqual:
            return order <= 0;
        case CompareOp::Greater:
            return order > 0;
        case CompareOp::GreaterEqual:
            return order >= 0;
        case CompareOp::Matches:
            break;
    }
    return false;
}

/// Sets the bits of the values for which passes(i) holds.
template <typename Passes>
void fill_each(std::size_t count, std::span<std::uint64_t> mask, Passes passes) {
    fill_mask(mask, count, false);
    for (std::size_t i = 0; i < count; ++i) {
        mask[i / 64] |= std::uint64_t{passes(i)} << (i % 64);
    }
}

/// An integer range as CodecKernels::match_integers() wants it; `values` as bit patterns.
template <typename T>
void match_range(const NumberRange<T>& range, std::span<const T> values,
                 std::span<std::uint64_t> mask) {
    if (range.is_empty) {
        fill_mask(mask, values.size(), false);
    } else {
        const std::span<const std::uint64_t> patterns(
            reinterpret_cast<const std::uint64_t*>(values.data()), values.size());
        const auto low = static_cast<std::uint64_t>(range.low);
        codec_kernels().match_integers(patterns, low, static_cast<std::uint64_t>(range.high) - low,
                                       mask.data());
    }
    if (range.is_inverted) invert_mask(mask, values.size());
}

}  // namespace

Result<LeafTest> LeafTest::make(FieldType type, const PredicateLeaf& leaf) {
    TIDEMARK_RETURN_IF_ERROR(check_leaf(type, leaf));
    LeafTest test(type);
    test.op_ = leaf.op;
    switch (type) {
        case FieldType::Float:
            test.floats_ = passing_numbers<double>(leaf.op, leaf.constant);
            break;
        case FieldType::Integer:
            test.integers_ = passing_numbers<std::int64_t>(leaf.op, leaf.constant);
            break;
        case FieldType::Unsigned:
            test.unsigneds_ = passing_numbers<std::uint64_t>(leaf.op, leaf.constant);
            break;
        case FieldType::Boolean: {
            const bool equal_passes = leaf.op == CompareOp::Equal;
            const bool constant = std::get<bool>(leaf.constant);
            test.true_passes_ = constant == equal_passes;
            test.false_passes_ = constant != equal_passes;
            break;
        }
        case FieldType::String:
            if (leaf.op == CompareOp::Matches)
                test.callback_ = leaf.matches;
            else
                test.text_ = std::get<std::string>(leaf.constant);
            break;
    }
    return test;
}

bool LeafTest::matches(std::string_view value) const {
    if (op_ == CompareOp::Matches) return callback_(value);
    return compares(op_, value <=> std::string_view(text_));
}

bool LeafTest::matches(const Value& value) const {
    TIDEMARK_ASSERT(value_type(value) == type_, "a leaf test got a value of another type");
    switch (type_) {
        case FieldType::Float:
            return matches(std::get<double>(value));
        case FieldType::Integer:
            return matches(std::get<std::int64_t>(value));
        case FieldType::Unsigned:
            return matches(std::get<std::uint64_t>(value));
        case FieldType::Boolean:
            return matches(std::get<bool>(value));
        case FieldType::String:
            break;
    }
    return matches(std::string_view(std::get<std::string>(value)));
}

void match_values(const LeafTest& test, std::span<const double> values,
                  std::span<std::uint64_t> mask) {
    const NumberRange<double>& range = test.float_range();
    if (range.is_empty) {
        fill_mask(mask, values.size(), false);
    } else {
        codec_kernels().match_doubles(values, range.low, range.high, mask.data());
    }
    if (range.is_inverted) invert_mask(mask, values.size());
}

void match_values(const LeafTest& test, std::span<const std::int64_t> values,
                  std::span<std::uint64_t> mask) {
    match_range(test.integer_range(), values, mask);
}

void match_values(const LeafTest& test, std::span<const std::uint64_t> values,
                  std::span<std::uint64_t> mask) {
    match_range(test.unsigned_range(), values, mask);
}

void match_values(const LeafTest& test, std::span<const std::uint8_t> values,
                  std::span<std::uint64_t> mask) {
    const bool passes[] = {test.matches(false), test.matches(true)};
    fill_each(values.size(), mask, [&](std::size_t i) { return passes[values[i] != 0]; });
}

void match_values(const LeafTest& test, std::span<const std::string_view> values,
                  std::span<std::uint64_t> mask) {
    fill_each(values.size(), mask, [&](std::size_t i) { return test.matches(values[i]); });
}

}  // namespace tidemark::storage

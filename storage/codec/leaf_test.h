#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <tidemark/result.h>
#include <tidemark/scan.h>
#include <tidemark/types.h>

#include "storage/codec/mask.h"

namespace tidemark::storage {

/// The numbers of one column type that pass a comparison: all v with low <= v <= high, or, when
/// inverted, all others. Every comparison with a constant of any numeric type is exactly such a
/// range of the column's own type, so nothing is rounded after it has been made.
template <typename T>
struct NumberRange {
    T low{};
    T high{};
    bool is_empty = false;     ///< low and high mean nothing: no number lies inside.
    bool is_inverted = false;  ///< The numbers outside pass.

    /// NaN lies in no range, so it passes an inverted one only (as IEEE 754's !=).
    bool contains(T value) const {
        return (!is_empty && low <= value && value <= high) != is_inverted;
    }
};

/// A PredicateLeaf checked against the type of its column and brought to the form that is fastest
/// to evaluate. Immutable; thread-safe as far as the leaf's callback is (which scan.h asks for).
class LeafTest {
public:
    /// InvalidArgument when scan.h does not allow this comparison for a column of this type. Copies
    /// what it needs of the leaf, the callback included.
    static Result<LeafTest> make(FieldType type, const PredicateLeaf& leaf);

    /// The type of the column this test is for.
    FieldType type() const { return type_; }

    /// Whether a value passes. Only the overload for type() may be called.
    bool matches(double value) const { return floats_.contains(value); }
    bool matches(std::int64_t value) const { return integers_.contains(value); }
    bool matches(std::uint64_t value) const { return unsigneds_.contains(value); }
    bool matches(bool value) const { return value ? true_passes_ : false_passes_; }
    bool matches(std::string_view value) const;
    /// The alternative must be the one of type().
    bool matches(const Value& value) const;

    const NumberRange<double>& float_range() const { return floats_; }
    const NumberRange<std::int64_t>& integer_range() const { return integers_; }
    const NumberRange<std::uint64_t>& unsigned_range() const { return unsigneds_; }

private:
    explicit LeafTest(FieldType type) : type_(type) {}

    FieldType type_;
    CompareOp op_ = CompareOp::Equal;
    NumberRange<double> floats_;
    NumberRange<std::int64_t> integers_;
    NumberRange<std::uint64_t> unsigneds_;
    bool true_passes_ = false;
    bool false_passes_ = false;
    std::string text_;
    std::function<bool(std::string_view)> callback_;
};

/// The same answer as test.matches(value).
inline bool matches_value(const LeafTest& test, const Value& value) { return test.matches(value); }

/// Sets bit i % 64 of mask[i / 64] when values[i] passes, clears it when not; the bits of the last
/// word behind the last value are cleared. mask holds mask_word_count(values.size()) words. Only
/// the overload for test.type() may be called; booleans are 0 or 1.
void match_values(const LeafTest& test, std::span<const double> values,
                  std::span<std::uint64_t> mask);
void match_values(const LeafTest& test, std::span<const std::int64_t> values,
                  std::span<std::uint64_t> mask);
void match_values(const LeafTest& test, std::span<const std::uint64_t> values,
                  std::span<std::uint64_t> mask);
void match_values(const LeafTest& test, std::span<const std::uint8_t> values,
                  std::span<std::uint64_t> mask);
void match_values(const LeafTest& test, std::span<const std::string_view> values,
                  std::span<std::uint64_t> mask);

}  // namespace tidemark::storage
